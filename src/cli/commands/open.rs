//! `airbyte-gmail open`.

use std::path::{Path, PathBuf};

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::mail::Attachment;
use airbyte_agent_gmail::tool::visible_text;
use clap::Args;
use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::browser;
use crate::cli::exit::{About, Failure};
use crate::cli::field::Fields;
use crate::cli::file::Folder;
use crate::cli::output::{self, Format, Output};
use crate::cli::settings::connect;

/// The fields of the result.
const FIELDS: [&str; 2] = ["file", "opened"];

/// The fields of the result with `--web`.
const FIELDS_OF_WEB: [&str; 2] = ["url", "opened"];

/// Types that a viewer shows without running code, with their file extensions.
const SHOWN: [(&str, &[&str]); 8] = [
    ("application/pdf", &["pdf"]),
    ("image/avif", &["avif"]),
    ("image/bmp", &["bmp"]),
    ("image/gif", &["gif"]),
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/png", &["png"]),
    ("image/webp", &["webp"]),
    ("text/plain", &["txt", "text", "log"]),
];

/// Save an attachment and show it, or open the message in Gmail
///
/// It opens pictures, PDF and plain text in the system's viewer. For any other file it prints the path; only you can
/// read the file.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    airbyte-gmail open 18c2a5\n  \
    airbyte-gmail open 18c2a5 1.2 --dir ~/Downloads\n  \
    airbyte-gmail open 18c2a5 --web")]
pub(crate) struct Open {
    /// The id of the message, as search shows it
    message_id: String,
    /// The attachment's part id, as `attachments list` shows it
    part: Option<String>,
    /// Where to save it (default: a new temporary folder)
    #[arg(long = "dir", value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// Save it, but don't open it
    #[arg(long)]
    no_viewer: bool,
    /// Open the message's conversation in Gmail, in the browser
    #[arg(long, conflicts_with_all = ["part", "directory", "no_viewer"])]
    web: bool,
}

impl Open {
    /// The fields of its results.
    pub(crate) fn fields(&self) -> Fields {
        if self.web { &FIELDS_OF_WEB } else { &FIELDS }
    }

    /// Runs the command.
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let gmail = connect(global)?;
        if self.web {
            return web(global, &gmail, &self.message_id).await;
        }
        let output = global.output(Format::Table);
        let id = &self.message_id;
        let message = gmail.read_with_attachments(id).await.about(id)?;
        let attachment = chosen(&message.attachments, self.part.as_deref(), id)?;
        if global.dry_run {
            return output.value(&json!({"dry_run": true, "name": attachment.name}));
        }
        let directory = match self.directory {
            Some(directory) => directory,
            None => tempfile::Builder::new()
                .prefix("airbyte-gmail-")
                .tempdir()?
                .keep(),
        };
        let file = Folder::new(directory)?.save(attachment)?;
        let is_opened = !self.no_viewer
            && is_shown(&attachment.mime_type, &file)
            && browser::view(&file.display().to_string());
        let file = file.display().to_string();
        tell(&output, &file, &json!({"file": file, "opened": is_opened}))
    }
}

/// The chosen attachment. Without a part id, the only one.
fn chosen<'a>(
    attachments: &'a [Attachment],
    part: Option<&str>,
    message_id: &str,
) -> Result<&'a Attachment, Failure> {
    let list = || {
        let shown = attachments
            .iter()
            .map(|attachment| format!("{} ({})", attachment.part_id, attachment.name));
        shown.collect::<Vec<_>>().join(", ")
    };
    match (part, attachments) {
        (_, []) => Err(Failure::input(format!(
            "the message `{message_id}` has no attachments; --web opens it in Gmail"
        ))),
        (None, [attachment]) => Ok(attachment),
        (None, _) => Err(Failure::input(format!(
            "the message `{message_id}` has several attachments; name one of: {}",
            list()
        ))),
        (Some(part), _) => attachments
            .iter()
            .find(|attachment| attachment.part_id == part)
            .ok_or_else(|| {
                Failure::input(format!(
                    "the message `{message_id}` has no part `{part}`; its attachments are: {}",
                    list()
                ))
            }),
    }
}

/// Whether a viewer shows it and runs nothing. Both must match: the system goes by the name, mail programs by the
/// type.
fn is_shown(mime_type: &str, file: &Path) -> bool {
    let ending = file.extension().and_then(|ending| ending.to_str());
    let ending = ending.unwrap_or_default().to_ascii_lowercase();
    SHOWN.iter().any(|(known, endings)| {
        known.eq_ignore_ascii_case(mime_type) && endings.contains(&ending.as_str())
    })
}

async fn web(global: &Global, gmail: &GmailConnector, id: &str) -> Result<(), Failure> {
    let message = gmail.messages().get(id).format("minimal");
    let message = message.send().await.about(id)?;
    let address = gmail.get_profile().send().await?.email_address;
    let address: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
    let thread = message.thread_id.unwrap_or(message.id);
    let url = format!("https://mail.google.com/mail/?authuser={address}#all/{thread}");
    let is_opened = !global.dry_run && browser::open(&url);
    let output = global.output(Format::Table);
    tell(&output, &url, &json!({"url": url, "opened": is_opened}))
}

/// Prints the location for a person, or the whole result for a program.
fn tell(output: &Output, place: &str, shown: &Value) -> Result<(), Failure> {
    if output.format() == Format::Table {
        return output::line(&visible_text(place));
    }
    output.show(shown)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::is_shown;

    #[test]
    fn a_viewer_is_started_only_for_what_runs_nothing() {
        let shown = |mime_type: &str, name: &str| is_shown(mime_type, Path::new(name));
        assert!(shown("application/pdf", "a.pdf") && shown("image/PNG", "a.b.PNG"));
        assert!(shown("text/plain", "notes.txt"));
        for (mime_type, name) in [
            ("text/plain", "run.desktop"),
            ("text/plain", "run.sh"),
            ("text/plain", "none"),
            ("text/html", "a.txt"),
            ("image/svg+xml", "a.svg"),
            ("image/png", "a.png.exe"),
            ("application/pdf", "a.html"),
        ] {
            assert!(!shown(mime_type, name), "{mime_type} {name}");
        }
    }
}
