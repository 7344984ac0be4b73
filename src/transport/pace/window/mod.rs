//! Which units may go out now, as a pure function of what happened. Times are in milliseconds since the start.
//!
//! The service counts units when a call arrives. We don't know when that is, only that it lies between the grant and
//! the answer. So a call's units count from its grant until a minute after its answer came or its wait ended. Of all
//! calls that arrive within any minute, the one granted last saw all the others counted. No minute exceeds the
//! allowance.

use super::slice::{MINUTE, Slices};

/// The least that Google gives a user; assumed after a refusal if no limit is configured.
const LEAST_LIMIT: u64 = 6_000;

/// The first pause after a refusal, in milliseconds; it doubles with each further one.
const FIRST_PAUSE: u64 = 1_000;

/// The longest pause: together with the shorter ones before it, a minute's quota has come back.
const LONGEST_PAUSE: u64 = 32_000;

/// The maximum number of minutes without a refusal before trying more.
const LONGEST_TRUST: u64 = 8;

/// The same, if room is left for others from the start.
const ROOMY_TRUST: u64 = 5;

/// The state of a user's quota, as far as we know it.
#[derive(Debug)]
pub(super) struct Window {
    /// The configured limit; `None` for no limit.
    limit: Option<u64>,
    /// The units that may go out within a minute.
    allowed: Option<u64>,
    /// The part of `allowed` that was accepted before. The rest is spread evenly over the minute, so a refusal comes
    /// early and takes little from others.
    proven: u64,
    /// The earliest time for units beyond `proven`.
    next_trial: u64,
    /// How many more units to try next time.
    step: u64,
    /// The minutes without a refusal before trying more.
    trust: u64,
    /// The same for the first raise after `allowed` fell; longer if a raise was refused.
    first_trust: u64,
    usual_trust: u64,
    /// The start of the time without a refusal or a change of `allowed`.
    quiet_since: u64,
    /// When `allowed` last fell.
    fell_at: Option<u64>,
    /// Nothing goes out until then.
    stopped_until: u64,
    /// How long to stop after the next refusal.
    pause: u64,
    /// After a refusal, one call goes ahead while the others wait for its outcome.
    scouting: bool,
    /// Counts the refusals that stopped calls. A refused call from an earlier era is not news.
    era: u64,
    /// The number of calls in progress; `under_way` is their units.
    calls: u64,
    under_way: u64,
    over: Slices,
    /// The number of processes that divide the units.
    divisor: u64,
}

/// The state that a granted call carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    units: u64,
    era: u64,
}

/// Why no call may go out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Wait until this time.
    Until(u64),
    /// Wait until a call in progress ends.
    Call,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// It was accepted.
    Accepted,
    /// It was never sent.
    Unsent,
    /// Unknown, or it failed for another reason.
    Other,
}

impl Window {
    /// A window with this limit per minute. With `leaves_room`, it starts with less than half of it, and rises after
    /// long without refusals.
    pub(super) fn new(limit: Option<u64>, leaves_room: bool) -> Self {
        let room = |limit: u64| if leaves_room { limit * 19 / 40 } else { limit };
        let allowed = limit.map(room);
        let trust = if leaves_room { ROOMY_TRUST } else { 1 };
        Self {
            limit,
            allowed,
            proven: allowed.unwrap_or(u64::MAX),
            next_trial: 0,
            step: limit.map_or(0, step),
            trust,
            first_trust: trust,
            usual_trust: trust,
            quiet_since: 0,
            fell_at: None,
            stopped_until: 0,
            pause: FIRST_PAUSE,
            scouting: false,
            era: 0,
            calls: 0,
            under_way: 0,
            over: Slices::default(),
            divisor: 1,
        }
    }

    /// Divides the units among this many processes.
    pub(super) fn divide(&mut self, processes: u64) {
        self.divisor = processes.max(1);
    }

    /// The number of calls in progress.
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    /// Takes units, or returns what to wait for.
    pub(super) fn take(&mut self, now: u64, units: u64) -> Result<Grant, Wait> {
        if now < self.stopped_until {
            return Err(Wait::Until(self.stopped_until));
        }
        if self.scouting && self.calls > 0 {
            return Err(Wait::Call);
        }
        let Some(allowed) = self.raised(now) else {
            return Ok(self.granted(0));
        };
        let allowed = allowed / self.divisor;
        self.over.advance(now);
        let taken = self.under_way + self.over.total();
        // A call larger than the whole allowance goes out when nothing else counts.
        if taken == 0 || taken + units <= self.proven / self.divisor {
            return Ok(self.granted(units));
        }
        if taken + units > allowed {
            return Err(self.room(allowed, units));
        }
        if now < self.next_trial {
            return Err(Wait::Until(self.next_trial));
        }
        let proven = self.proven / self.divisor;
        let beyond = units.min(taken + units - proven);
        self.next_trial = now + MINUTE * beyond / (allowed - proven).max(1);
        Ok(self.granted(units))
    }

