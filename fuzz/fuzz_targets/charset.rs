#![no_main]

use airbyte_agent_gmail::mail::Reading;
use libfuzzer_sys::fuzz_target;

/// The first line is a charset, the rest a text in it: in a body, an encoded word and a file name.
fuzz_target!(|bytes: &[u8]| {
    let mut pieces = bytes.splitn(2, |byte| *byte == b'\n');
    let label = String::from_utf8_lossy(pieces.next().unwrap_or_default()).replace(
        |character: char| !character.is_ascii_alphanumeric() && !"-_:.".contains(character),
        "",
    );
    let text = pieces.next().unwrap_or_default();
    let word: String = text.iter().map(|byte| format!("={byte:02X}")).collect();
    let name: String = text.iter().map(|byte| format!("%{byte:02X}")).collect();
    let head = format!(
        "Subject: =?{label}?Q?{word}?=\r\nContent-Type: text/plain; charset=\"{label}\"; name*={label}''{name}\r\n\r\n"
    );
    let reading = Reading::from_raw(&[head.as_bytes(), text].concat());
    if reading.undecoded.is_empty() && (1..=60).contains(&label.len()) {
        let plain = |text: &str| -> String {
            text.chars()
                .filter(|character| !character.is_whitespace() && !character.is_control())
                .collect()
        };
        assert_eq!(
            plain(&reading.subject.unwrap_or_default()),
            plain(&reading.text)
        );
    }
});
