//! `airbyte-gmail demo`: the main job in both modes, against a sandbox in the same process.

use airbyte_agent_gmail::mail::{Compose, Reading};
use airbyte_agent_gmail::sandbox::{RequestRecord, Sandbox};
use airbyte_agent_gmail::types::DraftMessage;
use airbyte_agent_gmail::{GmailConnector, Mode};

use crate::cli::exit::Failure;
use crate::cli::label;
use crate::cli::output::line;

/// How many unread messages to show.
const SHOWN: i64 = 3;

/// Shows what a newcomer would try first.
pub(crate) async fn run() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    line(
        "A sandbox Google and a sandbox Airbyte now run on 127.0.0.1, with a mailbox of sample mail.",
    )?;
    for gmail in [sandbox.open_source()?, sandbox.hosted()?] {
        show(&gmail).await?;
    }
    let requests = sandbox.requests();
    let is_airbyte = |request: &&RequestRecord| request.path.starts_with("/api/");
    let airbyte = requests.iter().filter(is_airbyte).count();
    let google = requests.len() - airbyte;
    line(&format!(
        "\nBoth modes did the same, through the same code: {google} requests went to Google, {airbyte} to Airbyte.\n\
         Next: `airbyte-gmail sandbox` runs one for your own programs, `airbyte-gmail --help` lists all commands."
    ))
}

async fn show(gmail: &GmailConnector) -> Result<(), Failure> {
    line(match gmail.mode() {
        Mode::OpenSource => "\n== Open source: this program calls Gmail itself ==",
        Mode::Hosted => "\n== Hosted: Airbyte calls Gmail ==",
    })?;
    let profile = gmail.get_profile().send().await?;
    let address = profile.email_address;
    line(&format!(
        "signed in as {address}, {} messages",
        profile.messages_total.unwrap_or_default()
    ))?;

    let unread = gmail
        .messages()
        .list()
        .q("is:unread in:inbox")
        .max_results(SHOWN)
        .send()
        .await?;
    line(&format!("unread, the latest {}:", unread.messages.len()))?;
    let mut latest = None;
    for reference in unread.messages {
        let message = gmail.messages().get(reference.id).send().await?;
        let reading = Reading::from_payload(&message);
        line(&format!(
            "  {}",
            reading.subject.as_deref().unwrap_or("(no subject)")
        ))?;
        latest.get_or_insert((message, reading));
    }
    let Some((message, reading)) = latest else {
        return line("nothing is unread");
    };
    let text: Vec<&str> = reading
        .text_without_quote()
        .lines()
        .filter(|text| !text.trim().is_empty())
        .take(3)
        .collect();
    line(&format!(
        "the first of them, decoded:\n  | {}",
        text.join("\n  | ")
    ))?;

    let name = match gmail.mode() {
        Mode::OpenSource => "Demo/Open source",
        Mode::Hosted => "Demo/Hosted",
    };
    let label = gmail.labels().create(name).send().await?;
    let labelled = gmail
        .messages()
        .modify(message.id)
        .add_label_ids([label.id])
        .remove_label_ids(["UNREAD"])
        .send()
        .await?;
    let names = label::shown_names(gmail, &mut None, &labelled.label_ids).await?;
    line(&format!(
        "labelled it {name} and marked it read; its labels are now {}",
        names.join(", ")
    ))?;

    let composed = Compose::new()
        .from(address.as_str())
        .to("support@example.com")
        .subject("Grüße aus der Sandbox")
        .text("A message from the demo.\n")
        .build()
        .map_err(|error| Failure::Other(error.to_string()))?;
    let content = DraftMessage::new(composed.raw_base64url());
    let draft = gmail.drafts().create(content).send().await?;
    let sent = gmail.drafts().send(draft.id).send().await?;
    line("drafted a message and sent it")?;

    let id = sent.id;
    let mut messages = gmail.messages().list().label_ids(["SENT"]).stream();
    while let Some(message) = messages.next().await {
        if message?.id == id {
            let message = gmail.messages().get(id.as_str()).send().await?;
            let subject = Reading::from_payload(&message).subject.unwrap_or_default();
            return line(&format!("found it in Sent: {subject}"));
        }
    }
    Err(Failure::other("the sent message is not in Sent"))
}
