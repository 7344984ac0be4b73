//! Mail addresses (RFC 5322 section 3.4).

pub(crate) mod list;
pub(crate) mod mailbox;

use std::{convert::Infallible, fmt, str::FromStr};

use serde::Serialize;

use self::mailbox::MailboxList;

/// The longest address: together with a header's name it fits into a line (RFC 5322 section 2.1.1). The shorter limits
/// of RFC 5321 are what a server must accept, not what it may refuse (section 4.5.3.1), and programs create longer
/// reply addresses.
const MAXIMUM_ADDRESS_LENGTH: usize = 900;

/// The longest domain (RFC 1035 section 2.3.4), including its dots.
const MAXIMUM_DOMAIN_LENGTH: usize = 253;

/// A mailbox: an address with an optional display name.
///
/// ```
/// use airbyte_agent_gmail::mail::Address;
///
/// let address = Address::new("support@example.com")?.with_name("Support, Europe")?;
/// assert_eq!(address.to_string(), "\"Support, Europe\" <support@example.com>");
/// # Ok::<(), airbyte_agent_gmail::mail::AddressError>(())
/// ```
///
/// `Debug` shows neither; `Display` gives the readable form.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    address: String,
}

impl Address {
    /// Creates an address from text such as `support@example.com`.
    ///
    /// An international domain is converted to its `xn--` form, which mail uses (RFC 5891).
    ///
    /// # Errors
    ///
    /// [`AddressError`] if Gmail can't send to it; see there for the checks.
    pub fn new(address: impl Into<String>) -> Result<Self, AddressError> {
        let address = with_ascii_domain(address.into());
        check(&address)?;
        Ok(Self {
            name: None,
            address,
        })
    }

    /// Sets the name, in any script; an empty one removes the name.
    ///
    /// # Errors
    ///
    /// [`AddressError`] if the name contains a line break or another control character.
    pub fn with_name(mut self, name: impl Into<String>) -> Result<Self, AddressError> {
        let name = name.into();
        if name.contains(char::is_control) {
            return Err(AddressError(Fault::Control));
        }
        let name = name.trim();
        self.name = (!name.is_empty()).then(|| name.to_owned());
        Ok(self)
    }

    /// The name, if any.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address itself, such as `support@example.com`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The part after the `@`, or nothing.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.address
            .rsplit_once('@')
            .map_or("", |(_, domain)| domain)
    }

    /// Whether mail to both addresses arrives in the same Gmail mailbox.
    ///
    /// ```
    /// use airbyte_agent_gmail::mail::Address;
    ///
    /// let own = Address::new("first.last@gmail.com")?;
    /// assert!(own.is_same_mailbox(&Address::new("FirstLast+news@gmail.com")?));
    /// assert!(!own.is_same_mailbox(&Address::new("first.last@example.com")?));
    /// # Ok::<(), airbyte_agent_gmail::mail::AddressError>(())
    /// ```
    ///
    /// Case and anything after a `+` are ignored, and in gmail.com also dots.
    #[must_use]
    pub fn is_same_mailbox(&self, other: &Self) -> bool {
        canonical(&self.address) == canonical(&other.address)
    }

    /// Takes an address from a received message, which may not be valid for sending.
    pub(crate) fn unchecked(name: Option<&str>, address: &str) -> Self {
        let clean = |text: &str| text.replace(char::is_control, " ").trim().to_owned();
        Self {
            name: name.map(clean).filter(|name| !name.is_empty()),
            address: clean(address),
        }
    }

    /// Checks the result of [`Address::unchecked`], and encodes its domain.
    pub(crate) fn checked(self) -> Result<Self, AddressError> {
        let address = with_ascii_domain(self.address);
        check(&address)?;
        Ok(Self {
            name: self.name,
            address,
        })
    }

    /// Converts the result of [`Address::unchecked`] to a form that mail can be sent to.
    ///
    /// A local part that isn't a dot-atom, such as `bob.`, means the same in quotes (RFC 5321 section 4.1.2), and its
    /// mailbox may well exist.
    pub(crate) fn sendable(&self) -> Result<Self, AddressError> {
        // Outlook puts single quotes around an address without a name.
        let unquoted = self.address.strip_prefix('\'');
        let unquoted = unquoted.and_then(|address| address.strip_suffix('\''));
        let mut address = unquoted.unwrap_or(&self.address).to_owned();
        if let Some((local_part, domain)) = address.rsplit_once('@')
            && !is_dot_atom(local_part)
            && is_quotable(local_part)
        {
            address = format!("\"{local_part}\"@{domain}");
        }
        // Mail addresses omit the dot of the root domain.
        if address.ends_with('.') {
            address.pop();
        }
        Self {
            name: self.name.clone(),
            address,
        }
        .checked()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(name) = &self.name else {
            return formatter.write_str(&self.address);
        };
        if name.contains(|character: char| "()<>[]:;@\\,.\"".contains(character)) {
            let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
            write!(formatter, "\"{escaped}\" <{}>", self.address)
        } else {
            write!(formatter, "{name} <{}>", self.address)
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Address([redacted])")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// Parses a mailbox, with or without a name.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let mut mailboxes = MailboxList::from_str(text)?.into_iter();
        match (mailboxes.next(), mailboxes.next()) {
            (Some(mailbox), None) => Ok(mailbox),
            (None, _) => Err(AddressError(Fault::Empty)),
            (Some(_), Some(_)) => Err(AddressError(Fault::Several)),
        }
    }
}

