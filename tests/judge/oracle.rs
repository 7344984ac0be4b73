//! Generated mail of the kinds that readers read differently, read by this crate and by four others: see
//! tests/oracle/README.md.

use std::fs;
use std::path::Path;

use airbyte_agent_gmail::mail::{MailboxList, Reading};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::TestResult;

/// The facts of a message, as tests/oracle/README.md says.
fn facts(raw: &[u8]) -> Value {
    let reading = Reading::from_raw(raw);
    let mailboxes = |list: &MailboxList| -> Vec<Value> {
        list.iter()
            .map(|one| json!([one.name().unwrap_or_default(), one.address()]))
            .collect()
    };
    let files = reading.attachments.iter().map(|file| {
        let hash = Sha256::digest(file.data().unwrap_or_default());
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"name": file.name, "size": file.size, "sha256": hash})
    });
    json!({
        "subject": reading.subject.clone().unwrap_or_default(),
        "from": mailboxes(&reading.from),
        "to": mailboxes(&reading.to),
        "date": reading.date_epoch,
        "message_id": reading.message_id,
        "in_reply_to": reading.in_reply_to,
        "references": reading.references,
        "text": reading.text,
        "html": reading.html.clone().unwrap_or_default(),
        "files": files.collect::<Vec<_>>(),
    })
}

#[test]
fn generated_mail_is_read_as_others_read_it() -> TestResult {
    let folder = std::env::var("ORACLE_FOLDER")?;
    let mut lines = String::new();
    let mut number = 0;
    loop {
        let path = Path::new(&folder).join(format!("{number:04}.eml"));
        if !path.exists() {
            break;
        }
        lines.push_str(&format!("{}\n", facts(&fs::read(path)?)));
        number += 1;
    }
    fs::write(Path::new(&folder).join("ours.jsonl"), lines)?;
    Ok(())
}
