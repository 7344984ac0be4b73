//! `airbyte-gmail attachments`.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use crate::cli::args::Global;
use crate::cli::exit::{About, Failure};
use crate::cli::file::Folder;
use crate::cli::output::{self, Format};
use crate::cli::settings::connect;

/// The fields of an attachment.
pub(crate) const FIELDS: [&str; 5] = ["part", "size", "type", "name", "file"];

/// List a message's attachments, or save them
#[derive(Subcommand)]
pub(crate) enum Attachments {
    /// List a message's attachments
    List {
        /// The id of the message, as search shows it
        message_id: String,
    },
    /// Save a message's attachments; no file is overwritten
    Save {
        /// The id of the message, as search shows it
        message_id: String,
        /// Only this attachment, by the part id that list shows
        #[arg(long, value_name = "PART_ID")]
        part: Option<String>,
        /// The directory; it is created if it does not exist
        #[arg(long = "dir", value_name = "DIRECTORY", default_value = ".")]
        directory: PathBuf,
    },
}

impl Attachments {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let output = global.output(Format::Table);
        let (id, part, directory) = match self {
            Self::List { message_id } => (message_id, None, None),
            Self::Save {
                message_id,
                part,
                directory,
            } => (message_id, part, (!global.dry_run).then_some(directory)),
        };
        let gmail = connect(global)?;
        let message = gmail.read_with_attachments(&id).await.about(&id)?;
        let chosen: Vec<_> = message
            .attachments
            .iter()
            .filter(|attachment| part.as_ref().is_none_or(|part| attachment.part_id == *part))
            .collect();
        if let (true, Some(part)) = (chosen.is_empty(), &part) {
            return Err(Failure::input(format!(
                "the message has no part `{part}`; see attachments list"
            )));
        }
        if chosen.is_empty() && output.format() == Format::Table {
            output::note("the message has no attachments");
            return Ok(());
        }
        let directory = directory.map(Folder::new).transpose()?;
        let mut rows = Vec::new();
        for attachment in chosen {
            let mut row = json!({
                "part": attachment.part_id,
                "size": attachment.size,
                "type": attachment.mime_type,
                "name": attachment.name,
            });
            if let Some(directory) = &directory {
                let path = directory.save(attachment)?;
                row["file"] = json!(path);
            }
            rows.push(row);
        }
        // Only saved attachments have a file.
        let columns = if directory.is_some() {
            &FIELDS[..]
        } else {
            &FIELDS[..4]
        };
        output.with_columns(columns).show(&rows)
    }
}
