//! The quota that reading a mailbox costs, and the bytes on the wire, measured with the sandbox.

use std::collections::HashMap;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::types::Message;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION};

type Failure = Box<dyn std::error::Error>;

/// The length of the longest thread.
const LONGEST: usize = 12;

/// The units that a mailbox of threads costs, and the lowest possible cost according to the table of units.
pub(crate) async fn units() -> Result<(), Failure> {
    println!(
        "| messages of threads of 1 to {LONGEST} | units | least | × least |\n| --- | ---: | ---: | ---: |"
    );
    let sandbox = Sandbox::start().await?;
    for size in 1..=LONGEST {
        for number in 0..size {
            let answers = match number {
                0 => String::new(),
                _ => format!("In-Reply-To: <{size}-0@example.com>\r\n"),
            };
            sandbox.deliver(
                format!("From: a@example.com\r\nSubject: {size}\r\nMessage-ID: <{size}-{number}@example.com>\r\n{answers}\r\nText.\r\n")
                    .as_bytes(),
            );
        }
    }
    let connector = sandbox.open_source()?;
    let list = connector.messages().list().q("from:a@example.com");
    let all = list.max_results(500).send().await?.messages;
    let half: Vec<Message> = all.iter().step_by(2).cloned().collect();
    for (name, wanted) in [("all", &all), ("half of each", &half)] {
        let units = |id| gmail().by_id(id).map_or(0, |row| row.quota_units.current);
        let mut of_thread = HashMap::<_, u32>::new();
        for message in wanted {
            *of_thread.entry(&message.thread_id).or_default() += 1;
        }
        let alone = units("messages_get");
        let least: u32 = of_thread
            .values()
            .map(|count| (alone * count).min(units("threads_get")))
            .sum();
        sandbox.clear_requests();
        read(&connector, wanted).await?;
        let requests = sandbox.requests();
        let taken: u32 = requests
            .iter()
            .map(|request| units(&request.operation))
            .sum();
        println!(
            "| {name}: {} | {taken} | {least} | {:.2} |",
            wanted.len(),
            f64::from(taken) / f64::from(least)
        );
    }
    Ok(())
}

async fn read(gmail: &GmailConnector, wanted: &[Message]) -> Result<(), Failure> {
    let mut messages = gmail.get_many(wanted).stream();
    while let Some((_, message)) = messages.next().await {
        message?;
    }
    Ok(())
}

/// The bytes of gzip answers, compared with plain ones.
pub(crate) async fn bytes() -> Result<(), Failure> {
    println!(
        "\n| bodies on the wire, of the sandbox's own mail | KB plain | KB gzip | × plain |\n| --- | ---: | ---: | ---: |"
    );
    let sandbox = Sandbox::start().await?;
    for number in 0..500 {
        sandbox.deliver(
            format!("From: b@example.com\r\nSubject: {number}\r\n\r\nOne of many.\r\n").as_bytes(),
        );
    }
    let connector = sandbox.open_source()?;
    let list = connector.messages().list().q("-from:b@example.com");
    let own = list.max_results(500).send().await?.messages;
    let token = connector.access_token().await?;
    let http = crate::client::plain()?;
    let messages = format!("{}/gmail/v1/users/me/messages", sandbox.gmail_url());
    for (name, format) in [
        ("full", Some("full")),
        ("raw", Some("raw")),
        ("metadata", Some("metadata")),
        ("list of 500", None),
    ] {
        let addresses = match format {
            Some(format) => own
                .iter()
                .map(|message| format!("{messages}/{}?format={format}", message.id))
                .collect(),
            None => vec![format!("{messages}?maxResults=500")],
        };
        let mut sizes = [0; 2];
        for (size, encoding) in sizes.iter_mut().zip(["identity", "gzip"]) {
            for address in &addresses {
                let request = http
                    .get(address)
                    .header(AUTHORIZATION, format!("Bearer {}", token.expose()))
                    .header(ACCEPT_ENCODING, encoding)
                    .header("user-agent", "benches (gzip)");
                *size += request
                    .send()
                    .await?
                    .error_for_status()?
                    .bytes()
                    .await?
                    .len();
            }
        }
        let [plain, packed] = sizes.map(|size| size as f64 / 1024.0);
        println!(
            "| {name} | {plain:.1} | {packed:.1} | {:.2} |",
            packed / plain
        );
    }
    Ok(())
}
