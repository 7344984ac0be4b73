//! The account's labels, by name.

use airbyte_agent_gmail::auth::AccountDirectory;
use airbyte_agent_gmail::operation::{Field, Operation};
use airbyte_agent_gmail::tool::visible_text;
use airbyte_agent_gmail::{Error, GmailConnector};
use serde_json::Value;

use super::exit::Failure;

/// The file with the names of labels, in the folder of the accounts.
const CACHE: &str = "labels.json";

/// An account's labels.
pub(crate) struct Labels {
    /// Ids and names.
    known: Vec<(String, String)>,
}

/// The advice to add when a label does not exist.
pub(crate) const OR_MAKE_IT: &str = ", or make it first with `labels create`";

impl Labels {
    /// Fetches the labels.
    pub(crate) async fn list(gmail: &GmailConnector) -> Result<Self, Error> {
        let list = gmail.labels().list().send().await?;
        let known = list
            .labels
            .into_iter()
            .map(|label| {
                let name = label.name.unwrap_or_else(|| label.id.clone());
                (label.id, name)
            })
            .collect();
        let labels = Self { known };
        labels.cache();
        Ok(labels)
    }

    /// Caches the names for shell completion, which must not use the network. Only if the folder already exists.
    fn cache(&self) {
        let Some(directory) = AccountDirectory::of_user().filter(|one| one.path().is_dir()) else {
            return;
        };
        let names: Vec<&str> = self.known.iter().map(|(_, name)| name.as_str()).collect();
        // On failure, completion offers no labels or outdated ones.
        let _ = tempfile::NamedTempFile::new_in(directory.path()).map(|mut file| {
            serde_json::to_writer(&mut file, &names)
                .is_ok()
                .then(|| file.persist(directory.path().join(CACHE)))
        });
    }

    /// The id for a label's id or name. Case is ignored, because no two names differ only in case.
    pub(crate) fn id(&self, given: &str) -> Option<&str> {
        let folded = given.to_lowercase();
        let by = |is_it: &dyn Fn(&(String, String)) -> bool| {
            self.known
                .iter()
                .find(|label| is_it(label))
                .map(|(id, _)| id.as_str())
        };
        by(&|(id, _)| id == given)
            .or_else(|| by(&|(_, name)| name == given))
            .or_else(|| by(&|(_, name)| name.to_lowercase() == folded))
            .or_else(|| by(&|(id, _)| is_system(id) && shown(id).to_lowercase() == folded))
    }

    /// The name for a label's id.
    pub(crate) fn name(&self, id: &str) -> Option<&str> {
        self.known
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, name)| name.as_str())
    }

    /// The names for label ids, including labels created in the meantime. An unknown id is its own name.
    pub(crate) async fn names(
        &mut self,
        gmail: &GmailConnector,
        ids: &[String],
    ) -> Result<Vec<String>, Error> {
        if ids.iter().any(|id| self.name(id).is_none()) {
            let known = std::mem::take(&mut self.known);
            *self = Self::list(gmail).await?;
            for (id, name) in known {
                if self.name(&id).is_none() {
                    self.known.push((id, name));
                }
            }
            for id in ids {
                if self.name(id).is_none() {
                    self.known.push((id.clone(), id.clone()));
                }
            }
        }
        let names = ids.iter().map(|id| self.name(id).unwrap_or(id).to_owned());
        Ok(names.collect())
    }

    /// The ids for label ids or names. An unknown one is an error with the advice in `instead`.
    pub(crate) fn ids(&self, given: &[String], instead: &str) -> Result<Vec<String>, Failure> {
        given
            .iter()
            .map(|given| match self.id(given) {
                Some(id) => Ok(id.to_owned()),
                None => Err(self.unknown(given, instead)),
            })
            .collect()
    }

    /// Creates a label. If it exists by now, uses that one.
    pub(crate) async fn create(
        &mut self,
        gmail: &GmailConnector,
        name: &str,
    ) -> Result<String, Error> {
        let id = match gmail.labels().create(name).send().await {
            Ok(label) => label.id,
            Err(error) if error.is_conflict() => {
                *self = Self::list(gmail).await?;
                return self.id(name).map(str::to_owned).ok_or(error);
            }
            Err(error) => return Err(error),
        };
        self.known.push((id.clone(), name.to_owned()));
        Ok(id)
    }

    fn unknown(&self, given: &str, instead: &str) -> Failure {
        let mut known: Vec<&str> = self.known.iter().map(|(_, name)| name.as_str()).collect();
        known.sort_unstable();
        Failure::input(visible_text(&format!(
            "there is no label `{given}`; use one of: {}{instead}",
            known.join(", ")
        )))
    }
}

