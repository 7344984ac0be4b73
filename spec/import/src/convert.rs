//! Converts a connector's own document to OpenAPI 3.0.3 for the generator.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use serde_norway::{Mapping, Value};

use crate::codegen::name;
use crate::note::{Kind, Notes};
use crate::schema::{Schemas, kind, reference};
use crate::shape::{self, Shape};
use crate::value::{entries, flag, items, line, mapping, text};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The name of the scheme that replaces schemes that only Airbyte can use.
const STAND_IN: &str = "bearerAuth";

/// Converts a document.
pub fn convert(given: &Value, taken: &[String]) -> Result<(Value, Notes), String> {
    if !given["openapi"]
        .as_str()
        .is_some_and(|version| version.starts_with("3.1."))
    {
        return Err("not an OpenAPI 3.1 document; one of 3.0 needs no import".to_owned());
    }
    if given["info"]["x-airbyte-connector-name"].as_str().is_none() {
        return Err("`info` has no `x-airbyte-connector-name`; this reads documents in the style of Airbyte's connectors".to_owned());
    }
    let mut import = Import {
        given,
        taken,
        schemas: Schemas::new(given),
        notes: Notes::default(),
        paths: Mapping::new(),
        routes: routes(given),
        pairs: BTreeSet::new(),
        structs: BTreeSet::from(["Client".to_owned()]),
        has_check: false,
        only_hosted: false,
    };
    let info = import.info();
    let servers = import.servers();
    let (security, schemes) = import.security();
    for (path, item) in entries(&given["paths"]) {
        for (method, operation) in entries(item).filter(|(method, _)| METHODS.contains(method)) {
            import
                .structs
                .insert(name::pascal(&import.tag(operation)).to_string());
            let _ = (path, method);
        }
    }
    for (path, item) in entries(&given["paths"]) {
        for (method, operation) in entries(item).filter(|(method, _)| METHODS.contains(method)) {
            import.operation(path, method, item, operation);
        }
    }
    import.last_notes();
    let components = mapping([
        ("securitySchemes", schemes),
        ("schemas", import.schemas.named.into()),
    ]);
    let document = mapping([
        ("openapi", "3.0.3".into()),
        ("info", info),
        ("servers", servers),
        ("security", security),
        ("paths", import.paths.into()),
        ("components", components),
    ]);
    Ok((document, import.notes))
}

struct Import<'a> {
    given: &'a Value,
    taken: &'a [String],
    schemas: Schemas<'a>,
    notes: Notes,
    paths: Mapping,
    /// How many operations each method and path would have if all path overrides applied.
    routes: BTreeMap<(String, String), usize>,
    pairs: BTreeSet<(String, String)>,
    structs: BTreeSet<String>,
    has_check: bool,
    only_hosted: bool,
}

/// A call under construction.
#[derive(Default)]
struct Call {
    parameters: Vec<Value>,
    body: Mapping,
    required: Vec<Value>,
    names: BTreeSet<String>,
    /// The reasons why only Airbyte can carry it out.
    hosted: Vec<&'static str>,
}

impl<'a> Import<'a> {
    fn info(&mut self) -> Value {
        let given = &self.given["info"];
        let name = text(&given["x-airbyte-connector-name"]);
        let mut info = mapping([
            ("title", text(&given["title"]).into()),
            ("version", text(&given["version"]).into()),
            ("description", line(&given["description"]).into()),
            ("x-airbyte-connector-name", name.as_str().into()),
        ]);
        let display = given["x-airbyte-connector-display-name"].as_str();
        let display = display.map_or_else(|| title(&name), str::to_owned);
        self.notes.add(
            Kind::Decide,
            format!("`x-connector-type` is `{display}`, from the connector's name; Airbyte's list of definitions has the right one"),
        );
        set(&mut info, "x-connector-type", display.into());
        for key in [
            "x-airbyte-connector-definition-id",
            "x-airbyte-context-store",
        ] {
            if !given[key].is_null() {
                set(&mut info, key, given[key].clone());
            }
        }
        if !given["x-airbyte-context-store"].is_null() {
            set(&mut info, "x-search-action", "context_store_search".into());
        }
        info
    }

