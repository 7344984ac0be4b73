//! `airbyte-gmail connectors execute`, `search`, `sql`, `skills` and `docs`: for a connector of any type, by its id.

use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::{Airbyte, Connector};
use clap::{Args, Subcommand, value_parser};
use serde_json::json;

use crate::cli::args::{Global, Text};
use crate::cli::exit::Failure;
use crate::cli::field::{self, Fields};
use crate::cli::output::{self, Format};
use crate::cli::settings;

#[derive(Subcommand)]
pub(crate) enum Any {
    /// Run any action of a connector of any type
    Execute {
        #[command(flatten)]
        which: Which,
        /// The entity, such as messages
        entity: String,
        /// The action, such as list
        action: String,
        /// The params as a JSON object; @FILE reads a file, - reads standard input
        #[arg(long, value_name = "JSON", default_value = "{}")]
        params: Text,
    },
    /// Search Airbyte's copy of a connector's records
    Search {
        #[command(flatten)]
        which: Which,
        /// The entity, such as messages
        entity: String,
        /// The condition as JSON, such as '{"eq": {"id": "1"}}'
        #[arg(long, value_name = "JSON", default_value = "{}")]
        filter: Text,
        /// How many records at most
        #[arg(long, short = 'n', value_name = "NUMBER", default_value = "100", value_parser = value_parser!(u32).range(1..))]
        limit: u32,
        /// The cursor of the previous page
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Query that copy in SQL
    Sql {
        #[command(flatten)]
        which: Which,
        /// The query
        query: String,
        /// The entity to send it to; messages, or the connector's first one, by default
        #[arg(long)]
        entity: Option<String>,
        /// How many rows at most
        #[arg(long, short = 'n', value_name = "NUMBER", default_value = "100", value_parser = value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// List what Airbyte documents for agents
    Skills {
        /// Only those that match these words
        words: Vec<String>,
        /// How many of them at most
        #[arg(long, short = 'n', value_name = "NUMBER", default_value = "20", value_parser = value_parser!(u32).range(1..=100))]
        limit: u32,
        /// The next_cursor of the previous page
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Read Airbyte's documentation of a connector or of another skill
    Docs {
        #[command(flatten)]
        which: Which,
        /// The id of a section, from the outline
        #[arg(long, value_name = "ID")]
        section: Option<String>,
        /// The id of another skill, from `connectors skills`
        #[arg(long, value_name = "ID", conflicts_with = "connector_id")]
        skill: Option<String>,
    },
}

#[derive(Args)]
pub(crate) struct Which {
    /// The connector (default: AIRBYTE_CONNECTOR_ID, or the one of `connectors connect`)
    #[arg(long, value_name = "ID")]
    connector_id: Option<String>,
}

impl Which {
    fn connector(self, airbyte: &Airbyte) -> Result<Connector, Failure> {
        let id = match self.connector_id {
            Some(id) => id,
            None => settings::connector_id()?.ok_or_else(|| {
                Failure::input("which connector? give --connector-id, or set AIRBYTE_CONNECTOR_ID")
            })?,
        };
        Ok(airbyte.connector(id)?)
    }
}

impl Any {
    /// The fields of its results.
    pub(super) fn fields(&self) -> Fields {
        match self {
            Self::Docs { .. } => field::of_airbyte("skills", "docs"),
            // Their records come from any connector or query, or Airbyte extends them.
            _ => &[],
        }
    }

    pub(super) async fn run(self, global: &Global, airbyte: &Airbyte) -> Result<(), Failure> {
        let (connector, entity, action, params) = match self {
            Self::Execute {
                which,
                entity,
                action,
                params,
            } => (
                which.connector(airbyte)?,
                entity,
                action,
                params.read_json("--params")?,
            ),
            Self::Search {
                which,
                entity,
                filter,
                limit,
                cursor,
            } => {
                let filter = filter.read_json("--filter")?;
                let mut params = json!({"query": {"filter": filter}, "limit": limit});
                if let Some(cursor) = cursor {
                    params["cursor"] = json!(cursor);
                }
                let action = gmail().search_action.to_owned();
                (which.connector(airbyte)?, entity, action, params)
            }
            Self::Sql {
                which,
                query,
                entity,
                limit,
            } => {
                let params = json!({"sql": query, "limit": limit});
                let action = gmail().sql_action.to_owned();
                let connector = which.connector(airbyte)?;
                let entity = match entity {
                    Some(entity) => entity,
                    None => first_entity(&connector).await,
                };
                (connector, entity, action, params)
            }
            Self::Skills {
                words,
                limit,
                cursor,
            } => {
                let output = global
                    .output(Format::Json)
                    .with_columns(&["id", "title", "summary"]);
                let (limit, skills) = (i64::from(limit), airbyte.skills());
                let page = if words.is_empty() {
                    let call = skills.list().limit(limit);
                    match cursor {
                        Some(cursor) => call.cursor(cursor).send().await?,
                        None => call.send().await?,
                    }
                } else {
                    let call = skills.search(words.join(" ")).limit(limit);
                    match cursor {
                        Some(cursor) => call.cursor(cursor).send().await?,
                        None => call.send().await?,
                    }
                };
                if let Some(cursor) = &page.next_cursor {
                    output::note(&format!("there is more: --cursor {cursor}"));
                }
                return output.show_list(&page);
            }
            Self::Docs {
                which,
                section,
                skill,
            } => {
                let docs = match skill {
                    Some(skill) => {
                        let call = airbyte.skills().docs(skill);
                        match section {
                            Some(section) => call.section(section).send().await?,
                            None => call.send().await?,
                        }
                    }
                    None => {
                        let connector = which.connector(airbyte)?;
                        connector.docs(section.as_deref()).await?
                    }
                };
                return global.show(&docs);
            }
        };
        let output = global.output(Format::Json);
        let mut call = connector
            .execute(&entity, &action, params)
            .selection(output.selection());
        if let Some(intent) = &global.intent {
            call = call.intent(intent);
        }
        output.execute(call, "").await
    }
}

/// The entity for a query that names none: messages, or else the first in the connector's Context Store.
async fn first_entity(connector: &Connector) -> String {
    const MESSAGES: &str = "messages";
    // The query itself will report the error.
    let inspection = connector.inspect().await.ok();
    let readiness = inspection.and_then(|inspection| inspection.context_store_readiness);
    let supported = readiness.map(|readiness| readiness.supported_context_store_entities);
    let supported = supported.unwrap_or_default().into_iter();
    let entities: Vec<String> = supported.filter_map(|supported| supported.entity).collect();
    if entities.is_empty() || entities.iter().any(|entity| entity == MESSAGES) {
        return MESSAGES.to_owned();
    }
    entities.into_iter().next().unwrap_or_default()
}
