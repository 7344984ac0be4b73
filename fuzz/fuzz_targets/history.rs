#![no_main]

use airbyte_agent_gmail::sync::{Event, changes};
use airbyte_agent_gmail::types::ListHistoryResponse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(page) = serde_json::from_slice::<ListHistoryResponse>(bytes) else {
        return;
    };
    for event in page.history.into_iter().flat_map(changes) {
        match event {
            Event::Added(message)
            | Event::Deleted(message)
            | Event::LabelsAdded { message, .. }
            | Event::LabelsRemoved { message, .. } => assert!(!message.id.is_empty()),
            _ => panic!("a history has no listing"),
        }
    }
});
