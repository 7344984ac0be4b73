//! The generator: each lint rule, with a document that breaks it.

use crate::codegen::{self, Settings};

/// A small document that satisfies every rule.
const DOCUMENT: &str = r##"
openapi: 3.0.3
info:
  title: Notes
  version: v1
  x-airbyte-connector-name: notes
servers:
  - url: https://notes.example.com
security:
  - oauth2: [read]
paths:
  /v1/notes:
    get:
      operationId: notes_list
      tags: [notes]
      summary: List notes
      description: Lists the notes.
      x-airbyte-entity: notes
      x-airbyte-action: list
      x-airbyte-record-extractor: $.notes
      x-airbyte-meta-extractor:
        next: $.next
      x-pagination: {token-parameter: page, token-field: next, size-parameter: size}
      x-idempotent: true
      x-quota-units: {current: 1, legacy: 1}
      parameters:
        - name: page
          in: query
          description: The page.
          schema: {type: string}
        - name: size
          in: query
          description: The size of a page.
          schema: {type: integer, minimum: 1}
        - name: color
          in: query
          description: The color.
          schema: {$ref: '#/components/schemas/Color'}
      responses:
        '200':
          description: Notes
          content:
            application/json:
              schema: {$ref: '#/components/schemas/ListNotesResponse'}
        4XX: {$ref: '#/components/responses/Error'}
        5XX: {$ref: '#/components/responses/Error'}
    post:
      operationId: notes_create
      tags: [notes]
      summary: Create a note
      description: Creates a note.
      x-airbyte-entity: notes
      x-airbyte-action: create
      x-idempotent: false
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/CreateNoteRequest'}
      responses:
        '200':
          description: The note
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Note'}
  /v1/notes/{noteId}:
    delete:
      operationId: notes_delete
      tags: [notes]
      summary: Delete a note
      description: Deletes a note.
      x-idempotent: true
      x-destructive: true
      parameters:
        - name: noteId
          in: path
          required: true
          description: The note.
          schema: {type: string}
      responses:
        '204':
          description: Gone
components:
  securitySchemes:
    oauth2:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: https://notes.example.com/auth
          tokenUrl: https://notes.example.com/token
          scopes:
            read: Read notes
  responses:
    Error:
      description: What went wrong
      content:
        application/json:
          schema: {$ref: '#/components/schemas/Problem'}
  schemas:
    Color:
      type: string
      description: A color.
      enum: [red, deepBlue]
    Note:
      type: object
      properties:
        id: {type: string, description: The id.}
        color: {$ref: '#/components/schemas/Color'}
        tags:
          type: array
          items: {type: string}
        extra: {}
    ListNotesResponse:
      type: object
      properties:
        notes:
          type: array
          items: {$ref: '#/components/schemas/Note'}
        next: {type: string}
    CreateNoteRequest:
      type: object
      required: [text]
      properties:
        text: {type: string, description: The text.}
        password: {type: string, format: password, description: A secret.}
    Problem:
      type: object
      properties:
        message: {type: string}
"##;

fn generate(yaml: &str) -> Result<String, String> {
    let settings = Settings {
        file: "spec/notes.yaml",
        module: "crate::api::notes",
        owner: "crate::Notes",
        crate_name: "notes",
        taken: &["execute", "check"].map(str::to_owned),
    };
    codegen::generate(&settings, yaml).map_err(|error| error.to_string())
}

/// The error after replacing a text in the document.
fn broken(from: &str, to: &str) -> String {
    assert!(DOCUMENT.contains(from), "the document has no {from:?}");
    let result = generate(&DOCUMENT.replacen(from, to, 1));
    assert!(result.is_err(), "{from:?} -> {to:?} is let through");
    let message = result.err().unwrap_or_default();
    assert!(
        !message.contains("progenitor can't"),
        "the lint lets through: {from:?} -> {to:?}: {message}"
    );
    message
        .lines()
        .map(|line| format!("{}\n", without_number(line)))
        .collect()
}

/// An error without its line number.
fn without_number(message: &str) -> String {
    let numbered = message
        .strip_prefix("spec/notes.yaml:")
        .and_then(|rest| rest.split_once(": "));
    match numbered {
        Some((number, rest)) if number.parse::<usize>().is_ok() => {
            format!("spec/notes.yaml: {rest}")
        }
        _ => message.to_owned(),
    }
}

