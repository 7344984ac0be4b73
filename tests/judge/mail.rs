//! Mail from other projects, and the sandbox's sample: compared with two independent parsers, mail-parser and Python's
//! `email`, and used for the whole job.
//!
//! `MAIL_SAMPLES` names folders and mbox files; see tests/it/support/corpus.rs for the default.

use std::io::Write as _;
use std::process::{Command, Stdio};

use airbyte_agent_gmail::mail::Reading;
use mail_parser::MessageParser;
use serde_json::Value;

use crate::installation;
use crate::support::TestResult;
use crate::support::corpus::{self, Sample};
use crate::support::directory::Directory;
use crate::support::main_job::main_job;

/// Mail from other projects; an error if there is none.
fn others() -> Result<Vec<Sample>, Box<dyn std::error::Error>> {
    let others = corpus::others();
    if others.len() < 50 {
        return Err("there is no mail of others here; tests/judges.sh installs some".into());
    }
    Ok(others)
}

/// Collapses whitespace, so that line breaks and folds do not count.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn beginning(text: &str) -> String {
    fold(text).chars().take(60).collect()
}

/// The differences from a parser, each with its message.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, ours: &T, theirs: &T) {
        if ours != theirs {
            self.0.push(format!("{what}: {ours:?} is {theirs:?}"));
        }
    }

    fn contains(&mut self, what: &str, whole: &str, part: &str) {
        // A replacement character means that the parser could not decode the text.
        if !fold(whole).contains(part) && !part.contains('\u{fffd}') {
            self.0
                .push(format!("{what}: {part:?} is not in {:?}", beginning(whole)));
        }
    }

    /// Ends the test: every difference needs a reason.
    fn end(self, explained: &[(&str, &str)]) {
        let unexplained: Vec<&String> = self
            .0
            .iter()
            .filter(|line| !explained.iter().any(|(part, _)| line.contains(part)))
            .collect();
        assert!(unexplained.is_empty(), "{unexplained:#?}");
    }
}

/// Differences from mail-parser, and the reasons to keep them.
const OTHERWISE_IN_MAIL_PARSER: [(&str, &str); 7] = [
    (
        "author of data/msg_05.txt",
        "an author without a domain is shown as it is written",
    ),
    ("author of rfc/001.eml", "likewise"),
    ("author of rfc/004.eml", "likewise"),
    (
        "text of malformed/005.eml",
        "a boundary that ends in `--` and the delimiter of another are the same line",
    ),
    (
        "text of malformed/020.eml",
        "a header that names two types has no form but that of the first",
    ),
    ("text of malformed/021.eml", "likewise"),
    (
        "text of rfc/006.eml",
        "a text that says no more than that there is HTML is left for the HTML",
    ),
];

/// Differences from Python, and the reasons to keep them.
const OTHERWISE_IN_PYTHON: [(&str, &str); 4] = [
    (
        "text of rfc/006.eml",
        "a text that says no more than that there is HTML is left for the HTML",
    ),
    (
        "a file of legacy/016.eml",
        "uuencode is handed on as it is; mail programs gave it up for base64",
    ),
    ("a file of legacy/017.eml", "likewise"),
    ("a file of legacy/048.eml", "likewise"),
];

/// Differences between the sandbox's payload and the raw message, and the reasons to keep them.
const OTHERWISE_IN_A_PAYLOAD: [(&str, &str); 10] = [
    (
        "text of thirdparty/002.eml",
        "the sandbox decodes base64 past its end",
    ),
    (
        "of malformed/017.eml",
        "the sandbox takes parts without a blank line for text",
    ),
    (
        "files of data/msg_15.txt",
        "the sandbox decodes a sentence as base64",
    ),
    ("files of rfc/000.eml", "likewise"),
    (
        "files of legacy/026.eml",
        "the sandbox hands uuencode on as it came",
    ),
    ("files of legacy/017.eml", "likewise"),
    ("files of legacy/048.eml", "likewise"),
    (
        "files of legacy/039.eml",
        "the sandbox takes the signs out of a Windows path",
    ),
    ("files of legacy/035.eml", "likewise"),
    ("files of legacy/016.eml", "uuencode, as above"),
];

