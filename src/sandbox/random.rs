//! Unguessable identifiers, and times in the format of the APIs.

use std::fmt::Write;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::random::bytes;

/// A token that names its purpose: `sandbox-<purpose>-<32 hexadecimal digits>`.
pub(crate) fn token(purpose: &str) -> String {
    format!("sandbox-{purpose}-{}", hexadecimal(&next()))
}

/// A random UUID (version 4).
pub(crate) fn uuid() -> String {
    let [a, b, c, d, e, f, g, h, i, rest @ ..] = next();
    let g = (g & 0x0f) | 0x40;
    let i = (i & 0x3f) | 0x80;
    let (tail, node) = rest.split_at(1);
    [
        hexadecimal(&[a, b, c, d]),
        hexadecimal(&[e, f]),
        hexadecimal(&[g, h]),
        hexadecimal(&[i]) + &hexadecimal(tail),
        hexadecimal(node),
    ]
    .join("-")
}

/// Whether a text is formatted like a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The current time as `2026-01-02T03:04:05Z`.
pub(crate) fn now() -> String {
    timestamp(seconds())
}

/// The current time in seconds since 1970.
pub(crate) fn seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

/// Formats a time in seconds since 1970 like [`now`].
pub(crate) fn timestamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // With years that start in March, the leap day comes last and the arithmetic is regular.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 {
        (month + 3, era * 400 + year)
    } else {
        (month - 9, era * 400 + year + 1)
    };
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The seed of this process's identifiers. No sandbox starts without it.
static SEED: OnceLock<[u8; 32]> = OnceLock::new();

/// Draws the seed from the operating system; an error prevents the start.
pub(super) fn prepare() -> io::Result<()> {
    if SEED.get().is_none() {
        SEED.get_or_init({
            let seed = bytes::<32>()?;
            move || seed
        });
    }
    Ok(())
}

/// The next bytes: a hash of the seed and a counter, unguessable without the seed.
fn next() -> [u8; 16] {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let hash = Sha256::new()
        .chain_update(SEED.get().copied().unwrap_or_default())
        .chain_update(number.to_le_bytes())
        .finalize();
    std::array::from_fn(|at| hash[at])
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_calendar_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_772_323_199, "2026-02-28T23:59:59Z"),
            (1_798_761_600, "2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(seconds), expected);
        }
    }

    #[test]
    fn identifiers_have_their_form_and_differ() {
        let (one, two) = (uuid(), uuid());
        assert!(is_uuid(&one), "{one}");
        assert_ne!(one, two);
        assert_ne!(token("access-token"), token("access-token"));
        assert!(!is_uuid("f7833dac-fc18-4feb-a2a9-94b22001edc"));
        assert!(!is_uuid("f7833dac-fc18-4feb-a2a9-94b22001edcz"));
    }
}
