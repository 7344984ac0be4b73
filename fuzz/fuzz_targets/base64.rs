#![no_main]

use airbyte_agent_gmail::mail::encoding::{decode_base64url, encode_base64url};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(
        decode_base64url(&encode_base64url(bytes)).as_deref(),
        Ok(bytes)
    );
    if let Ok(text) = std::str::from_utf8(bytes) {
        match decode_base64url(text) {
            Ok(decoded) => {
                assert_eq!(
                    decode_base64url(&encode_base64url(&decoded)).as_ref(),
                    Ok(&decoded)
                );
            }
            Err(error) => assert!(error.offset().is_none_or(|offset| offset < text.len())),
        }
    }
});