/// A label's name for people: Gmail calls its own INBOX and CATEGORY_PROMOTIONS.
pub(crate) fn shown(name: &str) -> String {
    if !is_system(name) {
        return name.to_owned();
    }
    let name = name.trim_start_matches("CATEGORY_").to_lowercase();
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The names of labels for people. Asks the service only if there are user labels.
pub(crate) async fn shown_names(
    gmail: &GmailConnector,
    labels: &mut Option<Labels>,
    ids: &[String],
) -> Result<Vec<String>, Error> {
    if labels.is_none() && ids.iter().any(|id| !is_system(id)) {
        *labels = Some(Labels::list(gmail).await?);
    }
    let name = |id: &String| labels.as_ref().and_then(|labels| labels.name(id));
    Ok(ids.iter().map(|id| shown(name(id).unwrap_or(id))).collect())
}

/// The cached names of labels.
pub(crate) fn cached() -> Vec<String> {
    let names = AccountDirectory::of_user()
        .and_then(|directory| std::fs::read(directory.path().join(CACHE)).ok())
        .and_then(|names| serde_json::from_slice(&names).ok());
    names.unwrap_or_default()
}

/// Deletes the cached names.
pub(crate) fn forget() {
    if let Some(directory) = AccountDirectory::of_user() {
        // Usually the file does not exist.
        let _ = std::fs::remove_file(directory.path().join(CACHE));
    }
}

/// The ids for label ids or names. Asks the service only if any is not a system label.
pub(crate) async fn ids(
    gmail: &GmailConnector,
    given: Vec<String>,
    instead: &str,
) -> Result<Vec<String>, Failure> {
    if given.iter().all(|given| is_system(given)) {
        return Ok(given);
    }
    Labels::list(gmail).await?.ids(&given, instead)
}

/// Replaces label names by ids in the params of any operation. Unknown names are left to the service.
pub(crate) async fn resolve(
    gmail: &GmailConnector,
    operation: &Operation,
    params: &mut Value,
) -> Result<(), Failure> {
    let is_of_labels = |field: &&Field| {
        matches!(
            field.name,
            "labelId" | "labelIds" | "addLabelIds" | "removeLabelIds"
        )
    };
    let mut labels: Option<Labels> = None;
    for field in operation.fields.iter().filter(is_of_labels) {
        let given = match params.get_mut(field.name) {
            Some(Value::Array(given)) => given.as_mut_slice(),
            Some(value) => std::slice::from_mut(value),
            None => continue,
        };
        for value in given {
            let Some(text) = value.as_str().filter(|text| !is_id(text)) else {
                continue;
            };
            if labels.is_none() {
                labels = Some(Labels::list(gmail).await?);
            }
            if let Some(id) = labels.as_ref().and_then(|labels| labels.id(text)) {
                *value = Value::from(id);
            }
        }
    }
    Ok(())
}

/// Whether text looks like a label id, of the system or of a user label.
fn is_id(text: &str) -> bool {
    is_system(text)
        || text
            .strip_prefix("Label_")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether this is the id of a system label.
pub(crate) fn is_system(text: &str) -> bool {
    const SYSTEM: [&str; 14] = [
        "CATEGORY_FORUMS",
        "CATEGORY_PERSONAL",
        "CATEGORY_PROMOTIONS",
        "CATEGORY_SOCIAL",
        "CATEGORY_UPDATES",
        "CHAT",
        "DRAFT",
        "IMPORTANT",
        "INBOX",
        "SENT",
        "SPAM",
        "STARRED",
        "TRASH",
        "UNREAD",
    ];
    SYSTEM.contains(&text)
}