/// An error for text that isn't an address, or not one that Gmail can send to.
///
/// ```
/// use airbyte_agent_gmail::mail::Address;
///
/// let error = Address::new("support at example.com").unwrap_err();
/// assert!(error.to_string().ends_with("write it as name@example.com"));
/// ```
///
/// These are checked: the `@`, the length (900 bytes in all, 253 after the `@`), the characters on both sides, and that
/// the part before the `@` is ASCII, since other letters there need support from every mail server on the way (RFC
/// 6531). Domains and names may be in any script. Neither `Debug` nor `Display` shows the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressError(Fault);

impl AddressError {
    pub(crate) const EMPTY: Self = Self(Fault::Empty);
    pub(crate) const NO_AT: Self = Self(Fault::At);
    pub(crate) const CONTROL: Self = Self(Fault::Control);
    pub(crate) const LIST: Self = Self(Fault::List);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Empty,
    Several,
    List,
    At,
    LocalPart,
    Domain,
    Length,
    Control,
    NonAscii,
}

impl fmt::Display for AddressError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Fault::Empty => "there is no address: give one such as name@example.com",
            Fault::Several => "there are several addresses where one is wanted: give one",
            Fault::List => {
                "the addresses can't be told apart: write them as name@example.com or Name <name@example.com>, with \
                 commas between them"
            }
            Fault::At => "an address has no name or domain around an @: write it as name@example.com",
            Fault::LocalPart => {
                "the part of an address before the @ is malformed: only letters, digits and !#$%&'*+/=?^_`{|}~.- may \
                 be there, without a dot at an end or two in a row, or a quoted text"
            }
            Fault::Domain => "the domain of an address is malformed: write it as example.com",
            Fault::Length => "an address is too long: at most 900 bytes in all, and 253 after the @",
            Fault::Control => "an address holds a line break or another control character: remove it",
            Fault::NonAscii => {
                "the part of an address before the @ holds letters outside of ascii, which gmail can't send to: give \
                 another address (the name of the mailbox may have any letters)"
            }
        })
    }
}

impl std::error::Error for AddressError {}

impl From<Infallible> for AddressError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn check(address: &str) -> Result<(), AddressError> {
    if address.is_empty() {
        return Err(AddressError(Fault::Empty));
    }
    if address.contains(char::is_control) {
        return Err(AddressError(Fault::Control));
    }
    let (local_part, domain) = address.rsplit_once('@').ok_or(AddressError(Fault::At))?;
    if local_part.is_empty() || domain.is_empty() {
        return Err(AddressError(Fault::At));
    }
    if !local_part.is_ascii() {
        return Err(AddressError(Fault::NonAscii));
    }
    if address.len() > MAXIMUM_ADDRESS_LENGTH || domain.len() > MAXIMUM_DOMAIN_LENGTH {
        return Err(AddressError(Fault::Length));
    }
    if !is_dot_atom(local_part) && !is_quoted_string(local_part) {
        return Err(AddressError(Fault::LocalPart));
    }
    if !is_domain(domain) {
        return Err(AddressError(Fault::Domain));
    }
    Ok(())
}

fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte))
    })
}

fn is_quoted_string(text: &str) -> bool {
    let Some(content) = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    else {
        return false;
    };
    let mut is_escaped = false;
    for byte in content.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return false,
            _ => {}
        }
    }
    !is_escaped
}

fn is_domain(text: &str) -> bool {
    if let Some(literal) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let number = literal.strip_prefix("IPv6:").unwrap_or(literal);
        return number.parse::<std::net::IpAddr>().is_ok();
    }
    text.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    })
}

/// Whether a local part can be put in quotes: nothing in it could end them or begin another address.
fn is_quotable(local_part: &str) -> bool {
    !local_part.is_empty()
        && local_part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-.:[]".contains(&byte))
}

/// Encodes the domain of an address for mail servers (RFC 5891), if possible.
fn with_ascii_domain(address: String) -> String {
    match address.rsplit_once('@') {
        Some((local_part, domain)) if !domain.is_ascii() => {
            match idna::domain_to_ascii_strict(domain) {
                Ok(domain) => format!("{local_part}@{domain}"),
                Err(_) => address,
            }
        }
        _ => address,
    }
}