#[test]
fn a_good_document_generates_the_same_text_each_time() {
    let first = generate(DOCUMENT).expect("a good document");
    assert_eq!(generate(DOCUMENT), Ok(first.clone()));
    for expected in [
        "pub struct NotesList {",
        "pub fn stream(self) -> crate::page::Stream<types::Note>",
        "pub static NOTES_DELETE: Operation",
        "impl crate::Notes",
        "DeepBlue",
        "///A color.\n        #[serde(skip_serializing_if = \"::std::option::Option::is_none\")]\n        pub color",
        "pub password: ::std::option::Option<crate::auth::Secret>",
    ] {
        assert!(first.contains(expected), "no {expected:?}");
    }
    assert!(syn::parse_file(&first).is_ok());
}

#[test]
fn a_secret_may_keep_its_format_and_a_reference_may_have_a_default() {
    let secret = DOCUMENT.replace("format: password", "format: byte, x-secret: true");
    assert_eq!(generate(&secret), generate(DOCUMENT));
    let schema = "          schema: {type: string}\n        - name: size";
    let plain = DOCUMENT.replacen(
        schema,
        "          schema: {$ref: '#/components/schemas/Color'}\n        - name: size",
        1,
    );
    let with_default = DOCUMENT.replacen(
        schema,
        "          schema: {allOf: [{$ref: '#/components/schemas/Color'}], default: red}\n        - name: size",
        1,
    );
    assert_ne!(plain, with_default);
    assert!(generate(&plain).is_ok());
    assert_eq!(generate(&plain), generate(&with_default));
}

