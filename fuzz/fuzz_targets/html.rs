#![no_main]

use airbyte_agent_gmail::mail::{html_to_text, unflow};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let _ = html_to_text(&text);
    let _ = unflow(&text, bytes.len() % 2 == 0);
});
