//! The attributes that matter for rendering as text.

use super::token::Attributes;

/// Whether an element is hidden from readers of the HTML.
pub(crate) fn is_hidden(attributes: &Attributes) -> bool {
    if attributes.get("hidden").is_some() {
        return true;
    }
    let Some(style) = attributes.get("style") else {
        return false;
    };
    let style = compact_style(style);
    style.split(';').any(|declaration| {
        let declaration = declaration.trim_end_matches("!important");
        match declaration.split_once(':') {
            Some(("display", value)) => value == "none",
            Some(("visibility", value)) => value == "hidden",
            Some(("max-height" | "opacity", value)) => is_zero(value),
            _ => false,
        }
    })
}

/// Whether a style sets the font size to zero; `None` if it sets no size.
pub(crate) fn has_zero_font_size(style: &str) -> Option<bool> {
    style.split(';').rev().find_map(|declaration| {
        let value = declaration.strip_prefix("font-size:")?;
        Some(is_zero(value.trim_end_matches("!important")))
    })
}

fn is_zero(value: &str) -> bool {
    let number = value
        .trim_end_matches(|character: char| character.is_ascii_alphabetic() || character == '%');
    number.parse::<f32>().is_ok_and(|number| number == 0.0)
}

/// A style in lower case without white space, as the checks expect it.
pub(crate) fn compact_style(style: &str) -> String {
    style
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

/// A link's URL in a readable form; `None` if it leads nowhere outside the message.
pub(crate) fn readable_address(address: &str) -> Option<String> {
    let address: String = address
        .chars()
        .filter(|character| !character.is_whitespace() && !character.is_control())
        .collect();
    let (scheme, _) = address.split_once(':')?;
    ["http", "https", "mailto", "tel", "ftp"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        .then_some(address)
}

/// Whether a link's text already shows its URL.
pub(crate) fn is_same_address(text: &str, address: &str) -> bool {
    let plain = |value: &str| -> String {
        let value = value.split_once(':').map_or(value, |(scheme, rest)| {
            if scheme.chars().all(char::is_alphabetic) {
                rest
            } else {
                value
            }
        });
        value
            .trim_start_matches('/')
            .trim_end_matches('/')
            .to_lowercase()
    };
    // If the lengths differ a lot, comparing is pointless and costly.
    text.len() <= address.len() + 8 && !text.is_empty() && plain(text) == plain(address)
}
