//! Params: validation, schemas, encoding and decoding.

#![cfg(all(feature = "sandbox", feature = "tool"))]

use airbyte_agent_gmail::operation::{Field, Location, Operation, Schema, airbyte, gmail};
use airbyte_agent_gmail::sandbox::Sandbox;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Any value of a type.
fn value(schema: &'static Schema, location: Location) -> BoxedStrategy<Value> {
    match schema {
        Schema::String if location == Location::Path => {
            // Invalid ids are tested below; an email address may have characters that other ids may not.
            let text = any::<String>().prop_map(|text| {
                let mut text: String = text
                    .chars()
                    .filter(|letter| !letter.is_ascii_control())
                    .collect();
                if text.contains(|letter: char| {
                    "/\\?#%\u{feff}".contains(letter) || letter.is_whitespace()
                }) {
                    text.push('@');
                }
                text
            });
            text.prop_filter("an id", |text| !["", ".", ".."].contains(&text.as_str()))
                .prop_map(Value::from)
                .boxed()
        }
        Schema::String | Schema::Any => any::<String>().prop_map(Value::from).boxed(),
        Schema::Integer { minimum, maximum } => (minimum.unwrap_or(i64::MIN)
            ..=maximum.unwrap_or(i64::MAX))
            .prop_map(Value::from)
            .boxed(),
        Schema::Number => (-1000_i32..1000)
            .prop_map(|number| json!(f64::from(number) + 0.5))
            .boxed(),
        Schema::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Schema::Enum(values) => proptest::sample::select(*values)
            .prop_map(Value::from)
            .boxed(),
        Schema::Array(items) => {
            let least = usize::from(location == Location::Query);
            proptest::collection::vec(value(items, Location::Body), least..4)
                .prop_map(Value::from)
                .boxed()
        }
        Schema::Object(fields) => object(fields).prop_map(Value::from).boxed(),
        Schema::Map => Just(json!({"key": ["any", 1, null]})).boxed(),
    }
}

/// Any params for these fields: the required ones, and some of the others.
fn object(fields: &'static [Field]) -> BoxedStrategy<Map<String, Value>> {
    let fields: Vec<_> = fields
        .iter()
        .map(|field| {
            let value = value(&field.schema, field.location)
                .prop_map(|value| Some((field.name.to_owned(), value)));
            if field.required {
                // A required string in a query must not be empty.
                let in_query = field.location == Location::Query;
                value
                    .prop_filter("a text", move |pair| {
                        !in_query || pair.as_ref().is_none_or(|(_, value)| *value != json!(""))
                    })
                    .boxed()
            } else {
                prop_oneof![value, Just(None)].boxed()
            }
        })
        .collect();
    fields
        .prop_map(|fields| fields.into_iter().flatten().collect())
        .boxed()
}

/// Without alternative names of fields: they are sent under the field's own name, which is what decoding returns.
fn own_names(row: &'static Operation) -> BoxedStrategy<Map<String, Value>> {
    object(row.fields)
        .prop_map(|mut params| {
            params.retain(|name, _| row.field(name).is_some_and(|field| field.sent_as.is_none()));
            params
        })
        .boxed()
}

fn any_row() -> impl Strategy<Value = &'static Operation> {
    let rows: Vec<&'static Operation> = gmail()
        .operations
        .iter()
        .chain(airbyte().operations)
        .copied()
        .collect();
    proptest::sample::select(rows)
}

proptest! {
    #[test]
    fn decoding_undoes_encoding((row, params) in any_row().prop_flat_map(|row| (Just(row), own_names(row)))) {
        let request = row.encode(&params).map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(row.decode(&request).map_err(|error| TestCaseError::fail(format!("{error}")))?, params);
    }

    #[test]
    fn a_value_of_another_type_is_refused((row, params, at) in any_row().prop_flat_map(|row| (Just(row), object(row.fields), any::<prop::sample::Index>()))) {
        prop_assume!(!row.fields.is_empty());
        let field = &row.fields[at.index(row.fields.len())];
        prop_assume!(!matches!(field.schema, Schema::Any));
        let mut params = params;
        params.insert(field.name.to_owned(), Value::Null);
        prop_assert!(row.check(&params).is_err_and(|error| error.is_invalid_input()));
    }
}

#[test]
fn every_row_round_trips_its_required_params() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for row in gmail().operations.iter().chain(airbyte().operations) {
        for _ in 0..20 {
            let params = own_names(row)
                .new_tree(&mut runner)
                .expect(row.id)
                .current();
            let request = row.encode(&params).expect(row.id);
            assert_eq!(row.decode(&request).expect(row.id), params, "{}", row.id);
        }
    }
}

