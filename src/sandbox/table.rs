//! What the sandbox takes from the operation table.

use crate::operation::{self, Location, Operation, SearchableEntity};

/// The largest message that is sent or drafted, in bytes.
const LARGEST_SENT: u64 = 36_700_160;

/// The largest message that is put into a mailbox without being sent.
const LARGEST_INSERTED: u64 = 157_286_400;

/// Every Gmail operation.
pub(crate) fn all() -> impl Iterator<Item = &'static Operation> {
    operation::gmail().operations.iter().copied()
}

/// The operations that Airbyte's connector has.
pub(crate) fn hosted() -> impl Iterator<Item = &'static Operation> {
    all().filter(|row| row.hosted)
}

/// The operation behind an entity's action of Airbyte's connector.
pub(crate) fn find(entity: &str, action: &str) -> Option<&'static Operation> {
    hosted().find(|row| row.entity == entity && row.action == action)
}

/// The action that searches Airbyte's copy of the mailbox.
pub(crate) fn search_action() -> &'static str {
    operation::gmail().search_action
}

/// The action that answers SQL over it.
pub(crate) fn sql_action() -> &'static str {
    operation::gmail().sql_action
}

/// The definition of the Gmail connector, the same for everybody.
pub(crate) fn definition_id() -> &'static str {
    operation::gmail().definition_id
}

/// What Airbyte keeps a copy of, to be searched.
pub(crate) fn searchable() -> &'static [SearchableEntity] {
    operation::gmail().searchable
}

/// The size up to which an operation takes its message as media; `None` where it takes none.
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
    // Mail that is put in, not sent, is what may say where its date comes from; it may be larger.
    Some(if has(Location::Query, "internalDateSource") {
        LARGEST_INSERTED
    } else {
        LARGEST_SENT
    })
}
