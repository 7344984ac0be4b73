//! What a model gets: a result, or an error it can act on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Error;
use crate::operation::gmail;

use super::fence::Fence;
use super::seal::seal;

/// The outcome of a tool call.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// use serde_json::json;
///
/// let answer = gmail.tools().call("gmail_read_message", json!({"message_id": "0000000000000bad"})).await;
/// assert!(answer.is_error);
/// // The text tells the model what to do next. A program can inspect the error behind it.
/// assert!(answer.error().is_some_and(|error| error.is_not_found()));
/// # Ok(())
/// # }
/// ```
///
/// Give a model [`text`](Self::text), in which marks surround everything that others wrote, or, if it takes JSON,
/// [`sealed`](Self::sealed). A program uses the plain values of [`structured`](Self::structured).
///
/// `Debug` shows no text, because it can be mail.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The result or the error as text for the model.
    pub text: String,
    /// The same as JSON for a program: cleaned, with marks only around the texts of messages. It fits the tool's
    /// output schema, even as an error.
    pub structured: Value,
    /// Whether the call failed.
    pub is_error: bool,
    /// The marks used in the text.
    fence: Option<Fence>,
    /// The connector's error, if any.
    error: Option<Error>,
}

/// Why a call failed, in terms of who must act.
pub(super) struct Failure {
    code: &'static str,
    message: String,
    retry: Retry,
    service_message: Option<String>,
    details: Vec<String>,
    error: Option<Error>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Retry {
    /// The arguments must change.
    Changed,
    /// The same call may succeed later.
    Later(Option<u64>),
    /// It may have been done: check first.
    LookFirst,
    /// A person must act first.
    Person,
}

impl Answer {
    /// A result, with the marks used in its text.
    pub(super) fn new(text: String, structured: Value, fence: Fence) -> Self {
        Self {
            text,
            structured,
            is_error: false,
            fence: Some(fence),
            error: None,
        }
    }

    /// The connector's error behind this answer; `None` if the arguments or the access were at fault.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// [`structured`](Self::structured) for a model: what the text contains, between an opening mark (its first
    /// member) and a closing mark (its last).
    ///
    /// It is hardly longer than the text and fits the tool's output schema. The MCP server returns this.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let tools = sandbox.open_source()?.tools();
    /// use serde_json::json;
    ///
    /// let answer = tools.call("gmail_search", json!({"query": "in:inbox", "max_results": 1})).await;
    /// let sealed = answer.sealed();
    /// assert_eq!(sealed["messages"][0]["id"], answer.structured["messages"][0]["id"]);
    /// assert!(sealed["_untrusted"].as_str().unwrap_or_default().starts_with("<untrusted-mail "));
    /// assert!(sealed["untrusted_ends"].as_str().unwrap_or_default().starts_with("</untrusted-mail "));
    /// # Ok(())
    /// # }
    /// ```
    pub fn sealed(&self) -> Value {
        match &self.fence {
            Some(fence) => seal(&self.structured, fence),
            // An error is in this crate's own words; whatever it quotes from the service is fenced.
            None => self.structured.clone(),
        }
    }
}

impl Failure {
    /// The arguments are wrong.
    pub(super) fn input(message: impl Into<String>) -> Self {
        Self::of("invalid_arguments", message, Retry::Changed)
    }

    /// The result would not fit.
    pub(super) fn too_large(message: String, details: Vec<String>) -> Self {
        Self {
            details,
            ..Self::of("result_too_large", message, Retry::Changed)
        }
    }

    /// The tool or the action is not allowed.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::of("not_allowed", message, Retry::Person)
    }

    /// A person declined.
    pub(super) fn declined() -> Self {
        let message = "the person did not approve it; nothing was done";
        Self::of("declined", message, Retry::Person)
    }

    /// No answer arrived in time.
    pub(super) fn slow(changes: bool, limit: Duration) -> Self {
        let message = format!("there was no answer within {} s", limit.as_secs());
        let (code, retry, detail) = if changes {
            (
                "outcome_unknown",
                Retry::LookFirst,
                "look with gmail_search (in:sent newer_than:1d finds what was sent), or read what was to be changed",
            )
        } else {
            (
                "too_slow",
                Retry::Later(None),
                "ask for less at once: fewer results, a narrower query",
            )
        };
        Self {
            details: vec![detail.to_owned()],
            ..Self::of(code, message, retry)
        }
    }

