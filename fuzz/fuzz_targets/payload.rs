#![no_main]

use airbyte_agent_gmail::mail::Reading;
use airbyte_agent_gmail::mail::encoding::encode_base64url;
use airbyte_agent_gmail::types::Message;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const TYPES: [&str; 12] = [
    "text/plain",
    "text/html",
    "multipart/mixed",
    "multipart/alternative",
    "multipart/related",
    "multipart/report",
    "message/delivery-status",
    "message/rfc822",
    "text/calendar",
    "text/plain; charset=x",
    "image/png",
    "",
];

const NAMES: [&str; 14] = [
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Content-ID",
    "Subject",
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Date",
    "Message-ID",
    "References",
    "In-Reply-To",
    "X-Other",
];

fn part(bytes: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    let mut headers = Vec::new();
    for _ in 0..bytes.int_in_range(0..=4)? {
        let name = bytes.choose(&NAMES)?;
        headers.push(json!({"name": name, "value": bytes.arbitrary::<&str>()?}));
    }
    let mut parts = Vec::new();
    if depth < 6 {
        for _ in 0..bytes.int_in_range(0..=3)? {
            parts.push(part(bytes, depth + 1)?);
        }
    }
    let body = match bytes.int_in_range(0..=4)? {
        0 => json!({"size": bytes.arbitrary::<i64>()?}),
        1 => json!({"attachmentId": "x", "size": 3}),
        2 => json!({"data": bytes.arbitrary::<&str>()?}),
        _ => json!({"data": encode_base64url(bytes.arbitrary::<&[u8]>()?)}),
    };
    Ok(json!({
        "partId": "0",
        "mimeType": bytes.choose(&TYPES)?,
        "filename": bytes.arbitrary::<&str>()?,
        "headers": headers,
        "body": body,
        "parts": parts,
    }))
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Unstructured::new(bytes);
    let Ok(payload) = part(&mut bytes, 0) else {
        return;
    };
    let message = json!({"id": "18c2a", "threadId": "18c2a", "payload": payload});
    let Ok(message) = serde_json::from_value::<Message>(message) else {
        return;
    };
    let reading = Reading::from_payload(&message);
    let _ = reading.text_without_quote().len();
    let _ = format!("{reading:?}");
});
