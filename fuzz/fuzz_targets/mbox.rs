#![no_main]

use airbyte_agent_gmail::sync::mbox::{Reader, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    assert!(Reader::new(bytes).count() <= bytes.len());
    // A tilde separates the messages, because mbox does not use it.
    let messages: Vec<&[u8]> = bytes.split(|byte| *byte == b'~').collect();
    let mut archive = Vec::new();
    for (number, raw) in messages.iter().enumerate() {
        write(&mut archive, &number.to_string(), number as i64, raw);
    }
    let mut read = Reader::new(archive.as_slice());
    for raw in messages {
        assert_eq!(read.next().unwrap().unwrap().raw, raw);
    }
    assert!(read.next().is_none());
    // The same as mboxcl2, which quotes nothing.
    let mut archive = Vec::new();
    let messages = bytes.split(|byte| *byte == b'~').map(|body| {
        let header = format!("Subject: a\nContent-Length: {}\n\n", body.len());
        [header.as_bytes(), body].concat()
    });
    let messages: Vec<Vec<u8>> = messages.collect();
    for raw in &messages {
        archive.extend(b"From a@example.com Thu Jan  1 00:00:00 2026\n");
        archive.extend(raw);
        archive.extend(b"\n");
    }
    let mut read = Reader::new(archive.as_slice());
    for raw in messages {
        assert_eq!(read.next().unwrap().unwrap().raw, raw);
    }
    assert!(read.next().is_none());
});
