//! A document in Airbyte's style, through the import and the generator.

use crate::codegen::{self, Settings};
use crate::convert::convert;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info:
  title: Notes
  version: 1.0.0
  x-airbyte-connector-name: notes
servers:
  - url: https://{team}.notes.example.com/v1
    variables: {team: {default: "{team}"}}
security:
  - oauth2: []
  - key: []
paths:
  /query:notes:
    get:
      operationId: listNotes
      summary: List notes.
      x-airbyte-entity: notes
      x-airbyte-action: list
      x-airbyte-path-override: {path: /query}
      x-airbyte-record-extractor: $.data.notes.nodes
      x-airbyte-meta-extractor: {cursor: $.data.notes.after, link: "@link.next"}
      x-airbyte-preferred-for-check: true
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1.0, exclusiveMaximum: 101}}
        - {name: send, in: query, schema: {type: string, enum: [now, later]}}
        - {name: created, in: query, schema: {type: object, properties: {after: {type: [integer, "null"]}}}}
      responses:
        "200":
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Answer"}
        "404": {description: None}
  /query:tags:
    get:
      operationId: listTags
      summary: List tags
      x-airbyte-entity: tags
      x-airbyte-action: list
      x-airbyte-path-override: {path: /query}
      responses:
        "200": {content: {application/json: {schema: {type: array, items: {type: string}}}}}
  /notes/{id}/change:
    patch:
      operationId: updateNote
      summary: Update a note
      x-airbyte-entity: notes
      x-airbyte-action: update
      x-airbyte-path-override: {path: "/notes/{id}"}
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      requestBody:
        content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}
      responses:
        "200": {content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
        "204": {description: Done}
  /notes/{id}/file:
    get:
      operationId: downloadNote
      x-airbyte-entity: notes
      x-airbyte-action: download
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        "200": {content: {application/octet-stream: {schema: {type: string, format: binary}}}}
components:
  securitySchemes:
    oauth2:
      type: oauth2
      flows: {authorizationCode: {authorizationUrl: https://a.example.com, tokenUrl: https://t.example.com, scopes: {}}}
    key: {type: apiKey, in: header, name: X-Key}
  schemas:
    Answer:
      type: object
      properties:
        data:
          type: object
          properties:
            notes:
              type: object
              properties:
                after: {type: ["null", string]}
                nodes: {type: array, items: {$ref: "#/components/schemas/Note"}}
    Note:
      type: object
      required: [text]
      properties:
        text: {type: string, maxLength: 9}
        kind: {type: [string, "null"], enum: [a-b, a_b]}
        parent:
          oneOf: [{$ref: "#/components/schemas/Note"}, {type: "null"}]
        size: {type: [string, integer]}
        labels: {type: object, additionalProperties: {type: string}}
"##;

fn imported() -> Result<(String, String), String> {
    let given = serde_norway::from_str(DOCUMENT).map_err(|error| error.to_string())?;
    let (document, notes) = convert(&given, &["tags".to_owned()])?;
    let text = serde_norway::to_string(&document).map_err(|error| error.to_string())?;
    Ok((text, notes.to_string()))
}

#[test]
fn what_is_imported_keeps_every_rule_and_says_what_is_left() -> Result<(), String> {
    let (text, notes) = imported()?;
    let settings = Settings {
        file: "notes.yaml",
        module: "crate::api::notes",
        owner: "crate::Notes",
        crate_name: "notes",
        taken: &["tags".to_owned()],
    };
    let source = codegen::generate(&settings, &text).map_err(|error| error.to_string())?;
    for expected in [
        // Nested records and a renamed field, as `execute` returns them.
        "pub nodes: ::std::vec::Vec<Note>",
        "pub cursor: ::std::option::Option<::std::string::String>",
        // A name of a connector's method, and one of every call's.
        "pub fn tags_calls(&self)",
        "pub fn send_(mut self, send: impl ::std::convert::Into<types::Send>)",
        // Values that do not fit a query go to Airbyte as params.
        "pub fn created(mut self, created: types::",
        "hosted_only: true",
        "maximum: Some(100i64)",
    ] {
        assert!(source.contains(expected), "no {expected:?}");
    }
    assert!(
        text.contains("/notes/{id}:"),
        "the path that is meant: {text}"
    );
    assert!(text.contains("url: https://team.invalid/v1"), "{text}");
    for expected in [
        "decide: `key` (apiKey) signs in through Airbyte only",
        "decide: the server is",
        "hosted mode only: notes list: several operations are one request there",
        "lost: notes download: answers with a file",
        "lost: enum `Note_kind` is a string",
        "lost: `Note_size` is any JSON",
    ] {
        assert!(notes.contains(expected), "no {expected:?} in {notes}");
    }
    Ok(())
}

#[test]
fn other_documents_are_refused() {
    for (from, to, message) in [
        ("openapi: 3.1.0", "openapi: 3.0.3", "needs no import"),
        (
            "  x-airbyte-connector-name: notes\n",
            "",
            "has no `x-airbyte-connector-name`",
        ),
    ] {
        let given = serde_norway::from_str(&DOCUMENT.replacen(from, to, 1)).unwrap_or_default();
        let error = convert(&given, &[]).err().unwrap_or_default();
        assert!(error.contains(message), "{error}");
    }
}
