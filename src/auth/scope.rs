//! The least scopes for a set of operations.

use std::sync::OnceLock;

use crate::operation::{Operation, gmail};

/// Scopes that work only inside Google's add-ons.
const ADD_ONS: &str = "https://www.googleapis.com/auth/gmail.addons.";

/// The prefix of the long names of `email` and `profile`.
const USER_INFO: &str = "https://www.googleapis.com/auth/userinfo.";

/// The least scopes that allow all of these operations.
///
/// The set is as small as possible; among sets of equal size, it is the one that allows the fewest operations. A
/// scope that covers only part of an operation doesn't count, such as the headers-only scope for reading a message.
///
/// ```
/// use airbyte_agent_gmail::auth::least_scopes;
/// use airbyte_agent_gmail::operation::gmail;
///
/// let rows = [gmail().find("messages", "list")?, gmail().find("messages", "create")?];
/// assert_eq!(least_scopes(rows), ["https://www.googleapis.com/auth/gmail.modify"]);
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
pub fn least_scopes(operations: impl IntoIterator<Item = &'static Operation>) -> Vec<&'static str> {
    let mut needs: Vec<Vec<&'static str>> = operations
        .into_iter()
        .map(usable)
        .filter(|scopes| !scopes.is_empty())
        .collect();
    needs.sort_unstable();
    needs.dedup();
    let mut scopes: Vec<&'static str> = needs.iter().flatten().copied().collect();
    scopes.sort_unstable();
    scopes.dedup();
    let best = (1..=scopes.len()).find_map(|count| {
        choices(&scopes, count)
            .into_iter()
            .filter(|choice| {
                needs
                    .iter()
                    .all(|need| need.iter().any(|scope| choice.contains(scope)))
            })
            .min_by_key(|choice| reach(choice))
    });
    best.unwrap_or_default()
}

/// The scopes that allow reading everything and changing nothing.
///
/// ```
/// use airbyte_agent_gmail::auth::read_only_scopes;
///
/// assert_eq!(read_only_scopes(), ["https://www.googleapis.com/auth/gmail.readonly"]);
/// ```
pub fn read_only_scopes() -> Vec<&'static str> {
    // Watching changes what Google pushes, not the mailbox; the table says whether an operation reads.
    least_scopes(
        gmail()
            .operations
            .iter()
            .copied()
            .filter(|row| row.read_only),
    )
}

/// The scopes to request by default.
///
/// They cover the operations of Airbyte's connector, except those that delete mail permanently.
///
/// ```
/// use airbyte_agent_gmail::auth::default_scopes;
///
/// assert!(default_scopes().contains(&"https://www.googleapis.com/auth/gmail.modify"));
/// ```
pub fn default_scopes() -> Vec<&'static str> {
    static SCOPES: OnceLock<Vec<&'static str>> = OnceLock::new();
    let scopes = SCOPES.get_or_init(|| {
        let rows = gmail().operations.iter().copied();
        least_scopes(rows.filter(|row| row.hosted && !row.destructive))
    });
    scopes.clone()
}

/// The requested scopes that were not granted.
///
/// Google reports `email` and `profile` under their long names, which count as the same.
///
/// ```
/// use airbyte_agent_gmail::auth::refused_scopes;
///
/// let asked = ["openid", "email", "profile"].map(str::to_owned);
/// let granted = ["openid", "https://www.googleapis.com/auth/userinfo.email"].map(str::to_owned);
/// assert_eq!(refused_scopes(&asked, &granted).collect::<Vec<_>>(), ["profile"]);
/// ```
pub fn refused_scopes<'a>(
    asked: &'a [String],
    granted: &'a [String],
) -> impl Iterator<Item = &'a str> {
    asked.iter().map(String::as_str).filter(|asked| {
        !granted
            .iter()
            .any(|granted| granted == asked || granted.strip_prefix(USER_INFO) == Some(asked))
    })
}

