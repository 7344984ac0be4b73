//! Lists of mail addresses (RFC 5322 section 3.4).

use std::{fmt, str::FromStr};

use serde::Serialize;

use super::{Address, AddressError, list::parse_exact_mailboxes};

/// Mailboxes, in the order of a header such as `To`.
///
/// ```
/// use airbyte_agent_gmail::mail::MailboxList;
///
/// let list: MailboxList = "Support <support@example.com>, team: a@example.org, b@example.org;".parse()?;
/// assert_eq!(list.len(), 3);
/// assert_eq!(list.to_string(), "Support <support@example.com>, a@example.org, b@example.org");
/// # Ok::<(), airbyte_agent_gmail::mail::AddressError>(())
/// ```
///
/// Functions that take a list also accept text, one [`Address`], or several.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MailboxList(Vec<Address>);

impl MailboxList {
    /// The number of mailboxes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first mailbox.
    #[must_use]
    pub fn first(&self) -> Option<&Address> {
        self.0.first()
    }

    /// Iterates over the mailboxes in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Address> {
        self.0.iter()
    }

    /// Appends a mailbox.
    pub fn push(&mut self, address: Address) {
        self.0.push(address);
    }

    /// Whether the list contains a mailbox, according to [`Address::is_same_mailbox`].
    ///
    /// ```
    /// use airbyte_agent_gmail::mail::{Address, MailboxList};
    ///
    /// let own: MailboxList = "first.last@gmail.com, me@example.com".parse()?;
    /// assert!(own.contains_mailbox(&Address::new("firstlast+news@gmail.com")?));
    /// assert!(!own.contains_mailbox(&Address::new("you@example.com")?));
    /// # Ok::<(), airbyte_agent_gmail::mail::AddressError>(())
    /// ```
    #[must_use]
    pub fn contains_mailbox(&self, address: &Address) -> bool {
        self.0.iter().any(|known| known.is_same_mailbox(address))
    }
}

impl fmt::Display for MailboxList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, address) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(formatter, "{separator}{address}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MailboxList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MailboxList({} mailboxes)", self.0.len())
    }
}

impl FromStr for MailboxList {
    type Err = AddressError;

    /// Parses a list by RFC 5322; groups are replaced by their members.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.contains(char::is_control) {
            return Err(AddressError::CONTROL);
        }
        // Mail goes to these addresses at once, so guessing or skipping an entry would be a mistake.
        let list = parse_exact_mailboxes(text).ok_or(AddressError::LIST)?;
        if list.is_empty() {
            let is_blank = text.trim().is_empty();
            return Err(if is_blank {
                AddressError::EMPTY
            } else {
                AddressError::NO_AT
            });
        }
        list.into_iter().map(Address::checked).collect()
    }
}

impl TryFrom<&str> for MailboxList {
    type Error = AddressError;

    fn try_from(text: &str) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl TryFrom<String> for MailboxList {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for MailboxList {
    fn from(address: Address) -> Self {
        Self(vec![address])
    }
}

impl From<Vec<Address>> for MailboxList {
    fn from(addresses: Vec<Address>) -> Self {
        Self(addresses)
    }
}

impl FromIterator<Address> for MailboxList {
    fn from_iter<I: IntoIterator<Item = Address>>(addresses: I) -> Self {
        Self(addresses.into_iter().collect())
    }
}

impl Extend<Address> for MailboxList {
    fn extend<I: IntoIterator<Item = Address>>(&mut self, addresses: I) {
        self.0.extend(addresses);
    }
}

impl IntoIterator for MailboxList {
    type Item = Address;
    type IntoIter = std::vec::IntoIter<Address>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a MailboxList {
    type Item = &'a Address;
    type IntoIter = std::slice::Iter<'a, Address>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> MailboxList {
        text.parse().unwrap()
    }

    #[test]
    fn lists_are_parsed_by_the_standard() {
        let table = [
            ("a@example.com", "a@example.com"),
            ("Name <a@example.com>", "Name <a@example.com>"),
            (
                "\"Last, First\" <a@example.com>, b@example.com",
                "\"Last, First\" <a@example.com>, b@example.com",
            ),
            ("a@example.com (Name)", "Name <a@example.com>"),
            (
                "team: a@example.com, B <b@example.com>;, c@example.com",
                "a@example.com, B <b@example.com>, c@example.com",
            ),
            (
                "=?utf-8?Q?Gr=C3=BC=C3=9Fe?= <a@example.com>",
                "Grüße <a@example.com>",
            ),
            ("名前 <a@example.com>,", "名前 <a@example.com>"),
            ("\"jo doe\"@example.com", "\"jo doe\"@example.com"),
            (
                "a@bücher.example; b @ example.com",
                "a@xn--bcher-kva.example, b@example.com",
            ),
        ];
        for (text, printed) in table {
            assert_eq!(list(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn a_list_with_a_mistake_is_refused_whole() {
        for text in [
            "",
            " , ",
            "nobody",
            "a@example.com, nobody",
            "Name <nobody>",
            "undisclosed-recipients:;",
            "a@example.com b@example.com",
            "Name a@example.com",
            "a@example.com Name",
            "<<a@example.com>>",
            "A <a@example.com> B <b@example.com>",
            "bob.@example.com",
            "a@example.com\r\nBcc: b@example.com",
            "a@example.com\0",
            "a@@example.com",
            "<a@example.com",
            "\"a@example.com",
        ] {
            let parsed = text.parse::<MailboxList>();
            assert!(parsed.is_err(), "{text:?} gave {}", parsed.unwrap());
        }
    }

    #[test]
    fn debug_shows_a_number_alone() {
        assert_eq!(
            format!("{:?}", list("Secret <secret@example.com>")),
            "MailboxList(1 mailboxes)"
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_is_parsed_again(
            names in proptest::collection::vec("[a-zA-Z .,;:<>@()\\[\\]\"\\\\éß日😀'-]{0,30}", 1..5),
            local_part in "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\\.[a-z]{1,5})?",
        ) {
            let addresses: MailboxList = names
                .iter()
                .map(|name| {
                    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
                    Address::new(format!("{local_part}@example.com")).unwrap().with_name(name).unwrap()
                })
                .collect();
            prop_assert_eq!(list(&addresses.to_string()), addresses);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in "([a-z@.,;:<>() \"\\\\é]|\n){0,40}") {
            if let Ok(addresses) = text.parse::<MailboxList>() {
                prop_assert!(!addresses.is_empty());
                prop_assert!(addresses.iter().all(|address| Address::new(address.address()).is_ok()));
            }
        }
    }
}
