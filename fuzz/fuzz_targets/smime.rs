#![no_main]

use airbyte_agent_gmail::mail::Reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let raw = [&b"Content-Type: application/pkcs7-mime\r\n\r\n"[..], bytes].concat();
    let reading = Reading::from_raw(&raw);
    assert!(
        reading
            .signature
            .is_none_or(|signature| !signature.is_verified)
    );
});