/// A form that is equal for all addresses of a mailbox.
fn canonical(address: &str) -> String {
    let address = with_ascii_domain(address.to_lowercase());
    let Some((local_part, domain)) = address.rsplit_once('@') else {
        return address;
    };
    let unquoted = local_part
        .strip_prefix('"')
        .and_then(|local_part| local_part.strip_suffix('"'));
    let local_part = unquoted
        .filter(|content| is_quotable(content))
        .unwrap_or(local_part);
    let base = match local_part.split_once('+') {
        Some((base, _)) if !base.is_empty() => base,
        _ => local_part,
    };
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", base.replace('.', "")),
        _ => format!("{base}@{domain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        let valid = [
            "a@b",
            "first.last+tag@example.co.uk",
            "o'neil@example.com",
            "\"odd name\"@example.com",
            "a@[192.0.2.1]",
            "a@[IPv6:2001:db8::1]",
            "a@xn--bcher-kva.example",
            "a_b@under_score.example.com",
        ];
        for address in valid {
            assert_eq!(
                Address::new(address)
                    .map(|address| address.to_string())
                    .as_deref(),
                Ok(address)
            );
        }
        let long = format!("{}@example.com", "a".repeat(900));
        let long_domain = format!("a@{}example.com", "a.".repeat(125));
        let table = [
            ("", Fault::Empty),
            ("a", Fault::At),
            ("@example.com", Fault::At),
            ("a@", Fault::At),
            ("a b@example.com", Fault::LocalPart),
            (".a@example.com", Fault::LocalPart),
            ("a..b@example.com", Fault::LocalPart),
            ("a@b@example.com", Fault::LocalPart),
            ("\"a\"b\"@example.com", Fault::LocalPart),
            ("a@-example.com", Fault::Domain),
            ("a@example..com", Fault::Domain),
            ("a@exa mple.com", Fault::Domain),
            ("a@[no.ip]", Fault::Domain),
            ("a@example.com\n", Fault::Control),
            ("ü@example.com", Fault::NonAscii),
            ("a@bü cher.example", Fault::Domain),
            (long.as_str(), Fault::Length),
            (long_domain.as_str(), Fault::Length),
        ];
        for (address, fault) in table {
            assert_eq!(
                Address::new(address),
                Err(AddressError(fault)),
                "{address:?}"
            );
        }
    }

    #[test]
    fn what_came_with_mail_can_be_sent_to() {
        let long = format!("reply+{}@reply.example.com", "0123456789abcdef".repeat(8));
        let deep = format!("eva@{}example.org", "department.".repeat(20));
        let table = [
            (long.as_str(), Ok(long.as_str())),
            (deep.as_str(), Ok(deep.as_str())),
            ("bob.@docomo.example", Ok("\"bob.\"@docomo.example")),
            (".bob@docomo.example", Ok("\".bob\"@docomo.example")),
            ("a..b@x.example", Ok("\"a..b\"@x.example")),
            ("a:b@x.example", Ok("\"a:b\"@x.example")),
            ("\"jo doe\"@example.com", Ok("\"jo doe\"@example.com")),
            ("eva@example.org.", Ok("eva@example.org")),
            ("'eva@example.org'", Ok("eva@example.org")),
            ("eva@bücher.example", Ok("eva@xn--bcher-kva.example")),
            ("eva@BÜCHER.example", Ok("eva@xn--bcher-kva.example")),
            ("eva@例え.テスト", Ok("eva@xn--r8jz45g.xn--zckzah")),
            ("eva@straße.example", Ok("eva@xn--strae-oqa.example")),
            ("jörg@example.org", Err(Fault::NonAscii)),
            ("eva maria@example.org", Err(Fault::LocalPart)),
            ("a@b@example.org", Err(Fault::LocalPart)),
            ("eva@exa_mple..org", Err(Fault::Domain)),
            ("nobody", Err(Fault::At)),
        ];
        for (address, expected) in table {
            let sendable = Address::unchecked(Some("Name"), address).sendable();
            assert_eq!(
                sendable.as_ref().map(Address::address),
                expected.map_err(AddressError).as_ref().copied(),
                "{address}"
            );
            assert!(
                sendable.is_ok_and(|sendable| sendable.name() == Some("Name")) || expected.is_err()
            );
        }
        assert_eq!(
            Address::new("eva@bücher.example").unwrap().address(),
            "eva@xn--bcher-kva.example"
        );
    }

    #[test]
    fn one_mailbox_has_several_forms() {
        let same = |one: &str, other: &str| {
            Address::unchecked(None, one).is_same_mailbox(&Address::unchecked(None, other))
        };
        assert!(same("me@bücher.example", "Me@xn--bcher-kva.example"));
        assert!(same("\"me\"@example.com", "me+tag@example.com"));
        assert!(!same("\"m e\"@example.com", "me@example.com"));
    }

    #[test]
    fn names_cannot_break_out() {
        let address = Address::new("a@example.com").unwrap();
        for name in ["a\r\nBcc: b", "a\0", "a\u{85}b"] {
            assert_eq!(
                address.clone().with_name(name),
                Err(AddressError(Fault::Control))
            );
        }
        assert_eq!(address.with_name(" ").unwrap().name(), None);
    }

    #[test]
    fn one_mailbox_is_parsed() {
        let address: Address = "\"A \\\"B\\\"\" <a@example.com>".parse().unwrap();
        assert_eq!(
            (address.name(), address.address(), address.domain()),
            (Some("A \"B\""), "a@example.com", "example.com")
        );
        assert_eq!(
            "a@b, c@d".parse::<Address>(),
            Err(AddressError(Fault::Several))
        );
        assert!(!format!("{address:?}").contains("example"));
    }
}