#[test]
fn each_broken_rule_names_the_place_and_the_fix() {
    let list = "spec/notes.yaml: GET /v1/notes (notes_list): ";
    let delete = "spec/notes.yaml: DELETE /v1/notes/{noteId} (notes_delete): ";
    let create = "spec/notes.yaml: POST /v1/notes (notes_create): ";
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "openapi: 3.0.3",
            "openapi: 3.1.0",
            "spec/notes.yaml: openapi: ",
            "write the document in OpenAPI 3.0",
        ),
        (
            "paths:\n",
            "paths: [\n",
            "spec/notes.yaml: ",
            "not valid YAML",
        ),
        (
            "  title: Notes\n",
            "  title: Notes\n  title: Twice\n",
            "spec/notes.yaml: ",
            "not valid YAML",
        ),
        (
            "  title: Notes\n",
            "",
            "spec/notes.yaml: ",
            "not a valid OpenAPI 3.0 document",
        ),
        (
            "servers:\n  - url: https://notes.example.com\n",
            "",
            "spec/notes.yaml: servers: ",
            "no server",
        ),
        (
            "      operationId: notes_list\n",
            "",
            "spec/notes.yaml: GET /v1/notes: ",
            "no `operationId`",
        ),
        (
            "operationId: notes_list",
            "operationId: notesList",
            "",
            "not in snake case",
        ),
        (
            "operationId: notes_create",
            "operationId: notes_list",
            "",
            "the operation id is taken by GET /v1/notes",
        ),
        ("      summary: List notes\n", "", list, "no `summary`"),
        (
            "summary: List notes",
            "summary: List notes.",
            list,
            "without a full stop",
        ),
        (
            "      description: Lists the notes.\n",
            "",
            list,
            "no `description`",
        ),
        (
            "tags: [notes]",
            "tags: [notes, more]",
            list,
            "more than one tag",
        ),
        (
            "tags: [notes]",
            "tags: [things]",
            list,
            "does not begin with its tag `things_`",
        ),
        (
            "tags: [notes]",
            "tags: [Notes Here]",
            list,
            "dotted path in snake case",
        ),
        (
            "x-idempotent: true",
            "x-note: true",
            list,
            "unknown extension `x-note`",
        ),
        ("      x-idempotent: true\n", "", list, "no `x-idempotent`"),
        (
            "x-idempotent: true",
            "x-idempotent: often",
            list,
            "`x-idempotent` is true or false",
        ),
        (
            "x-quota-units: {current: 1, legacy: 1}",
            "x-partial-scopes: [write]",
            list,
            "not a list of scopes that `security` has",
        ),
        ("      x-airbyte-action: list\n", "", list, "come together"),
        (
            "info:\n",
            "info:\n  x-serach-action: search\n",
            "spec/notes.yaml: info: ",
            "unknown extension `x-serach-action`",
        ),
        (
            "info:\n",
            "info:\n  x-search-action: search\n",
            "spec/notes.yaml: info: ",
            "`x-search-action` and `x-airbyte-context-store` come together",
        ),
        (
            "x-airbyte-action: create",
            "x-airbyte-action: list",
            create,
            "is taken by GET /v1/notes",
        ),
        (
            "x-airbyte-record-extractor: $.notes",
            "x-airbyte-record-extractor: $.things",
            list,
            "which the response does not have",
        ),
        (
            "next: $.next",
            "next: $.after",
            list,
            "which the response does not have",
        ),
        (
            "next: $.next",
            "following: $.next",
            list,
            "named as the key it takes",
        ),
        (
            "token-parameter: page",
            "token-parameter: token",
            list,
            "no `token-parameter`",
        ),
        (
            "token-field: next",
            "token-field: after",
            list,
            "no `token-field`",
        ),
        (
            "size-parameter: size",
            "size-parameter: count",
            list,
            "`size-parameter`",
        ),
        (
            "legacy: 1",
            "legacy: many",
            list,
            "no whole number `legacy`",
        ),
        (
            "- name: page\n          in: query",
            "- name: page\n          in: cookie",
            list,
            "is in a cookie",
        ),
        (
            "          schema: {type: string}\n        - name: size",
            "          style: deepObject\n          schema: {type: string}\n        - name: size",
            list,
            "a style that is not generated",
        ),
        (
            "          schema: {type: string}\n        - name: size",
            "          explode: false\n          schema: {type: string}\n        - name: size",
            list,
            "`explode: false`",
        ),
        (
            "          schema: {type: string}\n        - name: size",
            "          content: {application/json: {schema: {type: string}}}\n        - name: size",
            list,
            "has `content`",
        ),
        (
            "          schema: {type: string}\n        - name: size",
            "          schema: {type: object}\n        - name: size",
            list,
            "a type that can't go there",
        ),
        (
            "          description: The page.\n",
            "",
            list,
            "parameter `page` has no `description`",
        ),
        ("- name: size", "- name: page", list, "occurs twice"),
        (
            "          required: true\n          description: The note.",
            "          required: false\n          description: The note.",
            "spec/notes.yaml: ",
            "",
        ),
        (
            "- name: noteId",
            "- name: id",
            delete,
            "the path has `{noteId}`",
        ),
        (
            "/v1/notes/{noteId}:",
            "/v1/notes/note:",
            "spec/notes.yaml: DELETE /v1/notes/note",
            "is not in the path",
        ),
        (
            "required: true\n        content:",
            "required: false\n        content:",
            create,
            "the request body is not required",
        ),
        (
            "            application/json:\n              schema: {$ref: '#/components/schemas/Note'}",
            "            text/plain:\n              schema: {$ref: '#/components/schemas/Note'}",
            create,
            "not one `application/json`",
        ),
        (
            "          application/json:\n            schema: {$ref: '#/components/schemas/CreateNoteRequest'}",
            "          multipart/form-data:\n            schema: {$ref: '#/components/schemas/CreateNoteRequest'}",
            create,
            "exactly one media type",
        ),
        (
            "'#/components/schemas/CreateNoteRequest'",
            "'#/components/schemas/Color'",
            create,
            "not a `$ref` to an object",
        ),
        (
            "        '204':\n          description: Gone",
            "        '204':\n          description: Gone\n        '200':\n          description: Here",
            delete,
            "2 success responses",
        ),
        (
            "        '204':\n",
            "        '404':\n",
            delete,
            "0 success responses",
        ),
        (
            "        '204':\n",
            "        default:\n",
            delete,
            "a `default` response",
        ),
        (
            "        '204':\n          description: Gone",
            "        '204':\n          description: Gone\n        '302':\n          description: Away",
            delete,
            "neither a success nor an error",
        ),
        (
            "        5XX: {$ref: '#/components/responses/Error'}",
            "        5XX: {description: Failed}",
            list,
            "different schemas",
        ),
        (
            "        5XX: {$ref: '#/components/responses/Error'}",
            "        5XX: {$ref: '#/components/responses/None'}",
            list,
            "points nowhere",
        ),
        (
            "- oauth2: [read]",
            "- oauth2: [write]",
            list,
            "scope `write` is not declared",
        ),
        (
            "- oauth2: [read]",
            "- basic: []",
            list,
            "security scheme `basic` is not declared",
        ),
        (
            "        next: {type: string}",
            "        next: {oneOf: [{type: string}]}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "`oneOf`",
        ),
        (
            "        next: {type: string}",
            "        next: {anyOf: [{type: string}]}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "`anyOf`",
        ),
        (
            "        next: {type: string}",
            "        next: {not: {type: string}}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "`not`",
        ),
        (
            "        next: {type: string}",
            "        next: {allOf: [{type: string}]}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "`allOf`",
        ),
        (
            "        next: {type: string}",
            "        next: {type: string, enum: [a]}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "an enum has no name",
        ),
        (
            "        next: {type: string}",
            "        next: {type: string, pattern: a}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "`pattern`",
        ),
        (
            "        next: {type: string}",
            "        next: {type: array}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "no `items`",
        ),
        (
            "        next: {type: string}",
            "        next: {type: object, additionalProperties: false}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "`additionalProperties: false`",
        ),
        (
            "        next: {type: string}",
            "        next: {type: object, additionalProperties: {type: string}}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "typed additional properties",
        ),
        (
            "        next: {type: string}",
            "        next: {type: object, properties: {a: {type: string}}}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "has no name",
        ),
        (
            "        next: {type: string}",
            "        next: {$ref: '#/components/schemas/None'}",
            "spec/notes.yaml: components.schemas.ListNotesResponse.next: ",
            "points nowhere",
        ),
        (
            "required: [text]",
            "required: [words]",
            "spec/notes.yaml: components.schemas.CreateNoteRequest: ",
            "`words` is required and not a property",
        ),
        (
            "    Note:\n      type: object\n",
            "    Note:\n      type: object\n      x-key: key\n",
            "spec/notes.yaml: components.schemas.Note: ",
            "`x-key` names `key`, which is not a property",
        ),
        (
            "enum: [red, deepBlue]",
            "enum: [red, null]",
            "spec/notes.yaml: components.schemas.Color: ",
            "a null value",
        ),
    ];
    for (from, to, place, message) in cases {
        let text = broken(from, to);
        assert!(
            text.lines()
                .any(|line| line.starts_with(place) && line.contains(message)),
            "{from:?} -> {to:?}: {text}"
        );
    }
}

