/// A name of the wire as Python spells it: `maxResults` is `max_results`, and a keyword gets a `_` at its end.
pub(crate) fn python_name(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            spelled.push('_');
        }
        spelled.push(character.to_ascii_lowercase());
    }
    if KEYWORDS.contains(&spelled.as_str()) {
        spelled.push('_');
    }
    spelled
}

/// Python's keywords.
const KEYWORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];
