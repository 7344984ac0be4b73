//! The account's simple settings, and the dispatch to all others.

use serde_json::{Map, Value, json};

use super::{
    Mailbox,
    alias::Aliases,
    delegation::{Register, first_status},
    encryption::Encryption,
    filter::Filters,
    parameter::{self, Parameters},
    refusal::Refusal,
};

pub(super) struct Settings {
    /// The addresses that mail may be sent from.
    pub(super) aliases: Aliases,
    /// The filters for incoming mail.
    pub(super) filters: Filters,
    /// The addresses that mail may be forwarded to.
    pub(super) forwarding: Register,
    /// The people who may use the mailbox.
    pub(super) delegates: Register,
    /// S/MIME and client-side encryption.
    pub(super) encryption: Encryption,
    vacation: Map<String, Value>,
    imap: Map<String, Value>,
    pop: Map<String, Value>,
    language: Map<String, Value>,
    auto_forwarding: Map<String, Value>,
}

impl Settings {
    /// The settings of a new account.
    pub(super) fn new(address: &str) -> Self {
        Self {
            aliases: Aliases::new(address),
            filters: Filters::default(),
            forwarding: Register::default(),
            delegates: Register::default(),
            encryption: Encryption::default(),
            vacation: record(json!({"enableAutoReply": false})),
            imap: record(json!({
                "enabled": true,
                "autoExpunge": true,
                "expungeBehavior": "archive",
                "maxFolderSize": 0,
            })),
            pop: record(json!({"accessWindow": "disabled", "disposition": "leaveInInbox"})),
            language: record(json!({"displayLanguage": "en"})),
            auto_forwarding: record(json!({"enabled": false})),
        }
    }

    /// All settings, for comparison.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "sendAs": self.aliases.to_json(),
            "filters": self.filters.to_json(),
            "forwardingAddresses": self.forwarding.to_json("forwardingEmail"),
            "delegates": self.delegates.to_json("delegateEmail"),
            "vacation": self.vacation,
            "imap": self.imap,
            "pop": self.pop,
            "language": self.language,
            "autoForwarding": self.auto_forwarding,
        })
    }
}

impl Mailbox {
    /// Runs an operation on the settings, named without `settings_`.
    pub(super) fn dispatch_setting(
        &mut self,
        operation: &str,
        params: &Parameters,
    ) -> Result<Value, Refusal> {
        let settings = &mut self.settings;
        match operation {
            "get_vacation" => Ok(settings.vacation.clone().into()),
            "update_vacation" => settings.update_vacation(params),
            "get_imap" => Ok(settings.imap.clone().into()),
            "update_imap" => settings.update_imap(params),
            "get_pop" => Ok(settings.pop.clone().into()),
            "update_pop" => settings.update_pop(params),
            "get_language" => Ok(settings.language.clone().into()),
            "update_language" => settings.update_language(params),
            "get_auto_forwarding" => Ok(settings.auto_forwarding.clone().into()),
            "update_auto_forwarding" => settings.update_auto_forwarding(params),
            "filters_list" => Ok(settings.filters.list()),
            "filters_get" => settings.filters.get(params),
            "filters_create" => self.filters_create(params),
            "filters_delete" => settings.filters.delete(params),
            "send_as_list" => Ok(settings.aliases.list()),
            "send_as_get" => settings.aliases.get(params),
            "send_as_create" => settings.aliases.create(params),
            "send_as_update" => settings.aliases.change(params, true),
            "send_as_patch" => settings.aliases.change(params, false),
            "send_as_delete" => settings.aliases.delete(params),
            "send_as_verify" => settings.aliases.verify(params),
            "forwarding_addresses_list" => Ok(settings
                .forwarding
                .list("forwardingAddresses", "forwardingEmail")),
            "forwarding_addresses_get" => settings.forwarding.get(params, "forwardingEmail"),
            "forwarding_addresses_create" => {
                let address = parameter::text(params, "forwardingEmail").unwrap_or_default();
                let status = first_status(&address, &self.address);
                settings
                    .forwarding
                    .create(params, "forwardingEmail", status)
            }
            "forwarding_addresses_delete" => settings.forwarding.delete(params, "forwardingEmail"),
            "delegates_list" => Ok(settings.delegates.list("delegates", "delegateEmail")),
            "delegates_get" => settings.delegates.get(params, "delegateEmail"),
            "delegates_create" => settings
                .delegates
                .create(params, "delegateEmail", "accepted"),
            "delegates_delete" => settings.delegates.delete(params, "delegateEmail"),
            _ => {
                if let Some(operation) = operation.strip_prefix("send_as_smime_info_") {
                    self.dispatch_smime(operation, params)
                } else if let Some(operation) = operation.strip_prefix("cse_") {
                    self.dispatch_client_side(operation, params)
                } else {
                    Err(Refusal::unimplemented(&format!("settings_{operation}")))
                }
            }
        }
    }
}

