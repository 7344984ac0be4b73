#![no_main]

use airbyte_agent_gmail::mail::Reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let reading = Reading::from_raw(bytes);
    let _ = reading.text_without_quote().len();
    let _ = format!("{reading:?}");
});
