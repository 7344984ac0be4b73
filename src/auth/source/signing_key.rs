//! A service account's private key, and JSON Web Tokens signed with RS256 (RFC 7515, RFC 7518 section 3.3).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};

use crate::auth::Secret;
use crate::error::Error;

/// An RSA key, with Google's id for its public half.
pub(super) struct SigningKey {
    pair: KeyPair,
    id: Option<String>,
}

impl SigningKey {
    /// Parses a PEM key: PKCS#8 as Google issues it, or PKCS#1.
    pub(super) fn from_pem(pem: &Secret, id: Option<String>) -> Result<Self, Error> {
        let refused = |why: &str| {
            Error::configuration(format!(
                "the service account's private key {why}; download a new key of it as json"
            ))
        };
        let der = PrivateKeyDer::from_pem_slice(pem.expose().as_bytes())
            .map_err(|_| refused("is not a pem text"))?;
        let pair = match &der {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(refused("is not an rsa key")),
        };
        // The details would only help somebody who made the key.
        let pair =
            pair.map_err(|_| refused("is damaged, or not an rsa key of 2048 to 4096 bits"))?;
        Ok(Self { pair, id })
    }

    /// A signed token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> Result<Secret, Error> {
        let mut header = json!({"alg": "RS256", "typ": "JWT"});
        if let Some(id) = &self.id {
            header["kid"] = id.as_str().into();
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                text.as_bytes(),
                &mut signature,
            )
            .map_err(|_| {
                Error::configuration(
                    "the service account's key can't sign; download a new key of it as json",
                )
            })?;
        Ok(Secret::from(format!(
            "{text}.{}",
            URL_SAFE_NO_PAD.encode(signature)
        )))
    }
}

debug!(SigningKey, self => id: self.id);