/// Documents that would compile to a wrong client or not at all: each is rejected with its line and the fix.
#[test]
fn what_nothing_reads_or_rust_can_not_tell_apart_is_refused() {
    let list = "GET /v1/notes (notes_list): ";
    let page = "components.schemas.ListNotesResponse";
    let next = "        next: {type: string}";
    let color = "components.schemas.Color: ";
    let values = "enum: [red, deepBlue]";
    let parameter = "- name: color";
    let schema = "schema: {type: integer, minimum: 1}";
    let cases: &[(&str, &str, &str, &str)] = &[
        // Different names that become the same name in Rust.
        (
            values,
            "enum: [deep-blue, deepBlue]",
            color,
            "becomes `DeepBlue`",
        ),
        (values, "enum: ['+', '-']", color, "in Rust, as does"),
        (values, "enum: [red, red]", color, "has a value twice"),
        (values, "enum: []", color, "without values"),
        (
            "        extra: {}",
            "        eX: {}\n        e_x: {}",
            "components.schemas.Note.e_x: ",
            "becomes `e_x`",
        ),
        (
            "    Problem:\n",
            "    note: {type: object}\n    Problem:\n",
            "components.schemas.note: ",
            "becomes `Note`",
        ),
        (
            "        password:",
            "        Text: {type: string}\n        password:",
            "components.schemas.CreateNoteRequest.Text: ",
            "becomes `text`",
        ),
        (parameter, "- name: Page", list, "`Page` becomes `page`"),
        (parameter, "- name: 1st", list, "begin it with a letter"),
        (parameter, "- name: größe", list, "begin it with a letter"),
        (parameter, "- name: ''", list, "begin it with a letter"),
        (
            "tags: [notes]",
            "x-method-name: list\n      tags: [execute]",
            list,
            "a method of the connector",
        ),
        (
            "tags: [notes]",
            "x-method-name: list\n      tags: [client]",
            list,
            "becomes `Client`",
        ),
        (
            "tags: [notes]",
            "x-method-name: x\n      tags: [notes.create]",
            "POST /v1/notes (notes_create): ",
            "rename one",
        ),
        (
            "operationId: notes_list\n      tags: [notes]",
            "operationId: inner",
            "GET /v1/notes (inner): ",
            "every generated client has",
        ),
        (
            "x-idempotent: true",
            "x-method-name: List\n      x-idempotent: true",
            list,
            "`x-method-name` is not a name",
        ),
        (
            "x-airbyte-entity: notes",
            "x-airbyte-entity: 5",
            list,
            "`x-airbyte-entity` is not a name",
        ),
        // Servers, paths, schemes.
        (
            "url: https://notes.example.com",
            "url: 'https://{region}.example.com'",
            "servers: ",
            "has variables",
        ),
        (
            "url: https://notes.example.com",
            "url: http://notes.example.com",
            "servers: ",
            "not an `https://` address",
        ),
        (
            "servers:\n",
            "servers:\n  - url: https://other.example.com\n",
            "servers: ",
            "keep one",
        ),
        (
            "  /v1/notes:\n",
            "  /v1/notes?all=true:\n",
            "/v1/notes?all=true: ",
            "no `?`",
        ),
        (
            "  /v1/notes:\n",
            "  '/v1/notes#all':\n",
            "/v1/notes#all: ",
            "no `#`",
        ),
        (
            "/v1/notes/{noteId}:",
            "/v1/{noteId}-{other}:",
            "/v1/{noteId}-{other}: ",
            "more than one parameter",
        ),
        (
            "/v1/notes/{noteId}:",
            "/v1/{noteId}/{noteId}:",
            "/v1/{noteId}/{noteId}: ",
            "stands twice",
        ),
        (
            "  securitySchemes:\n",
            "  securitySchemes:\n    key: {type: apiKey, in: header, name: X-Key}\n",
            "components.securitySchemes.key: ",
            "`key` is apiKey",
        ),
        (
            "  securitySchemes:\n",
            "  securitySchemes:\n    user: {type: http, scheme: basic}\n",
            "components.securitySchemes.user: ",
            "`user` is http basic",
        ),
        // Keywords that nothing reads.
        (
            next,
            "        next: {type: string, const: a}",
            page,
            "`const` is not read",
        ),
        (
            next,
            "        next: {type: string, writeOnly: true}",
            page,
            "`writeOnly` is not read",
        ),
        (
            next,
            "        next: {type: [string, 'null']}",
            page,
            "`type` is not one word",
        ),
        (next, "        next: {type: text}", page, "is not a type"),
        (
            next,
            "        next: {$ref: '#/components/schemas/Color', description: A color.}",
            page,
            "beside a `$ref`",
        ),
        (
            next,
            "        next: {allOf: [{$ref: '#/components/schemas/Color'}], maxLength: 3}",
            page,
            "`maxLength` is not read",
        ),
        (
            next,
            "        next: {format: uuid}",
            page,
            "`format` is not read",
        ),
        (next, "        next: {<<: {type: string}}", page, "a merge"),
        (
            next,
            "        next: {type: number, allOf: [{type: integer}]}",
            page,
            "`allOf` is not read",
        ),
        (
            next,
            "        next: {type: number, minimum: 1}",
            page,
            "`minimum` is not read",
        ),
        (
            next,
            "        next: {type: array, items: {type: string, nullable: true}}",
            page,
            "one null would fail it all",
        ),
        (
            next,
            "        next: {type: integer}",
            list,
            "not an optional string",
        ),
        (
            "      summary: List notes\n",
            "      summary: List notes\n      sumary: x\n",
            list,
            "`sumary` is not read",
        ),
        (
            "          description: The page.\n",
            "          description: The page.\n          allowReserved: true\n",
            list,
            "`allowReserved` is not read",
        ),
        (
            "description: Lists the notes.",
            "description: 'Lists: ```notes```'",
            list,
            "a block of code",
        ),
        // Parameters and their bounds.
        (
            schema,
            "schema: {type: integer, maximum: 100.0}",
            list,
            "`maximum` is not a whole number",
        ),
        (
            schema,
            "schema: {type: integer, minimum: 1, exclusiveMinimum: true}",
            list,
            "`exclusiveMinimum` is not read",
        ),
        (
            schema,
            "schema: {type: integer, minimum: 3, maximum: 2}",
            list,
            "no value is between",
        ),
        (
            schema,
            "schema: {type: integer, multipleOf: 5}",
            list,
            "`multipleOf` is not read",
        ),
        (
            schema,
            "schema: {type: integer, enum: [1, 2]}",
            list,
            "only an enum of strings",
        ),
        (
            schema,
            "schema: {type: integer, maximum: 5, default: 9}",
            list,
            "`default` is not a value",
        ),
        (
            schema,
            "schema: {type: integer, nullable: true}",
            list,
            "is nullable",
        ),
        (
            schema,
            "schema: {type: number}",
            list,
            "a type that can't go there",
        ),
        (
            schema,
            "schema: {type: string, format: password}",
            list,
            "a type that can't go there",
        ),
        (
            schema,
            "schema: {type: array, items: {type: array, items: {type: string}}}",
            list,
            "a type that can't go there",
        ),
        (
            "          schema: {type: string}\n        - name: size",
            "          schema: {type: boolean}\n        - name: size",
            list,
            "not an optional parameter of type string",
        ),
        // Bodies and answers.
        (
            "      required: [text]\n      properties:\n        text: {type: string, description: The text.}\n        password: {type: string, format: password, description: A secret.}",
            "      additionalProperties: true",
            "POST /v1/notes (notes_create): ",
            "an object of anything",
        ),
        (
            "    Note:\n      type: object\n",
            "    Note:\n      type: object\n      additionalProperties: true\n",
            "components.schemas.Note: ",
            "are dropped",
        ),
        (
            "    Note:\n      type: object\n",
            "    Note:\n      type: object\n      x-key: tags\n",
            "components.schemas.Note: ",
            "which is not a string",
        ),
        (
            "    Problem:\n",
            "    Names: {type: array, items: {type: string}}\n    Problem:\n",
            "components.schemas.Names: ",
            "a named schema is an object",
        ),
        (
            "        extra: {}",
            "        extra: {$ref: '#/components/schemas/Free'}\n    Free: {type: object}",
            "components.schemas.Note.extra: ",
            "an object without properties",
        ),
        (
            "'#/components/schemas/ListNotesResponse'",
            "'#/components/schemas/Color'",
            list,
            "is not an object",
        ),
        (
            "          description: Gone",
            "          description: Gone\n          content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}",
            "DELETE /v1/notes/{noteId} (notes_delete): ",
            "comes without a body",
        ),
        (
            "          items: {$ref: '#/components/schemas/Note'}",
            "          items: {type: string}",
            list,
            "the records of a stream",
        ),
        (
            "          type: array\n          items: {$ref: '#/components/schemas/Note'}",
            "          type: string",
            list,
            "does not point to a list",
        ),
    ];
    for (from, to, place, message) in cases {
        assert!(DOCUMENT.contains(from), "the document has no {from:?}");
        let text = generate(&DOCUMENT.replacen(from, to, 1))
            .err()
            .unwrap_or_default();
        assert!(
            text.lines().any(|line| {
                let numbered = line
                    .strip_prefix("spec/notes.yaml:")
                    .and_then(|rest| rest.split_once(": "));
                numbered.is_some_and(|(number, rest)| {
                    number.parse::<usize>().is_ok()
                        && rest.starts_with(place)
                        && rest.contains(message)
                })
            }),
            "{from:?} -> {to:?}: {text:?}"
        );
    }
}

