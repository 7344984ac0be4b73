//! What people do with mail: read, answer, pass on, send, draft, and leave lists.

mod answer;
mod invitation;
mod many;
mod reading;
mod reference;
mod send;
mod unsubscription;

pub use answer::{Forward, Reply};
pub use invitation::Respond;
pub use many::{GetMany, Messages};
pub use reference::MessageReference;

#[cfg(feature = "tool")]
pub(crate) use answer::sendable;
