//! Unsubscribing from a mailing list, as a message offers it (RFC 2369, RFC 8058).

use url::Url;

use super::Reading;

/// The body of a one-click unsubscribe request (RFC 8058, section 3.2).
pub(crate) const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

const FIELDS: [&str; 2] = ["list-unsubscribe", "list-unsubscribe-post"];

/// The URL for one-click unsubscribing, or the reason why the message has none.
///
/// Gmail must have found a valid signature over both fields (RFC 8058, section 4): without one, anybody could have
/// written them.
pub(crate) fn one_click(reading: &Reading) -> Result<Url, &'static str> {
    let [field, post] = FIELDS.map(|wanted| {
        let mut fields = reading
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim());
        (fields.next(), fields.next())
    });
    if field.1.is_some() || post.1.is_some() {
        return Err(
            "the message has the unsubscribe field more than once, so it is unclear which one counts",
        );
    }
    let Some(field) = field.0 else {
        return Err("the message offers no way to unsubscribe; if it is unwanted, mark it as spam");
    };
    if !post
        .0
        .is_some_and(|post| post.eq_ignore_ascii_case(ONE_CLICK))
    {
        return Err(
            "the message offers no one-click unsubscribe; open its link or write to its address yourself",
        );
    }
    let url = uris(field)
        .into_iter()
        .filter_map(|uri| Url::parse(&uri).ok())
        .find(|url| url.scheme() == "https")
        .ok_or("the message has no https address for unsubscribing")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the message's address for unsubscribing has a user name in it");
    }
    let is_covered = reading
        .authentication
        .as_ref()
        .is_some_and(|found| found.covers(&reading.headers, &FIELDS));
    if is_covered {
        Ok(url)
    } else {
        Err(
            "gmail found no good dkim signature over the fields that say how to unsubscribe, so anybody could \
             have written them",
        )
    }
}

/// The URIs of the field, each in angle brackets; folds within them are removed (RFC 2369, section 2).
fn uris(field: &str) -> Vec<String> {
    let pieces = field.split('<').skip(1);
    pieces
        .filter_map(|piece| piece.split_once('>'))
        .map(|(uri, _)| uri.split_whitespace().collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &str, signed: &str, verdict: &str) -> Result<String, &'static str> {
        let raw = format!(
            "Authentication-Results: mx.google.com; dkim={verdict} header.i=@example.org header.s=s1 header.b=abc\r\n\
             DKIM-Signature: v=1; d=example.org; s=s1; h={signed}; b=abcdef\r\n{fields}\r\n\r\n"
        );
        one_click(&Reading::from_raw(raw.as_bytes())).map(String::from)
    }

    const BOTH: &str = "from:list-unsubscribe:list-unsubscribe-post";
    const POST: &str = "List-Unsubscribe-Post: List-Unsubscribe=One-Click";

    #[test]
    fn the_first_https_address_that_is_signed_for_counts() {
        let fields = format!(
            "List-Unsubscribe: <mailto:out@example.org?subject=x>,\r\n <https://example.org/u?a=1,2&\r\n b=me@example.com>, <https://example.net/>\r\n{POST}"
        );
        let url = of(&fields, BOTH, "pass");
        assert_eq!(
            url,
            Ok("https://example.org/u?a=1,2&b=me@example.com".to_owned())
        );
    }

    #[test]
    fn what_anybody_can_have_written_is_refused() {
        let field = "List-Unsubscribe: <https://example.org/u>";
        let table = [
            (format!("{field}\r\n{POST}"), BOTH, "fail", "dkim"),
            (
                format!("{field}\r\n{POST}"),
                "from:list-unsubscribe",
                "pass",
                "dkim",
            ),
            (
                format!("{field}\r\n{field}\r\n{POST}"),
                BOTH,
                "pass",
                "more than once",
            ),
            (
                format!("{field}\r\n{POST}\r\n{POST}"),
                BOTH,
                "pass",
                "more than once",
            ),
            (field.to_owned(), BOTH, "pass", "no one-click"),
            (
                format!("{field}\r\nList-Unsubscribe-Post: yes"),
                BOTH,
                "pass",
                "no one-click",
            ),
            (POST.to_owned(), BOTH, "pass", "no way"),
            (
                format!(
                    "List-Unsubscribe: <http://example.org/u>, <mailto:a@example.org>\r\n{POST}"
                ),
                BOTH,
                "pass",
                "https",
            ),
            (
                format!("List-Unsubscribe: https://example.org/u\r\n{POST}"),
                BOTH,
                "pass",
                "https",
            ),
            (
                format!("List-Unsubscribe: <https://me@example.org/u>\r\n{POST}"),
                BOTH,
                "pass",
                "user name",
            ),
        ];
        for (fields, signed, verdict, reason) in table {
            let refused = of(&fields, signed, verdict);
            assert!(
                refused.as_ref().is_err_and(|why| why.contains(reason)),
                "{fields}: {refused:?}"
            );
        }
    }
}
