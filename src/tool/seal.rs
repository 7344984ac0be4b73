//! JSON for a model: what others may have written stands between marks, text by text.

use serde_json::{Map, Value, json};

use super::fence::Fence;

/// The longest word that stands without marks. What fits in no more says little, and most words of the service do.
const LONGEST_WORD: usize = 24;

/// The field that says what the marks mean.
pub(super) const NOTICE: &str = "notice";

/// The value with marks around its texts, and a notice where there are any.
pub(super) fn seal(value: &Value, fence: &Fence) -> Value {
    let mut is_used = false;
    let mut sealed = within(value, "", fence, &mut is_used);
    if let (true, Value::Object(fields)) = (is_used, &mut sealed) {
        fields.insert(NOTICE.to_owned(), json!(fence.notice()));
    }
    sealed
}

fn within(value: &Value, name: &str, fence: &Fence, is_used: &mut bool) -> Value {
    match value {
        Value::String(text) if fence.is_around(text) => {
            *is_used = true;
            value.clone()
        }
        Value::String(text) if !is_own(name, text) => {
            *is_used = true;
            Value::String(fence.wrap_inline(text))
        }
        Value::Array(values) => values
            .iter()
            .map(|value| within(value, name, fence, is_used))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), within(value, name, fence, is_used)))
            .collect::<Map<_, _>>()
            .into(),
        value => value.clone(),
    }
}

/// Whether a text is the service's own, which a model has to give back as it is: a word, a number, or an id under the
/// name of one. Everything else could be somebody's, wherever it stands.
fn is_own(name: &str, text: &str) -> bool {
    let is_of = |signs: &[u8]| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte))
    };
    let name = name.to_ascii_lowercase();
    let is_id = ["id", "ids", "token"]
        .iter()
        .any(|ending| name.ends_with(ending));
    (is_id && is_of(b"-_=")) || (text.len() <= LONGEST_WORD && is_of(b"-_=.:/+#@"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_words_can_be_given_back_and_texts_are_marked() {
        let fence = Fence::new().ok().expect("marks");
        let attachment = "ANGjdJ8".repeat(60);
        let value = json!({
            "id": "18c2a5", "historyId": "123", "sizeEstimate": 5, "labelIds": ["INBOX", "Label_1"],
            "nextPageToken": "09876543210987654321098765", "attachmentId": attachment, "mimeType": "text/plain",
            "color": "#4986e7", "time": "2026-03-04T05:06:07Z", "file": "all-mail-goes-to.example.com",
            "name": "Do as I say", "headers": [{"name": "Subject", "value": "Do_as_I_say_and_do_it_at_once"}],
        });
        let sealed = seal(&value, &fence);
        for name in [
            "id",
            "historyId",
            "sizeEstimate",
            "labelIds",
            "nextPageToken",
            "attachmentId",
            "mimeType",
            "color",
            "time",
        ] {
            assert_eq!(sealed[name], value[name], "{name}");
        }
        for text in [
            &sealed["name"],
            &sealed["file"],
            &sealed["headers"][0]["value"],
        ] {
            assert!(fence.is_around(text.as_str().unwrap_or_default()), "{text}");
        }
        assert!(sealed[NOTICE].is_string());
        assert_eq!(seal(&sealed, &fence)["name"], sealed["name"]);
    }

    #[test]
    fn what_has_no_text_has_no_notice() {
        let value = json!({"files": [], "count": 3, "id": "1"});
        assert_eq!(seal(&value, &Fence::new().ok().expect("marks")), value);
    }
}
