//! The whole job on real mail, in both modes: import from an mbox, list, search, read, label, reply and send, with
//! every message byte for byte.

use std::fs;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::mail::encoding::decode_base64url;
use airbyte_agent_gmail::mail::{MailboxList, Reading, reply};
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::types::Message;
use mail_parser::MessageParser;

use super::TestResult;
use super::corpus::Sample;
use super::directory::Directory;

/// An mbox in mboxrd format: each line of `>`s and `From ` gets another `>`.
fn mbox(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut mbox = Vec::new();
    for message in messages {
        mbox.extend_from_slice(b"From MAILER-DAEMON Thu Jan  1 00:00:00 2026\n");
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            let unquoted = line
                .iter()
                .position(|byte| *byte != b'>')
                .unwrap_or(line.len());
            if line[unquoted..].starts_with(b"From ") {
                mbox.push(b'>');
            }
            mbox.extend_from_slice(line);
        }
        if !message.ends_with(b"\n") {
            mbox.push(b'\n');
        }
        mbox.push(b'\n');
    }
    mbox
}

/// One mode with its own mailbox, so that the modes do not affect each other.
struct Job<'a> {
    gmail: &'a GmailConnector,
    mode: &'static str,
    own: MailboxList,
    starred: usize,
    answered: usize,
    /// The differences between reading a message's bytes and its payload.
    differences: Vec<String>,
}

impl Job<'_> {
    async fn ids(&self, query: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let list = self.gmail.messages().list().q(query).max_results(500);
        let found = list.stream().collect().await?;
        Ok(found.into_iter().map(|message| message.id).collect())
    }

    async fn raw(&self, id: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let message = self.gmail.messages().get(id).format("raw").send().await?;
        Ok(decode_base64url(&message.raw.unwrap_or_default())?)
    }

    /// Reads the payload and the bytes, and compares both with another parser.
    fn read(&mut self, message: &Message, raw: &[u8], name: &str) -> Reading {
        let shown = Reading::from_payload(message);
        let sent = Reading::from_raw(raw);
        let files = |reading: &Reading| -> Vec<String> {
            let files = reading.attachments.iter();
            files
                .map(|file| format!("{} {} {}", file.name, file.mime_type, file.size))
                .collect()
        };
        let parts = |reading: &Reading| {
            [
                ("subject", format!("{:?}", reading.subject)),
                ("authors", reading.from.to_string()),
                ("recipients", format!("{} | {}", reading.to, reading.cc)),
                (
                    "ids",
                    format!("{:?} {:?}", reading.message_id, reading.references),
                ),
                ("text", reading.text.clone()),
                ("HTML", format!("{:?}", reading.html)),
                ("files", format!("{:?}", files(reading))),
            ]
        };
        let is_whole = shown.bodies_to_fetch().is_empty();
        for ((what, shown), (_, sent)) in parts(&shown).into_iter().zip(parts(&sent)) {
            if shown != sent && (is_whole || !["text", "HTML"].contains(&what)) {
                let cut = |text: String| text.chars().take(300).collect::<String>();
                self.differences.push(format!(
                    "{what} of {name}: {:?} is {:?}",
                    cut(shown),
                    cut(sent)
                ));
            }
        }
        shown
    }

    /// Searches for a message by its id, a word of its subject, and its author.
    async fn search(&self, message: &Message, raw: &[u8], reading: &Reading) -> TestResult {
        let mut queries = Vec::new();
        if let Some(message_id) = reading.message_id.as_deref()
            && message_id.bytes().all(|byte| byte.is_ascii_graphic())
        {
            queries.push(format!("rfc822msgid:{message_id}"));
        }
        let parsed = MessageParser::new().parse(raw);
        let subject = parsed.as_ref().and_then(|parsed| parsed.subject());
        let word = subject.and_then(|subject| {
            let words = subject.split_whitespace();
            words
                .filter(|word| {
                    word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic())
                })
                .max_by_key(|word| word.len())
        });
        // Parsers disagree on broken encoded words.
        let headers = message.payload.iter().flat_map(|payload| &payload.headers);
        let is_broken = headers
            .filter(|header| header.name.as_deref() == Some("Subject"))
            .any(|header| {
                header
                    .value
                    .as_deref()
                    .is_some_and(|value| value.contains("=?"))
            });
        if let Some(word) = word
            && !is_broken
        {
            queries.push(format!("subject:{word}"));
        }
        if let Some(author) = reading.from.first()
            && author.address().contains('@')
            && author
                .address()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"@.-".contains(&byte))
        {
            queries.push(format!("from:{}", author.address()));
        }
        let id = &message.id;
        for query in queries {
            let found = self.ids(&format!("{query} in:anywhere")).await?;
            assert!(found.contains(id), "{}: {query}", self.mode);
        }
        Ok(())
    }

    async fn star(&mut self, id: &str) -> TestResult {
        let message = self
            .gmail
            .messages()
            .get(id)
            .format("minimal")
            .send()
            .await?;
        assert!(!message.label_ids.iter().any(|label| label == "STARRED"));
        let modify = self.gmail.messages().modify(id).add_label_ids(["STARRED"]);
        let labelled = modify.send().await?;
        assert!(labelled.label_ids.iter().any(|label| label == "STARRED"));
        self.starred += 1;
        Ok(())
    }

    /// Replies to a message, unless it names nobody to reply to.
    async fn answer(&mut self, message: &Message, reading: &Reading, name: &str) -> TestResult {
        let Ok(answer) = reply(message, &self.own) else {
            return Ok(());
        };
        let Ok(mail) = answer.from("user@example.com").text("Thank you.\n").build() else {
            return Ok(());
        };
        let sent = self.gmail.send(&mail).await?;
        assert!(sent.label_ids.iter().any(|label| label == "SENT"), "{name}");
        assert_eq!(sent.thread_id, message.thread_id, "{}: {name}", self.mode);
        let raw = self.raw(&sent.id).await?;
        let parsed = MessageParser::new().parse(&raw).ok_or("an answer")?;
        assert_eq!(
            parsed.message_id(),
            Some(mail.message_id.as_str()),
            "{name}"
        );
        let begins = parsed
            .subject()
            .is_some_and(|subject| subject.to_lowercase().starts_with("re:"));
        assert!(begins, "{name}: {:?}", parsed.subject());
        if let Some(original) = reading.message_id.as_deref() {
            let answers = parsed.in_reply_to().as_text_list().unwrap_or_default();
            let is_plain =
                original.bytes().all(|byte| byte.is_ascii_graphic()) && original.contains('@');
            assert!(
                !is_plain || answers.iter().any(|id| id == original),
                "{name}: {answers:?}"
            );
        }
        let text = parsed.body_text(0).unwrap_or_default();
        assert!(text.starts_with("Thank you."), "{name}: {text:?}");
        self.answered += 1;
        Ok(())
    }
}

