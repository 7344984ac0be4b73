//! The send-as addresses of the account.

use serde_json::{Map, Value, json};

use super::{
    Mailbox,
    delegation::{email_address, first_status},
    parameter::{self, Parameters},
    refusal::Refusal,
};

/// The send-as addresses; the first is the account's own.
pub(super) struct Aliases {
    list: Vec<Map<String, Value>>,
}

const TEXTS: &[&str] = &["displayName", "replyToAddress", "signature"];

impl Aliases {
    /// Only the account's own address.
    pub(super) fn new(address: &str) -> Self {
        let mut primary = Map::new();
        primary.insert("sendAsEmail".into(), address.into());
        for name in TEXTS {
            primary.insert((*name).into(), "".into());
        }
        primary.insert("isPrimary".into(), true.into());
        primary.insert("isDefault".into(), true.into());
        Self {
            list: vec![primary],
        }
    }

    /// Every address, as in the API's answers.
    pub(super) fn to_json(&self) -> Vec<Value> {
        self.list.iter().cloned().map(Value::from).collect()
    }

    /// `sendAs.list`.
    pub(super) fn list(&self) -> Value {
        json!({ "sendAs": self.to_json() })
    }

    /// `sendAs.get`.
    pub(super) fn get(&self, params: &Parameters) -> Result<Value, Refusal> {
        let index = self.find(params)?;
        self.show(index)
    }

    /// `sendAs.create`: outside the account's domain, the new address waits for its owner's confirmation.
    pub(super) fn create(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let address = email_address(params, "sendAsEmail")?;
        if self.find(params).is_ok() {
            return Err(Refusal::conflict("Send-as address already exists"));
        }
        let mut alias = Map::new();
        alias.insert("sendAsEmail".into(), address.clone().into());
        for name in TEXTS {
            alias.insert((*name).into(), "".into());
        }
        alias.insert("treatAsAlias".into(), false.into());
        let own = self.list.first().map(address_of).unwrap_or_default();
        let status = first_status(&address, own);
        alias.insert("verificationStatus".into(), status.into());
        fill(&mut alias, params, true)?;
        self.list.push(alias);
        let index = self.list.len() - 1;
        self.make_default(index, params)?;
        self.show(index)
    }

    /// `sendAs.update` replaces the writable fields; `sendAs.patch` keeps those not given.
    pub(super) fn change(&mut self, params: &Parameters, replace: bool) -> Result<Value, Refusal> {
        let index = self.find(params)?;
        let mut changed = self.list.get(index).cloned().unwrap_or_default();
        fill(&mut changed, params, replace)?;
        if let Some(alias) = self.list.get_mut(index) {
            *alias = changed;
        }
        self.make_default(index, params)?;
        self.show(index)
    }

    /// `sendAs.delete`: any address but the account's own.
    pub(super) fn delete(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let index = self.find(params)?;
        if index == 0 {
            return Err(Refusal::invalid(
                "Cannot delete the primary send-as address",
            ));
        }
        let removed = self.list.remove(index);
        if removed.contains_key("isDefault")
            && let Some(primary) = self.list.first_mut()
        {
            primary.insert("isDefault".into(), true.into());
        }
        Ok(Value::Null)
    }

    /// `sendAs.verify`: asks the owner again, who never answers in a sandbox.
    pub(super) fn verify(&self, params: &Parameters) -> Result<Value, Refusal> {
        let index = self.find(params)?;
        let pending = self
            .list
            .get(index)
            .and_then(|alias| alias.get("verificationStatus"))
            .is_some_and(|status| status == "pending");
        if pending {
            Ok(Value::Null)
        } else {
            Err(Refusal::precondition("Send-as address is already verified"))
        }
    }

    fn find(&self, params: &Parameters) -> Result<usize, Refusal> {
        let address = parameter::required(params, "sendAsEmail")?;
        self.list
            .iter()
            .position(|alias| address_of(alias).eq_ignore_ascii_case(&address))
            .ok_or_else(Refusal::not_found)
    }

