//! Tools for agents: their descriptions, arguments, permissions and results.

#![cfg(all(feature = "sandbox", feature = "tool"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use crate::support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use airbyte_agent_gmail::operation::{
    Field, Location, Operation, Outbound, Schema, gmail as gmail_table,
};
use airbyte_agent_gmail::sandbox::{Fault, FaultKind, Sandbox, Service};
use airbyte_agent_gmail::tool::{Access, Answer, Tools};
use airbyte_agent_gmail::{AirbyteAuthConfig, GmailConnector, Mode, Selection};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use support::directory::Directory;

async fn both(sandbox: &Sandbox) -> [GmailConnector; 2] {
    support::modes(sandbox).unwrap()
}

fn ok(answer: Answer) -> Answer {
    assert!(!answer.is_error, "{}", answer.text);
    answer
}

fn code(answer: &Answer) -> &str {
    assert!(answer.is_error, "{}", answer.text);
    answer.structured["error"]["code"].as_str().unwrap()
}

async fn first_id(tools: &Tools, query: &str) -> String {
    let found = ok(tools
        .call("gmail_search", json!({"query": query, "max_results": 1}))
        .await);
    found.structured["messages"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn every_action_has_a_tool_and_few_are_offered_unasked() {
    let sandbox = Sandbox::start().await.unwrap();
    for gmail in both(&sandbox).await {
        let directory = Directory::new().unwrap();
        let tools = gmail.tools();
        let tools = tools.with_directory(directory.path()).unwrap();
        let all = tools.list();
        let names: BTreeSet<&str> = all.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names.len(), all.len(), "a name occurs twice");
        let offered = |row: &&&Operation| row.hosted || gmail.airbyte().is_none();
        for row in gmail_table().operations.iter().filter(offered) {
            assert!(names.contains(format!("gmail_{}_{}", row.entity, row.action).as_str()));
        }
        assert_eq!(
            all.len(),
            gmail_table().operations.iter().filter(offered).count()
                + if gmail.airbyte().is_some() { 13 } else { 11 }
        );
        let default = tools.default_list();
        assert!(default.len() <= 16, "{}", default.len());
        // The tokens that each model pays for: about 2,800. gmail_save_attachment is only offered with a directory.
        let told: Vec<Value> = default.iter().map(|tool| tool.to_anthropic()).collect();
        let told = json!(told).to_string();
        assert!(told.len() <= 12_400, "{}", told.len());
        for tool in &all {
            assert!(tool.name.len() <= 64);
            assert!(
                tool.name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            );
            assert!(!tool.description.is_empty() && !tool.title.is_empty());
            assert!(tool.description.chars().count() < 1_024, "{}", tool.name);
            assert_plain(&tool.input_schema, &tool.name);
            assert_strict(
                &tool.to_openai_strict()["function"]["parameters"],
                &tool.name,
            );
            let declaration = tool.to_gemini();
            if declaration["parameters"].is_object() {
                assert_gemini(&declaration["parameters"], &tool.name);
            }
            assert_eq!(
                tool.to_openai()["function"]["parameters"],
                tool.input_schema
            );
            assert_eq!(tool.to_openai_responses()["parameters"], tool.input_schema);
            assert_eq!(tool.to_anthropic()["input_schema"], tool.input_schema);
            for schema in [&tool.input_schema, &tool.output_schema] {
                assert!(
                    jsonschema::draft202012::meta::is_valid(schema),
                    "{}",
                    tool.name
                );
                assert_eq!(schema["type"], "object", "{}", tool.name);
            }
        }
    }
}

fn inner(schema: &Value) -> impl Iterator<Item = &Value> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let items = schema.get("items").into_iter();
    properties.map(|(_, property)| property).chain(items)
}