    /// When these units will probably be free.
    pub(super) fn free_at(&mut self, now: u64, units: u64) -> u64 {
        self.over.advance(now);
        let free = match self.allowed.map(|allowed| allowed / self.divisor) {
            Some(allowed) if self.under_way + self.over.total() + units > allowed => {
                match self.room(allowed, units) {
                    Wait::Until(time) => time,
                    Wait::Call => now,
                }
            }
            _ => now,
        };
        free.max(self.stopped_until)
    }

    /// Ends a call.
    pub(super) fn end(&mut self, now: u64, grant: Grant, end: End) {
        self.calls -= 1;
        self.under_way -= grant.units;
        if matches!(end, End::Accepted) && grant.era == self.era {
            self.scouting = false;
            self.pause = FIRST_PAUSE;
        }
        if !matches!(end, End::Unsent) && self.allowed.is_some() {
            self.over.advance(now);
            self.over.add(grant.units);
        }
    }

    /// Handles a refusal: stops all calls, and lowers the pace, at most once a minute. `asked` is how long the service
    /// asks to wait; `jitter` is from 0 to 1,000.
    pub(super) fn refuse(&mut self, now: u64, grant: Grant, asked: Option<u64>, jitter: u64) {
        self.over.advance(now);
        let let_through = self.over.total();
        self.end(now, grant, End::Other);
        self.stop(now, asked.unwrap_or_default());
        if grant.era != self.era {
            return;
        }
        // Take the service at its word, even if it asks for no wait at all, but only once in a row.
        if asked.is_none() || self.scouting {
            self.stop(now, self.pause + self.pause * jitter.min(1_000) / 4_000);
        }
        self.era += 1;
        self.scouting = true;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        if self.fell_at.is_some_and(|at| now < at + MINUTE) {
            self.quiet_since = now;
            return;
        }
        let before = self.allowed.unwrap_or(LEAST_LIMIT);
        if self.proven < before {
            // The raise was refused, so the next one comes later.
            self.first_trust = (self.first_trust * 2).min(LONGEST_TRUST);
        }
        let allowed = (let_through * 19 / 20).clamp(before / 2, before).max(1);
        self.allowed = Some(allowed);
        self.proven = allowed;
        self.step = step(self.limit.unwrap_or(LEAST_LIMIT));
        self.trust = self.first_trust;
        self.fell_at = Some(now);
        self.quiet_since = now;
    }

    /// Stops all calls for a time.
    pub(super) fn stop(&mut self, now: u64, pause: u64) {
        self.stopped_until = self.stopped_until.max(now + pause);
    }

    /// How long all calls are still stopped.
    pub(super) fn stopped_for(&self, now: u64) -> u64 {
        self.stopped_until.saturating_sub(now)
    }

    fn granted(&mut self, units: u64) -> Grant {
        self.calls += 1;
        self.under_way += units;
        Grant {
            units,
            era: self.era,
        }
    }

    /// The allowance, raised after long without refusals.
    fn raised(&mut self, now: u64) -> Option<u64> {
        let allowed = self.allowed?;
        let limit = self.limit.unwrap_or(u64::MAX);
        if self.proven < limit && now >= self.quiet_since + self.trust * MINUTE {
            self.proven = allowed;
            self.allowed = Some(allowed.saturating_add(self.step).min(limit));
            self.step = self.step.saturating_mul(2);
            self.trust = 1;
            self.quiet_since = now;
            if allowed == limit {
                self.first_trust = self.usual_trust;
            }
        }
        self.allowed
    }

    /// What to wait for until the units fit.
    fn room(&self, allowed: u64, units: u64) -> Wait {
        match allowed.saturating_sub(units).checked_sub(self.under_way) {
            Some(most) => Wait::Until(self.over.falls_to(most)),
            None => Wait::Call,
        }
    }
}

fn step(limit: u64) -> u64 {
    (limit / 40).max(1)
}

#[cfg(test)]
mod tests;
