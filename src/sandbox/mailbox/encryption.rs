//! Features that only some Workspace editions have: S/MIME certificates and client-side encryption.
//!
//! Certificates are stored without being parsed: any base64 will do.

use base64::{Engine, engine::general_purpose};
use serde_json::{Map, Value, json};

use super::{
    Mailbox,
    delegation::email_address,
    parameter::{self, Parameters},
    refusal::Refusal,
};

/// When the sandbox's certificates expire: 2100-01-01, in milliseconds since 1970.
const EXPIRATION: &str = "4102444800000";

/// A placeholder for a public certificate.
const PEM: &str = "-----BEGIN CERTIFICATE-----\nc2FuZGJveA==\n-----END CERTIFICATE-----\n";

/// The account's enabled features and their data.
#[derive(Default)]
pub(super) struct Encryption {
    has_smime: bool,
    has_client_side: bool,
    /// The certificates with their addresses.
    certificates: Vec<(String, Map<String, Value>)>,
    identities: Vec<Map<String, Value>>,
    key_pairs: Vec<Map<String, Value>>,
    /// How many ids have been given out.
    made: u64,
}

impl Mailbox {
    /// Enables or disables the features of an edition.
    pub(crate) fn set_edition(&mut self, has_smime: bool, has_client_side: bool) {
        self.settings.encryption.has_smime = has_smime;
        self.settings.encryption.has_client_side = has_client_side;
    }

    /// Runs an operation on S/MIME certificates, named without `settings_send_as_smime_info_`.
    pub(super) fn dispatch_smime(
        &mut self,
        operation: &str,
        params: &Parameters,
    ) -> Result<Value, Refusal> {
        if !self.settings.encryption.has_smime {
            return Err(Refusal::forbidden(
                "failedPrecondition",
                "Precondition check failed: S/MIME is not enabled for this account.",
            ));
        }
        // Fails unless the address is a send-as address.
        self.settings.aliases.get(params)?;
        let address = parameter::required(params, "sendAsEmail")?.to_ascii_lowercase();
        let encryption = &mut self.settings.encryption;
        match operation {
            "list" => Ok(listed(
                "smimeInfo",
                encryption.certificates_of(&address).cloned().collect(),
            )),
            "get" => encryption
                .certificate(params, &address)
                .cloned()
                .map(Value::Object),
            "insert" => encryption.insert_certificate(params, &address),
            "delete" => {
                let id = encryption.certificate(params, &address)?["id"].clone();
                encryption
                    .certificates
                    .retain(|(_, certificate)| certificate["id"] != id);
                Ok(Value::Null)
            }
            "set_default" => {
                let id = encryption.certificate(params, &address)?["id"].clone();
                for (owner, certificate) in &mut encryption.certificates {
                    if *owner == address {
                        let is_default = certificate["id"] == id;
                        certificate.insert("isDefault".into(), is_default.into());
                    }
                }
                Ok(Value::Null)
            }
            _ => Err(Refusal::unimplemented(operation)),
        }
    }

    /// Runs an operation of client-side encryption, named without `settings_cse_`.
    pub(super) fn dispatch_client_side(
        &mut self,
        operation: &str,
        params: &Parameters,
    ) -> Result<Value, Refusal> {
        if !self.settings.encryption.has_client_side {
            return Err(Refusal::forbidden(
                "failedPrecondition",
                "Precondition check failed: client-side encryption is not enabled for this account.",
            ));
        }
        if operation == "identities_create" {
            let address = email_address(params, "emailAddress")?;
            if !self.is_own(&address) {
                return Err(Refusal::invalid("emailAddress is not the account's own"));
            }
        }
        let now = now_text();
        let encryption = &mut self.settings.encryption;
        match operation {
            "identities_list" => Ok(listed("cseIdentities", encryption.identities.clone())),
            "identities_get" => encryption.identity(params).cloned().map(Value::Object),
            "identities_create" => encryption.create_identity(params),
            "identities_patch" => {
                encryption.check_keys(params)?;
                let identity = encryption.identity_mut(params)?;
                take_keys(identity, params);
                Ok(identity.clone().into())
            }
            "identities_delete" => {
                let address = encryption.identity(params)?["emailAddress"].clone();
                encryption
                    .identities
                    .retain(|identity| identity["emailAddress"] != address);
                Ok(Value::Null)
            }
            "keypairs_list" => Ok(listed("cseKeyPairs", encryption.key_pairs.clone())),
            "keypairs_get" => encryption.key_pair(params).map(|pair| pair.clone().into()),
            "keypairs_create" => encryption.create_key_pair(params, &self.address),
            "keypairs_enable" => {
                let pair = encryption.key_pair(params)?;
                pair.insert("enablementState".into(), "enabled".into());
                pair.remove("disableTime");
                Ok(pair.clone().into())
            }
            "keypairs_disable" => {
                let pair = encryption.key_pair(params)?;
                pair.insert("enablementState".into(), "disabled".into());
                pair.insert("disableTime".into(), now.into());
                Ok(pair.clone().into())
            }
            "keypairs_obliterate" => {
                let pair = encryption.key_pair(params)?;
                // Google's rule, to protect mail from a slip. Google also requires 30 days, which the sandbox does not.
                if pair["enablementState"] != "disabled" {
                    return Err(Refusal::precondition("The key pair is not disabled"));
                }
                let id = pair["keyPairId"].clone();
                encryption.key_pairs.retain(|pair| pair["keyPairId"] != id);
                Ok(Value::Null)
            }
            _ => Err(Refusal::unimplemented(operation)),
        }
    }
}

