//! The fields of commands' results, with which `--fields` refuses unknown names before anything is done.
//!
//! An empty slice means that the fields are unknown, or that there are no records.

use airbyte_agent_gmail::operation::{Operation, Table, airbyte, gmail};

/// Names of fields.
pub(crate) type Fields = &'static [&'static str];

/// The fields of an action's record; for a list, those of the entity's `get`.
pub(crate) fn of(operation: &'static Operation) -> Fields {
    if operation.records.is_none() {
        return operation.response_fields;
    }
    let get = gmail()
        .operations
        .iter()
        .find(|row| row.entity == operation.entity && row.action == "get" && row.records.is_none());
    get.map_or(&[], |row| row.response_fields)
}

/// The fields of a Gmail action's result.
pub(crate) fn of_gmail(entity: &str, action: &str) -> Fields {
    of_row(gmail(), entity, action)
}

/// The fields of an Airbyte API action's result.
pub(crate) fn of_airbyte(entity: &str, action: &str) -> Fields {
    of_row(airbyte(), entity, action)
}

fn of_row(table: &'static Table, entity: &str, action: &str) -> Fields {
    table.find(entity, action).map_or(&[], of)
}

#[cfg(test)]
mod tests {
    use super::{of_airbyte, of_gmail};

    #[test]
    fn the_table_knows_them() {
        assert!(of_gmail("settings_filters", "list").contains(&"criteria"));
        assert!(of_gmail("settings", "get_vacation").contains(&"enableAutoReply"));
        assert!(of_gmail("settings_send_as", "patch").contains(&"signature"));
        for action in ["get", "create", "update", "inspect", "check"] {
            assert!(!of_airbyte("connectors", action).is_empty(), "{action}");
        }
        assert!(of_airbyte("connectors", "get").contains(&"id"));
    }
}