/// At most one type for each value, no `not`, no closed objects, and short descriptions.
fn assert_plain(schema: &Value, name: &str) {
    assert!(schema.get("not").is_none(), "{name}");
    assert!(schema.get("additionalProperties").is_none(), "{name}");
    assert!(!schema["type"].is_array(), "{name}");
    let description = schema["description"].as_str().unwrap_or_default();
    assert!(description.chars().count() < 1_024, "{name}");
    inner(schema).for_each(|schema| assert_plain(schema, name));
}

/// The requirements of OpenAI's strict mode: closed objects with all properties required.
fn assert_strict(schema: &Value, name: &str) {
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    if kinds.contains(&json!("object")) {
        let properties: BTreeSet<&String> =
            schema["properties"].as_object().unwrap().keys().collect();
        let required = schema["required"].as_array().unwrap();
        assert_eq!(required.len(), properties.len(), "{name}");
        assert_eq!(schema["additionalProperties"], false, "{name}");
    }
    assert!(!kinds.contains(&Value::Null), "{name}: a value has no type");
    inner(schema).for_each(|schema| assert_strict(schema, name));
}

/// The requirements of Gemini's `parameters`: known keywords, one type for each value, no empty object.
fn assert_gemini(schema: &Value, name: &str) {
    let known = [
        "type",
        "description",
        "enum",
        "properties",
        "required",
        "items",
        "minimum",
        "maximum",
    ];
    for keyword in schema.as_object().unwrap().keys() {
        assert!(known.contains(&keyword.as_str()), "{name}: {keyword}");
    }
    assert!(schema["type"].is_string(), "{name}");
    let is_empty = schema["properties"]
        .as_object()
        .is_none_or(|properties| properties.is_empty());
    assert!(schema["type"] != "object" || !is_empty, "{name}");
    inner(schema).for_each(|schema| assert_gemini(schema, name));
}

#[tokio::test]
async fn results_for_models_are_as_short_in_json_as_in_text() {
    let sandbox = Sandbox::start().await.unwrap();
    let tools = sandbox.open_source().unwrap().tools();
    let found = ok(tools
        .call("gmail_search", json!({"query": "", "max_results": 20}))
        .await);
    let mut answers = Vec::new();
    for message in found.structured["messages"].as_array().unwrap() {
        let id = json!({"message_id": message["id"]});
        answers.push(ok(tools.call("gmail_read_message", id).await));
        let thread = json!({"thread_id": message["thread_id"]});
        answers.push(ok(tools.call("gmail_read_thread", thread).await));
    }
    answers.push(found);
    for name in [
        "gmail_labels_list",
        "gmail_profile_get",
        "gmail_drafts_list",
    ] {
        answers.push(ok(tools.call(name, json!({})).await));
    }
    let draft = json!({"to": ["a@example.com"], "subject": "x", "text": "y"});
    answers.push(ok(tools.call("gmail_draft", draft.clone()).await));
    answers.push(ok(tools.call("gmail_send", draft).await));
    for answer in answers {
        let (text, json) = (
            answer.text.chars().count(),
            answer.sealed().to_string().chars().count(),
        );
        assert!(
            10 * json <= 13 * text,
            "{json} of {text}:\n{}\n{}",
            answer.sealed(),
            answer.text
        );
    }
}