    fn servers(&mut self) -> Value {
        let server = &self.given["servers"][0];
        let given = text(&server["url"]);
        let mut url = given.clone();
        for (name, variable) in entries(&server["variables"]) {
            let default = text(&variable["default"]);
            if !default.is_empty() && !default.contains('{') {
                url = url.replace(&format!("{{{name}}}"), &default);
            }
        }
        if let Some((_, rest)) = url.split_once('{') {
            // A reserved name (RFC 2606, section 2), so that no token goes to a stranger.
            let name = rest.split('}').next().unwrap_or_default().replace('_', "-");
            let path = url
                .trim_start_matches("https://")
                .split_once('/')
                .map(|(_, path)| format!("/{path}"));
            url = format!(
                "https://{name}.invalid{}",
                path.unwrap_or_default().replace(['{', '}'], "")
            );
        }
        if url != given {
            self.notes.add(Kind::Decide, format!("the server is `{given}` there and `{url}` here; write the account's own address for open-source mode"));
        }
        vec![mapping([("url", url.trim_end_matches('/').into())])].into()
    }

    /// The document's security and its schemes: those that open-source mode supports, or a stand-in.
    fn security(&mut self) -> (Value, Value) {
        let mut schemes = Mapping::new();
        for (name, scheme) in entries(&self.given["components"]["securitySchemes"]) {
            let flow = &scheme["flows"]["authorizationCode"];
            let is_bearer = scheme["type"].as_str() == Some("http")
                && scheme["scheme"]
                    .as_str()
                    .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"));
            if is_bearer {
                schemes.insert(
                    name.into(),
                    mapping([("type", "http".into()), ("scheme", "bearer".into())]),
                );
            } else if scheme["type"].as_str() == Some("oauth2") && !flow.is_null() {
                let scopes: Mapping = entries(&flow["scopes"])
                    .map(|(scope, meaning)| (scope.into(), line(meaning).into()))
                    .collect();
                let flow = mapping([
                    ("authorizationUrl", text(&flow["authorizationUrl"]).into()),
                    ("tokenUrl", text(&flow["tokenUrl"]).into()),
                    ("scopes", scopes.into()),
                ]);
                schemes.insert(
                    name.into(),
                    mapping([
                        ("type", "oauth2".into()),
                        ("flows", mapping([("authorizationCode", flow)])),
                    ]),
                );
            } else {
                let what = [text(&scheme["type"]), text(&scheme["scheme"])].join(" ");
                self.notes.add(
                    Kind::Decide,
                    format!(
                        "`{name}` ({}) signs in through Airbyte only; it is left out",
                        what.trim()
                    ),
                );
            }
        }
        let mut security: Vec<Value> = Vec::new();
        for alternative in items(&self.given["security"]) {
            for (name, scopes) in
                entries(alternative).filter(|(name, _)| schemes.contains_key(*name))
            {
                let known = |scope: &&Value| {
                    !schemes[name]["flows"]["authorizationCode"]["scopes"][*scope].is_null()
                };
                let scopes: Vec<Value> = items(scopes).filter(known).cloned().collect();
                security.push(mapping([(name, scopes.into())]));
            }
        }
        if security.is_empty() {
            self.only_hosted = true;
            schemes.insert(
                STAND_IN.into(),
                mapping([("type", "http".into()), ("scheme", "bearer".into())]),
            );
            security.push(mapping([(STAND_IN, Vec::<Value>::new().into())]));
        }
        (security.into(), schemes.into())
    }

