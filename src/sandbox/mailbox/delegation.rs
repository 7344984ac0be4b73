//! Other people's addresses: forwarding addresses and delegates.

use serde_json::{Map, Value, json};

use super::{
    parameter::{self, Parameters},
    refusal::Refusal,
};

/// Addresses with their verification status.
#[derive(Default)]
pub(super) struct Register {
    entries: Vec<(String, &'static str)>,
}

impl Register {
    /// Whether an address is verified.
    pub(super) fn is_accepted(&self, address: &str) -> bool {
        self.find(address) == Some("accepted")
    }

    /// Every entry, with the API's field name for the address.
    pub(super) fn to_json(&self, field: &str) -> Vec<Value> {
        self.entries
            .iter()
            .map(|(address, status)| entry(field, address, status))
            .collect()
    }

    /// The list's answer; without entries it has no key.
    pub(super) fn list(&self, key: &str, field: &str) -> Value {
        let mut answer = Map::new();
        if !self.entries.is_empty() {
            answer.insert(key.into(), self.to_json(field).into());
        }
        answer.into()
    }

    pub(super) fn get(&self, params: &Parameters, field: &'static str) -> Result<Value, Refusal> {
        let address = parameter::required(params, field)?;
        match self.find(&address) {
            Some(status) => Ok(entry(field, &address, status)),
            None => Err(Refusal::not_found()),
        }
    }

    /// Adds an entry with the initial status of the API.
    pub(super) fn create(
        &mut self,
        params: &Parameters,
        field: &'static str,
        status: &'static str,
    ) -> Result<Value, Refusal> {
        let address = email_address(params, field)?;
        if self.find(&address).is_some() {
            return Err(Refusal::conflict(format!("{field} already exists")));
        }
        self.entries.push((address.clone(), status));
        Ok(entry(field, &address, status))
    }

    pub(super) fn delete(
        &mut self,
        params: &Parameters,
        field: &'static str,
    ) -> Result<Value, Refusal> {
        let address = parameter::required(params, field)?;
        if self.find(&address).is_none() {
            return Err(Refusal::not_found());
        }
        self.entries
            .retain(|(known, _)| !known.eq_ignore_ascii_case(&address));
        Ok(Value::Null)
    }

    fn find(&self, address: &str) -> Option<&'static str> {
        self.entries
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(address))
            .map(|(_, status)| *status)
    }
}

/// The initial status of an address: only those outside the account's domain need verification.
pub(super) fn first_status(address: &str, account: &str) -> &'static str {
    let domain = |address: &str| {
        address
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_ascii_lowercase())
    };
    if domain(address) == domain(account) {
        "accepted"
    } else {
        "pending"
    }
}

/// A required parameter that must look like an email address.
pub(super) fn email_address(params: &Parameters, name: &'static str) -> Result<String, Refusal> {
    let address = parameter::required(params, name)?;
    let well_formed = address
        .rsplit_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !address.contains(|char: char| char.is_whitespace() || char.is_control());
    if well_formed {
        Ok(address)
    } else {
        Err(Refusal::invalid(format!("Invalid {name}")))
    }
}

fn entry(field: &str, address: &str, status: &str) -> Value {
    json!({ field: address, "verificationStatus": status })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_and_go() {
        let mut register = Register::default();
        let field = "delegateEmail";
        let params = |address: &str| -> Parameters {
            [(field.to_owned(), Value::from(address))]
                .into_iter()
                .collect()
        };
        let support = params("support@example.org");
        assert_eq!(register.list("delegates", field), json!({}));
        let created = register.create(&support, field, "accepted");
        assert_eq!(
            created,
            Ok(json!({field: "support@example.org", "verificationStatus": "accepted"}))
        );
        assert_eq!(register.get(&support, field), created);
        assert_eq!(
            register.list("delegates", field)["delegates"][0],
            created.unwrap()
        );
        let again = register.create(&params("SUPPORT@example.org"), field, "accepted");
        assert_eq!(again.map_err(|refusal| refusal.code), Err(409));
        let bad = register.create(&params("nobody"), field, "accepted");
        assert_eq!(bad.map_err(|refusal| refusal.code), Err(400));
        assert_eq!(register.delete(&support, field), Ok(Value::Null));
        let gone = register.delete(&support, field);
        assert_eq!(gone.map_err(|refusal| refusal.code), Err(404));
    }
}
