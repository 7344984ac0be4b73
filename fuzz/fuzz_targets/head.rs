#![no_main]

use airbyte_agent_gmail::fuzzing::split_head;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (headers, body) = split_head(bytes);
    assert!(bytes.ends_with(body));
    let mut written = Vec::new();
    for (name, value) in &headers {
        assert!(!name.is_empty() && !name.contains(':') && !name.contains(char::is_whitespace));
        assert!(std::str::from_utf8(value).is_ok());
        written.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    written.extend(b"\r\n");
    written.extend(body);
    // With a guessed charset, other bytes can decode to a leading blank.
    if std::str::from_utf8(bytes).is_ok() {
        assert_eq!(split_head(&written), (headers, body));
    }
});