#[tokio::test]
async fn errors_fit_the_schema_of_results_and_name_all_arguments() {
    let sandbox = Sandbox::start().await.unwrap();
    let tools = sandbox.open_source().unwrap().tools();
    for tool in tools.list() {
        let answer = tools.call(&tool.name, json!({"no_such_argument": 1})).await;
        assert_eq!(code(&answer), "invalid_arguments", "{}", tool.name);
        for json in [&answer.structured, &answer.sealed()] {
            assert!(
                jsonschema::draft202012::is_valid(&tool.output_schema, json),
                "{}",
                tool.name
            );
        }
        for argument in tool.input_schema["properties"].as_object().unwrap().keys() {
            assert!(
                answer.text.contains(argument),
                "{}: {argument}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn the_guide_to_an_entity_is_read_when_it_is_needed() {
    let sandbox = Sandbox::start().await.unwrap();
    for gmail in both(&sandbox).await {
        let help = json!({"entity": "messages", "action": "help"});
        let guide = ok(gmail.tools().call("gmail_execute", help.clone()).await);
        for row in gmail_table().operations {
            let is_told = guide.text.contains(&format!("\n- {}(", row.action));
            let is_offered = row.hosted || gmail.airbyte().is_none();
            assert!(
                row.entity != "messages" || is_told == is_offered,
                "{}",
                row.id
            );
        }
        let reading = gmail.tools().with_access(Access::default().read_only());
        let guide = ok(reading.call("gmail_execute", help).await);
        assert!(!guide.text.contains("\n- create("), "{}", guide.text);
    }
}

/// `execute` accepts exactly what a tool's description of an action allows.
#[test]
fn schemas_accept_what_the_check_accepts() {
    for row in gmail_table().operations {
        let schema = row.params_schema();
        assert!(
            jsonschema::draft202012::meta::is_valid(&schema),
            "{}",
            row.id
        );
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let mut runner = TestRunner::new(Config {
            failure_persistence: None,
            cases: 48,
            ..Config::default()
        });
        let agree = |params: &Map<String, Value>| {
            let by_schema = validator.is_valid(&Value::Object(params.clone()));
            (by_schema, row.check(params).is_ok())
        };
        runner
            .run(&params(row.fields), |params| {
                let (by_schema, by_check) = agree(&params);
                prop_assert!(
                    by_schema && by_check,
                    "{}: {params:?}: {by_schema} {by_check}",
                    row.id
                );
                Ok(())
            })
            .unwrap();
        runner
            .run(
                &(params(row.fields), mutation(row.fields)),
                |(mut params, (name, value))| {
                    match value {
                        Some(value) => params.insert(name, value),
                        None => params.remove(&name),
                    };
                    let (by_schema, by_check) = agree(&params);
                    prop_assert_eq!(by_schema, by_check, "{}: {:?}", row.id, params);
                    Ok(())
                },
            )
            .unwrap();
    }
}

fn params(fields: &'static [Field]) -> BoxedStrategy<Map<String, Value>> {
    fields
        .iter()
        .map(|field| {
            let value = if field.location == Location::Path {
                "([a-zA-Z0-9äö._-]{3,12}|[a-z/%?#]{1,5}@[a-z/]{1,5})"
                    .prop_map(Value::from)
                    .boxed()
            } else if field.required
                && field.location == Location::Query
                && matches!(field.schema, Schema::String)
            {
                "[ -~äöü]{1,12}".prop_map(Value::from).boxed()
            } else if field.comma_joined {
                prop_oneof!["[A-Z,_]{1,9}".prop_map(Value::from), filled(&field.schema)].boxed()
            } else {
                filled(&field.schema)
            };
            if field.required {
                value
                    .prop_map(move |value| Some((field.name.to_owned(), value)))
                    .boxed()
            } else {
                proptest::option::of(value)
                    .prop_map(move |value| value.map(|value| (field.name.to_owned(), value)))
                    .boxed()
            }
        })
        .collect::<Vec<_>>()
        .prop_map(|fields| fields.into_iter().flatten().collect())
        .boxed()
}

/// A value of this type. Lists are not empty, since an empty query parameter can't be sent.
fn filled(schema: &'static Schema) -> BoxedStrategy<Value> {
    match schema {
        Schema::String => "[ -~äöü]{0,12}".prop_map(Value::from).boxed(),
        Schema::Integer { minimum, maximum } => {
            let range = minimum.unwrap_or(i64::MIN)..=maximum.unwrap_or(i64::MAX);
            prop_oneof![
                range.prop_map(Value::from),
                // JSON Schema treats 3.0 as an integer.
                Just(json!(minimum.unwrap_or(3) as f64)),
            ]
            .boxed()
        }
        Schema::Number => any::<i32>().prop_map(Value::from).boxed(),
        Schema::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Schema::Enum(values) => proptest::sample::select(*values)
            .prop_map(Value::from)
            .boxed(),
        Schema::Array(items) => proptest::collection::vec(filled(items), 1..4)
            .prop_map(Value::from)
            .boxed(),
        Schema::Object(fields) => params(fields).prop_map(Value::Object).boxed(),
        Schema::Map => Just(json!({"any": 1})).boxed(),
        Schema::Any => junk().boxed(),
    }
}

fn junk() -> impl Strategy<Value = Value> {
    proptest::sample::select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(501),
        json!(1.5),
        json!(10.0),
        json!(""),
        json!("."),
        json!(".."),
        json!("x"),
        json!("a/b"),
        json!("a%2fb"),
        json!("a\\b"),
        json!("a\nb"),
        json!("a/\u{7f}@b"),
        json!("a/b@c"),
        json!("x".repeat(2048)),
        json!("ü".repeat(2049)),
        json!([]),
        json!([1]),
        json!(["x", null]),
        json!({}),
        json!({"unknown": 1}),
        json!([{}]),
        json!({"name": 1}),
    ])
}

fn mutation(fields: &'static [Field]) -> BoxedStrategy<(String, Option<Value>)> {
    let mut names: Vec<String> = fields.iter().map(|field| field.name.to_owned()).collect();
    names.push("unknown".to_owned());
    (
        proptest::sample::select(names),
        proptest::option::weighted(0.8, junk()),
    )
        .boxed()
}

#[tokio::test]
async fn both_modes_search_read_and_choose_alike() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut seen = Vec::new();
    for gmail in both(&sandbox).await {
        let tools = gmail.tools();
        let found = ok(tools
            .call(
                "gmail_search",
                json!({"query": "has:attachment", "max_results": 5}),
            )
            .await);
        let id = found.structured["messages"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let message = ok(tools
            .call("gmail_read_message", json!({"message_id": id}))
            .await);
        let thread = message.structured["thread_id"].as_str().unwrap();
        let thread = ok(tools
            .call("gmail_read_thread", json!({"thread_id": thread}))
            .await);
        let labels = ok(tools
            .call(
                "gmail_execute",
                json!({"entity": "labels", "action": "list", "select_fields": ["name"]}),
            )
            .await);
        assert_eq!(labels.structured["data"][0].as_object().unwrap().len(), 1);
        let chosen = gmail
            .execute_selected("labels", "list", json!({}), &Selection::exclude(["type"]))
            .await
            .unwrap();
        assert!(
            chosen
                .data
                .as_array()
                .unwrap()
                .iter()
                .all(|label| label.get("type").is_none())
        );
        for (tool, answer) in [
            ("gmail_search", &found),
            ("gmail_read_message", &message),
            ("gmail_read_thread", &thread),
            ("gmail_execute", &labels),
        ] {
            let schema = tools.get(tool).unwrap().output_schema;
            assert!(
                jsonschema::draft202012::is_valid(&schema, &answer.structured),
                "{tool}"
            );
            assert!(answer.text.chars().count() <= 21_000);
        }
        let marks = |value: &Value| value.to_string().split("untrusted-mail").count();
        seen.push((
            found.structured,
            message.structured["subject"].clone(),
            marks(&thread.structured),
            chosen.data,
        ));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn an_agent_writes_with_the_fields_of_people() {
    for mode in 0..2 {
        let sandbox = Sandbox::start().await.unwrap();
        let tools = both(&sandbox).await[mode].tools();
        let sent = ok(tools
            .call("gmail_send", json!({"to": ["Support <support@example.com>"], "subject": "Grüße", "text": "Hallo"}))
            .await);
        assert_eq!(
            sent.structured["recipients"],
            json!(["support@example.com"])
        );
        let id = first_id(&tools, "subject:Release in:inbox").await;
        let reply = ok(tools
            .call(
                "gmail_reply",
                json!({"message_id": id, "text": "Yes.", "reply_all": true}),
            )
            .await);
        let original = ok(tools
            .call("gmail_read_message", json!({"message_id": id}))
            .await);
        assert_eq!(
            reply.structured["thread_id"],
            original.structured["thread_id"]
        );
        let draft = ok(tools
            .call(
                "gmail_draft",
                json!({"text": "Later.", "reply_to_message_id": id}),
            )
            .await);
        assert!(
            !draft.structured["recipients"]
                .as_array()
                .unwrap()
                .is_empty()
        );
        let with_file = first_id(&tools, "has:attachment filename:pdf").await;
        let forwarded = ok(tools
            .call("gmail_forward", json!({"message_id": with_file, "to": ["accounting@example.net"], "text": "For you."}))
            .await);
        let forwarded = forwarded.structured["id"].as_str().unwrap();
        let read = ok(tools
            .call("gmail_read_message", json!({"message_id": forwarded}))
            .await);
        assert!(
            read.structured["subject"]
                .as_str()
                .unwrap()
                .starts_with("Fwd: ")
        );
        assert!(
            !read.structured["attachments"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    }
}

/// Reading and saving use the same part ids, though one reads Gmail's payload and the other the raw message.
#[tokio::test]
async fn attachments_go_to_files_and_never_into_results() {
    let sandbox = Sandbox::start().await.unwrap();
    let directory = Directory::new().unwrap();
    let root = directory.file("attachments");
    for gmail in both(&sandbox).await {
        let tools = gmail.tools();
        assert!(tools.get("gmail_save_attachment").is_none());
        let tools = tools.with_directory(&root).unwrap();
        let found = ok(tools
            .call(
                "gmail_search",
                json!({"query": "has:attachment", "max_results": 50}),
            )
            .await);
        let mut count = 0;
        for message in found.structured["messages"].as_array().unwrap() {
            let id = message["id"].as_str().unwrap();
            let read = ok(tools
                .call("gmail_read_message", json!({"message_id": id}))
                .await);
            for attachment in read.structured["attachments"].as_array().unwrap() {
                let saved = ok(tools
                    .call(
                        "gmail_save_attachment",
                        json!({"message_id": id, "part_id": attachment["part_id"]}),
                    )
                    .await);
                let file = &saved.structured["files"][0];
                assert_eq!(file["size"], attachment["size"], "{id} {attachment}");
                let path = std::path::Path::new(file["path"].as_str().unwrap());
                assert_eq!(path.parent(), Some(root.canonicalize().unwrap().as_path()));
                assert_eq!(
                    std::fs::metadata(path).unwrap().len(),
                    attachment["size"].as_u64().unwrap()
                );
                count += 1;
            }
            let raw = tools
                .call("gmail_execute", json!({"entity": "messages", "action": "get", "params": {"messageId": id, "format": "raw"}}))
                .await;
            assert!(
                ok(raw).structured["data"]["raw"]
                    .as_str()
                    .unwrap()
                    .starts_with("(left out: ")
            );
        }
        assert!(count > 5);
    }
    let sent = sandbox
        .open_source()
        .unwrap()
        .tools()
        .with_directory(&root)
        .unwrap();
    let outside = sent.call("gmail_send", json!({"to": ["support@example.com"], "subject": "x", "text": "x", "attachments": ["../../../etc/passwd"]})).await;
    assert_eq!(code(&outside), "invalid_arguments");
}

#[tokio::test]
async fn limits_hold_whichever_way_an_action_is_called() {
    let sandbox = Sandbox::start().await.unwrap();
    for gmail in both(&sandbox).await {
        let before = sandbox.mailbox_state();
        let id = first_id(&gmail.tools(), "in:inbox").await;
        let reading = gmail.tools().with_access(Access::default().read_only());
        assert!(reading.list().iter().all(|tool| tool.annotations.read_only));
        let trash =
            json!({"entity": "messages_trash", "action": "create", "params": {"messageId": id}});
        assert_eq!(
            code(&reading.call("gmail_execute", trash).await),
            "not_allowed"
        );
        for tool in ["gmail_send", "gmail_messages_trash_create", "gmail_draft"] {
            assert_eq!(
                code(&reading.call(tool, json!({"messageId": id})).await),
                "not_allowed",
                "{tool}"
            );
        }
        let quiet = gmail.tools().with_access(Access::default().no_send());
        assert!(quiet.get("gmail_draft").is_some() && quiet.get("gmail_send").is_none());
        let is_open_source = gmail.mode() == Mode::OpenSource;
        let outbound =
            |row: &&&Operation| row.outbound != Outbound::Nothing && (row.hosted || is_open_source);
        for row in gmail_table().operations.iter().filter(outbound) {
            let call = json!({"entity": row.entity, "action": row.action, "params": {}});
            let answer = quiet.call("gmail_execute", call).await;
            assert_eq!(code(&answer), "not_allowed", "{}", row.id);
        }
        let few = gmail
            .tools()
            .with_access(Access::default().allow_actions(["messages.list"]).unwrap());
        let names: Vec<String> = few.list().into_iter().map(|tool| tool.name).collect();
        assert_eq!(names, ["gmail_execute", "gmail_messages_list"]);
        let search = json!({"entity": "messages", "action": "context_store_search", "params": {"query": {"filter": {}}}});
        assert_eq!(
            code(&few.call("gmail_execute", search).await),
            "not_allowed"
        );
        assert_eq!(sandbox.mailbox_state(), before);
    }
    assert!(
        Access::default()
            .allow_actions(["messages.lisst"])
            .unwrap_err()
            .is_invalid_input()
    );
}

#[tokio::test]
async fn mail_goes_to_allowed_recipients_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    for gmail in both(&sandbox).await {
        let before = sandbox.mailbox_state();
        let tools = gmail
            .tools()
            .with_access(Access::default().allow_recipients(["@example.com", "one@example.net"]));
        for to in [
            "stranger@example.net",
            "x@sub.example.com",
            "x@example.com.example.net",
            "\"a@example.com\" <stranger@example.org>",
        ] {
            let message =
                json!({"to": ["support@example.com"], "bcc": [to], "subject": "x", "text": "x"});
            assert_eq!(
                code(&tools.call("gmail_send", message).await),
                "not_allowed",
                "{to}"
            );
        }
        let raw = json!({"entity": "messages", "action": "create", "params": {"raw": "VG86IGE"}});
        assert_eq!(code(&tools.call("gmail_execute", raw).await), "not_allowed");
        let id = first_id(&tools, "from:stranger@example.net").await;
        assert_eq!(
            code(
                &tools
                    .call("gmail_reply", json!({"message_id": id, "text": "x"}))
                    .await
            ),
            "not_allowed"
        );
        assert!(tools.get("gmail_drafts_send_create").is_none());
        assert_eq!(sandbox.mailbox_state(), before);
        let message =
            json!({"to": ["one@example.net, SUPPORT@EXAMPLE.COM"], "subject": "x", "text": "x"});
        ok(tools.call("gmail_send", message).await);
    }
}

#[tokio::test]
async fn only_what_the_scopes_allow_is_offered() {
    let sandbox = Sandbox::start().await.unwrap();
    let scopes = ["https://www.googleapis.com/auth/gmail.readonly"];
    let tools = sandbox
        .open_source()
        .unwrap()
        .tools()
        .with_access(Access::default().with_scopes(scopes));
    assert!(tools.get("gmail_read_message").is_some());
    assert!(tools.get("gmail_send").is_none() && tools.get("gmail_labels_create").is_none());
    sandbox.limit_scopes(&scopes);
    let unaware = sandbox.open_source().unwrap().tools();
    let answer = unaware
        .call(
            "gmail_send",
            json!({"to": ["support@example.com"], "subject": "x", "text": "x"}),
        )
        .await;
    assert_eq!(code(&answer), "permission_denied");
    assert!(answer.text.contains("gmail.send"), "{}", answer.text);
}

#[tokio::test]
async fn an_error_says_what_to_do() {
    let sandbox = Sandbox::start().await.unwrap();
    let tools = sandbox.open_source().unwrap().tools();
    let cases = [
        (
            "gmail_nothing",
            json!({}),
            "invalid_arguments",
            "gmail_search",
        ),
        (
            "gmail_search",
            json!({"query": ["x"]}),
            "invalid_arguments",
            "a string",
        ),
        (
            "gmail_search",
            json!({"query": "x", "max_results": 51}),
            "invalid_arguments",
            "50",
        ),
        (
            "gmail_search",
            json!({"qeury": "x"}),
            "invalid_arguments",
            "query",
        ),
        (
            "gmail_execute",
            json!({"entity": "messages", "action": "lisst"}),
            "invalid_arguments",
            "list",
        ),
        (
            "gmail_execute",
            json!({"entity": "messages", "action": "get", "params": {}}),
            "invalid_arguments",
            "messageId",
        ),
        (
            "gmail_messages_update",
            json!({"messageId": "19b76da8002f4766", "addLabelIds": "INBOX,UNREAD"}),
            "invalid_arguments",
            "a list",
        ),
        (
            "gmail_read_message",
            json!({"message_id": "00000000000000ff"}),
            "not_found",
            "change the arguments",
        ),
        (
            "gmail_send",
            json!({"to": ["nobody"], "subject": "x", "text": "x"}),
            "invalid_arguments",
            "address",
        ),
    ];
    for (tool, arguments, expected, word) in cases {
        let answer = tools.call(tool, arguments).await;
        assert_eq!(code(&answer), expected, "{tool}: {}", answer.text);
        assert!(answer.text.contains(word), "{tool}: {}", answer.text);
        assert_eq!(answer.structured["error"]["can_retry_unchanged"], false);
        let is_missing = answer.error().is_some_and(|error| error.is_not_found());
        assert_eq!(is_missing, expected == "not_found", "{tool}");
    }
    sandbox.inject(Fault::new(Service::Gmail, FaultKind::status(429)).times(50));
    let answer = tools.call("gmail_labels_list", json!({})).await;
    assert_eq!(code(&answer), "rate_limited");
    assert!(answer.error().is_some_and(|error| error.is_rate_limited()));
    assert_eq!(answer.structured["error"]["can_retry_unchanged"], true);
}

#[tokio::test]
async fn what_does_not_fit_is_cut_or_narrowed() {
    let sandbox = Sandbox::start().await.unwrap();
    let long = "Größe 価格 ".repeat(6_000);
    let id = sandbox.deliver(format!("From: a@example.org\r\nSubject: Long\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{long}").as_bytes());
    for gmail in both(&sandbox).await {
        let tools = gmail.tools();
        let mut whole = String::new();
        let mut offset = 0;
        loop {
            let part = ok(tools
                .call(
                    "gmail_read_message",
                    json!({"message_id": id, "offset": offset}),
                )
                .await);
            assert!(part.text.chars().count() <= 20_000);
            let text = part.structured["text"].as_str().unwrap();
            let inside: Vec<&str> = text.lines().collect();
            whole.push_str(&inside[1..inside.len() - 1].join("\n"));
            match part.structured["next_offset"].as_u64() {
                Some(next) => offset = next,
                None => break,
            }
        }
        assert_eq!(whole.trim_end(), long.trim_end());
        let small = gmail.tools().with_limit(2_000);
        let answer = small
            .call(
                "gmail_execute",
                json!({"entity": "messages", "action": "list"}),
            )
            .await;
        assert_eq!(code(&answer), "result_too_large");
        assert!(
            answer.text.contains("maxResults") && answer.text.contains("select_fields"),
            "{}",
            answer.text
        );
        ok(small
            .call(
                "gmail_execute",
                json!({"entity": "messages", "action": "list", "params": {"maxResults": 5}}),
            )
            .await);
        for most in 1..40 {
            let answer = small
                .call("gmail_messages_list", json!({"maxResults": most}))
                .await;
            assert!(answer.is_error || answer.text.chars().count() <= 2_000);
        }
        let write = ok(small
            .call(
                "gmail_messages_update",
                json!({"messageId": id, "addLabelIds": ["STARRED"]}),
            )
            .await);
        assert_eq!(write.structured["data"]["id"], json!(id));
    }
}

#[tokio::test]
async fn a_connector_can_be_made_at_the_first_call_and_is_made_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let gmail = sandbox.open_source().unwrap();
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    // The first attempt has no credentials.
    let tools = Tools::lazy(Mode::OpenSource, move || {
        match count.fetch_add(1, Ordering::SeqCst) {
            0 => GmailConnector::new(AirbyteAuthConfig::default()),
            _ => Ok(gmail.clone()),
        }
    });
    assert!(!tools.default_list().is_empty());
    assert_eq!(made.load(Ordering::SeqCst), 0);
    let answer = tools.call("gmail_labels_list", json!({})).await;
    assert!(answer.is_error, "{}", answer.text);
    for _ in 0..2 {
        ok(tools.call("gmail_labels_list", json!({})).await);
    }
    assert_eq!(made.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_accounts_own_addresses_are_known_as_far_as_they_can_be() {
    let sandbox = Sandbox::start().await.unwrap();
    let [open, hosted] = both(&sandbox).await;
    let alias = open.settings().send_as().create("alias@example.com");
    alias.send().await.unwrap();
    let own = open.own_addresses(true).await.unwrap();
    assert_eq!(own.to_string(), "user@example.com, alias@example.com");
    // Airbyte's connector has no aliases, and a token's scopes may not cover them.
    assert_eq!(open.own_addresses(false).await.unwrap().len(), 1);
    assert_eq!(hosted.own_addresses(true).await.unwrap().len(), 1);
    sandbox.limit_scopes(&["https://www.googleapis.com/auth/gmail.metadata"]);
    assert_eq!(open.own_addresses(true).await.unwrap().len(), 1);
}

#[tokio::test]
async fn hosted_mode_has_tools_for_the_documentation_and_for_sql() {
    let sandbox = Sandbox::start().await.unwrap();
    let tools = sandbox.hosted().unwrap().tools();
    let answer = ok(tools.call("gmail_docs", json!({"section": "labels"})).await);
    assert!(answer.text.contains("list: List labels"), "{}", answer.text);
    let tool = tools.get("gmail_sql").unwrap();
    assert!(tool.annotations.read_only && !tool.annotations.destructive);
    #[cfg(feature = "sandbox-sql")]
    {
        let arguments = json!({"sql": "select count(*) as n from labels where id = 'INBOX'"});
        let answer = ok(tools.call("gmail_sql", arguments).await);
        assert_eq!(answer.structured["data"], json!([{"n": 1}]));
    }
    let arguments = json!({"entity": "labels", "action": "list", "intent": "to show them"});
    ok(tools.call("gmail_execute", arguments).await);
    let requests = sandbox.requests();
    assert!(
        requests
            .iter()
            .any(|request| request.intent.as_deref() == Some("to show them"))
    );
    let open_source = sandbox.open_source().unwrap().tools();
    assert!(open_source.get("gmail_sql").is_none() && open_source.get("gmail_docs").is_none());
}
