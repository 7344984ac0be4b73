//! Mail as people write and read it: composing, replying to, forwarding and reading messages (RFC 5322).
//!
//! Needs the feature `mail`.
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
//! - [`Compose`] writes a message; [`Composed::raw_base64url`] is the form for Gmail's `raw`.
//! - [`reply`], [`reply_all`] and [`forward`] start a message from a thread or from another message.
//! - [`Reading`] shows a received message: headers, text, attachments, invitations, delivery reports.
//! - [`respond`] replies to an invitation.
//! - [`SearchQuery`] writes a search; [`encoding`] has base64url; [`html_to_text`], [`unflow`] and [`safe_file_name`]
//!   do what their names say.
//!
//! Nothing here sends or fetches anything, and no `Debug` output or error shows mail.

mod address;
mod compose;
pub mod encoding;
mod header;
mod html;
mod query;
mod read;
mod reply;

pub use self::{
    address::{Address, AddressError, mailbox::MailboxList},
    compose::{Compose, ComposeError, Composed, MAXIMUM_MESSAGE_SIZE},
    encoding::{charset::UndecodedReason, flowed::unflow},
    html::html_to_text,
    query::SearchQuery,
    read::{
        Attachment, Reading,
        authentication::Authentication,
        calendar::{
            CalendarEntry, CalendarPart, CalendarTime, CalendarUser,
            answer::{Participation, RespondError, respond},
        },
        file_name::safe_file_name,
        notification::{DispositionNotification, FeedbackReport},
        protection::{Encryption, ProtectionStandard, Signature},
        report::{DeliveryReport, DeliveryStatus},
        undecoded::Undecoded,
    },
    reply::{
        ForwardAttachment, Original, ReplyError, answerable_message, forward, note::AnswerNote,
        reply, reply_all,
    },
};

pub(crate) use self::read::unsubscription::{ONE_CLICK, one_click};
#[cfg(fuzzing)]
pub(crate) use self::read::{head::split_head, rtf};