/// Compares a reading with mail-parser's.
fn compare(sample: &Sample, differences: &mut Differences) {
    let Sample { name, raw } = sample;
    let reading = Reading::from_raw(raw);
    let Some(parsed) = MessageParser::new().parse(raw) else {
        differences.equal(&format!("subject of {name}"), &reading.subject, &None);
        return;
    };
    // mail-parser takes the last of several, and loses bytes without a charset.
    let is_one = parsed.header_values("Subject").count() < 2;
    let subject = fold(parsed.subject().unwrap_or_default());
    if is_one && !subject.contains('\u{fffd}') {
        let read = fold(reading.subject.as_deref().unwrap_or_default());
        differences.equal(&format!("subject of {name}"), &read, &subject);
    }
    if parsed.header_values("From").count() < 2 {
        let author = parsed
            .from()
            .and_then(|from| from.first()?.address().map(str::to_owned));
        // mail-parser drops names without an address, as in the From of bounces.
        let read = reading
            .from
            .first()
            .map(|from| from.address().to_owned())
            .filter(|address| !address.is_empty());
        differences.equal(&format!("author of {name}"), &read, &author);
    }
    if parsed.text_part(0).is_some_and(|part| !part.is_text_html()) {
        let first = beginning(&parsed.body_text(0).unwrap_or_default());
        differences.contains(&format!("text of {name}"), &reading.text, &first);
    }
}

#[test]
fn messages_are_read_as_mail_parser_reads_them() -> TestResult {
    let others = others()?;
    let mut differences = Differences::default();
    for sample in corpus::own().iter().chain(&others) {
        compare(sample, &mut differences);
    }
    println!("{} messages of others are compared", others.len());
    differences.end(&OTHERWISE_IN_MAIL_PARSER);
    Ok(())
}

#[test]
fn messages_are_read_as_pythons_parser_reads_them() -> TestResult {
    let samples: Vec<Sample> = corpus::own().into_iter().chain(others()?).collect();
    let directory = Directory::new()?;
    let mut paths = String::new();
    for (number, sample) in samples.iter().enumerate() {
        let path = directory.file(&number.to_string());
        std::fs::write(&path, &sample.raw)?;
        paths.push_str(&format!("{}\n", path.display()));
    }
    let mut child = Command::new(installation::python())
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/clients/read_mail.py"
        ))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or("a standard input")?;
    let writer = std::thread::spawn(move || stdin.write_all(paths.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "the paths were not written")??;
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout)?;
    let (mut texts, mut count) = (0, 0);
    let mut differences = Differences::default();
    for (sample, line) in samples.iter().zip(lines.lines()) {
        let theirs: Value = serde_json::from_str(line)?;
        texts += usize::from(compare_python(sample, &theirs, &mut differences));
        count += 1;
    }
    assert_eq!(count, samples.len());
    assert!(texts * 2 > count, "{texts} texts of {count} were compared");
    differences.end(&OTHERWISE_IN_PYTHON);
    Ok(())
}

/// Compares a reading with Python's; returns whether there was a text to compare.
fn compare_python(sample: &Sample, theirs: &Value, differences: &mut Differences) -> bool {
    let Sample { name, raw } = sample;
    let reading = Reading::from_raw(raw);
    if let Some(subject) = theirs["subject"].as_str() {
        let read = fold(reading.subject.as_deref().unwrap_or_default());
        differences.equal(&format!("subject of {name}"), &read, &fold(subject));
    }
    let authors = reading.from.iter().map(|from| from.address());
    let authors: Vec<&str> = authors.filter(|address| address.contains('@')).collect();
    differences.equal(
        &format!("authors of {name}"),
        &serde_json::json!(authors),
        &theirs["authors"],
    );
    let sizes: Vec<u64> = reading.attachments.iter().map(|file| file.size).collect();
    for size in theirs["sizes"].as_array().into_iter().flatten() {
        if !size.as_u64().is_some_and(|size| sizes.contains(&size)) {
            differences.equal(
                &format!("a file of {name}"),
                &Value::from(sizes.clone()),
                size,
            );
        }
    }
    let Some(text) = theirs["text"].as_str() else {
        return false;
    };
    differences.contains(&format!("text of {name}"), &reading.text, &beginning(text));
    true
}

#[tokio::test]
async fn the_main_job_is_done_with_mail_of_others() -> TestResult {
    main_job(&others()?, &OTHERWISE_IN_A_PAYLOAD).await
}
