//! Names such as `Last, First <…>`, which lack the quotes that the comma requires.

use super::Lexeme;
use crate::mail::address::Address;

/// Whether an entry without an address is a capitalized word, as names are, and not a mailbox such as `root`.
pub(super) fn is_capital_word(mailbox: &Address, entry: &[Lexeme<'_>]) -> bool {
    let is_plain = entry.iter().all(|lexeme| {
        matches!(
            lexeme,
            Lexeme::Word(_) | Lexeme::Blank | Lexeme::Dot | Lexeme::Comment(_)
        )
    });
    let first = mailbox.address().chars().next();
    is_plain
        && mailbox.name().is_none()
        && first.is_some_and(|letter| letter.is_alphabetic() && !letter.is_lowercase())
}

/// Whether an entry is an address with a name before it.
pub(super) fn has_name(mailbox: &Address, entry: &[Lexeme<'_>]) -> bool {
    let has_angle = entry
        .iter()
        .any(|lexeme| matches!(lexeme, Lexeme::Angle(_)));
    has_angle && mailbox.name().is_some() && mailbox.address().contains('@')
}

/// Rejoins an unquoted `Last, First <…>`.
pub(super) fn join_name(mailboxes: &mut Vec<Address>, start: usize, end: usize) {
    let mut words: Vec<String> = Vec::new();
    for word in mailboxes.drain(start..end) {
        words.push(word.address().to_owned());
    }
    if let Some(mailbox) = mailboxes.get_mut(start) {
        words.extend(mailbox.name().map(str::to_owned));
        *mailbox = Address::unchecked(Some(&words.join(", ")), mailbox.address());
    }
}
