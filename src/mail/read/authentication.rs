//! The receiving server's verdict on a message's sender (RFC 8601).

use serde::Serialize;

use super::head::first;

/// The only trusted server: Gmail's own. Fields with any other name may come from the sender.
const GMAIL: &str = "mx.google.com";

/// Gmail's verdict on the sender of a message; see [`Reading::authentication`](super::Reading::authentication).
///
/// ```
/// use airbyte_agent_gmail::mail::Reading;
///
/// let reading = Reading::from_raw(
///     b"Authentication-Results: mx.google.com; dkim=pass header.i=@example.org header.s=s1; spf=softfail; dmarc=fail\r\n\
///       Authentication-Results: mx.example.org; dmarc=pass\r\n\r\n",
/// );
/// let authentication = reading.authentication.ok_or("Gmail's verdict")?;
/// assert_eq!(authentication.dmarc.as_deref(), Some("fail"));
/// assert_eq!(authentication.dkim_domains, ["example.org"]);
/// assert!(!authentication.is_sender_verified());
/// # Ok::<(), &str>(())
/// ```
///
/// The verdicts are the words of RFC 8601, section 2.7: `pass`, `fail`, `softfail`, `neutral`, `none`, `policy`,
/// `temperror`, `permerror`. A chain of forwarders (ARC) doesn't change them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Authentication {
    /// Whether the sending server may send for the domain of the return path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spf: Option<String>,
    /// Whether a domain signed the message: `pass` if at least one signature is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dkim: Option<String>,
    /// Whether one of these belongs to the domain in `From`: whether the author's domain vouches for the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dmarc: Option<String>,
    /// The domains with valid signatures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dkim_domains: Vec<String>,
    #[serde(skip)]
    signatures: Vec<Passed>,
}

/// A valid signature, identified as far as Gmail does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Passed {
    domain: String,
    selector: Option<String>,
    /// The first characters of the signature.
    start: Option<String>,
}

impl Authentication {
    /// Whether the domain in `From` vouches for the message (DMARC).
    #[must_use]
    pub fn is_sender_verified(&self) -> bool {
        self.dmarc.as_deref() == Some("pass")
    }

    /// Reads the verdict from the headers of a message; only the topmost field counts.
    pub(crate) fn read(headers: &[(String, String)]) -> Option<Self> {
        let mut statements = statements(first(headers, "Authentication-Results")?).into_iter();
        let server = statements.next()?;
        if !server.server().eq_ignore_ascii_case(GMAIL) {
            return None;
        }
        let mut found = Self::default();
        for statement in statements {
            let Some((method, verdict)) = statement.verdict() else {
                continue;
            };
            match method.as_str() {
                "spf" => {
                    found.spf.get_or_insert(verdict);
                }
                "dmarc" => {
                    found.dmarc.get_or_insert(verdict);
                }
                "dkim" if verdict == "pass" => {
                    found.dkim = Some(verdict);
                    if let Some(passed) = statement.passed() {
                        if !found.dkim_domains.contains(&passed.domain) {
                            found.dkim_domains.push(passed.domain.clone());
                        }
                        found.signatures.push(passed);
                    }
                }
                "dkim" => {
                    found.dkim.get_or_insert(verdict);
                }
                _ => {}
            }
        }
        Some(found)
    }

    /// Whether a valid signature covers all of these headers, given in lower case.
    ///
    /// If two signatures match the valid one, neither is proof: anybody can have added the other.
    pub(crate) fn covers(&self, headers: &[(String, String)], names: &[&str]) -> bool {
        self.signatures.iter().any(|passed| {
            let mut alike = headers
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case("DKIM-Signature"))
                .filter(|(_, value)| passed.is_of(value));
            let (Some((_, only)), None) = (alike.next(), alike.next()) else {
                return false;
            };
            let signed = tag(only, "h").unwrap_or_default();
            let mut names = names.iter();
            names.all(|name| {
                signed
                    .split(':')
                    .any(|signed| signed.eq_ignore_ascii_case(name))
            })
        })
    }
}

impl Passed {
    /// Whether a `DKIM-Signature` is this one.
    fn is_of(&self, signature: &str) -> bool {
        let is_told = self.selector.is_some() || self.start.is_some();
        let domain = tag(signature, "d").unwrap_or_default().to_ascii_lowercase();
        let is_selector =
            |told: &String| tag(signature, "s").is_some_and(|own| own.eq_ignore_ascii_case(told));
        let is_start =
            |told: &String| tag(signature, "b").is_some_and(|own| own.starts_with(told.as_str()));
        is_told
            && is_within(&self.domain, &domain)
            && self.selector.as_ref().is_none_or(is_selector)
            && self.start.as_ref().is_none_or(is_start)
    }
}

