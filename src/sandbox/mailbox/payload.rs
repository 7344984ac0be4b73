//! A message's parts as in the API's answers, and the attachments behind their ids.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    clock::scramble,
    encoding::{decode_wire, encode_wire},
    header::Field,
    part::Part,
};

// Like Gmail, the sandbox moves texts larger than this behind an attachment id.
const LARGEST_INLINE_TEXT: usize = 256 * 1024;

/// The whole tree of a message.
pub(super) fn full(id: u64, message: &Part) -> Value {
    let mut ordinal = 0;
    to_json(id, message, "", &mut ordinal)
}

/// All headers, or only the named ones.
pub(super) fn metadata(message: &Part, names: &[String]) -> Value {
    let fields = message
        .fields
        .iter()
        .filter(|field| names.is_empty() || names.iter().any(|name| field.is(name)));
    json!({
        "mimeType": message.media_type,
        "headers": fields.map(header).collect::<Vec<_>>(),
    })
}

/// The content behind an attachment id; `None` for an id of another message.
pub(super) fn attachment(id: u64, message: &Part, token: &str) -> Option<Value> {
    let wanted = read_token(id, token)?;
    let mut ordinal = 0;
    let mut found = None;
    message.visit(&mut |part| {
        if ordinal == wanted {
            found = Some(part);
        }
        ordinal += 1;
    });
    let content = content(found?);
    Some(json!({ "size": content.len(), "data": encode_wire(&content) }))
}

fn to_json(id: u64, part: &Part, path: &str, ordinal: &mut u32) -> Value {
    let token = *ordinal;
    *ordinal += 1;
    let mut json = Map::new();
    json.insert("partId".into(), path.into());
    json.insert("mimeType".into(), part.media_type.clone().into());
    json.insert("filename".into(), part.filename.clone().into());
    json.insert(
        "headers".into(),
        part.fields.iter().map(header).collect::<Vec<_>>().into(),
    );
    json.insert("body".into(), body(id, part, token));
    if !part.parts.is_empty() {
        let parts = part.parts.iter().enumerate().map(|(index, part)| {
            let path = if path.is_empty() {
                index.to_string()
            } else {
                format!("{path}.{index}")
            };
            to_json(id, part, &path, ordinal)
        });
        json.insert("parts".into(), parts.collect());
    }
    json.into()
}

fn body(id: u64, part: &Part, token: u32) -> Value {
    if part.is_container() {
        return json!({ "size": 0 });
    }
    let content = content(part);
    if content.is_empty() {
        return json!({ "size": 0 });
    }
    // Gmail shows a delivery report twice: as data here, and as parts with headers.
    let inline = part.is_body_text() || part.media_type == "message/delivery-status";
    if inline && content.len() <= LARGEST_INLINE_TEXT {
        json!({ "size": content.len(), "data": encode_wire(&content) })
    } else {
        json!({ "size": content.len(), "attachmentId": make_token(id, token) })
    }
}

fn content(part: &Part) -> Bytes {
    if part.is_body_text() {
        part.text_content()
    } else {
        part.content()
    }
}

fn header(field: &Field) -> Value {
    json!({ "name": field.name, "value": field.decoded() })
}

const PREFIX: &str = "ANGjdJ_";
const TOKEN_BYTES: usize = 252;

fn make_token(id: u64, ordinal: u32) -> String {
    let mut seed = scramble(id ^ u64::from(ordinal).rotate_left(40));
    let mut bytes = Vec::with_capacity(TOKEN_BYTES + 8);
    bytes.extend((id ^ scramble(1)).to_be_bytes());
    bytes.extend((ordinal ^ 0x5bd1_e995).to_be_bytes());
    while bytes.len() < TOKEN_BYTES {
        seed = scramble(seed);
        bytes.extend(seed.to_be_bytes());
    }
    bytes.truncate(TOKEN_BYTES);
    format!("{PREFIX}{}", encode_wire(&bytes))
}

