//! Mail as people write and read it: messages composed, answered, forwarded, and read (RFC 5322).
//!
//! ```
//! use airbyte_agent_gmail::mail::{Compose, Reading, SearchQuery};
//!
//! let composed = Compose::new()
//!     .to("Support <support@example.com>")
//!     .subject("A question")
//!     .text("How does it work?")
//!     .build()?;
//! let reading = Reading::from_raw(&composed.raw);
//! assert_eq!(reading.text, "How does it work?\n");
//! let same_message = SearchQuery::new().rfc822_message_id(&composed.message_id);
//! # assert!(!same_message.is_empty());
//! # Ok::<(), airbyte_agent_gmail::mail::ComposeError>(())
//! ```
//!
//! - [`Compose`] writes a message; [`Composed::raw_base64url`] is what Gmail takes as `raw`.
//! - [`reply`], [`reply_all`] and [`forward`] begin one from a thread or a message.
//! - [`Reading`] shows a message that was received: headers, text, attachments, invitations, delivery reports.
//! - [`SearchQuery`] writes a search; [`encoding`] is base64url; [`html_to_text`], [`unflow`] and [`safe_file_name`] do
//!   what their names say.
//!
//! Nothing here sends or fetches anything, and none of it shows mail in its `Debug` or its errors.

mod address;
mod address_list;
mod assemble;
mod automatic;
mod body;
mod calendar;
mod charset;
mod compose;
mod content_reference;
mod date;
mod enclosure;
pub mod encoding;
mod envelope;
mod filename;
mod flowed;
mod header;
mod html;
mod mailbox;
mod message_id;
mod note;
mod notification;
mod parameter;
mod part;
mod part_name;
mod protection;
mod query;
mod quotation;
mod read;
mod recipient;
mod reference;
mod reply;
mod report;
mod smime;
mod undecoded;
mod uuencode;

pub use self::{
    address::{Address, AddressError},
    calendar::{CalendarEntry, CalendarPart, CalendarTime, CalendarUser},
    charset::UndecodedReason,
    compose::{Compose, ComposeError, Composed, MAXIMUM_MESSAGE_SIZE},
    filename::safe_file_name,
    flowed::unflow,
    html::html_to_text,
    mailbox::MailboxList,
    note::AnswerNote,
    notification::{DispositionNotification, FeedbackReport},
    protection::{Encryption, ProtectionStandard, Signature},
    query::SearchQuery,
    read::{Attachment, Reading},
    reply::{
        ForwardAttachment, Original, ReplyError, answerable_message, forward, reply, reply_all,
    },
    report::{DeliveryReport, DeliveryStatus},
    undecoded::Undecoded,
};
