#![no_main]

use std::collections::HashSet;

use airbyte_agent_gmail::mail::Reading;
use libfuzzer_sys::fuzz_target;

/// The most bytes that a message's compressed parts may expand to.
const MOST_INFLATED: usize = 64 << 20;

fuzz_target!(|bytes: &[u8]| {
    let reading = Reading::from_raw(bytes);
    let mut places = HashSet::new();
    for file in &reading.attachments {
        let size = file.data().map_or(0, <[u8]>::len);
        assert_eq!(file.size, size as u64);
        assert!(size <= 32 * bytes.len() + MOST_INFLATED);
        assert!(places.insert(&file.part_id), "two files at one place");
    }
    assert!(reading.bodies_to_fetch().is_empty());
    assert!(reading.text.contains(reading.text_without_quote()));
    assert!(!format!("{reading:?}").is_empty());
});
