//! The units of the last minute, in constant memory.

/// The length of a slice, in milliseconds.
const SLICE: u64 = 250;

/// A minute, in milliseconds.
pub(super) const MINUTE: u64 = 60_000;

/// The number of slices that count: one more than a minute has, since a slice counts until its last moment is a minute
/// old.
const SLICES: u64 = MINUTE / SLICE + 1;

/// Units by the time their calls ended. Allocates with the first units.
#[derive(Debug, Default)]
pub(super) struct Slices {
    units: Vec<u64>,
    /// The number of the current slice.
    now: u64,
    total: u64,
}

impl Slices {
    /// The units that count now.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Moves on to a time, and drops units older than a minute.
    pub(super) fn advance(&mut self, now: u64) {
        let slice = now / SLICE;
        for passed in (self.now + 1..=slice).take(self.units.len()) {
            if let Some(units) = self.units.get_mut(place(passed)) {
                self.total -= std::mem::take(units);
            }
        }
        self.now = self.now.max(slice);
    }

    /// Adds the units of a call that ends now.
    pub(super) fn add(&mut self, units: u64) {
        if self.units.is_empty() {
            self.units.resize(place(SLICES - 1) + 1, 0);
        }
        if let Some(slice) = self.units.get_mut(place(self.now)) {
            *slice += units;
            self.total += units;
        }
    }

    /// The time when at most this many units are left.
    pub(super) fn falls_to(&self, most: u64) -> u64 {
        let mut left = self.total;
        let oldest = (self.now + 1).saturating_sub(SLICES);
        let last = (oldest..=self.now).find(|slice| {
            left -= self.units.get(place(*slice)).copied().unwrap_or_default();
            left <= most
        });
        (last.unwrap_or(self.now) + SLICES) * SLICE
    }
}

fn place(slice: u64) -> usize {
    usize::try_from(slice % SLICES).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_count_for_a_minute_and_no_slice_longer() {
        let mut slices = Slices::default();
        slices.advance(1_000);
        slices.add(5);
        slices.advance(31_100);
        slices.add(7);
        assert_eq!(
            (slices.total(), slices.falls_to(7), slices.falls_to(0)),
            (12, 61_250, 91_250)
        );
        slices.advance(61_249);
        assert_eq!(slices.total(), 12);
        slices.advance(61_250);
        assert_eq!(slices.total(), 7);
        slices.advance(10_000_000);
        assert_eq!(slices.total(), 0);
    }
}