impl Encryption {
    fn certificates_of(&self, address: &str) -> impl Iterator<Item = &Map<String, Value>> {
        self.certificates
            .iter()
            .filter(move |(owner, _)| owner == address)
            .map(|(_, certificate)| certificate)
    }

    fn certificate(
        &self,
        params: &Parameters,
        address: &str,
    ) -> Result<&Map<String, Value>, Refusal> {
        let id = parameter::required(params, "id")?;
        self.certificates_of(address)
            .find(|certificate| certificate["id"] == *id)
            .ok_or_else(Refusal::not_found)
    }

    fn insert_certificate(&mut self, params: &Parameters, address: &str) -> Result<Value, Refusal> {
        let pkcs12 = parameter::required(params, "pkcs12")?;
        if !is_base64(&pkcs12) {
            return Err(Refusal::invalid("Invalid pkcs12"));
        }
        let is_first = self.certificates_of(address).next().is_none();
        let certificate = record(json!({
            "id": self.next_id(),
            "issuerCn": "Sandbox",
            "isDefault": is_first,
            "expiration": EXPIRATION,
            "pem": PEM,
        }));
        self.certificates
            .push((address.to_owned(), certificate.clone()));
        Ok(certificate.into())
    }

    fn identity(&self, params: &Parameters) -> Result<&Map<String, Value>, Refusal> {
        let address = parameter::required(params, "cseEmailAddress")?;
        self.identities
            .iter()
            .find(|identity| is_address(&identity["emailAddress"], &address))
            .ok_or_else(Refusal::not_found)
    }

    fn identity_mut(&mut self, params: &Parameters) -> Result<&mut Map<String, Value>, Refusal> {
        let address = parameter::required(params, "cseEmailAddress")?;
        self.identities
            .iter_mut()
            .find(|identity| is_address(&identity["emailAddress"], &address))
            .ok_or_else(Refusal::not_found)
    }

    fn create_identity(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let address = parameter::required(params, "emailAddress")?;
        if self
            .identities
            .iter()
            .any(|identity| is_address(&identity["emailAddress"], &address))
        {
            return Err(Refusal::conflict("The identity already exists"));
        }
        self.check_keys(params)?;
        let mut identity = record(json!({ "emailAddress": address }));
        take_keys(&mut identity, params);
        self.identities.push(identity.clone());
        Ok(identity.into())
    }

    /// Checks that the key pairs that an identity names exist.
    fn check_keys(&self, params: &Parameters) -> Result<(), Refusal> {
        let both = &params
            .get("signAndEncryptKeyPairs")
            .cloned()
            .unwrap_or_default();
        let named: Vec<&Value> = [
            params.get("primaryKeyPairId"),
            both.get("signingKeyPairId"),
            both.get("encryptionKeyPairId"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if named.is_empty() {
            return Err(Refusal::invalid("No key pair is named"));
        }
        let is_known = |id: &&Value| self.key_pairs.iter().any(|pair| pair["keyPairId"] == **id);
        if named.iter().all(is_known) {
            Ok(())
        } else {
            Err(Refusal::invalid("The key pair is not known"))
        }
    }

    fn key_pair(&mut self, params: &Parameters) -> Result<&mut Map<String, Value>, Refusal> {
        let id = parameter::required(params, "keyPairId")?;
        self.key_pairs
            .iter_mut()
            .find(|pair| pair["keyPairId"] == *id)
            .ok_or_else(Refusal::not_found)
    }

    fn create_key_pair(&mut self, params: &Parameters, address: &str) -> Result<Value, Refusal> {
        parameter::required(params, "pkcs7")?;
        let id = self.next_id();
        let metadata: Vec<Value> = params
            .get("privateKeyMetadata")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(index, metadata)| {
                let mut metadata = metadata.clone();
                metadata["privateKeyMetadataId"] = format!("{id}-{index}").into();
                metadata
            })
            .collect();
        let pair = record(json!({
            "keyPairId": id,
            "enablementState": "enabled",
            "pem": PEM,
            "subjectEmailAddresses": [address],
            "privateKeyMetadata": metadata,
        }));
        self.key_pairs.push(pair.clone());
        Ok(pair.into())
    }

    fn next_id(&mut self) -> String {
        self.made += 1;
        format!("{:016x}", self.made)
    }
}

fn take_keys(identity: &mut Map<String, Value>, params: &Parameters) {
    // One key pair for both purposes, or one for each.
    for name in ["primaryKeyPairId", "signAndEncryptKeyPairs"] {
        identity.remove(name);
        if let Some(value) = params.get(name) {
            identity.insert(name.to_owned(), value.clone());
        }
    }
}

fn listed(key: &str, entries: Vec<Map<String, Value>>) -> Value {
    let mut answer = Map::new();
    if !entries.is_empty() {
        answer.insert(
            key.to_owned(),
            entries.into_iter().map(Value::Object).collect(),
        );
    }
    answer.into()
}

fn is_address(value: &Value, address: &str) -> bool {
    value
        .as_str()
        .is_some_and(|known| known.eq_ignore_ascii_case(address))
}

fn is_base64(text: &str) -> bool {
    general_purpose::STANDARD.decode(text).is_ok()
        || general_purpose::URL_SAFE.decode(text).is_ok()
        || general_purpose::URL_SAFE_NO_PAD.decode(text).is_ok()
}

fn record(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// The current time, in Google's format.
fn now_text() -> String {
    crate::sandbox::random::now()
}
