//! Whom an answer goes to (RFC 5322 section 3.6.3).

use std::collections::HashSet;

use super::{mailbox::MailboxList, read::Reading};

/// The recipients of an answer in `To` and in `Cc`.
pub(crate) fn recipients(
    reading: &Reading,
    own: &MailboxList,
    is_to_all: bool,
) -> (MailboxList, MailboxList) {
    let without_own = |list: &MailboxList| -> MailboxList {
        list.iter()
            .filter(|address| !own.contains_mailbox(address))
            .cloned()
            .collect()
    };
    let is_own = !reading.from.is_empty() && without_own(&reading.from).is_empty();
    let (mut to, mut cc) = (MailboxList::default(), MailboxList::default());
    if is_own {
        to = without_own(&reading.to);
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
    } else {
        let answers = without_own(&reading.reply_to);
        to.extend(if answers.is_empty() {
            without_own(&reading.from)
        } else {
            answers
        });
        if is_to_all {
            cc.extend(without_own(&reading.to));
            cc.extend(without_own(&reading.cc));
        }
    }
    let mut seen = HashSet::new();
    let mut once = |list: MailboxList| -> MailboxList {
        list.into_iter()
            .filter(|address| seen.insert(address.address().to_lowercase()))
            .collect()
    };
    let to = once(to);
    (to, once(cc))
}