#[test]
fn odd_names_and_words_are_generated_as_the_document_has_them() -> Result<(), String> {
    let odd = DOCUMENT
        .replacen("required: [text]", "required: [text, type, gone]", 1)
        .replacen(
            "        password:",
            "        type: {type: string, description: By default a note.}\n        grid: {type: array, items: {type: array, items: {type: integer}}}\n        gone: {type: string, nullable: true}\n        password:",
            1,
        )
        .replacen("- name: color", "- name: send", 1)
        .replacen("enum: [red, deepBlue]", "enum: ['', '1st', unknown]", 1)
        .replacen(
            "        extra: {}",
            "        extra: {$ref: '#/components/schemas/Secret'}\n    Secret:\n      type: object\n      properties:\n        '1st': {type: string}",
            1,
        );
    let source = generate(&odd)?;
    for expected in [
        "pub fn send_(mut self, send: ",
        "pub struct Secret {",
        "pub extra: ::std::option::Option<Secret>",
        "pub x1st: ::std::option::Option<::std::string::String>",
        "type_: impl ::std::convert::Into<::std::string::String>",
        "Empty,",
        "ValueUnknown,",
        "gone: Some(",
        "Item = ::std::vec::Vec<i64>",
    ] {
        assert!(source.contains(expected), "no {expected:?}");
    }
    Ok(())
}