impl Settings {
    fn update_vacation(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let mut fresh = Map::new();
        let enabled = parameter::boolean(params, "enableAutoReply")?;
        fresh.insert("enableAutoReply".into(), enabled.into());
        for name in [
            "responseSubject",
            "responseBodyPlainText",
            "responseBodyHtml",
        ] {
            if let Some(text) = parameter::text(params, name) {
                fresh.insert(name.into(), text.into());
            }
        }
        for name in ["restrictToContacts", "restrictToDomain"] {
            if parameter::boolean(params, name)? {
                fresh.insert(name.into(), true.into());
            }
        }
        let mut times = Vec::new();
        for name in ["startTime", "endTime"] {
            if let Some(text) = parameter::text(params, name) {
                let time: i64 = text.parse().map_err(|_| {
                    Refusal::bad_parameter(
                        name,
                        format!("Invalid value at 'vacation_settings.{name}' (TYPE_INT64)"),
                    )
                })?;
                times.push(time);
                fresh.insert(name.into(), time.to_string().into());
            }
        }
        if matches!(times.as_slice(), [start, end] if start >= end) {
            return Err(Refusal::invalid("startTime must precede endTime"));
        }
        if enabled && !fresh.keys().any(|name| name.starts_with("response")) {
            return Err(Refusal::invalid(
                "Either the response subject or the response body must be non-empty",
            ));
        }
        self.vacation = fresh;
        Ok(self.vacation.clone().into())
    }

    fn update_imap(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let size = parameter::unsigned(params, "maxFolderSize")?.unwrap_or(0);
        if ![0, 1000, 2000, 5000, 10000].contains(&size) {
            return Err(Refusal::invalid("Invalid maxFolderSize"));
        }
        self.imap = record(json!({
            "enabled": parameter::boolean(params, "enabled")?,
            "autoExpunge": parameter::boolean(params, "autoExpunge")?,
            "expungeBehavior": parameter::choice(
                params,
                "expungeBehavior",
                &["archive", "trash", "deleteForever"],
            )?
            .unwrap_or("archive"),
            "maxFolderSize": size,
        }));
        Ok(self.imap.clone().into())
    }

    fn update_pop(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let window = parameter::choice(
            params,
            "accessWindow",
            &["disabled", "fromNowOn", "allMail"],
        )?;
        self.pop = record(json!({
            "accessWindow": window.unwrap_or("disabled"),
            "disposition": disposition(params)?.unwrap_or("leaveInInbox"),
        }));
        Ok(self.pop.clone().into())
    }

