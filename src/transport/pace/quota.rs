//! Google's quota: so many units a minute, so many calls at once.

use crate::operation::QuotaUnits;

/// The pace of the calls to a mailbox, shared by all clones of a connector.
///
/// Google gives each user of a project a number of units a minute, and each operation costs some (`quota_units` of its
/// row). No more than that is used in any 60 seconds; callers wait in order, so both many small calls and a few large
/// ones make progress. There is also a limit of calls at once, which Google does not publish.
///
/// If the service refuses a call because of its rate (other programs use the same user's quota, or Google counts
/// differently), all callers wait together, the pace falls to what was accepted, and rises again while nothing is
/// refused. The [guide](crate::guide::quota) says who waits how long.
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
/// Default: [`current`](Self::current) for Google, [`unlimited`](Self::unlimited) for a service on this machine and in
/// hosted mode, where Airbyte makes the calls. Source:
/// <https://developers.google.com/workspace/gmail/api/reference/quota>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Units per minute; `None` for no limit.
    pub units_per_minute: Option<u32>,
    /// Which of Google's two tables applies.
    pub table: QuotaTable,
    /// How many calls at once. Default: 10.
    pub concurrency: usize,
}

/// Google's tables of the cost of operations; each [`Quota`] uses one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaTable {
    /// For projects created in May 2026 or later.
    Current,
    /// For older projects.
    Legacy,
}

/// How many calls at once a mailbox takes without complaint: others measured refusals from a few dozen on.
const CONCURRENCY: usize = 10;

impl Quota {
    /// Projects created in May 2026 or later: 6,000 units a minute.
    pub fn current() -> Self {
        Self {
            units_per_minute: Some(6_000),
            table: QuotaTable::Current,
            concurrency: CONCURRENCY,
        }
    }

    /// Older projects: 15,000 units a minute, by the old table. Google ends it on 1 April 2027, with [`current`](Self::current)
    /// for all.
    pub fn legacy() -> Self {
        Self {
            units_per_minute: Some(15_000),
            table: QuotaTable::Legacy,
            concurrency: CONCURRENCY,
        }
    }

    /// No limit; the connector still learns one from refusals.
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
