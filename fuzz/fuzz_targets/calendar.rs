#![no_main]

use airbyte_agent_gmail::mail::Reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let raw = [&b"Content-Type: text/calendar\r\n\r\n"[..], bytes].concat();
    let reading = Reading::from_raw(&raw);
    assert_eq!(reading.calendars.len(), 1);
    let times = reading.calendars[0]
        .entries
        .iter()
        .flat_map(|entry| [&entry.start, &entry.end]);
    assert!(
        times
            .flatten()
            .all(|time| matches!(time.local.len(), 10 | 19))
    );
});
