//! Parses a client's messages leniently, or answers with what is wrong (JSON-RPC 2.0, section 5.1).

use bytes::Bytes;
use rmcp::model::ClientJsonRpcMessage;
use serde_json::{Value, json};

use super::broken::id;
use super::server::misfit;
use crate::tool::leniency;

/// The longest message. A 25 MB mail in base64 exceeds every model's context; large files have a tool that takes a
/// file.
pub(super) const LONGEST: usize = 16 * 1024 * 1024;

/// The most messages in one batch.
const MOST: usize = 100;

/// The byte order mark that some editors put before UTF-8. RFC 8259, section 8.1, lets a parser ignore it.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// JSON-RPC's code for text that is not JSON.
const PARSE_ERROR: i64 = -32_700;

/// JSON-RPC's code for JSON that is not a message.
const INVALID_REQUEST: i64 = -32_600;

/// JSON-RPC's code for an unknown method.
const METHOD_NOT_FOUND: i64 = -32_601;

/// JSON-RPC's code for params that do not fit the method.
const INVALID_PARAMS: i64 = -32_602;

/// What one piece of a client's input turns into.
#[derive(Debug)]
pub(super) enum Received {
    /// A message.
    Message(Box<ClientJsonRpcMessage>),
    /// Not a message; this is the response.
    Refused(Value),
}

/// Reads a message or a batch. Blank input, and unreadable input that needs no response, yields nothing.
pub(super) fn read(bytes: &[u8]) -> Vec<Received> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes).trim_ascii();
    if bytes.is_empty() {
        return Vec::new();
    }
    let refused = |why: &str| vec![Received::Refused(refusal(PARSE_ERROR, why, id(bytes)))];
    let Ok(text) = std::str::from_utf8(bytes) else {
        return refused("parse error: the message is not utf-8");
    };
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            if let Some(values) = joined(text) {
                return values
                    .into_iter()
                    .filter_map(|value| one(value, None))
                    .collect();
            }
            return refused(&format!(
                "parse error: the message is not json that can be read (column {}): {}",
                error.column(),
                cause(&error)
            ));
        }
    };
    let refused_list = |why: &str| vec![Received::Refused(invalid(why, Value::Null))];
    match value {
        Value::Array(list) if list.is_empty() => refused_list("an empty list"),
        Value::Array(list) if list.len() > MOST => {
            refused_list(&format!("a list may have at most {MOST} messages"))
        }
        Value::Array(list) => list
            .into_iter()
            .filter_map(|value| one(value, None))
            .collect(),
        value => one(value, Some(bytes)).into_iter().collect(),
    }
}

/// Splits objects that follow each other on one line, for a client that lost its line ends.
fn joined(text: &str) -> Option<Vec<Value>> {
    let values = serde_json::Deserializer::from_str(text).into_iter();
    let values: Vec<Value> = values.take(MOST + 1).collect::<Result<_, _>>().ok()?;
    (values.len() <= MOST && values.iter().all(Value::is_object)).then_some(values)
}

/// Normalizes a message: no byte order mark, no batch of one, each field once, arguments settled.
pub(super) fn plain(bytes: Bytes) -> Bytes {
    let json = bytes.strip_prefix(BOM).unwrap_or(&bytes);
    match serde_json::from_slice::<Value>(json) {
        Ok(mut value) => {
            if let Value::Array(list) = &mut value
                && list.len() == 1
                && let Some(only) = list.pop()
            {
                value = only;
            }
            settle_arguments(&mut value);
            Bytes::from(value.to_string())
        }
        Err(_) => bytes,
    }
}

/// The response to a message over the size limit.
pub(super) fn too_long() -> Value {
    let why = format!(
        "a message may have at most {LONGEST} bytes; save large files with a tool that takes a file"
    );
    invalid(&why, Value::Null)
}

/// The response to a batch where one message is expected.
pub(super) fn several() -> Value {
    invalid(
        "over http, send each message in its own request",
        Value::Null,
    )
}

/// The response to an empty body.
pub(super) fn nothing() -> Value {
    refusal(PARSE_ERROR, "parse error: there is no message", Value::Null)
}

/// The response to a request that reuses the id of a pending one.
pub(super) fn id_in_use(id: &impl serde::Serialize) -> Value {
    invalid(
        "another request with this id is not answered yet",
        json!(id),
    )
}

/// The response to a request whose params do not fit its method.
pub(super) fn misfitting(
    method: &str,
    params: Option<&Value>,
    id: &impl serde::Serialize,
) -> Value {
    let (code, why) = match misfit(method, params) {
        Some(why) => (INVALID_PARAMS, why),
        None => (METHOD_NOT_FOUND, "there is no such method here".to_owned()),
    };
    refusal(code, &why, json!(id))
}

/// Converts a call's arguments to an object if they can mean nothing else.
fn settle_arguments(message: &mut Value) {
    if message["method"] == "tools/call"
        && let Some(arguments) = message.pointer_mut("/params/arguments")
    {
        *arguments = leniency::object(arguments.take());
    }
}

