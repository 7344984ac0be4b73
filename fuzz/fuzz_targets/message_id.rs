#![no_main]

use airbyte_agent_gmail::mail::{MailboxList, Reading, reply};
use libfuzzer_sys::fuzz_target;

/// The bytes are the ids of a message. The reply's ids must be among them.
fuzz_target!(|bytes: &[u8]| {
    for name in ["Message-ID", "References", "In-Reply-To"] {
        let head = [
            b"From: a@example.org\r\n",
            name.as_bytes(),
            b": ",
            bytes,
            b"\r\n\r\ntext\r\n",
        ];
        let reading = Reading::from_raw(&head.concat());
        let Ok(answer) = reply(&reading, &MailboxList::default()) else {
            continue;
        };
        let Ok(composed) = answer.text("text").build() else {
            continue;
        };
        let answer = Reading::from_raw(&composed.raw);
        let known: Vec<&String> = reading
            .message_id
            .iter()
            .chain(&reading.references)
            .chain(&reading.in_reply_to)
            .collect();
        for id in answer.references.iter().chain(&answer.in_reply_to) {
            assert!(known.contains(&id), "an id that the original does not have");
        }
    }
});
