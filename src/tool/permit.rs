//! Permission to do what can't be undone: from a person, and within the caps.

use std::future::Future;

use serde_json::{Map, Value};

use crate::connector::GmailConnector;
use crate::mail::{Composed, Reading};
use crate::operation::Operation;

use super::Tools;
use super::answer::Failure;
use super::approval::{Decision, Deed, Question};
use super::cap::Counted;
use super::fence::{defused_text, short_line};
use super::room::clipped;
use super::visible::visible_json;

/// How many recipients a question lists.
const RECIPIENTS: usize = 30;

/// How many characters of text a question shows.
const FIRST_LINES: usize = 600;

/// How many characters of params a question shows.
const PARAMS: usize = 1_500;

/// The outcome of asking.
pub(super) enum Permit {
    /// Allowed, and counted if there is a cap.
    Granted(Option<Counted>),
    /// Nobody can be asked.
    Unavailable,
}

impl Tools {
    /// Asks for permission if the access requires it.
    pub(super) async fn permit(
        &self,
        deed: Deed,
        question: impl FnOnce() -> String,
    ) -> Result<Permit, Failure> {
        let counted = self.access.count(deed).map_err(Failure::refused)?;
        if !self.access.needs_approval(deed) {
            return Ok(Permit::Granted(counted));
        }
        let Some(approver) = &self.approver else {
            return Ok(Permit::Unavailable);
        };
        let text = question();
        match self.pace.pause(approver(Question { deed, text })).await {
            Decision::Approved => Ok(Permit::Granted(counted)),
            Decision::Declined => Err(Failure::declined()),
            Decision::Unavailable => Ok(Permit::Unavailable),
        }
    }

    /// Permission for an action of the table.
    pub(super) async fn permit_action(
        &self,
        row: &Operation,
        params: &Map<String, Value>,
    ) -> Result<Option<Counted>, Failure> {
        let Some(deed) = Deed::of(row) else {
            return Ok(None);
        };
        // Don't ask a person about an action that will fail.
        row.check(params)?;
        let question = || {
            let params = Value::Object(params.clone()).to_string();
            let params = visible_json(&params);
            format!(
                "Allow this? {} ({} {}).\nParams: {}",
                row.summary,
                row.entity,
                row.action,
                clipped(&params, PARAMS)
            )
        };
        granted(self.permit(deed, question).await?)
    }

    /// Permission to unsubscribe.
    pub(super) async fn permit_unsubscribe(
        &self,
        gmail: &GmailConnector,
        id: &str,
    ) -> Result<Option<Counted>, Failure> {
        let mut text = "Unsubscribe from the mailing list that sent this message?".to_owned();
        if self.access.needs_approval(Deed::Unsubscribe) {
            let reading = gmail.read(id).await?;
            text.push_str(&format!(
                "\nFrom: {}\nSubject: {}",
                short_line(&reading.from.to_string(), 200),
                short_line(reading.subject.as_deref().unwrap_or_default(), 200),
            ));
        }
        granted(self.permit(Deed::Unsubscribe, || text).await?)
    }
}

fn granted(permit: Permit) -> Result<Option<Counted>, Failure> {
    match permit {
        Permit::Granted(counted) => Ok(counted),
        Permit::Unavailable => Err(Failure::refused(
            "a person has to approve it, and nobody can be asked through this client",
        )),
    }
}

/// Runs a counted action. It counts unless it certainly was not done.
pub(super) async fn counting<T>(
    mut counted: Option<Counted>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    if let Some(counted) = &mut counted {
        counted.begin();
    }
    let outcome = work.await;
    if let (Some(counted), Err(failure)) = (&mut counted, &outcome)
        && !failure.is_outcome_unknown()
    {
        counted.undo();
    }
    outcome
}

/// A message as a person sees it in a question: recipients, subject, files, first lines.
pub(super) fn shown(deed: Deed, recipients: &[String], message: &Composed) -> String {
    let reading = Reading::from_raw(&message.raw);
    let line = |text: &str| short_line(text, 300);
    let mut text = match deed {
        Deed::Forward => "Forward this message?",
        _ => "Send this message?",
    }
    .to_owned();
    let named: Vec<String> = recipients
        .iter()
        .take(RECIPIENTS)
        .map(|recipient| line(recipient))
        .collect();
    text.push_str(&format!("\nTo: {}", named.join(", ")));
    if recipients.len() > RECIPIENTS {
        text.push_str(&format!(" and {} more", recipients.len() - RECIPIENTS));
    }
    text.push_str(&format!(
        "\nSubject: {}",
        line(reading.subject.as_deref().unwrap_or_default())
    ));
    for attachment in reading.attachments.iter().take(20) {
        text.push_str(&format!(
            "\nFile: {} ({} bytes)",
            line(&attachment.name),
            attachment.size
        ));
    }
    text.push_str("\n\n");
    text.push_str(&clipped(&defused_text(&reading.text), FIRST_LINES));
    text
}