/// Reads one message. `bytes` is its text, if it came alone.
fn one(mut value: Value, bytes: Option<&[u8]>) -> Option<Received> {
    settle_arguments(&mut value);
    let refused = |why: &str, id: Value| Some(Received::Refused(invalid(why, id)));
    let Value::Object(fields) = &value else {
        return refused("a message is an object", Value::Null);
    };
    let given = fields.get("id");
    let is_request = fields.contains_key("method");
    // An id that is not a 64-bit number is still the client's own: return it as it came.
    let told = match given {
        Some(Value::Number(number)) if number.is_f64() => bytes.map_or(Value::Null, id),
        Some(given @ (Value::String(_) | Value::Number(_))) => given.clone(),
        _ => Value::Null,
    };
    let why = match (given, is_request) {
        // Neither a notification nor a response gets a response.
        (None, true) => None,
        (Some(_), false) if fields.contains_key("result") || fields.contains_key("error") => None,
        (_, false) => Some("there is no method"),
        (Some(Value::Number(number)), true) if number.is_i64() => Some(""),
        (Some(Value::String(_)), true) => Some(""),
        (Some(_), true) => Some("the id is neither a string nor a whole number of 64 bits"),
    };
    let is_read = why.is_none_or(str::is_empty);
    if is_read && let Ok(message) = serde_json::from_value(value.clone()) {
        return Some(Received::Message(Box::new(message)));
    }
    match why {
        None => None,
        Some("") if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") => {
            refused(r#"`jsonrpc` is not "2.0""#, told)
        }
        Some("") => match fields.get("method").and_then(Value::as_str) {
            Some(method) => {
                let answer = misfitting(method, fields.get("params"), &told);
                Some(Received::Refused(answer))
            }
            None => refused("the method is not a string", told),
        },
        Some(why) => refused(why, told),
    }
}

fn invalid(why: &str, id: Value) -> Value {
    refusal(INVALID_REQUEST, &format!("invalid request: {why}"), id)
}

fn refusal(code: i64, message: &str, id: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

/// serde's message without the position and without any text of the message.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let cause = text.split(" at line ").next().unwrap_or_default();
    cause
        .split('`')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code and the id of the only response.
    fn refused(bytes: &[u8]) -> (i64, Value) {
        match read(bytes).as_slice() {
            [Received::Refused(answer)] => (
                answer["error"]["code"].as_i64().unwrap_or_default(),
                answer["id"].clone(),
            ),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_json_is_answered_with_its_id_where_that_can_be_read() {
        let deep = format!(
            r#"{{"jsonrpc":"2.0","id":7,"method":"x","params":{}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let deep_first = format!(
            r#"{{"params":{}{},"id":"late"}}"#,
            "{\"a\":".repeat(100_000),
            "}".repeat(100_000)
        );
        for (bytes, id) in [
            (&b"{"[..], json!(null)),
            (b"not json", json!(null)),
            (br#"{"id":1,"#, json!(1)),
            (
                br#"{"jsonrpc":"2.0","method":"ping","id" : "a"#,
                json!(null),
            ),
            (br#"{"method":"ping","id" : "a","x":}"#, json!("a")),
            (br#"{"id":2,"x":1e999}"#, json!(2)),
            (br#"{"id":3,"x":"\ud800"}"#, json!(3)),
            (br#"{"id":[6],"x"}"#, json!(null)),
            (br#"{"params":{"id":9},"id":10,}"#, json!(10)),
            (br#"{"x":"\"id\":11","id":12,,}"#, json!(12)),
            (b"{\"id\":13,\"x\":\"\xff\xfe\"}", json!(13)),
            (b"\xff\xfe{\0", json!(null)),
            (b"{'id':14}", json!(null)),
            (br#"{"id":15,"x":NaN}"#, json!(15)),
            (b"{\"id\":16,\"x\":\"a\x01b\"}", json!(16)),
            (deep.as_bytes(), json!(7)),
            (deep_first.as_bytes(), json!("late")),
        ] {
            assert_eq!(
                refused(bytes),
                (PARSE_ERROR, id),
                "{:.60?}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn what_is_json_and_no_message_is_an_invalid_request() {
        for (bytes, id) in [
            (&b"1"[..], json!(null)),
            (b"null", json!(null)),
            (b"\"ping\"", json!(null)),
            (b"[]", json!(null)),
            (b"[1]", json!(null)),
            (b"{}", json!(null)),
            (br#"{"id":1}"#, json!(1)),
            (br#"{"id":2,"method":"ping"}"#, json!(2)),
            (br#"{"jsonrpc":"1.0","id":3,"method":"ping"}"#, json!(3)),
            (br#"{"jsonrpc":"2.0","id":4,"method":5}"#, json!(4)),
            (
                br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
                json!(null),
            ),
            (
                br#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#,
                json!(null),
            ),
            (br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, json!(1.5)),
        ] {
            assert_eq!(
                refused(bytes),
                (INVALID_REQUEST, id),
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn a_list_has_a_limit() {
        let list = |length| {
            let pings = vec![r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#; length];
            format!("[{}]", pings.join(","))
        };
        assert_eq!(read(list(MOST).as_bytes()).len(), MOST);
        let too_long = list(MOST + 1);
        assert_eq!(refused(too_long.as_bytes()), (INVALID_REQUEST, json!(null)));
    }

    #[test]
    fn messages_are_read_as_they_are_meant() {
        for (bytes, count) in [
            (&b""[..], 0),
            (b" \t\r", 0),
            (b"\xef\xbb\xbf", 0),
            (b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r", 1),
            (br#"{"jsonrpc":"2.0","method":"ping","id":1,"id":2}"#, 1),
            (br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, 1),
            (br#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]"#, 2),
            // Neither an unreadable notification nor a response gets a response.
            (br#"{"method":"x"}"#, 0),
            (br#"{"id":1,"result":5}"#, 0),
        ] {
            let received = read(bytes);
            assert_eq!(received.len(), count, "{}", String::from_utf8_lossy(bytes));
            assert!(received.iter().all(|one| matches!(one, Received::Message(_))));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_with_something_in_it_ends(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            read(&bytes);
            let wrapped = [br#"{"jsonrpc":"2.0","id":1,"x":"#.as_slice(), &bytes].concat();
            if serde_json::from_slice::<Value>(&wrapped).is_err() {
                proptest::prop_assert_eq!(refused(&wrapped), (PARSE_ERROR, json!(1)));
            }
        }
    }
}