/// Runs the job on all samples. No step may fail, and every difference needs an explanation.
pub(crate) async fn main_job(samples: &[Sample], explained: &[(&str, &str)]) -> TestResult {
    // Messages without a final line break get one, as in every mbox.
    let messages: Vec<Vec<u8>> = samples
        .iter()
        .map(|sample| {
            let mut bytes = sample.raw.clone();
            if !bytes.ends_with(b"\n") {
                bytes.push(b'\n');
            }
            bytes
        })
        .collect();
    let directory = Directory::new()?;
    let file = directory.file("mail.mbox");
    fs::write(&file, mbox(&messages))?;
    let sandboxes = [
        Sandbox::builder().mbox(&file).start().await?,
        Sandbox::builder().mbox(&file).start().await?,
    ];
    let modes = [sandboxes[0].open_source()?, sandboxes[1].hosted()?];
    for gmail in &modes {
        let mode = super::mode_name(gmail);
        let mut job = Job {
            gmail,
            mode,
            own: "user@example.com".parse()?,
            starred: 0,
            answered: 0,
            differences: Vec::new(),
        };
        let listed = job.ids("in:anywhere").await?;
        assert_eq!(listed.len(), messages.len(), "{mode}");
        let mut left: Vec<usize> = (0..messages.len()).collect();
        for id in listed {
            let raw = job.raw(&id).await?;
            let at = left.iter().position(|at| messages[*at] == raw);
            let at = at.ok_or_else(|| format!("{mode}: {id} is not what was imported"))?;
            let name = &samples[left.swap_remove(at)].name;
            let message = gmail.messages().get(&id).send().await?;
            let reading = job.read(&message, &raw, name);
            job.search(&message, &raw, &reading).await?;
            job.star(&id).await?;
            job.answer(&message, &reading, name).await?;
        }
        assert!(left.is_empty(), "{mode}");
        let is_explained = |line: &String| explained.iter().any(|(part, _)| line.contains(part));
        job.differences.retain(|line| !is_explained(line));
        assert!(job.differences.is_empty(), "{mode}: {:#?}", job.differences);
        let (answered, count) = (job.answered, messages.len());
        assert!(
            answered * 2 > count,
            "{mode}: {answered} of {count} answered"
        );
        assert_eq!(job.ids("in:sent").await?.len(), answered, "{mode}");
        let starred = job.ids("is:starred in:anywhere").await?;
        assert_eq!(starred.len(), job.starred, "{mode}");
    }
    Ok(())
}
