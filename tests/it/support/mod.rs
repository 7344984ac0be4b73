//! Helpers for several tests: connectors in each mode and params for any row of the table here, everything else in its
//! own file.

#![allow(dead_code, reason = "each test file uses its own part")]

#[cfg(feature = "sync")]
pub(crate) mod corpus;
pub(crate) mod directory;
pub(crate) mod fault_server;
pub(crate) mod http;
pub(crate) mod log;
#[cfg(feature = "sync")]
pub(crate) mod main_job;
#[cfg(all(feature = "cli", feature = "mcp"))]
pub(crate) mod mcp;
#[cfg(feature = "cli")]
pub(crate) mod program;
pub(crate) mod web;

use airbyte_agent_gmail::mail::Compose;
use airbyte_agent_gmail::operation::{Field, Operation, Schema};
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::{GmailConnector, Mode};
use serde_json::{Map, Value, json};

/// The result of a test.
pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

/// A test's error that can be sent to another thread.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A connector in each mode.
pub(crate) fn modes(sandbox: &Sandbox) -> Result<[GmailConnector; 2], airbyte_agent_gmail::Error> {
    Ok([sandbox.open_source()?, sandbox.hosted()?])
}

pub(crate) fn mode_name(gmail: &GmailConnector) -> &'static str {
    match gmail.mode() {
        Mode::OpenSource => "open source",
        Mode::Hosted => "hosted",
    }
}

/// An encoded message to send, for `raw`.
pub(crate) fn raw(subject: &str) -> Result<String, Box<dyn std::error::Error>> {
    let composed = Compose::new()
        .from("user@example.com")
        .to("support@example.com")
        .subject(subject)
        .text("Text.\n")
        .build()?;
    Ok(composed.raw_base64url())
}

/// Existing ids and values of a sandbox, for the params of any row.
pub(crate) struct Fixture {
    message_id: String,
    thread_id: String,
    attachment: (String, String),
    label_id: String,
    draft_id: String,
    filter_id: String,
    raw: String,
}

impl Fixture {
    /// Collects ids from a mailbox, and creates what the sample mail lacks.
    pub(crate) async fn new(gmail: &GmailConnector) -> Result<Self, Box<dyn std::error::Error>> {
        let list = gmail
            .messages()
            .list()
            .q("has:attachment")
            .max_results(20)
            .send()
            .await?;
        let mut attachment = None;
        for reference in list.messages {
            let id = reference.id;
            let message = gmail.messages().get(&id).send().await?;
            let parts = message
                .payload
                .map(|payload| payload.parts)
                .unwrap_or_default();
            let found = parts
                .into_iter()
                .find_map(|part| part.body.and_then(|body| body.attachment_id));
            if let Some(found) = found {
                attachment = Some((id, found));
                break;
            }
        }
        let attachment = attachment.ok_or("the sample mail has an attachment")?;
        let message = gmail
            .messages()
            .list()
            .q("in:inbox")
            .max_results(1)
            .send()
            .await?;
        let message = message.messages.into_iter().next().ok_or("a message")?;
        let label = gmail.labels().create("Fixture").send().await?;
        let drafts = gmail.drafts().list().send().await?;
        let draft = drafts.drafts.into_iter().next().ok_or("a draft")?;
        let filter = gmail
            .settings()
            .filters()
            .create(
                serde_json::from_value(json!({"from": "support@example.com"}))?,
                serde_json::from_value(json!({"addLabelIds": ["STARRED"]}))?,
            )
            .send()
            .await?;
        Ok(Self {
            message_id: message.id,
            thread_id: message.thread_id.unwrap_or_default(),
            attachment,
            label_id: label.id,
            draft_id: draft.id,
            filter_id: filter.id,
            raw: raw("Fixture")?,
        })
    }

    /// The required params of a row.
    pub(crate) fn params(&self, row: &Operation) -> Map<String, Value> {
        let mut params: Map<String, Value> = row
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| (field.name.to_owned(), self.value(row, field)))
            .collect();
        // The schema requires no labels, but the service needs at least one.
        if row.field("addLabelIds").is_some() {
            params.insert("addLabelIds".to_owned(), json!(["STARRED"]));
        }
        params
    }

    fn value(&self, row: &Operation, field: &Field) -> Value {
        match field.name {
            "messageId" if row.entity == "messages_attachments" => json!(self.attachment.0),
            "id" if row.entity == "messages_attachments" => json!(self.attachment.1),
            "messageId" => json!(self.message_id),
            "threadId" => json!(self.thread_id),
            "labelId" => json!(self.label_id),
            "draftId" => json!(self.draft_id),
            "id" if row.entity.starts_with("drafts") => json!(self.draft_id),
            "id" if row.entity.contains("filters") => json!(self.filter_id),
            "raw" => json!(self.raw),
            "ids" => json!([self.message_id]),
            "startHistoryId" => json!("1"),
            "criteria" => json!({"from": "sales@example.com"}),
            "action" => json!({"addLabelIds": ["STARRED"]}),
            "topicName" => json!("projects/example/topics/mail"),
            name if name.to_lowercase().contains("email") => json!("user@example.com"),
            _ => self.of_schema(&field.schema),
        }
    }

    fn of_schema(&self, schema: &Schema) -> Value {
        match schema {
            Schema::String => json!("text"),
            Schema::Integer { minimum, .. } => json!(minimum.unwrap_or(1)),
            Schema::Number => json!(1.5),
            Schema::Boolean => json!(true),
            Schema::Enum(values) => json!(values.first()),
            Schema::Array(items) => json!([self.of_schema(items)]),
            Schema::Object(fields) => fields
                .iter()
                .filter(|field| field.required)
                .map(|field| match field.name {
                    "raw" => ("raw".to_owned(), json!(self.raw)),
                    name => (name.to_owned(), self.of_schema(&field.schema)),
                })
                .collect::<Map<_, _>>()
                .into(),
            Schema::Map => json!({}),
            Schema::Any => json!("any"),
        }
    }
}