#[tokio::test]
async fn bad_input_is_refused_unsent_and_says_what_is_allowed()
-> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let cases = [
        (
            "mesages",
            "list",
            json!({}),
            "unknown entity; use one of: profile",
        ),
        (
            "messages",
            "lst",
            json!({}),
            "the entity has no such action; use one of: list",
        ),
        (
            "messages",
            "list",
            json!({"maxresults": 1}),
            "`maxresults` is not a parameter; it takes: maxResults",
        ),
        (
            "messages",
            "list",
            json!({"maxResults": "1"}),
            "`maxResults` is a string; it takes a whole number from 1 to 500",
        ),
        (
            "messages",
            "list",
            json!({"maxResults": 0}),
            "`maxResults` is out of range; it takes a whole number from 1 to 500",
        ),
        (
            "messages",
            "list",
            json!({"labelIds": [1]}),
            "`labelIds[0]` is a number; it takes a string",
        ),
        (
            "messages",
            "list",
            json!({"includeSpamTrash": "yes"}),
            "`includeSpamTrash` is a string; it takes true or false",
        ),
        (
            "messages",
            "get",
            json!({}),
            "`messageId` is missing; it takes a string",
        ),
        (
            "messages",
            "get",
            json!({"messageId": ".."}),
            "`messageId` is not an id; take one",
        ),
        (
            "messages",
            "get",
            json!({"messageId": "1", "format": "FULL"}),
            "`format` has an unknown value; it takes one of: minimal, full, raw, metadata",
        ),
        (
            "drafts",
            "create",
            json!({"message": {"raw": 1}}),
            "`message.raw` is a number; it takes a string",
        ),
        (
            "drafts",
            "create",
            json!({"message": {"raw": "x", "subject": "y"}}),
            "`message.subject` is not a parameter; it takes: message.raw",
        ),
        ("messages", "list", json!([]), "params is not an object"),
        ("messages", "list", json!("q=x"), "params is not an object"),
        (
            "messages",
            "list",
            json!({"q": null}),
            "`q` is null; it takes a string",
        ),
        (
            "messages",
            "list",
            json!({"maxResults": -1}),
            "`maxResults` is out of range",
        ),
        (
            "messages",
            "list",
            json!({"maxResults": 1e300}),
            "`maxResults` is a number; it takes a whole number from 1 to 500",
        ),
        (
            "messages",
            "list",
            json!({"maxResults": 1.5}),
            "`maxResults` is a number; it takes a whole number from 1 to 500",
        ),
        (
            "messages",
            "list",
            json!({"q": ["a"]}),
            "`q` is a list; it takes a string",
        ),
        (
            "messages",
            "list",
            json!({"labelIds": []}),
            "`labelIds` is empty; leave it out or name something",
        ),
        (
            "messages",
            "list",
            json!({"labelIds": {"INBOX": true}}),
            "`labelIds` is an object; it takes a list, each a string",
        ),
        (
            "messages",
            "list",
            json!({"\u{202e}secret text": 1}),
            "there is an unknown parameter; it takes: maxResults",
        ),
    ];
    for connector in [sandbox.open_source()?, sandbox.hosted()?] {
        for (entity, action, params, message) in &cases {
            let error = connector
                .execute(entity, action, params.clone())
                .await
                .expect_err(message);
            assert!(error.is_invalid_input(), "{error:?}");
            assert!(error.to_string().contains(message), "{error}");
        }
        // Typed calls and tools also reject ids that would reach another resource.
        let long = "x".repeat(3000);
        for id in [
            "",
            ".",
            "..",
            "a/b",
            "../labels/INBOX",
            "a%2Fb",
            "..%2f..",
            "a\\b",
            "a?b",
            "a#b",
            "a\nb",
            "a\r\nHost: x",
            "a\tb",
            "a\0b",
            "\u{7f}",
            &long,
        ] {
            let typed = connector.messages().get(id).send().await.map(drop);
            let params = json!({"messageId": id});
            let dynamic = connector.execute("messages", "get", params.clone()).await;
            for result in [typed, dynamic.map(drop)] {
                let error = result.expect_err(id);
                assert!(error.is_invalid_input(), "{id:?}: {error:?}");
                assert!(error.to_string().contains("id"), "{id:?}: {error}");
            }
            let answer = connector.tools().call("gmail_messages_get", params).await;
            assert_eq!(answer.structured["error"]["code"], "invalid_arguments");
        }
    }
    // URLs have a length limit; Airbyte takes the same value in a body.
    let connector = sandbox.open_source()?;
    let typed = connector.messages().list().q("x".repeat(100_000));
    let typed = typed.send().await.map(drop);
    let dynamic = connector.execute("messages", "list", json!({"q": "x".repeat(100_000)}));
    for result in [typed, dynamic.await.map(drop)] {
        let error = result.expect_err("an address of 100 KB");
        assert!(error.is_invalid_input(), "{error:?}");
        assert!(error.to_string().contains("shorten"), "{error}");
    }
    assert!(
        sandbox
            .requests()
            .iter()
            .all(|request| request.path == "/token")
    );
    Ok(())
}

#[tokio::test]
async fn a_list_may_come_as_one_text_as_airbyte_documents_it()
-> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    for connector in [sandbox.open_source()?, sandbox.hosted()?] {
        let text = connector
            .execute("messages", "list", json!({"labelIds": "INBOX,UNREAD"}))
            .await?;
        let list = connector
            .execute("messages", "list", json!({"labelIds": ["INBOX", "UNREAD"]}))
            .await?;
        assert_eq!(text, list);
        assert!(text.data.as_array().is_some_and(|data| !data.is_empty()));
    }
    // Gmail gets the key repeated, Airbyte gets a list.
    let requests = sandbox.requests();
    let queries: Vec<_> = requests
        .iter()
        .filter_map(|request| request.query.as_deref())
        .collect();
    assert!(
        queries
            .iter()
            .any(|query| query.contains("labelIds=INBOX&labelIds=UNREAD")),
        "{queries:?}"
    );
    let params: Vec<_> = requests
        .iter()
        .filter_map(|request| request.params.as_ref())
        .collect();
    assert!(
        params
            .iter()
            .all(|params| params["labelIds"] == json!(["INBOX", "UNREAD"])),
        "{params:?}"
    );
    Ok(())
}

#[test]
fn schemas_are_closed_and_describe_every_field() {
    for row in gmail().operations {
        let schema = row.params_schema();
        assert_eq!(schema["additionalProperties"], false, "{}", row.id);
        for field in row.fields {
            let property = &schema["properties"][field.name];
            assert!(
                property["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{}: {}",
                row.id,
                field.name
            );
        }
    }
}
