//! The recipients of a reply (RFC 5322 section 3.6.3).

use std::collections::HashSet;

use super::note::AnswerNote;
use crate::mail::{address::mailbox::MailboxList, read::Reading};

/// The recipients of a reply.
#[derive(Default)]
pub(crate) struct Recipients {
    pub(crate) to: MailboxList,
    pub(crate) cc: MailboxList,
    /// Recipients with invalid addresses.
    pub(crate) left_out: Vec<AnswerNote>,
}

/// The recipients of a reply, without duplicates, in a form that mail can be sent to.
pub(crate) fn recipients(reading: &Reading, own: &MailboxList, is_to_all: bool) -> Recipients {
    let (to, cc) = wanted(reading, own, is_to_all);
    let mut seen = HashSet::new();
    let mut left_out = Vec::new();
    let mut sendable = |list: MailboxList| -> MailboxList {
        let mut kept = MailboxList::default();
        // `Mail Delivery System <>` has no address.
        let addressed = list.into_iter().filter(|one| !one.address().is_empty());
        for address in addressed {
            match address.sendable() {
                Ok(sendable) => {
                    if seen.insert(sendable.address().to_lowercase()) {
                        kept.push(sendable);
                    }
                }
                Err(reason) => {
                    if seen.insert(address.address().to_lowercase()) {
                        left_out.push(AnswerNote::LeftOut { address, reason });
                    }
                }
            }
        }
        kept
    };
    let to = sendable(to);
    let cc = sendable(cc);
    Recipients { to, cc, left_out }
}

/// The recipients according to the headers of the author's message, or the account's own.
fn wanted(reading: &Reading, own: &MailboxList, is_to_all: bool) -> (MailboxList, MailboxList) {
    let without_own = |list: &MailboxList| -> MailboxList {
        list.iter()
            .filter(|address| !own.contains_mailbox(address))
            .cloned()
            .collect()
    };
    let is_own = !reading.from.is_empty() && without_own(&reading.from).is_empty();
    // Some programs write `none` for a missing address.
    let answers: MailboxList = without_own(&reading.reply_to)
        .into_iter()
        .filter(|address| address.address().contains('@'))
        .collect();
    let mut cc = MailboxList::default();
    // A web form writes as its owner, and names the visitor in `Reply-To`.
    if is_own && answers.is_empty() {
        let mut to = without_own(&reading.to);
        if is_to_all {
            cc = without_own(&reading.cc);
        }
        if to.is_empty() {
            to = std::mem::take(&mut cc);
        }
        // A reply to a message sent only to oneself goes to oneself.
        if to.is_empty() {
            to = if reading.to.is_empty() {
                without_own(&reading.cc)
            } else {
                reading.to.clone()
            };
        }
        return (to, cc);
    }
    if is_to_all {
        cc.extend(without_own(&reading.to));
        cc.extend(without_own(&reading.cc));
    }
    let to = if answers.is_empty() {
        without_own(&reading.from)
    } else {
        answers
    };
    (to, cc)
}