fn read_token(id: u64, token: &str) -> Option<u32> {
    let bytes = decode_wire(token.strip_prefix(PREFIX)?)?;
    let ordinal: [u8; 4] = bytes.get(8..12)?.try_into().ok()?;
    let ordinal = u32::from_be_bytes(ordinal) ^ 0x5bd1_e995;
    (make_token(id, ordinal) == token).then_some(ordinal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Part {
        Part::read(&Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn a_plain_message_is_its_own_part() {
        assert_eq!(
            full(
                1,
                &read("Subject: =?utf-8?q?=C3=A9?=\r\nX: a\r\n b\r\n\r\nhi\r\n")
            ),
            json!({
                "partId": "",
                "mimeType": "text/plain",
                "filename": "",
                "headers": [{"name": "Subject", "value": "é"}, {"name": "X", "value": "a b"}],
                "body": {"size": 4, "data": "aGkNCg=="},
            })
        );
    }

    #[test]
    fn parts_are_numbered_and_files_sit_behind_ids() {
        let message = read(concat!(
            "Content-Type: multipart/mixed; boundary=m\n\n",
            "--m\nContent-Type: multipart/alternative; boundary=a\n\n",
            "--a\n\nplain\n--a\nContent-Type: text/html\n\n<p>html</p>\n--a--\n",
            "--m\nContent-Type: text/csv; name=a.csv\n\n1,2\n",
            "--m\nContent-Type: image/png\nContent-ID: <i>\nContent-Transfer-Encoding: base64\n\niVBORw==\n",
            "--m--\n",
        ));
        let json = full(7, &message);
        assert_eq!(json["body"], json!({"size": 0}));
        assert_eq!(json["parts"][0]["partId"], "0");
        assert_eq!(json["parts"][0]["parts"][1]["partId"], "0.1");
        assert_eq!(
            json["parts"][0]["parts"][1]["body"],
            json!({"size": 11, "data": "PHA-aHRtbDwvcD4="})
        );
        for index in [1, 2] {
            let body = &json["parts"][index]["body"];
            assert!(body["data"].is_null());
            let token = body["attachmentId"].as_str().unwrap();
            assert!(token.len() >= 300);
            let found = attachment(7, &message, token).unwrap();
            assert_eq!(found["size"], body["size"]);
            assert_eq!(attachment(8, &message, token), None);
        }
        assert_eq!(attachment(7, &message, "nonsense"), None);
    }

    #[test]
    fn a_message_inside_a_message_keeps_its_header() {
        let message = read(concat!(
            "Content-Type: multipart/mixed; boundary=m\n\n",
            "--m\n\nsee below\n",
            "--m\nContent-Type: message/rfc822\n\nSubject: inner\n\ninner text\n",
            "--m--\n",
        ));
        let part = &full(1, &message)["parts"][1];
        assert_eq!(part["mimeType"], "message/rfc822");
        assert_eq!(part["parts"][0]["partId"], "1.0");
        assert_eq!(part["parts"][0]["headers"][0]["value"], "inner");
        assert!(part["body"]["attachmentId"].is_string());
    }

    #[test]
    fn a_large_text_sits_behind_an_id() {
        let message = read(&format!("Subject: x\n\n{}", "x".repeat(300_000)));
        let json = full(1, &message);
        assert_eq!(json["body"]["size"], 300_000);
        let token = json["body"]["attachmentId"].as_str().unwrap();
        assert_eq!(attachment(1, &message, token).unwrap()["size"], 300_000);
    }

    #[test]
    fn metadata_takes_names_in_any_case() {
        let message = read("Subject: x\nFrom: a@example.com\nfrom: b@example.com\n\n");
        let json = metadata(&message, &["FROM".to_owned()]);
        assert_eq!(json["headers"].as_array().map(Vec::len), Some(2));
        assert_eq!(
            metadata(&message, &[])["headers"].as_array().map(Vec::len),
            Some(3)
        );
    }
}
