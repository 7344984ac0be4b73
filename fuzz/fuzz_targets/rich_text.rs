#![no_main]

use airbyte_agent_gmail::fuzzing::{expand_rich_text, read_rich_text};
use libfuzzer_sys::fuzz_target;

/// The bytes are Rich Text, plain and compressed.
fuzz_target!(|bytes: &[u8]| {
    if let Some(text) = read_rich_text(bytes) {
        assert!(text.len() <= 3 * bytes.len());
    }
    if let Some(expanded) = expand_rich_text(bytes) {
        assert!(expanded.len() <= 9 * bytes.len());
        let _ = read_rich_text(&expanded);
    }
});
