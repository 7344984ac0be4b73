//! The tools that exist only in hosted mode: SQL over the Context Store, and Airbyte's documentation for agents.

use serde_json::json;

use crate::error::{Error, Kind};
use crate::operation::schema::schema;
use crate::operation::{Field, Mode, Schema, gmail};

use super::access::Access;
use super::answer::{Answer, Failure};
use super::argument::{Arguments, optional, required};
use super::definition::{Annotations, Tool};
use super::{Tools, shape};

/// A tool of hosted mode. All of them only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hosted {
    Sql,
    Docs,
}

pub(super) const HOSTED: [Hosted; 2] = [Hosted::Sql, Hosted::Docs];

impl Hosted {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sql => "gmail_sql",
            Self::Docs => "gmail_docs",
        }
    }

    pub(super) fn refusal(self, access: &Access, mode: Mode) -> Option<String> {
        if mode != Mode::Hosted {
            return Some("only hosted mode has it".to_owned());
        }
        match self {
            Self::Sql => gmail().searchable.iter().find_map(|searchable| {
                access
                    .check_other(searchable.entity, gmail().sql_action)
                    .err()
            }),
            // A list of allowed actions means those actions and nothing else.
            Self::Docs => access.check_other("connector", "docs").err(),
        }
    }

    pub(super) fn tool(self) -> Tool {
        let (title, description) = match self {
            Self::Sql => (
                "Query the mailbox in SQL",
                "Queries Airbyte's copy of the mailbox, which may be some hours old: for counts, sums and groups that a \
                 search can't give. Tables: profile, messages, labels, drafts, threads. It only reads.",
            ),
            Self::Docs => (
                "Read the connector's documentation",
                "Returns Airbyte's documentation of the connector for agents: the outline, or one section.",
            ),
        };
        Tool {
            name: self.name().to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            input_schema: schema(self.fields()),
            output_schema: shape::output_schema(None),
            annotations: Annotations {
                read_only: true,
                destructive: false,
                idempotent: true,
                open_world: true,
            },
        }
    }

    /// The tool's arguments.
    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Self::Sql => &SQL,
            Self::Docs => &DOCS,
        }
    }
}

static SQL: [Field; 2] = [
    required(
        "sql",
        Schema::String,
        "The query, such as select count(*) from messages.",
    ),
    optional(
        "limit",
        Schema::Integer {
            minimum: Some(1),
            maximum: Some(1000),
        },
        "The most rows to return; default 100.",
    ),
];

static DOCS: [Field; 1] = [optional(
    "section",
    Schema::String,
    "The id of a section, from the outline.",
)];

impl Tools {
    pub(super) async fn run_hosted(
        &self,
        tool: Hosted,
        arguments: &Arguments,
    ) -> Result<Answer, Failure> {
        let gmail_connector = self.gmail()?;
        let service = |error: Error| Failure::service(&error);
        match tool {
            Hosted::Sql => {
                let limit = arguments.number("limit", 100).clamp(1, 1000);
                let params = json!({"sql": arguments.text("sql")?, "limit": limit});
                let call = gmail_connector.execute("messages", gmail().sql_action, params);
                shape::answer(None, call.await.map_err(service)?, self.limit)
            }
            Hosted::Docs => {
                let airbyte = gmail_connector.airbyte().ok_or_else(|| {
                    service(Error::new(Kind::Unsupported, "only hosted mode has it"))
                })?;
                let id = gmail_connector.connector_id().await.map_err(service)?;
                let connector = airbyte.connector(id).map_err(service)?;
                let docs = connector
                    .docs(arguments.optional_text("section"))
                    .await
                    .map_err(service)?;
                let data = json!({"outline": docs.outline, "content": docs.content});
                shape::answer(None, data.into(), self.limit)
            }
        }
    }
}
