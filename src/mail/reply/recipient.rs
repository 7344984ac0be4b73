//! Whom an answer goes to (RFC 5322 section 3.6.3).

use std::collections::HashSet;

use super::note::AnswerNote;
use crate::mail::{address::mailbox::MailboxList, read::Reading};

/// The recipients of an answer.
#[derive(Default)]
pub(crate) struct Recipients {
    pub(crate) to: MailboxList,
    pub(crate) cc: MailboxList,
    /// Those whom no mail can be sent to.
    pub(crate) left_out: Vec<AnswerNote>,
}

/// The recipients of an answer, each once and in a form that mail can be sent to.
pub(crate) fn recipients(reading: &Reading, own: &MailboxList, is_to_all: bool) -> Recipients {
    let (to, cc) = wanted(reading, own, is_to_all);
    let mut seen = HashSet::new();
    let mut left_out = Vec::new();
    let mut sendable = |list: MailboxList| -> MailboxList {
        let mut kept = MailboxList::default();
        // Nobody is behind `Mail Delivery System <>`.
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

/// Whom the author, or the account's own message, means by the headers.
fn wanted(reading: &Reading, own: &MailboxList, is_to_all: bool) -> (MailboxList, MailboxList) {
    let without_own = |list: &MailboxList| -> MailboxList {
        list.iter()
            .filter(|address| !own.contains_mailbox(address))
            .cloned()
            .collect()
    };
    let is_own = !reading.from.is_empty() && without_own(&reading.from).is_empty();
    // Some programs write `none` where there is no such address.
    let answers: MailboxList = without_own(&reading.reply_to)
        .into_iter()
        .filter(|address| address.address().contains('@'))
        .collect();
    let mut cc = MailboxList::default();
    // A form on a website writes in the name of its owner, and names the visitor as whom to answer.
    if is_own && answers.is_empty() {
        let mut to = without_own(&reading.to);
        if is_to_all {
            cc = without_own(&reading.cc);
        }
        if to.is_empty() {
            to = std::mem::take(&mut cc);
        }
        // A message that was sent to oneself alone is answered to oneself.
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
