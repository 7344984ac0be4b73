//! Which units may go out now, as a pure function of what happened; times are milliseconds since the beginning.
//!
//! The service counts what arrives, and when that is nobody here knows: some time between the grant and the answer. A
//! call's units therefore count from its grant until a minute after its answer came or its wait ended. Of all calls that
//! arrive within any minute, the one that was granted last saw all others counted, so that no minute has more than what
//! is allowed.

use super::slice::{MINUTE, Slices};

/// What Google gives a user at least; what counts after a refusal where no limit is configured.
const LEAST_LIMIT: u64 = 6_000;

/// The first pause after a refusal, in milliseconds; it doubles with each that follows.
const FIRST_PAUSE: u64 = 1_000;

/// The longest pause: with the shorter ones before it a minute's quota has come back.
const LONGEST_PAUSE: u64 = 32_000;

/// How many minutes without a refusal it takes before more is tried, at most.
const LONGEST_TRUST: u64 = 8;

/// The same where room is left to others from the beginning.
const ROOMY_TRUST: u64 = 5;

/// The state of a user's quota, as far as it can be known from here.
#[derive(Debug)]
pub(super) struct Window {
    /// What is configured; `None` for no limit.
    limit: Option<u64>,
    /// What may go out within a minute.
    allowed: Option<u64>,
    /// What of it has been let through before; the rest goes evenly over the minute, so that a refusal comes early and
    /// takes little from others.
    proven: u64,
    /// When the next units beyond `proven` may go.
    next_trial: u64,
    /// By how much more is tried the next time.
    step: u64,
    /// How many minutes without a refusal it takes before more is tried.
    trust: u64,
    /// The same for the first time after `allowed` fell; longer, where what was tried was refused.
    first_trust: u64,
    usual_trust: u64,
    /// Since when `allowed` is as it is and nothing was refused.
    quiet_since: u64,
    /// When `allowed` fell.
    fell_at: Option<u64>,
    /// Until when nothing goes out.
    stopped_until: u64,
    /// How long the next refusal stops.
    pause: u64,
    /// Behind a refusal one call goes ahead, and the others wait for what becomes of it.
    scouting: bool,
    /// Counts the refusals that stopped something: those of calls from before them say nothing new.
    era: u64,
    /// Calls under way, and their units.
    calls: u64,
    under_way: u64,
    over: Slices,
    /// Among how many processes the units are divided.
    divisor: u64,
}

/// What a grant takes along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    units: u64,
    era: u64,
}

/// Why nothing may go out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Until a time.
    Until(u64),
    /// Until a call that is under way comes to its end.
    Call,
}

/// How a call came to its end.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// It was let through.
    Accepted,
    /// It was never sent.
    Unsent,
    /// Nobody knows, or it failed for another reason.
    Other,
}

impl Window {
    /// A window for so many units a minute; `leaves_room`: less than half of them until long nothing was refused.
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

    /// Divides the units among so many processes.
    pub(super) fn divide(&mut self, processes: u64) {
        self.divisor = processes.max(1);
    }

    /// How many calls are under way.
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    /// Takes units, or says what to wait for.
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
        // What is more than all goes out when there is nothing else.
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

    /// When so many units may be free, as far as it is known.
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

    /// A call has come to its end.
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

    /// A call was refused: all are stopped, and the pace falls, at most once a minute. `asked` is how long the service
    /// asks to wait, `jitter` from 0 to 1,000.
    pub(super) fn refuse(&mut self, now: u64, grant: Grant, asked: Option<u64>, jitter: u64) {
        self.over.advance(now);
        let let_through = self.over.total();
        self.end(now, grant, End::Other);
        self.stop(now, asked.unwrap_or_default());
        if grant.era != self.era {
            return;
        }
        // A service that asks for no time at all is taken at its word once.
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
            // More was tried, and is not to be had: the next trial is longer off.
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

    /// Nothing goes out for so long.
    pub(super) fn stop(&mut self, now: u64, pause: u64) {
        self.stopped_until = self.stopped_until.max(now + pause);
    }

    /// For how long nothing goes out.
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

    /// What is allowed, after long quiet more of it.
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

    /// What to wait for until units fit.
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