    fn operation(
        &mut self,
        given_path: &'a str,
        method: &'a str,
        item: &'a Value,
        operation: &'a Value,
    ) {
        let (entity, action) = (
            text(&operation["x-airbyte-entity"]),
            text(&operation["x-airbyte-action"]),
        );
        let place = format!("{entity} {action}");
        if entity.is_empty() || action.is_empty() {
            self.notes.add(
                Kind::Lost,
                format!(
                    "{} {given_path}: no entity and action; left out",
                    method.to_uppercase()
                ),
            );
            return;
        }
        if !self.pairs.insert((entity.clone(), action.clone())) {
            self.notes.add(
                Kind::Lost,
                format!(
                    "{place}: {} {given_path} has the name of another operation; left out",
                    method.to_uppercase()
                ),
            );
            return;
        }
        let Some((status, success)) = success(operation) else {
            self.notes.add(
                Kind::Lost,
                format!("{place}: no success is described; left out"),
            );
            return;
        };
        let answer = &success["content"]["application/json"]["schema"];
        if answer.is_null() && entries(&success["content"]).next().is_some() {
            self.notes.add(
                Kind::Lost,
                format!("{place}: answers with a file, not with JSON; left out"),
            );
            return;
        }
        let mut call = Call::default();
        if self.only_hosted {
            call.hosted
                .push("no scheme of the document signs in directly");
        }
        let path = self.path(given_path, method, operation, &mut call);
        let tag = self.tag(operation);
        let verb = self.method_name(&tag, &action);
        for parameter in items(&operation["parameters"]).chain(items(&item["parameters"])) {
            self.parameter(parameter, &format!("{tag}_{verb}"), &place, &mut call);
        }
        self.body(operation, &format!("{tag}_{verb}"), &place, &mut call);
        let response = self.response(
            operation,
            answer,
            status,
            &format!("{tag}_{verb}"),
            &place,
            &mut call,
        );
        let is_reading =
            method == "get" || ["list", "get", "search", "api_search"].contains(&action.as_str());
        let summary = [line(&operation["summary"]), line(&operation["description"])]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_else(|| place.clone());
        let description = Some(line(&operation["description"])).filter(|text| !text.is_empty());
        let mut own = mapping([
            ("operationId", format!("{tag}_{verb}").into()),
            ("tags", vec![Value::from(tag)].into()),
            ("summary", summary.trim_end_matches(['.', ' ']).into()),
            (
                "description",
                description
                    .unwrap_or_else(|| format!("{}.", summary.trim_end_matches(['.', ' '])))
                    .into(),
            ),
            ("x-airbyte-entity", entity.into()),
            ("x-airbyte-action", action.as_str().into()),
        ]);
        for (key, value) in response.extensions {
            set(&mut own, key, value);
        }
        set(
            &mut own,
            "x-idempotent",
            (is_reading || ["put", "delete"].contains(&method)).into(),
        );
        if is_reading && method != "get" {
            set(&mut own, "x-read-only", true.into());
        }
        if method == "delete" || action == "delete" {
            set(&mut own, "x-destructive", true.into());
        }
        if !call.hosted.is_empty() {
            self.notes
                .add(Kind::Hosted, format!("{place}: {}", call.hosted.join("; ")));
            set(&mut own, "x-hosted-only", true.into());
        }
        if flag(&operation["x-airbyte-preferred-for-check"]) {
            let is_free = call.required.is_empty()
                && !call
                    .parameters
                    .iter()
                    .any(|parameter| flag(&parameter["required"]));
            if is_free && !self.has_check {
                self.has_check = true;
                set(&mut own, "x-airbyte-preferred-for-check", true.into());
            }
        }
        if !call.parameters.is_empty() {
            set(&mut own, "parameters", call.parameters.into());
        }
        if !call.body.is_empty() {
            let name = self.schemas.free(&format!(
                "{}_{}",
                name::pascal(&text(&own["operationId"])),
                "Params"
            ));
            let mut object = mapping([("type", "object".into())]);
            if !call.required.is_empty() {
                set(&mut object, "required", call.required.into());
            }
            set(&mut object, "properties", call.body.into());
            self.schemas.named.insert(name.as_str().into(), object);
            set(
                &mut own,
                "requestBody",
                mapping([
                    ("required", true.into()),
                    ("content", json(reference(&name))),
                ]),
            );
        }
        set(&mut own, "responses", mapping([(status, response.content)]));
        let item = self.paths.entry(path.into()).or_insert_with(|| mapping([]));
        set(item, method, own);
    }