#[test]
fn the_methods_of_the_hand_written_connector_are_known() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let taken = codegen::methods(&sources, "crate::connector::GmailConnector");
    for name in ["execute", "check", "client", "new", "clone"] {
        assert!(taken.iter().any(|taken| taken == name), "{name}");
    }
}

#[test]
fn a_name_is_a_parameter_or_a_property_and_not_both() {
    let document = DOCUMENT.replacen(
        "      x-idempotent: false\n",
        "      x-idempotent: false\n      parameters:\n        - name: text\n          in: query\n          description: The text.\n          schema: {type: string}\n",
        1,
    );
    let message = generate(&document).expect_err("a clash");
    assert!(
        message.contains("`text` is a parameter and a property of the body"),
        "{message}"
    );
}

#[test]
fn a_parameter_may_be_called_as_a_member_of_ours_is() -> Result<(), String> {
    let source = generate(&DOCUMENT.replace("- name: color", "- name: transport"))?;
    assert!(source.contains("transport_: crate::transport::Transport,"));
    assert!(source.contains("transport: ::std::option::Option<types::Color>,"));
    Ok(())
}

#[test]
fn a_request_that_contains_itself_is_refused_and_a_response_may() {
    let request = DOCUMENT.replacen(
        "        password: {type: string",
        "        inner: {$ref: '#/components/schemas/CreateNoteRequest'}\n        password: {type: string",
        1,
    );
    assert!(generate(&request).is_err_and(|message| message.contains("contains itself")));
    let response = DOCUMENT.replacen(
        "        extra: {}",
        "        replies:\n          type: array\n          items: {$ref: '#/components/schemas/Note'}",
        1,
    );
    assert!(generate(&response).is_ok());
}

