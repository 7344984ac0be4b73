use std::io;

use proptest::prelude::*;

use super::*;

fn archive(messages: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
    let mut archive = Vec::new();
    let mut offsets = Vec::new();
    for (number, raw) in messages.iter().enumerate() {
        offsets.push(archive.len());
        write(&mut archive, &format!("{number:x}"), 1_767_225_600_000, raw);
    }
    (archive, offsets)
}

fn read(archive: &[u8]) -> Vec<Archived> {
    Reader::new(archive)
        .collect::<io::Result<_>>()
        .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(archive)))
}

fn raws(archive: &[u8]) -> Vec<String> {
    read(archive)
        .into_iter()
        .map(|message| String::from_utf8_lossy(&message.raw).into_owned())
        .collect()
}

/// Builds messages from difficult pieces.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"From ".to_vec()),
        Just(b"From \n".to_vec()),
        Just(b">".to_vec()),
        Just(b"Subject: a\n".to_vec()),
        Just(b"Content-Length: 7\n".to_vec()),
        Just(b"From a@unterminated Thu Jan  1 00:00:00 1970\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

const SEPARATOR: &str = "From support@example.com Thu Jan  1 00:00:00 2026\n";

proptest! {
    #[test]
    fn what_is_written_is_read(messages in proptest::collection::vec(message(), 0..6)) {
        let (archive, offsets) = archive(&messages);
        let read: Vec<Archived> = Reader::new(archive.as_slice()).collect::<io::Result<_>>().unwrap();
        prop_assert_eq!(read.iter().map(|message| message.raw.clone()).collect::<Vec<_>>(), messages);
        prop_assert_eq!(read.iter().map(|message| message.offset).collect::<Vec<_>>(),
            offsets.iter().map(|offset| *offset as u64).collect::<Vec<_>>());
    }

    /// mboxcl2: lines are not quoted, and the header has the body's length.
    #[test]
    fn bodies_of_a_known_length_are_read_as_they_are(bodies in proptest::collection::vec(message(), 1..6)) {
        let mut archive = Vec::new();
        let mut messages = Vec::new();
        for body in bodies {
            let mut raw = format!("Subject: a\nContent-Length: {}\n\n", body.len()).into_bytes();
            raw.extend(&body);
            archive.extend(SEPARATOR.as_bytes());
            archive.extend(&raw);
            archive.extend(b"\n");
            messages.push(raw);
        }
        // A body may end with an apparent empty line between messages, or begin like a separator.
        let read: Vec<Vec<u8>> = Reader::new(archive.as_slice()).map(|message| message.unwrap().raw).collect();
        prop_assert_eq!(read, messages);
    }

    /// mboxo quotes only lines that begin with `From `, so a message's own `>From ` can't be told apart.
    #[test]
    fn mboxo_is_read(messages in proptest::collection::vec(message(), 0..6)) {
        let mut archive = Vec::new();
        let mut written = Vec::new();
        for raw in messages {
            let mut raw = [b"Subject: a\n\n".as_slice(), &raw, b"\n"].concat();
            if raw.split(|byte| *byte == b'\n').any(|line| line.starts_with(b">") && is_quotable(line)) {
                raw = b"Subject: a\n\nFrom here\n".to_vec();
            }
            archive.extend(SEPARATOR.as_bytes());
            for line in raw.split_inclusive(|byte| *byte == b'\n') {
                if line.starts_with(b"From ") {
                    archive.push(b'>');
                }
                archive.extend(line);
            }
            archive.push(b'\n');
            written.push(raw);
        }
        let read: Vec<Vec<u8>> = Reader::new(archive.as_slice()).map(|message| message.unwrap().raw).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn any_bytes_come_to_an_end(bytes in message()) {
        let read = Reader::new(bytes.as_slice()).count();
        prop_assert!(read <= bytes.len());
    }
}

#[test]
fn the_separator_is_that_of_every_mail_reader() {
    let mut archive = Vec::new();
    write(&mut archive, "18c2a", 1_767_225_601_000, b"A: b\r\n\r\n");
    assert_eq!(
        archive,
        b"From 18c2a@gmail Thu Jan 01 00:00:01 2026\nA: b\r\n\r\n\n"
    );
    for (time, text) in [(-1, "1970"), (i64::MAX, "9999")] {
        assert!(date(time).ends_with(text), "{}", date(time));
    }
}

/// What programs write after `From `, with the time it stands for.
const SEPARATORS: [(&str, Option<i64>); 48] = [
    ("root", None),
    ("???@??? Thu Jan 01 10:00:00 2026", Some(1_767_261_600_000)),
    (
        "a@example.com Thu Jan 01 2026 11:00:00 GMT+0100 (Central European Standard Time)",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com Thu Jan  1 10:00:00 26",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com Thu Jan  1 2026 02:00:00 PM",
        Some(1_767_276_000_000),
    ),
    ("a@example.com 01-Jan-26 10:00:00", Some(1_767_261_600_000)),
    (
        "a@example.com Thu Jan  1 10:00:00 2026",
        Some(1_767_261_600_000),
    ),
    (
        "1850@xxx Thu Jan 01 10:00:00 +0000 2026",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com Thu Jan  1 10:00:00 +0100 2026",
        Some(1_767_258_000_000),
    ),
    (
        "a@example.com Thu Jan  1 10:00:00 2026 -0130",
        Some(1_767_267_000_000),
    ),
    (
        "a@example.com Thu Jan  1 10:00 2026",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com Thu Jan  1 10:00:00 CET 2026",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com thu jan  1 10:00:00 2026",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com THU JAN  1 10:00:00 2026",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com Thursday January 1 10:00:00 2026",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com Thu, 1 Jan 2026 10:00:00 +0000",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com 2026-01-01T10:00:00Z",
        Some(1_767_261_600_000),
    ),
    (
        "a@example.com 2026-01-01T10:00:00.250+01:00",
        Some(1_767_258_000_000),
    ),
    ("a@example.com 2026-01-01 10:00:00", Some(1_767_261_600_000)),
    (
        "a@example.com 2026-01-01 10:00:00 +0000",
        Some(1_767_261_600_000),
    ),
    ("a@example.com 2026/01/01 10:00:00", Some(1_767_261_600_000)),
    ("a@example.com 01.01.2026 10:00:00", Some(1_767_261_600_000)),
    (
        "a@example.com 1-Jan-2026 10:00:00 +0000",
        Some(1_767_261_600_000),
    ),
    ("a@example.com 2026-01-01", Some(1_767_225_600_000)),
    ("a@example.com Thu Jan  1 2026", Some(1_767_225_600_000)),
    ("a@example.com Thu Jan  1 10:00:00", None),
    ("a@example.com Do Mai  7 10:00:00 2026", None),
    ("a@example.com Do Dez 31 10:00:00 2026", None),
    ("a@example.com jeu. janv. 1 10:00:00 2026", None),
    ("a@example.com jeu. août 6 10:00:00 2026", None),
    ("a@example.com чт янв  1 10:00:00 2026", None),
    ("a@example.com 木  1月  1 10:00:00 2026", None),
    ("a@example.com 四 1月 1 10:00:00 2026", None),
    ("a@example.com to 1 tammi 10.00.00 2026", None),
    (
        "a@example.com qui 1 de jan de 2026 10:00:00",
        Some(1_767_261_600_000),
    ),
    ("- Thu Jan  1 10:00:00 2026", Some(1_767_261_600_000)),
    (
        "MAILER-DAEMON Thu Jan  1 10:00:00 2026",
        Some(1_767_261_600_000),
    ),
    ("MAILER-DAEMON", None),
    (
        "mailer-daemon Do Jan  1 10:00:00 2026",
        Some(1_767_261_600_000),
    ),
    ("root Thu Jan  1 10:00:00 2026", Some(1_767_261_600_000)),
    ("Thu Jan  1 10:00:00 2026", Some(1_767_261_600_000)),
    (
        "\"A B\"@example.com Thu Jan  1 10:00:00 2026",
        Some(1_767_261_600_000),
    ),
    ("A B Thu Jan  1 10:00:00 2026", Some(1_767_261_600_000)),
    (
        "host!a Thu Jan  1 10:00:00 2026 remote from host",
        Some(1_767_261_600_000),
    ),
    ("- ", None),
    ("", None),
    ("a@example.com 2026年1月5日", None),
    ("a@example.com 1767607200", None),
];

#[test]
fn separators_of_every_writer_part_messages() {
    for (separator, received) in SEPARATORS {
        for (line_end, name) in [("\n", "LF"), ("\r\n", "CRLF"), ("\r", "CR")] {
            for between in ["\n", ""] {
                for blanks in ["", "\n\n", "\u{feff}", "\0\0\0"] {
                    let text = format!(
                        "{blanks}From {separator}\nSubject: 1\nTo: a@example.com\n\nFrom here on it is text.\n{between}From {separator}\nX-Mozilla-Status: 0001\nSubject: 2\n\nText\n\nFrom now\n\nto then.\n{between}From {separator}\nReturn-Path: <>\nSubject: 3\n\n>From\n",
                    );
                    let read = read(text.replace('\n', line_end).as_bytes());
                    let what = format!("{separator:?} {name} {between:?} {blanks:?}");
                    assert_eq!(read.len(), 3, "{what}");
                    for (number, message) in read.iter().enumerate() {
                        let raw = String::from_utf8_lossy(&message.raw);
                        assert!(raw.contains(&format!("Subject: {}", number + 1)), "{what}");
                        assert_eq!(message.received_ms, received, "{what}");
                        let line_end = if line_end == "\r" { "\r\n" } else { line_end };
                        assert!(raw.replace(line_end, "\n").contains("\n\n"), "{what}");
                    }
                    assert!(
                        String::from_utf8_lossy(&read[1].raw).ends_with(&format!(
                            "to then.{}",
                            if line_end == "\r" { "\r\n" } else { line_end }
                        )),
                        "{what}"
                    );
                }
            }
        }
    }
}

/// The line is not one of this crate's separators, which have a space after `From`.
#[test]
fn a_line_of_one_word_comes_back() {
    for line in ["From\n", "From\r\n"] {
        for raw in [
            format!("{line}Subject: 1\nTo: a@example.com\n\nText\n"),
            format!("Subject: 1\n\n{line}Subject: 2\nTo: a@example.com\n"),
            format!("Subject: 1\n\nText\n\n{line}"),
        ] {
            let written = [raw.into_bytes(), b"Subject: 3\n".to_vec()];
            let (archive, _) = archive(&written);
            let raws: Vec<Vec<u8>> = read(&archive).into_iter().map(|one| one.raw).collect();
            assert_eq!(raws, written, "{line:?}");
        }
    }
}

#[test]
fn sentences_are_text() {
    for sentence in [
        "From here on, at 10:00, all is text.",
        "From Mon to Fri",
        "From 9:00 to 17:00",
        "From January 1 2026 on the price is higher.",
        "From June 12",
        "From Monday",
        "From 2026 on",
        "From the desk of Bob, Thu Jan 1 10:00:00 2026",
        "From yesterday",
        "From a@example.com we heard no more",
        "From: not a separator",
        "Fromage",
        "from a@example.com Thu Jan  1 10:00:00 2026",
        " From a@example.com Thu Jan  1 10:00:00 2026",
    ] {
        for (before, after) in [
            ("", "and so on\n"),
            ("\n", "and so on\n"),
            ("\n", "\nand so on\n"),
        ] {
            let text = format!("{SEPARATOR}Subject: 1\n\nText\n{before}{sentence}\n{after}");
            assert_eq!(raws(text.as_bytes()).len(), 1, "{text}");
        }
    }
}

#[test]
fn what_cannot_be_told_is_an_error_that_names_the_place() {
    for (text, place) in [
        (
            format!("{SEPARATOR}A: b\n\nText\n\nFrom \nmore\n"),
            "line 6, byte 62",
        ),
        (
            format!("{SEPARATOR}A: b\n\nLook at\n{SEPARATOR}and more\n"),
            "line 5, byte 64",
        ),
        (
            format!("{SEPARATOR}A: b\n\nText\n\nFrom a@example.com\nNote: it may be\n"),
            "line 6, byte 62",
        ),
    ] {
        let read: Vec<_> = Reader::new(text.as_bytes()).collect();
        let error = read.last().unwrap().as_ref().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(error.to_string().starts_with(place), "{error}: {text}");
    }
}

#[test]
fn files_of_other_kinds_are_refused() {
    for (text, what) in [
        ("Subject: x\n\n", "comes before its first message"),
        ("Dear reader,\n", "no message begins"),
        ("From here on\nit is text.\n", "no message begins"),
    ] {
        let error = Reader::new(text.as_bytes()).next().unwrap().unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
    assert_eq!(
        raws(b"").len() + raws(b"\n\r\n").len() + raws(b"\0\0\0\n").len(),
        0
    );
    let junk = format!("Exported by a program\n\n{SEPARATOR}A: b\n\n");
    assert_eq!(raws(junk.as_bytes()), ["A: b\n"]);
}

#[test]
fn a_length_is_believed_where_it_leads_to_an_end() {
    let second = "From b@example.com Thu Jan  1 00:00:00 2026\nSubject: 2\n\n";
    let body = "Text\n\nFrom c@example.com Thu Jan  1 00:00:00 2026\nSubject: no\n\n>From me\n";
    for (length, count) in [
        (body.len(), 2),
        (body.len() + 3, 3),
        (3, 3),
        (usize::MAX, 3),
    ] {
        for end in ["\n", "", "\n\n"] {
            let text =
                format!("{SEPARATOR}Content-Length: {length}\nSubject: 1\n\n{body}{end}{second}");
            let read = raws(text.as_bytes());
            // Some lengths that are off by the empty lines also lead to the end.
            if length != body.len() + 3 {
                assert_eq!(read.len(), count, "{text}");
            }
            if count == 2 {
                assert!(read[0].ends_with(body), "{text}");
                assert_eq!(read[1], "Subject: 2\n");
            }
        }
    }
    // A body of known length without a final line end, and one at the end of the file.
    let text = format!(
        "{SEPARATOR}Content-Length: 4\n\nText\n{SEPARATOR}Content-Length: 14\n\nFrom \n\nFrom d\n"
    );
    assert_eq!(
        raws(text.as_bytes()),
        [
            "Content-Length: 4\n\nText",
            "Content-Length: 14\n\nFrom \n\nFrom d\n"
        ]
    );
}