    fn update_language(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let language = parameter::text(params, "displayLanguage").unwrap_or_default();
        let well_formed = !language.is_empty()
            && language.split('-').all(|piece| {
                (2..=8).contains(&piece.len())
                    && piece.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if !well_formed {
            return Err(Refusal::invalid("Invalid display language"));
        }
        self.language = record(json!({ "displayLanguage": language }));
        Ok(self.language.clone().into())
    }

    fn update_auto_forwarding(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let enabled = parameter::boolean(params, "enabled")?;
        let mut fresh = record(json!({ "enabled": enabled }));
        if let Some(address) = parameter::text(params, "emailAddress") {
            fresh.insert("emailAddress".into(), address.clone().into());
            if enabled && !self.forwarding.is_accepted(&address) {
                return Err(Refusal::precondition("Unverified forwarding address"));
            }
        } else if enabled {
            return Err(Refusal::invalid("Missing forwarding address"));
        }
        if let Some(disposition) = disposition(params)? {
            fresh.insert("disposition".into(), disposition.into());
        } else if enabled {
            return Err(Refusal::invalid("Missing disposition"));
        }
        self.auto_forwarding = fresh;
        Ok(self.auto_forwarding.clone().into())
    }
}

fn disposition(params: &Parameters) -> Result<Option<&'static str>, Refusal> {
    parameter::choice(
        params,
        "disposition",
        &["leaveInInbox", "archive", "trash", "markRead"],
    )
}

fn record(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(mailbox: &mut Mailbox, operation: &str, params: Value) -> Result<Value, Refusal> {
        mailbox.call(operation, &record(params))
    }

    #[test]
    fn records_are_replaced_and_read_back() {
        let mut mailbox = Mailbox::new("user@example.com");
        for (name, body) in [
            (
                "vacation",
                json!({"enableAutoReply": true, "responseSubject": "Away", "startTime": "1"}),
            ),
            (
                "imap",
                json!({"enabled": false, "autoExpunge": false, "expungeBehavior": "trash", "maxFolderSize": 1000}),
            ),
            (
                "pop",
                json!({"accessWindow": "allMail", "disposition": "archive"}),
            ),
            ("language", json!({"displayLanguage": "fr-CA"})),
            ("auto_forwarding", json!({"enabled": false})),
        ] {
            let updated = call(
                &mut mailbox,
                &format!("settings_update_{name}"),
                body.clone(),
            );
            assert_eq!(updated, Ok(body.clone()), "{name}");
            let read = call(&mut mailbox, &format!("settings_get_{name}"), json!({}));
            assert_eq!(read, Ok(body), "{name}");
        }
    }

    #[test]
    fn senseless_values_are_refused() {
        let mut mailbox = Mailbox::new("user@example.com");
        for (name, body) in [
            ("vacation", json!({"enableAutoReply": true})),
            ("vacation", json!({"startTime": "9", "endTime": "3"})),
            ("vacation", json!({"startTime": "soon"})),
            ("imap", json!({"maxFolderSize": 7})),
            ("pop", json!({"accessWindow": "always"})),
            ("language", json!({"displayLanguage": "!"})),
            (
                "auto_forwarding",
                json!({"enabled": true, "emailAddress": "x@example.org", "disposition": "trash"}),
            ),
        ] {
            let refused = call(&mut mailbox, &format!("settings_update_{name}"), body);
            assert_eq!(refused.map_err(|refusal| refusal.code), Err(400), "{name}");
        }
    }

    #[test]
    fn forwarding_needs_an_address_of_ones_own_domain() {
        let mut mailbox = Mailbox::new("user@example.com");
        for (address, status) in [
            ("archive@example.com", "accepted"),
            ("archive@example.org", "pending"),
        ] {
            let made = call(
                &mut mailbox,
                "settings_forwarding_addresses_create",
                json!({ "forwardingEmail": address }),
            );
            assert_eq!(
                made,
                Ok(json!({"forwardingEmail": address, "verificationStatus": status}))
            );
            let enabled = call(
                &mut mailbox,
                "settings_update_auto_forwarding",
                json!({"enabled": true, "emailAddress": address, "disposition": "archive"}),
            );
            assert_eq!(enabled.is_ok(), status == "accepted");
        }
    }

    #[test]
    fn what_the_account_lacks_is_forbidden() {
        let mut mailbox = Mailbox::new("user@example.com");
        for operation in [
            "settings_send_as_smime_info_list",
            "settings_cse_keypairs_obliterate",
        ] {
            let refused = call(&mut mailbox, operation, json!({}));
            assert_eq!(refused.map_err(|refusal| refusal.code), Err(403));
        }
        let unknown = call(&mut mailbox, "settings_get_everything", json!({}));
        assert_eq!(unknown.map_err(|refusal| refusal.code), Err(501));
    }
}