#[test]
fn what_is_only_read_is_no_param_and_what_is_deprecated_says_so() -> Result<(), String> {
    let document = DOCUMENT
        .replacen("required: [text]", "required: [id, text]", 1)
        .replacen(
            "        password: {type: string",
            "        id: {type: string, readOnly: true, description: The id.}\n        due: {type: string, deprecated: true, description: Use text.}\n        password: {type: string",
            1,
        );
    let source = generate(&document)?;
    let new = source
        .split("impl CreateNoteRequest {")
        .nth(1)
        .unwrap_or_default();
    let new = new
        .split_once(") -> Self")
        .map_or("", |(arguments, _)| arguments);
    assert!(new.contains("new(text: impl "), "{new}");
    assert!(!source.contains("pub fn id("));
    assert!(source.contains("Deprecated. Use text."));
    Ok(())
}

/// tests/connector/mutate.sh tries every keyword in every place; these are its findings.
#[test]
fn a_keyword_that_nothing_reads_is_refused_with_its_line() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "openapi: 3.0.3",
            "openapi: 3.0.3\nx-note: true",
            "`x-note` is not read here",
        ),
        (
            "  title: Notes",
            "  title: Notes\n  $ref: '#/info'",
            "`$ref` is not read here",
        ),
        (
            "  - url: https://notes.example.com",
            "  - url: https://notes.example.com\n    x-note: 1",
            "`x-note` is not read here",
        ),
        (
            "      operationId: notes_list",
            "      $ref: '#/paths'\n      operationId: notes_list",
            "`$ref` is not read here",
        ),
        (
            "      operationId: notes_list",
            "      callbacks: {}\n      operationId: notes_list",
            "`callbacks` is not read here",
        ),
        (
            "      operationId: notes_list",
            "      servers: []\n      operationId: notes_list",
            "`servers` is not read here",
        ),
        (
            "          schema: {type: string}",
            "          allowReserved: true\n          schema: {type: string}",
            "`allowReserved` is not read here",
        ),
        (
            "          schema: {type: string}",
            "          allowEmptyValue: true\n          schema: {type: string}",
            "`allowEmptyValue` is not read here",
        ),
        (
            "          schema: {type: string}",
            "          content: {text/plain: {schema: {type: string}}}\n          schema: {type: string}",
            "has `schema` and `content`",
        ),
        (
            "          schema: {type: string}",
            "          x-airbyte-comma-joined: true\n          schema: {type: string}",
            "make the parameter an array",
        ),
        (
            "          schema: {type: string}",
            "          schema: {type: string, pattern: ^a}",
            "`pattern` is not read here",
        ),
        (
            "          schema: {type: string}",
            "          schema: {type: string, maxLength: 3}",
            "`maxLength` is not read here",
        ),
        (
            "          schema: {type: string}",
            "          schema: {type: string, readOnly: true}",
            "only on a property",
        ),
        (
            "          schema: {type: string}",
            "          schema: {type: string, discriminator: {propertyName: a}}",
            "`discriminator` is not read in a parameter",
        ),
        (
            "          description: Notes",
            "          headers: {}\n          description: Notes",
            "`headers` is not read here",
        ),
        (
            "          description: Notes",
            "          links: {}\n          description: Notes",
            "`links` is not read here",
        ),
        (
            "description: The id.",
            "writeOnly: true, description: The id.",
            "`writeOnly` is not read here",
        ),
        (
            "description: The id.",
            "xml: {name: a}, description: The id.",
            "`xml` is not read here",
        ),
        (
            "description: The id.",
            "deprecated: true",
            "is deprecated and has no `description`",
        ),
        (
            "          items: {type: string}",
            "          uniqueItems: true\n          items: {type: string}",
            "`uniqueItems` is not read here",
        ),
        (
            "          items: {type: string}",
            "          x-secret: true\n          items: {type: string}",
            "`x-secret` is only for strings",
        ),
        (
            "          items: {type: string}",
            "          items: {type: number, multipleOf: 2}",
            "`multipleOf` is not read here",
        ),
        (
            "    CreateNoteRequest:\n      type: object",
            "    CreateNoteRequest:\n      minProperties: 1\n      type: object",
            "`minProperties` is not read here",
        ),
        (
            "    CreateNoteRequest:\n      type: object",
            "    CreateNoteRequest:\n      nullable: true\n      type: object",
            "only on a property",
        ),
        (
            "    CreateNoteRequest:\n      type: object",
            "    CreateNoteRequest:\n      x-key: text\n      type: object",
            "no answer has this schema",
        ),
        (
            "      type: oauth2",
            "      type: oauth2\n      openIdConnectUrl: https://a.example.com",
            "`openIdConnectUrl` is not read here",
        ),
        (
            "description: The text.",
            "description: 'The text: ```a```'",
            "has a block of code",
        ),
        (
            "    post:\n",
            "    head: {responses: {'200': {description: Ok}}}\n    post:\n",
            "only get, post, put, patch and delete",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(DOCUMENT.contains(from), "the document has no {from:?}");
        let message = generate(&DOCUMENT.replacen(from, to, 1))
            .err()
            .unwrap_or_default();
        let has_line = message
            .strip_prefix("spec/notes.yaml:")
            .and_then(|rest| rest.split_once(": "))
            .is_some_and(|(line, _)| line.parse::<usize>().is_ok());
        assert!(has_line && message.contains(expected), "{to:?}: {message}");
    }
}

