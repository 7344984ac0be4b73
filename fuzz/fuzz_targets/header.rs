#![no_main]

use airbyte_agent_gmail::mail::{MailboxList, Reading};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 9] = [
    "Subject",
    "From",
    "Reply-To",
    "Date",
    "Message-ID",
    "References",
    "Content-Type",
    "Content-Disposition",
    "Content-Transfer-Encoding",
];

/// The bytes are the value of each structured header.
fuzz_target!(|bytes: &[u8]| {
    for name in NAMES {
        let raw = [name.as_bytes(), b": ", bytes, b"\r\n\r\ntext\r\n"].concat();
        let reading = Reading::from_raw(&raw);
        assert!(
            reading
                .subject
                .is_none_or(|subject| !subject.contains(char::is_control))
        );
        assert!(
            reading
                .attachments
                .iter()
                .all(|file| !file.name.contains('/'))
        );
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(list) = text.parse::<MailboxList>()
    {
        assert_eq!(list.to_string().parse::<MailboxList>().as_ref(), Ok(&list));
    }
});