    fn show(&self, index: usize) -> Result<Value, Refusal> {
        self.list
            .get(index)
            .cloned()
            .map(Value::from)
            .ok_or_else(Refusal::not_found)
    }

    fn make_default(&mut self, index: usize, params: &Parameters) -> Result<(), Refusal> {
        // Clients can only set the flag: one address is always the default.
        if parameter::boolean(params, "isDefault")? {
            for (other, alias) in self.list.iter_mut().enumerate() {
                if other == index {
                    alias.insert("isDefault".into(), true.into());
                } else {
                    alias.remove("isDefault");
                }
            }
        }
        Ok(())
    }
}

impl Mailbox {
    /// Whether mail may have this address as its sender.
    pub(super) fn may_send_as(&self, address: &str) -> bool {
        self.is_own(address)
            || self.settings.aliases.list.iter().any(|alias| {
                address_of(alias).eq_ignore_ascii_case(address)
                    && alias
                        .get("verificationStatus")
                        .is_none_or(|status| status == "accepted")
            })
    }
}

fn address_of(alias: &Map<String, Value>) -> &str {
    alias
        .get("sendAsEmail")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn fill(alias: &mut Map<String, Value>, params: &Parameters, replace: bool) -> Result<(), Refusal> {
    for name in TEXTS {
        match parameter::text(params, name) {
            Some(text) => {
                alias.insert((*name).into(), text.into());
            }
            None if replace => {
                alias.insert((*name).into(), "".into());
            }
            None => {}
        }
    }
    if alias.contains_key("treatAsAlias") && (replace || params.contains_key("treatAsAlias")) {
        let value = parameter::boolean(params, "treatAsAlias")?;
        alias.insert("treatAsAlias".into(), value.into());
    }
    match params.get("smtpMsa") {
        Some(Value::Object(server)) => {
            let mut server = server.clone();
            // The API accepts passwords but never returns them.
            server.remove("password");
            alias.insert("smtpMsa".into(), server.into());
        }
        None if replace => {
            alias.remove("smtpMsa");
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(value: Value) -> Parameters {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn the_primary_address_is_always_there() {
        let mut aliases = Aliases::new("user@example.com");
        assert_eq!(aliases.list()["sendAs"][0]["isPrimary"], true);
        let own = params(json!({"sendAsEmail": "user@example.com"}));
        assert!(aliases.delete(&own).is_err());
        assert!(aliases.verify(&own).is_err());
        let named = params(json!({"sendAsEmail": "user@example.com", "displayName": "User"}));
        assert_eq!(
            aliases.change(&named, false).unwrap()["displayName"],
            "User"
        );
        assert_eq!(aliases.change(&own, false).unwrap()["displayName"], "User");
        assert_eq!(aliases.change(&own, true).unwrap()["displayName"], "");
    }

    #[test]
    fn aliases_come_and_go_without_their_passwords() {
        let mut aliases = Aliases::new("user@example.com");
        let created = aliases
            .create(&params(json!({
                "sendAsEmail": "support@example.org",
                "isDefault": true,
                "smtpMsa": {"host": "smtp.example.com", "port": 587, "password": "secret"},
            })))
            .unwrap();
        assert_eq!(created["verificationStatus"], "pending");
        assert_eq!(
            created["smtpMsa"],
            json!({"host": "smtp.example.com", "port": 587})
        );
        assert!(!aliases.list().to_string().contains("secret"));
        assert!(aliases.list()["sendAs"][0]["isDefault"].is_null());
        let support = params(json!({"sendAsEmail": "support@example.org"}));
        assert_eq!(
            aliases.create(&support).map_err(|refusal| refusal.code),
            Err(409)
        );
        assert_eq!(aliases.verify(&support), Ok(Value::Null));
        assert_eq!(aliases.delete(&support), Ok(Value::Null));
        assert_eq!(aliases.list()["sendAs"][0]["isDefault"], true);
        assert!(aliases.get(&support).is_err());
        let near = params(json!({"sendAsEmail": "team@example.com"}));
        assert_eq!(
            aliases.create(&near).unwrap()["verificationStatus"],
            "accepted"
        );
    }
}