/// The operations that the granted scopes don't allow.
///
/// ```
/// use airbyte_agent_gmail::auth::missing_scopes;
/// use airbyte_agent_gmail::operation::gmail;
///
/// let granted = ["https://www.googleapis.com/auth/gmail.readonly".to_owned()];
/// let rows = [gmail().find("messages", "list")?, gmail().find("messages", "create")?];
/// let missing: Vec<_> = missing_scopes(rows, &granted).map(|row| row.id).collect();
/// assert_eq!(missing, ["messages_send"]);
/// # Ok::<(), airbyte_agent_gmail::Error>(())
/// ```
pub fn missing_scopes<'a>(
    operations: impl IntoIterator<Item = &'static Operation> + 'a,
    granted: &'a [String],
) -> impl Iterator<Item = &'static Operation> + 'a {
    operations.into_iter().filter(|row| {
        row.authenticated
            && !row
                .scopes
                .iter()
                .any(|scope| granted.iter().any(|own| own == scope))
    })
}

fn usable(row: &'static Operation) -> Vec<&'static str> {
    let mut scopes: Vec<&'static str> = row
        .scopes
        .iter()
        .copied()
        .filter(|scope| !scope.starts_with(ADD_ONS) && !row.partial_scopes.contains(scope))
        .collect();
    scopes.sort_unstable();
    scopes
}

/// How many operations a choice allows, writing ones first; fewer is narrower.
fn reach(choice: &[&'static str]) -> (usize, usize) {
    let allowed = gmail()
        .operations
        .iter()
        .filter(|row| row.scopes.iter().any(|scope| choice.contains(scope)));
    let (all, writing) = allowed.fold((0, 0), |(all, writing), row| {
        (all + 1, writing + usize::from(!row.read_only))
    });
    (writing, all)
}

/// All subsets of `count` scopes. There are about a dozen scopes, and three cover everything one client can have.
fn choices(scopes: &[&'static str], count: usize) -> Vec<Vec<&'static str>> {
    let Some((first, rest)) = scopes.split_first() else {
        return if count == 0 {
            vec![Vec::new()]
        } else {
            Vec::new()
        };
    };
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut with = choices(rest, count - 1);
    for choice in &mut with {
        choice.insert(0, first);
    }
    with.extend(choices(rest, count));
    with
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
    const READ_ONLY: &str = "https://www.googleapis.com/auth/gmail.readonly";

    fn rows(ids: &[&str]) -> Vec<&'static Operation> {
        ids.iter()
            .map(|id| gmail().by_id(id).expect("an operation"))
            .collect()
    }

    #[test]
    fn the_narrowest_scope_that_serves_is_chosen() {
        for (ids, scopes) in [
            (
                &["messages_send"][..],
                &["https://www.googleapis.com/auth/gmail.send"][..],
            ),
            (
                &["labels_create"],
                &["https://www.googleapis.com/auth/gmail.labels"],
            ),
            (&["messages_delete"], &["https://mail.google.com/"]),
            (&["messages_attachments_get", "messages_list"], &[READ_ONLY]),
            (&["messages_modify", "messages_get"], &[MODIFY]),
            (&[], &[]),
        ] {
            assert_eq!(least_scopes(rows(ids)), scopes, "{ids:?}");
        }
    }

    #[test]
    fn every_choice_allows_what_it_was_made_for() {
        for row in gmail().operations {
            let scopes: Vec<String> = least_scopes([*row])
                .into_iter()
                .map(str::to_owned)
                .collect();
            assert_eq!(scopes.len(), 1, "{}", row.id);
            assert!(scopes.iter().all(|scope| !scope.starts_with(ADD_ONS)));
            assert_eq!(missing_scopes([*row], &scopes).count(), 0);
            assert_eq!(missing_scopes([*row], &[]).count(), 1);
        }
        assert_eq!(read_only_scopes().len(), 1, "{:?}", read_only_scopes());
    }
}
