//! The ids that messages know each other by (RFC 5322 section 3.6.4).

use super::compose::ComposeError;

/// Makes an id that no other message has.
pub(crate) fn random_message_id(domain: Option<&str>) -> Result<String, ComposeError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| ComposeError::NoRandomness)?;
    let number = u128::from_ne_bytes(bytes);
    // Without an author's domain it is a name that can never exist, since the machine's own is nobody's concern.
    let domain = domain.filter(|domain| !domain.starts_with('['));
    Ok(format!(
        "{number:032x}@{}",
        domain.unwrap_or("message-id.invalid")
    ))
}

/// Takes a message id with or without its angle brackets.
pub(crate) fn check_message_id(id: &str, header: &'static str) -> Result<String, ComposeError> {
    let id = id.trim();
    let bare = id
        .strip_prefix('<')
        .and_then(|id| id.strip_suffix('>'))
        .unwrap_or(id);
    if is_message_id(bare) {
        Ok(bare.to_owned())
    } else {
        Err(ComposeError::MessageId { header })
    }
}

/// Whether text can stand as a message id between angle brackets.
pub(crate) fn is_message_id(id: &str) -> bool {
    let has_both_sides = id
        .split_once('@')
        .is_some_and(|(left, right)| !left.is_empty() && !right.is_empty());
    has_both_sides
        && id.len() <= 900
        && id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>')
}