#[test]
fn changes_of_the_document_are_changes_of_what_is_generated() {
    let renamed = generate(&DOCUMENT.replace("noteId", "id")).expect("a renamed parameter");
    assert!(renamed.contains("/v1/notes/{id}"));
    let added = DOCUMENT.replacen(
        "    delete:\n",
        "    get:\n      operationId: notes_get\n      tags: [notes]\n      summary: Get a note\n      description: Gets a note.\n      x-idempotent: true\n      parameters:\n        - name: noteId\n          in: path\n          required: true\n          description: The note.\n          schema: {type: string}\n      responses:\n        '200':\n          description: The note\n          content:\n            application/json:\n              schema: {$ref: '#/components/schemas/Note'}\n    delete:\n",
        1,
    );
    let added = generate(&added).expect("an added operation");
    assert!(added.contains("pub struct NotesGet {"));
}

#[test]
fn no_input_makes_it_panic() {
    // Cutting the document at any point leaves all kinds of incomplete YAML.
    for end in (0..DOCUMENT.len()).step_by(37) {
        let _ = generate(DOCUMENT.get(..end).unwrap_or_default());
    }
    for line in DOCUMENT.lines().filter(|line| !line.trim().is_empty()) {
        let without = DOCUMENT.replacen(&format!("{line}\n"), "", 1);
        if let Err(message) = generate(&without) {
            assert!(
                without_number(&message).starts_with("spec/notes.yaml: "),
                "{message}"
            );
            assert!(
                !message.contains("progenitor can't"),
                "the lint lets through: {line}: {message}"
            );
        }
    }
}
