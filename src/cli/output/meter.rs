//! A progress meter.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::table;

/// The shortest time between two updates.
const SHOWN_FOR: Duration = Duration::from_millis(200);

/// A progress line on the terminal. Prints nothing if standard error is not a terminal.
pub(crate) struct Meter {
    what: &'static str,
    total: Option<usize>,
    count: usize,
    bytes: u64,
    began: Instant,
    shown: Option<Instant>,
    is_shown: bool,
}

impl Meter {
    /// For work that prints its results at the end.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            total: None,
            count: 0,
            bytes: 0,
            began: Instant::now(),
            shown: None,
            is_shown: std::io::stderr().is_terminal(),
        }
    }

    /// For work that prints records as they come. If they go to the same terminal, they show progress enough.
    pub(crate) fn beside_records(what: &'static str) -> Self {
        let mut meter = Self::new(what);
        meter.is_shown &= !std::io::stdout().is_terminal();
        meter
    }

    /// Sets the total.
    pub(crate) fn of(mut self, total: usize) -> Self {
        self.total = Some(total);
        self
    }

    /// Adds items done, and their bytes if meaningful.
    pub(crate) fn add(&mut self, count: usize, bytes: u64) {
        self.count += count;
        self.bytes += bytes;
        let is_due = self.shown.is_none_or(|shown| shown.elapsed() >= SHOWN_FOR);
        if self.is_shown && is_due {
            self.shown = Some(Instant::now());
            let mut stderr = std::io::stderr().lock();
            // A wider line would wrap and appear twice. An error means that standard error is gone.
            let line = table::cut(&self.line(), table::stderr_width() - 1);
            let _ = write!(stderr, "\r\x1b[K{line}");
            let _ = stderr.flush();
        }
    }

    /// How many items are done.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    fn line(&self) -> String {
        let minutes = self.began.elapsed().as_secs_f64().max(1.0) / 60.0;
        let bytes = match self.bytes {
            0 => String::new(),
            bytes => format!(", {} MB", bytes / 1_000_000),
        };
        let rate = self.count as f64 / minutes;
        let (share, left) = match self.total {
            Some(total) if total > 0 && self.count > 0 => {
                let seconds = total.saturating_sub(self.count) as f64 / rate * 60.0;
                let left = match seconds.ceil() as u64 {
                    seconds @ 0..60 => format!("{seconds} s"),
                    seconds => format!("{} min", seconds.div_ceil(60)),
                };
                let share = self.count * 100 / total;
                (format!(" of {total} ({share} %)"), format!(", {left} left"))
            }
            _ => Default::default(),
        };
        format!(
            "{}{share} {}{bytes}, {rate:.0} a minute{left}",
            self.count, self.what,
        )
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.shown.is_some() {
            // Clears the line for other output.
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Meter;

    #[test]
    fn share_rate_and_time_left_are_told() {
        let mut meter = Meter::new("messages").of(200);
        meter.is_shown = false;
        meter.add(50, 0);
        let line = meter.line();
        assert!(
            line.starts_with("50 of 200 (25 %) messages, ") && line.ends_with(" s left"),
            "{line}"
        );
        let mut open = Meter::new("messages");
        open.is_shown = false;
        open.add(3, 5_000_000);
        assert!(
            open.line().starts_with("3 messages, 5 MB, "),
            "{}",
            open.line()
        );
    }
}
