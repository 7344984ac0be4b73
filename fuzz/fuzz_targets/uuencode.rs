#![no_main]

use airbyte_agent_gmail::mail::Reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let raw = [&b"Subject: x\r\n\r\n"[..], bytes].concat();
    let reading = Reading::from_raw(&raw);
    let size: usize = reading
        .attachments
        .iter()
        .filter_map(|file| file.data())
        .map(<[u8]>::len)
        .sum();
    // Trailing blanks are zeros and get lost: a line of two bytes can stand for 63.
    assert!(size <= 32 * bytes.len());
});