    /// The override's path if no other operation has it, otherwise the document's own.
    fn path(&mut self, given: &str, method: &str, operation: &Value, call: &mut Call) -> String {
        let meant = operation["x-airbyte-path-override"]["path"].as_str();
        let declared: BTreeSet<&str> = items(&operation["parameters"])
            .filter(|parameter| parameter["in"].as_str() == Some("path"))
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let named = |path: &str| {
            path.split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name.to_owned())
                .collect::<BTreeSet<_>>()
        };
        let is_meant = |path: &str| {
            named(path)
                .iter()
                .map(String::as_str)
                .eq(declared.iter().copied())
                && !path.contains(['?', '#'])
        };
        if let Some(meant) = meant {
            let key = (method.to_owned(), meant.to_owned());
            if is_meant(meant) && self.routes.get(&key) == Some(&1) {
                return meant.to_owned();
            }
            call.hosted.push(
                "several operations are one request there, told apart by what Airbyte puts in it",
            );
        }
        // Here a path segment can hold only one parameter; the path only carries them to Airbyte.
        let segments = given.split('/').map(|segment| {
            if segment.matches('{').count() > 1 {
                call.hosted
                    .push("a segment of the path has several parameters");
                let names = segment
                    .split('{')
                    .skip(1)
                    .filter_map(|rest| rest.split_once('}'));
                names
                    .map(|(name, _)| format!("{{{name}}}"))
                    .collect::<Vec<_>>()
                    .join("/")
            } else {
                segment.replace(['?', '#', ' '], "-")
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    fn tag(&self, operation: &Value) -> String {
        let tag = text(&operation["x-airbyte-entity"]).to_snake_case();
        let tag = if tag.starts_with(|c: char| c.is_ascii_digit()) {
            format!("x{tag}")
        } else {
            tag
        };
        if self.taken.contains(&tag) || tag == "client" {
            format!("{tag}_calls")
        } else {
            tag
        }
    }

    fn method_name(&mut self, tag: &str, action: &str) -> String {
        let mut verb = action.to_snake_case();
        while !self
            .structs
            .insert(name::pascal(&format!("{tag}_{verb}")).to_string())
        {
            verb.push_str("_call");
        }
        verb
    }

    fn parameter(&mut self, parameter: &'a Value, id: &str, place: &str, call: &mut Call) {
        let wire = text(&parameter["name"]);
        let location = text(&parameter["in"]);
        let rust = name::snake(&wire).to_string();
        let is_ours = location == "header"
            && ["accept", "authorization", "content-type", "host"]
                .contains(&wire.to_ascii_lowercase().as_str());
        if location == "cookie" || is_ours || !call.names.insert(rust.clone()) {
            self.notes.add(
                Kind::Lost,
                format!("{place}: parameter `{wire}` ({location}) is left out"),
            );
            return;
        }
        let given = &parameter["schema"];
        let resolved = self.schemas.resolve(given);
        let mut schema = self
            .schemas
            .inline(given, &format!("{id}_{wire}"), true, &mut self.notes);
        if let Some(fields) = schema.as_mapping_mut() {
            fields.remove("nullable");
            fields.remove("description");
            if fields.get("format").and_then(Value::as_str) == Some("password") {
                fields.remove("format");
            }
            if let Some(only) = fields.get("allOf").and_then(|all| all.get(0)).cloned() {
                schema = only;
            }
        }
        let description = [line(&parameter["description"]), line(&given["description"])]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_else(|| format!("The {}.", wire.replace(['_', '-'], " ")));
        let is_injected = !parameter["x-airbyte-param-config-inject"].is_null();
        let required = (flag(&parameter["required"]) && !is_injected) || location == "path";
        let is_plain = match kind(resolved) {
            Some("string" | "integer" | "boolean") => true,
            Some("array") => {
                location == "query"
                    && matches!(
                        kind(self.schemas.resolve(&resolved["items"])),
                        Some("string" | "integer" | "boolean")
                    )
            }
            _ => false,
        };
        let begins = wire
            .trim_start_matches(['_', '$', '@'])
            .starts_with(|c: char| c.is_ascii_alphabetic());
        if !is_plain || !begins || (rust == "body" && location != "path") {
            if location == "path" {
                schema = mapping([("type", "string".into())]);
            } else {
                call.hosted.push("a parameter is an object or a list");
                if required {
                    call.required.push(wire.as_str().into());
                }
                if schema["description"].is_null() && schema["$ref"].is_null() {
                    set(&mut schema, "description", description.into());
                }
                call.body.insert(wire.into(), schema);
                return;
            }
        }
        if kind(resolved) == Some("array") && parameter["explode"].as_bool() == Some(false) {
            call.hosted
                .push("a list is joined with commas in the query");
        }
        call.parameters.push(mapping([
            ("name", wire.into()),
            ("in", location.into()),
            ("required", required.into()),
            ("description", description.into()),
            ("schema", schema),
        ]));
    }

    fn body(&mut self, operation: &'a Value, id: &str, place: &str, call: &mut Call) {
        let body = &operation["requestBody"];
        if body.is_null() {
            return;
        }
        let is_made = !body["x-airbyte-body-type"].is_null();
        if is_made {
            call.hosted.push("Airbyte makes the body of the parameters");
        }
        let Some((media, content)) = entries(&body["content"]).next() else {
            return;
        };
        if media != "application/json" {
            call.hosted.push("the body is no JSON");
        }
        let schema = self.schemas.resolve(&content["schema"]);
        if entries(&schema["properties"]).next().is_none() {
            if !is_made {
                self.notes.add(
                    Kind::Lost,
                    format!(
                        "{place}: the body has no named fields, so that nothing of it can be given"
                    ),
                );
            }
            return;
        }
        // `inline` resolves references, and cuts recursion off.
        let own = self.schemas.inline(
            &content["schema"],
            &format!("{id}_Body"),
            true,
            &mut self.notes,
        );
        let own = own["$ref"]
            .as_str()
            .or_else(|| own["allOf"][0]["$ref"].as_str());
        let Some(object) = own
            .and_then(|name| name.rsplit('/').next())
            .map(|name| self.schemas.named[name].clone())
        else {
            return;
        };
        for (property, value) in entries(&object["properties"]) {
            if call.names.insert(name::snake(property).to_string()) {
                if items(&object["required"]).any(|required| required.as_str() == Some(property)) {
                    call.required.push(property.into());
                }
                call.body.insert(property.into(), value.clone());
            } else {
                self.notes.add(
                    Kind::Lost,
                    format!("{place}: `{property}` of the body has the name of a parameter"),
                );
            }
        }
    }

    /// The call's response, in the shape of Airbyte's `execute`.
    fn response(
        &mut self,
        operation: &'a Value,
        answer: &'a Value,
        status: &str,
        id: &str,
        place: &str,
        call: &mut Call,
    ) -> Response {
        let extractor = operation["x-airbyte-record-extractor"]
            .as_str()
            .unwrap_or("$");
        let meta = &operation["x-airbyte-meta-extractor"];
        let nothing = mapping([("description", "Done.".into())]);
        if answer.is_null() || status == "204" {
            return Response {
                content: nothing,
                extensions: Vec::new(),
            };
        }
        let is_reshaped = !operation["x-airbyte-record-transform"].is_null();
        let record = is_reshaped.then_some(&Value::Null);
        let action = text(&operation["x-airbyte-action"]);
        let is_list = ["list", "search", "api_search"].contains(&action.as_str());
        match shape::extract(&self.schemas, answer, extractor) {
            Shape::List(items) => {
                self.page(record.unwrap_or(items), extractor, meta, answer, id, call)
            }
            Shape::Unknown if is_list && extractor != "$" => {
                self.notes.add(Kind::Lost, format!("{place}: `{extractor}` leads nowhere in the schema; the records are any JSON"));
                self.page(&Value::Null, extractor, meta, answer, id, call)
            }
            Shape::Object(object) => {
                if extractor != "$" {
                    call.hosted
                        .push("the record is inside of the service's answer");
                }
                let at = shape::at(&self.schemas, answer, extractor);
                let schema = self.object(at, object, id);
                Response {
                    content: mapping([
                        ("description", "The answer.".into()),
                        ("content", json(schema)),
                    ]),
                    extensions: Vec::new(),
                }
            }
            Shape::Unknown => {
                self.notes.add(
                    Kind::Lost,
                    format!("{place}: the schema does not say what the answer is"),
                );
                let schema = self.object(&Value::Null, &Value::Null, id);
                Response {
                    content: mapping([
                        ("description", "The answer.".into()),
                        ("content", json(schema)),
                    ]),
                    extensions: Vec::new(),
                }
            }
        }
    }

    /// A reference to an object, which gets a name if it has none.
    fn object(&mut self, at: &'a Value, object: &'a Value, id: &str) -> Value {
        let own = self.schemas.inline(
            if at.is_null() { object } else { at },
            &format!("{id}_Response"),
            false,
            &mut self.notes,
        );
        let referred = own["$ref"]
            .as_str()
            .or_else(|| own["allOf"][0]["$ref"].as_str());
        if let Some(name) = referred.and_then(|name| name.rsplit('/').next()) {
            return reference(name);
        }
        let name = self.schemas.free(&format!("{id}_Response"));
        let free = mapping([
            ("type", "object".into()),
            ("additionalProperties", true.into()),
        ]);
        self.schemas.named.insert(name.as_str().into(), free);
        reference(&name)
    }

    /// A page of records, with its other fields.
    fn page(
        &mut self,
        record: &'a Value,
        extractor: &str,
        meta: &'a Value,
        answer: &'a Value,
        id: &str,
        call: &mut Call,
    ) -> Response {
        let key = shape::last_key(extractor).unwrap_or("records").to_owned();
        if extractor != format!("$.{key}") {
            call.hosted
                .push("the records are inside of the service's answer");
        }
        let is_null = record.is_null() || kind(self.schemas.resolve(record)).is_none();
        let item = if is_null {
            mapping([])
        } else {
            self.schemas
                .inline(record, &format!("{id}_Record"), false, &mut self.notes)
        };
        let item = match item["allOf"].get(0) {
            Some(only) => only.clone(),
            None => item,
        };
        let mut properties = Mapping::new();
        let records = mapping([
            ("type", "array".into()),
            ("description", "The records.".into()),
            ("items", item),
        ]);
        properties.insert(key.as_str().into(), records);
        let mut beside = Mapping::new();
        for (name, place) in entries(meta) {
            let place = text(place);
            if name::snake(name) == name::snake(&key) {
                self.notes.add(
                    Kind::Lost,
                    format!("{id}: `{name}` beside the records has their name"),
                );
                continue;
            }
            if place != format!("$.{name}") {
                call.hosted.push(
                    "a field beside the records has another name or place in the service's answer",
                );
            }
            let found = shape::at(&self.schemas, answer, &place);
            let mut schema = if found.is_null() || place.starts_with('@') {
                mapping([])
            } else {
                self.schemas
                    .inline(found, &format!("{id}_{name}"), false, &mut self.notes)
            };
            if schema["$ref"].is_null() && schema["description"].is_null() {
                set(
                    &mut schema,
                    "description",
                    format!("From `{place}`.").into(),
                );
            }
            properties.insert(name.into(), schema);
            beside.insert(name.into(), format!("$.{name}").into());
        }
        call.hosted.dedup();
        let name = self.schemas.free(&format!("{id}_Page"));
        let page = mapping([
            ("type", "object".into()),
            ("description", "A page of records.".into()),
            ("properties", properties.into()),
        ]);
        self.schemas.named.insert(name.as_str().into(), page);
        let mut extensions = vec![(
            "x-airbyte-record-extractor",
            Value::from(format!("$.{key}")),
        )];
        if !beside.is_empty() {
            extensions.push(("x-airbyte-meta-extractor", beside.into()));
        }
        Response {
            content: mapping([
                ("description", "A page.".into()),
                ("content", json(reference(&name))),
            ]),
            extensions,
        }
    }

    fn last_notes(&mut self) {
        if !self.has_check {
            self.notes.add(Kind::Decide, "no operation without params is marked `x-airbyte-preferred-for-check`; mark one, or `check()` fails".to_owned());
        }
        for text in [
            "`x-idempotent` follows the method; say `true` also where a POST that is sent twice leaves the same state",
            "`x-destructive` follows the method; mark what else can't be restored",
            "lists have no `x-pagination`; name token and size where pages are asked for by a token, so that streams follow",
            "no operation is a `x-default-tool`, and none has `x-quota-units`",
        ] {
            self.notes.add(Kind::Decide, text.to_owned());
        }
    }
}

struct Response {
    content: Value,
    extensions: Vec<(&'static str, Value)>,
}

fn json(schema: Value) -> Value {
    mapping([("application/json", mapping([("schema", schema)]))])
}

fn set(value: &mut Value, key: &str, new: Value) {
    if let Some(fields) = value.as_mapping_mut() {
        fields.insert(key.into(), new);
    }
}

/// The first success with content, or else the first.
fn success(operation: &Value) -> Option<(&str, &Value)> {
    let successes =
        || entries(&operation["responses"]).filter(|(status, _)| status.starts_with('2'));
    successes()
        .find(|(status, response)| *status != "204" && !response["content"].is_null())
        .or_else(|| successes().next())
}

/// The number of operations for each method and path if all path overrides applied.
fn routes(given: &Value) -> BTreeMap<(String, String), usize> {
    let mut routes = BTreeMap::new();
    for (path, item) in entries(&given["paths"]) {
        for (method, operation) in entries(item) {
            let path = operation["x-airbyte-path-override"]["path"]
                .as_str()
                .unwrap_or(path);
            *routes
                .entry((method.to_owned(), path.to_owned()))
                .or_insert(0) += 1;
        }
    }
    routes
}

/// A connector's display name.
fn title(name: &str) -> String {
    name.split(['-', '_'])
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        })
        .collect::<Vec<_>>()
        .join(" ")
}
