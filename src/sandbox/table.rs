//! The sandbox's view of the operation table.

use crate::operation::{self, Location, Operation, SearchableEntity};

/// The largest message to send or draft, in bytes.
const LARGEST_SENT: u64 = 36_700_160;

/// The largest message to insert or import, in bytes.
const LARGEST_INSERTED: u64 = 157_286_400;

/// Every Gmail operation.
pub(crate) fn all() -> impl Iterator<Item = &'static Operation> {
    operation::gmail().operations.iter().copied()
}

/// The operations of Airbyte's connector.
pub(crate) fn hosted() -> impl Iterator<Item = &'static Operation> {
    all().filter(|row| row.hosted)
}

/// The operation behind an entity's action in Airbyte's connector.
pub(crate) fn find(entity: &str, action: &str) -> Option<&'static Operation> {
    hosted().find(|row| row.entity == entity && row.action == action)
}

/// The action that searches Airbyte's copy of the mailbox.
pub(crate) fn search_action() -> &'static str {
    operation::gmail().search_action
}

/// The action that runs SQL over the copy.
pub(crate) fn sql_action() -> &'static str {
    operation::gmail().sql_action
}

/// The definition id of the Gmail connector, the same for everybody.
pub(crate) fn definition_id() -> &'static str {
    operation::gmail().definition_id
}

/// The entities in Airbyte's copy, which can be searched.
pub(crate) fn searchable() -> &'static [SearchableEntity] {
    operation::gmail().searchable
}

/// The size limit of a message uploaded as media; `None` if the operation takes none.
pub(crate) fn largest_media(operation: &Operation) -> Option<u64> {
    let has = |location, name: &str| {
        operation
            .fields
            .iter()
            .any(|field| field.location == location && field.name == name)
    };
    if !has(Location::Body, "raw") && !has(Location::Body, "message") {
        return None;
    }
    // Only insert and import have `internalDateSource`, and their messages may be larger.
    Some(if has(Location::Query, "internalDateSource") {
        LARGEST_INSERTED
    } else {
        LARGEST_SENT
    })
}
