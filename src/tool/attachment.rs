//! `gmail_save_attachment`.

use serde_json::{Value, json};

use crate::connector::GmailConnector;

use super::answer::{Answer, Failure};
use super::argument::Arguments;
use super::fence::{Fence, defused_line};
use super::room::{clipped, takes};
use super::visible::visible_line;
use super::{Progress, Tools};

/// How many parts an error lists.
const MOST_PARTS: usize = 50;

impl Tools {
    pub(super) async fn save_attachments(
        &self,
        gmail: &GmailConnector,
        arguments: &Arguments,
        progress: Progress<'_>,
    ) -> Result<Answer, Failure> {
        let directory = self.directory()?;
        let id = arguments.text("message_id")?;
        let message = gmail.read_with_attachments(id).await?;
        let wanted = arguments.optional_text("part_id");
        let chosen: Vec<_> = message
            .attachments
            .iter()
            .filter(|attachment| wanted.is_none_or(|part| attachment.part_id == part))
            .collect();
        if chosen.is_empty() {
            let parts: Vec<&str> = message
                .attachments
                .iter()
                .map(|attachment| attachment.part_id.as_str())
                .take(MOST_PARTS)
                .collect();
            return Err(Failure::input(if parts.is_empty() {
                "the message has no attachments".to_owned()
            } else {
                format!(
                    "the message has no such part; its attachments are the parts {}",
                    parts.join(", ")
                )
            }));
        }
        let fence = Fence::new()?;
        let mut files: Vec<Value> = Vec::new();
        let mut lines = Vec::new();
        let mut left = self.limit / 2;
        for (saved, attachment) in (1_u64..).zip(&chosen) {
            let bytes = attachment.data().unwrap_or_default();
            let path = directory
                .save(&attachment.name, bytes)
                .map_err(|error| Failure::refused(error.to_string()))?;
            let path = path.to_string_lossy().into_owned();
            let line = format!(
                "part {}: {path} ({} bytes)",
                attachment.part_id,
                bytes.len()
            );
            if takes(&mut left, &defused_line(&line)) {
                lines.push(line);
                files.push(json!({
                    "part_id": attachment.part_id,
                    "path": path,
                    "size": bytes.len(),
                    "mime_type": clipped(&visible_line(&attachment.mime_type), 80),
                }));
            }
            progress(saved, Some(chosen.len() as u64));
        }
        let left_out = chosen.len() - files.len();
        let mut structured = json!({"files": files});
        let mut more = String::new();
        if left_out > 0 {
            structured["left_out"] = json!(left_out);
            more = format!("\n({left_out} more files are in the same directory.)");
        }
        Ok(Answer::new(
            format!(
                "Saved:\n{}\n{}{more}",
                fence.notice(),
                fence.wrap(&lines.join("\n"))
            ),
            structured,
            fence,
        ))
    }
}