/// The value of a tag of a `DKIM-Signature`, without blanks (RFC 6376, section 3.2).
fn tag(signature: &str, wanted: &str) -> Option<String> {
    signature.split(';').find_map(|tag| {
        let (name, value) = tag.split_once('=')?;
        (name.trim() == wanted).then(|| value.split_whitespace().collect())
    })
}

/// Whether an identity's domain is the signing one, or a subdomain of it (RFC 6376, section 3.5, `i=`).
fn is_within(domain: &str, signing: &str) -> bool {
    domain
        .strip_suffix(signing)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The text between two semicolons.
#[derive(Default)]
struct Statement {
    /// The words before the first `=`, then names and values.
    pairs: Vec<(String, String)>,
    rest: String,
}

impl Statement {
    /// The server's name, if this is the first statement; a version may follow.
    fn server(&self) -> &str {
        if self.pairs.is_empty() {
            self.rest.split(' ').next().unwrap_or_default()
        } else {
            ""
        }
    }

    /// The method, without its version, and its result, both in lower case.
    fn verdict(&self) -> Option<(String, String)> {
        let (method, verdict) = self.pairs.first()?;
        let method = method.split('/').next().unwrap_or_default();
        let is_word = !verdict.is_empty()
            && verdict.len() <= 20
            && verdict.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_word.then(|| (method.to_ascii_lowercase(), verdict.to_ascii_lowercase()))
    }

    fn passed(&self) -> Option<Passed> {
        let property = |wanted: &str| first(&self.pairs, wanted).cloned();
        let identity = property("header.d").or_else(|| property("header.i"))?;
        let domain = identity.rsplit('@').next().unwrap_or_default();
        let is_domain = !domain.is_empty()
            && domain.len() <= 253
            && domain
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        is_domain.then(|| Passed {
            domain: domain.to_ascii_lowercase(),
            selector: property("header.s"),
            start: property("header.b"),
        })
    }
}

/// The statements of a field. Quoted strings bind first, then nested comments, then semicolons.
fn statements(value: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut statement = Statement::default();
    // The words since the last value, and whether the next word is a value.
    let (mut words, mut is_value) = (String::new(), false);
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => skip_comment(&mut letters),
            ';' => {
                statement.rest = std::mem::take(&mut words);
                statements.push(std::mem::take(&mut statement));
                is_value = false;
            }
            '=' if !words.is_empty() => is_value = true,
            letter if letter.is_whitespace() || letter == '=' => {}
            first => {
                let word = word(first, &mut letters, is_value);
                if is_value {
                    // The dot of a name may have blanks around it.
                    let name = words.replace(" .", ".").replace(". ", ".");
                    let name = name.rsplit(' ').next().unwrap_or_default().to_owned();
                    statement.pairs.push((name, word));
                    words.clear();
                    is_value = false;
                } else {
                    if !words.is_empty() {
                        words.push(' ');
                    }
                    words.push_str(&word);
                }
            }
        }
    }
    statement.rest = words;
    statements.push(statement);
    statements
}

/// A word, up to a blank or delimiter, including quoted strings. A value may contain `=`, as base64 does.
fn word(
    first: char,
    letters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    is_value: bool,
) -> String {
    let mut word = String::new();
    let mut letter = Some(first);
    while let Some(current) = letter {
        if current == '"' {
            while let Some(quoted) = letters.next() {
                match quoted {
                    '"' => break,
                    '\\' => word.extend(letters.next()),
                    quoted => word.push(quoted),
                }
            }
        } else {
            word.push(current);
        }
        letter = letters.next_if(|next| {
            !(next.is_whitespace() || matches!(next, ';' | '(') || (*next == '=' && !is_value))
        });
    }
    word
}