    /// Whether the request may have been carried out.
    pub(super) fn is_outcome_unknown(&self) -> bool {
        self.retry == Retry::LookFirst
    }

    fn of(code: &'static str, message: impl Into<String>, retry: Retry) -> Self {
        Self {
            code,
            message: message.into(),
            retry,
            service_message: None,
            details: Vec::new(),
            error: None,
        }
    }

    /// The answer for this failure.
    pub(super) fn into_answer(self) -> Answer {
        let after = match self.retry {
            Retry::Later(Some(seconds)) => format!("after {seconds} seconds"),
            _ => "in a while".to_owned(),
        };
        let advice = match self.retry {
            Retry::Changed => "The same call will fail again; change the arguments as said.",
            Retry::Later(_) => &format!("The same call may succeed {after}."),
            Retry::LookFirst => "It may have been done: look whether it was before trying again.",
            Retry::Person => "Trying again does not help: a person has to act first; tell them.",
        };
        let mut text = format!("error ({}): {}", self.code, self.message);
        for detail in &self.details {
            text.push_str("\n- ");
            text.push_str(detail);
        }
        text.push('\n');
        text.push_str(advice);
        let mut structured = json!({
            "error": {
                "code": self.code,
                "message": self.message,
                "can_retry_unchanged": matches!(self.retry, Retry::Later(_)),
                "advice": advice,
            },
        });
        if let Retry::Later(Some(seconds)) = self.retry {
            structured["error"]["retry_after_seconds"] = json!(seconds);
        }
        if !self.details.is_empty() {
            structured["error"]["details"] = json!(self.details);
        }
        // The service's message can repeat what others wrote, such as a label's name. Without marks, leave it out.
        if let Some(message) = self.service_message
            && let Ok(fence) = Fence::new()
        {
            let message: String = message.chars().take(500).collect();
            text.push_str("\nThe service said:\n");
            text.push_str(&fence.notice());
            text.push('\n');
            text.push_str(&fence.wrap(&message));
            structured["error"]["service_message"] = json!(fence.wrap(&message));
        }
        Answer {
            text,
            structured,
            is_error: true,
            fence: None,
            error: self.error,
        }
    }
}

/// The connector failed.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (code, retry) = class(&error);
        let mut details = Vec::new();
        if error.is_permission_denied()
            && let Some(row) = error.operation().and_then(|id| gmail().by_id(id))
            && !row.scopes.is_empty()
        {
            let scopes = row.scopes.join(", ");
            details.push(format!("one of these scopes is needed: {scopes}"));
        }
        if let Some(message_id) = error.message_id() {
            // This crate generated the id, so it is safe to show.
            details.push(format!(
                "find out with gmail_search, query: in:anywhere rfc822msgid:{message_id}; Gmail can take a moment to \
                 know it"
            ));
        }
        Self {
            service_message: error.service_message().map(str::to_owned),
            details,
            error: Some(error.clone()),
            ..Self::of(code, error.to_string(), retry)
        }
    }
}

fn class(error: &Error) -> (&'static str, Retry) {
    use Retry::{Changed, Later, LookFirst, Person};

    let seconds = error.retry_after().map(|pause| pause.as_secs().max(1));
    let is_signed_out = error.is_reauthorization_required() || error.is_unauthenticated();
    let is_no_connector = error.is_connector_not_found() || error.is_connector_ambiguous();
    let is_misconfigured = error.is_configuration() || is_no_connector;
    let classes = [
        (error.is_outcome_unknown(), "outcome_unknown", LookFirst),
        (error.is_invalid_input(), "invalid_arguments", Changed),
        (error.is_invalid_request(), "refused_by_service", Changed),
        (error.is_not_found(), "not_found", Changed),
        (error.is_conflict(), "conflict", Changed),
        (error.is_unsupported(), "not_offered_in_this_mode", Changed),
        (error.is_rate_limited(), "rate_limited", Later(seconds)),
        (error.is_transient(), "service_failed", Later(seconds)),
        (error.is_permission_denied(), "permission_denied", Person),
        (is_signed_out, "sign_in_again", Person),
        (is_misconfigured, "configuration", Person),
    ];
    classes
        .into_iter()
        .find(|(matches, ..)| *matches)
        .map_or(("failed", Person), |(_, code, retry)| (code, retry))
}

debug!(Answer, self => characters: self.text.chars().count(), is_error: self.is_error);
