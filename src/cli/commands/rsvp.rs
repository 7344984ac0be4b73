//! `airbyte-gmail rsvp`.

use airbyte_agent_gmail::Error;
use airbyte_agent_gmail::mail::Participation;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;

use super::send;
use crate::cli::args::{Global, Text};
use crate::cli::exit::Failure;
use crate::cli::output::Format;
use crate::cli::settings::connect;

/// Answer an invitation by mail to its organizer
#[derive(Args)]
#[command(after_help = "Example: airbyte-gmail rsvp 18c2a5 accept")]
pub(crate) struct Rsvp {
    /// The id of the message with the invitation
    message_id: String,
    /// What to say
    #[arg(value_parser = PossibleValuesParser::new(Participation::WORDS).try_map(|word| word.parse::<Participation>()))]
    answer: Participation,
    /// A comment for the organizer; @FILE reads a file, - reads standard input
    #[arg(long, allow_hyphen_values = true)]
    comment: Option<Text>,
}

/// The fields of the result.
pub(crate) const FIELDS: [&str; 3] = ["sent", "answer", "to"];

impl Rsvp {
    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let output = global.output(Format::Table);
        let gmail = connect(global)?;
        let mut respond = gmail.respond(&self.message_id);
        if let Some(comment) = &self.comment {
            respond = respond.comment(comment.read()?);
        }
        let message = respond.prepare(self.answer).await?;
        let to = send::recipients(&message);
        let message = message.build().map_err(Error::from)?;
        if global.dry_run {
            return send::show(&output, &message, &to, false, |value| value);
        }
        let sent = gmail.send(&message).await?;
        output.show(&json!({"sent": sent.id, "answer": self.answer.to_string(), "to": to}))
    }
}
