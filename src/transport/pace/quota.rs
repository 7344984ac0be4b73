//! Google's quota: units per minute, and concurrent calls.

use crate::operation::QuotaUnits;

/// The pace of calls to a mailbox, shared by all clones of a connector.
///
/// Google gives each user of a project a number of units per minute, and each operation costs some of them
/// (`quota_units` in the operation table). No 60 seconds use more than that. Callers wait in order, so both many small
/// calls and a few large ones make progress. Google also limits concurrent calls, but doesn't publish that limit.
///
/// The service may refuse a call for its rate, because other programs use the same user's quota or Google counts
/// differently. Then all callers wait together, and the pace falls to what was accepted. It rises again while nothing
/// is refused. The [guide](crate::guide::quota) says who waits how long.
///
/// ```
/// use airbyte_agent_gmail::Quota;
///
/// assert_eq!(Quota::current().units_per_minute, Some(6_000));
/// assert_eq!(Quota::legacy().units_per_minute, Some(15_000));
/// assert_eq!(Quota::unlimited().units_per_minute, None);
/// let careful = Quota { concurrency: 2, ..Quota::current() };
/// # let _ = careful;
/// ```
///
/// Default: [`current`](Self::current) for Google; [`unlimited`](Self::unlimited) for a service on this machine, and in
/// hosted mode, where Airbyte makes the calls. Source:
/// <https://developers.google.com/workspace/gmail/api/reference/quota>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Units per minute; `None` for no limit.
    pub units_per_minute: Option<u32>,
    /// Which of Google's two tables applies.
    pub table: QuotaTable,
    /// The maximum number of concurrent calls. Default: 10.
    pub concurrency: usize,
}

/// Google's tables of operation costs; each [`Quota`] uses one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaTable {
    /// For projects created in May 2026 or later.
    Current,
    /// For older projects.
    Legacy,
}

/// The default number of concurrent calls, which mailboxes accept: others measured refusals from a few dozen on.
const CONCURRENCY: usize = 10;

impl Quota {
    /// For projects created in May 2026 or later: 6,000 units per minute.
    pub fn current() -> Self {
        Self {
            units_per_minute: Some(6_000),
            table: QuotaTable::Current,
            concurrency: CONCURRENCY,
        }
    }

    /// For older projects: 15,000 units per minute, by the old table.
    ///
    /// Google ends it on 1 April 2027; from then on, [`current`](Self::current) applies to all.
    pub fn legacy() -> Self {
        Self {
            units_per_minute: Some(15_000),
            table: QuotaTable::Legacy,
            concurrency: CONCURRENCY,
        }
    }

    /// No configured limit; the connector still learns one from refusals.
    pub fn unlimited() -> Self {
        Self {
            units_per_minute: None,
            table: QuotaTable::Current,
            concurrency: usize::MAX,
        }
    }

    pub(super) fn units(&self, units: QuotaUnits) -> u32 {
        match self.table {
            QuotaTable::Current => units.current,
            QuotaTable::Legacy => units.legacy,
        }
    }
}