fn skip_comment(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let mut depth = 1_usize;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn read(value: &str) -> Option<Authentication> {
        Authentication::read(&headers(&[("Authentication-Results", value)]))
    }

    #[test]
    fn gmails_verdicts_are_read_in_every_form() {
        let table = [
            (
                "mx.google.com; spf=pass; dkim=pass; dmarc=pass",
                ["pass"; 3],
            ),
            (
                "mx.google.com 1; SPF = Pass (a; dkim=fail (b)) ; dkim/1=pass; dmarc=pass (p=NONE) header.from=a.org;",
                ["pass"; 3],
            ),
            (
                "\"mx.google.com\"; spf=pass reason=\"x; dkim=fail\" smtp.mailfrom=\"a b\"@a.org; dkim=pass; dmarc=pass",
                ["pass"; 3],
            ),
            (
                "mx.google.com; dkim=fail header.i=@a.org; dkim=pass header.i=@b.org; spf=softfail; dmarc=fail; arc=pass",
                ["softfail", "pass", "fail"],
            ),
            (
                "mx.google.com; dkim=pass header.i=@b.org; dkim=neutral; spf=none; spf=pass; dmarc=fail; dmarc=pass",
                ["none", "pass", "fail"],
            ),
            ("mx.google.com; none", ["-"; 3]),
            ("mx.google.com; spf=; dkim; =pass; dmarc=<b>", ["-"; 3]),
        ];
        for (value, expected) in table {
            let found = read(value).unwrap_or_else(|| panic!("{value}"));
            let word = |verdict: &Option<String>| verdict.clone().unwrap_or("-".to_owned());
            let verdicts = [&found.spf, &found.dkim, &found.dmarc].map(word);
            assert_eq!(verdicts, expected, "{value}");
        }
    }

    #[test]
    fn only_the_topmost_field_of_gmail_counts() {
        for value in [
            "mx.example.org; dmarc=pass",
            "mx.google.com.example.org; dmarc=pass",
            "dmarc=pass",
            "",
            "mx.google.com=x; dmarc=pass",
        ] {
            assert_eq!(read(value), None, "{value}");
        }
        let forged = headers(&[
            ("Authentication-Results", "mx.example.org; dmarc=fail"),
            ("Authentication-Results", "mx.google.com; dmarc=pass"),
        ]);
        assert_eq!(Authentication::read(&forged), None);
    }

    #[test]
    fn a_good_signature_is_told_from_others() {
        let found = read(
            "mx.google.com; dkim=pass header . i = @news.a.org header.s=s1 header.b=Ab/+cd12; dkim=fail header.i=@b.org header.s=s1 header.b=zzz",
        )
        .unwrap();
        assert_eq!(found.dkim_domains, ["news.a.org"]);
        let table = [
            (
                "v=1; d=a.org; s=s1; h=from:List-Unsubscribe\r\n :list-unsubscribe-post; b=Ab/+c\r\n d12xyz==",
                true,
            ),
            (
                "v=1; d=a.org; s=s1; h=from:list-unsubscribe; b=Ab/+cd12xyz==",
                false,
            ),
            (
                "v=1; d=a.org; s=s2; h=list-unsubscribe:list-unsubscribe-post; b=Ab/+cd12xyz==",
                false,
            ),
            (
                "v=1; d=a.org; s=s1; h=list-unsubscribe:list-unsubscribe-post; b=other",
                false,
            ),
            (
                "v=1; d=xa.org; s=s1; h=list-unsubscribe:list-unsubscribe-post; b=Ab/+cd12",
                false,
            ),
            (
                "v=1; d=b.org; s=s1; h=list-unsubscribe:list-unsubscribe-post; b=zzz",
                false,
            ),
            (
                "v=1; s=s1; h=list-unsubscribe:list-unsubscribe-post; b=Ab/+cd12",
                false,
            ),
        ];
        for (signature, expected) in table {
            let headers = headers(&[("DKIM-Signature", signature)]);
            let is_covered = found.covers(&headers, &["list-unsubscribe", "list-unsubscribe-post"]);
            assert_eq!(is_covered, expected, "{signature}");
        }
        let good = "d=a.org; s=s1; h=list-unsubscribe; b=Ab/+cd12";
        let twice = headers(&[("DKIM-Signature", good), ("DKIM-Signature", good)]);
        assert!(!found.covers(&twice, &["list-unsubscribe"]));
        assert!(found.covers(&twice[..1], &["list-unsubscribe"]));
        let unnamed = read("mx.google.com; dkim=pass header.i=@a.org").unwrap();
        let signature = headers(&[("DKIM-Signature", "d=a.org; h=from; b=x")]);
        assert!(!unnamed.covers(&signature, &["from"]));
    }

    proptest! {
        #[test]
        fn any_field_is_read(value in "(mx.google.com)?[;=a-d()\"\\\\. ]{0,40}") {
            let _ = read(&value);
        }
    }
}
