//! Flowed text (RFC 3676): rejoins lines that a mail program broke.

/// Joins the lines of `format=flowed` text.
///
/// ```
/// use airbyte_agent_gmail::mail::unflow;
///
/// assert_eq!(unflow("One line \nof text.\n", false), "One line of text.\n");
/// assert_eq!(unflow("> quoted \n> text\n", false), "> quoted text\n");
/// ```
///
/// `is_space_deleted` is the part's `delsp=yes`: the space that marks a broken line is then not part of the text. Only
/// lines of the same quotation depth are joined, and never the `-- ` of a signature.
#[must_use]
pub fn unflow(text: &str, is_space_deleted: bool) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut open_depth = None;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let unquoted = content.trim_start_matches('>');
        let depth = content.len() - unquoted.len();
        // Senders add a space before lines that begin with a space, "From " or ">".
        let body = unquoted.strip_prefix(' ').unwrap_or(unquoted);
        let is_signature = body == "-- ";
        if let Some(open) = open_depth
            && (open != depth || is_signature)
        {
            joined.push('\n');
            open_depth = None;
        }
        if open_depth.is_none() && depth > 0 {
            joined.extend(std::iter::repeat_n('>', depth));
            joined.push(' ');
        }
        if body.ends_with(' ') && !is_signature {
            let kept = if is_space_deleted {
                body.strip_suffix(' ').unwrap_or(body)
            } else {
                body
            };
            joined.push_str(kept);
            open_depth = Some(depth);
        } else {
            joined.push_str(body);
            open_depth = None;
            if line.ends_with('\n') {
                joined.push('\n');
            }
        }
    }
    if open_depth.is_some() && text.ends_with('\n') {
        joined.push('\n');
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_join_by_the_rules() {
        let table = [
            ("fixed\r\nlines\r\n", false, "fixed\nlines\n"),
            ("a \nb \nc\n", false, "a b c\n"),
            ("a \nb\n", true, "ab\n"),
            (" From here\n", false, "From here\n"),
            (" > no quote\n", false, "> no quote\n"),
            ("> one \n> two\nthree\n", false, "> one two\nthree\n"),
            (">> deep \n> less\n", false, ">> deep \n> less\n"),
            ("text \n-- \nname\n", false, "text \n-- \nname\n"),
            ("ends flowed \n", false, "ends flowed \n"),
            ("", false, ""),
            ("no end", false, "no end"),
            ("> \n> a\n", false, "> \n> a\n"),
        ];
        for (text, is_space_deleted, joined) in table {
            assert_eq!(unflow(text, is_space_deleted), joined, "{text:?}");
        }
    }
}
