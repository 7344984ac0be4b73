//! The chain of messages in a thread (RFC 5322 section 3.6.4).

use crate::mail::{header::message_id::is_message_id, read::Reading};

/// The maximum number of references. The first and the latest are kept, as RFC 5537 section 3.4.4 allows; more would
/// add nothing about a thread.
pub(crate) const MAXIMUM_REFERENCES: usize = 40;

/// The references of the thread, up to and including the original.
pub(crate) fn references(reading: &Reading) -> Vec<String> {
    let earlier = if reading.references.is_empty() && reading.in_reply_to.len() == 1 {
        &reading.in_reply_to
    } else {
        &reading.references
    };
    let mut chain: Vec<String> = Vec::new();
    let own_id = reading.message_id.as_ref();
    let latest = earlier.iter().rev().take(10 * MAXIMUM_REFERENCES).rev();
    for id in latest.filter(|id| own_id != Some(*id)).chain(own_id) {
        // A malformed id from elsewhere would make the reply's header malformed, too.
        if is_message_id(id) && !chain.contains(id) {
            chain.push(id.clone());
        }
    }
    if chain.len() > MAXIMUM_REFERENCES {
        let surplus = chain.len() - MAXIMUM_REFERENCES;
        chain.drain(1..=surplus);
    }
    chain
}
