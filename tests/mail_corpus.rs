//! Reads the sample messages that Python's own tests ship, where a Python is installed with them, and compares what is
//! read with what an independent parser, mail-parser, makes of them.
//!
//! Run it with `PYTHON_TEST_EMAIL_DATA=folder` to name the folder of the samples.

use std::{fs, path::PathBuf};

use airbyte_agent_gmail::mail::Reading;
use mail_parser::MessageParser;

/// The samples: the folder that is named, or that of a Python managed by pyenv.
fn samples() -> Vec<PathBuf> {
    let named = std::env::var_os("PYTHON_TEST_EMAIL_DATA").map(PathBuf::from);
    let managed = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv/versions"));
    let folders = named.into_iter().chain(
        managed
            .and_then(|versions| fs::read_dir(versions).ok())
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .flat_map(|version| {
                ["3.11", "3.12", "3.13"].map(|release| {
                    version
                        .path()
                        .join(format!("lib/python{release}/test/test_email/data"))
                })
            }),
    );
    let mut files: Vec<PathBuf> = folders
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| entry.path().canonicalize().ok())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    files.dedup();
    files
}

#[test]
fn sample_messages_are_read_as_another_parser_reads_them() {
    let files = samples();
    if files.is_empty() {
        println!(
            "no sample messages here: set PYTHON_TEST_EMAIL_DATA to the folder of Python's test_email/data"
        );
    }
    for path in &files {
        let raw = fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let reading = Reading::from_raw(&raw);
        let Some(parsed) = MessageParser::new().parse(&raw) else {
            assert!(reading.subject.is_none(), "{name}");
            continue;
        };
        let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            fold(reading.subject.as_deref().unwrap_or_default()),
            fold(parsed.subject().unwrap_or_default()),
            "subject of {name}"
        );
        let author = parsed
            .from()
            .and_then(|from| from.first()?.address().map(str::to_owned));
        assert_eq!(
            reading.from.first().map(|from| from.address().to_owned()),
            author,
            "author of {name}"
        );
        println!(
            "{name}: text {} bytes, html {:?}, {} attachments (other parser: {})",
            reading.text.len(),
            reading.html.as_deref().map(str::len),
            reading.attachments.len(),
            parsed.attachment_count(),
        );
        if !parsed.text_body.is_empty() {
            let text = parsed.body_text(0).unwrap_or_default();
            let first: String = fold(&text).chars().take(60).collect();
            let read = fold(&reading.text);
            let is_plain = parsed.text_part(0).is_some_and(|part| !part.is_text_html());
            assert!(
                !is_plain || read.contains(&first),
                "text of {name}: {first:?} is not in {read:?}"
            );
        }
    }
    println!("{} sample messages read", files.len());
}
