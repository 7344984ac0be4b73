//! Everyday jobs with mail: read, reply, forward, send, draft, and unsubscribe.

pub(crate) mod answer;
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
