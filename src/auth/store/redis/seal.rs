//! Encryption of stored tokens with ChaCha20-Poly1305 (RFC 8439), with keys from HKDF-SHA256 (RFC 5869).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::auth::Secret;
use crate::error::Error;

/// Separates our keys from those that others may derive from the same secret.
const SALT: &[u8] = b"airbyte-agent-gmail token store 1";

const LENGTH: usize = 32;

/// The key that names and encrypts the entries of a store.
pub(super) struct StoreKey(Prk);

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        LENGTH
    }
}

impl StoreKey {
    /// A key of 32 bytes, in standard or URL-safe base64.
    pub(super) fn given(text: &Secret) -> Result<Self, Error> {
        let standard = text.expose().replace('-', "+").replace('_', "/");
        let key = STANDARD_NO_PAD
            .decode(standard.trim_end_matches('='))
            .map(Zeroizing::new);
        match key {
            Ok(key) if key.len() == LENGTH => Ok(Self::of(&key)),
            _ => Err(Error::configuration(
                "the store key is not 32 bytes in base64; make one with `openssl rand -base64 32`, and give it to every host",
            )),
        }
    }

    /// The key derived from a secret.
    pub(super) fn derived(secret: &Secret) -> Self {
        Self::of(secret.expose().as_bytes())
    }

    fn of(secret: &[u8]) -> Self {
        Self(Salt::new(HKDF_SHA256, SALT).extract(secret))
    }

    /// The name of an entry, which reveals its owner only to those with the key.
    pub(super) fn name(&self, parts: &[&str]) -> Result<String, Error> {
        // Each part follows its length, so no two lists give the same input.
        let lengths: Vec<[u8; 8]> = parts
            .iter()
            .map(|part| (part.len() as u64).to_be_bytes())
            .collect();
        let mut info: Vec<&[u8]> = vec![b"name"];
        for (length, part) in lengths.iter().zip(parts) {
            info.extend([length.as_slice(), part.as_bytes()]);
        }
        Ok(URL_SAFE_NO_PAD.encode(self.expand(&info)?))
    }

    /// Encrypts a text, bound to the name of its entry.
    pub(super) fn seal(&self, name: &str, mut text: Vec<u8>) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| broken())?;
        let aad = Aad::from(name.as_bytes());
        self.cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text)
            .map_err(|_| broken())?;
        Ok([nonce.as_slice(), &text].concat())
    }

    /// Decrypts a text; `None` if it belongs to another name or key.
    pub(super) fn open(&self, name: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = Zeroizing::new(text.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let cipher = self.cipher().ok()?;
        let length = cipher
            .open_in_place(nonce, Aad::from(name.as_bytes()), &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text)
    }

    fn cipher(&self) -> Result<LessSafeKey, Error> {
        let key = self.expand(&[b"seal"])?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).map_err(|_| broken())?;
        Ok(LessSafeKey::new(key))
    }

    fn expand(&self, info: &[&[u8]]) -> Result<Zeroizing<[u8; LENGTH]>, Error> {
        let mut key = Zeroizing::new([0; LENGTH]);
        let expanded = self.0.expand(info, Length).map_err(|_| broken())?;
        expanded.fill(key.as_mut_slice()).map_err(|_| broken())?;
        Ok(key)
    }
}

/// The error of steps that fail only without random numbers.
fn broken() -> Error {
    Error::configuration(
        "tokens can't be encrypted: the operating system gives no random numbers; check /dev/urandom",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str) -> StoreKey {
        StoreKey::derived(&Secret::from(secret))
    }

    #[test]
    fn only_the_same_key_and_name_open_what_was_sealed() {
        let sealed = key("a").seal("name", b"token".to_vec()).unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"token"));
        assert_eq!(key("a").open("name", &sealed).unwrap().as_slice(), b"token");
        assert!(key("b").open("name", &sealed).is_none());
        assert!(key("a").open("other", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key("a").open("name", &changed).is_none(), "{at}");
        }
        assert!(key("a").open("name", b"short").is_none());
        // The same text never encrypts to the same bytes.
        assert_ne!(sealed, key("a").seal("name", b"token".to_vec()).unwrap());
    }

    #[test]
    fn names_differ_with_their_parts_and_the_key() {
        let name = |secret: &str, parts: &[&str]| key(secret).name(parts).unwrap();
        assert_eq!(name("a", &["x", "y"]), name("a", &["x", "y"]));
        for other in [
            name("b", &["x", "y"]),
            name("a", &["xy"]),
            name("a", &["xy", ""]),
            name("a", &["x", "z"]),
        ] {
            assert_ne!(name("a", &["x", "y"]), other);
        }
    }

    #[test]
    fn a_given_key_is_32_bytes_in_either_alphabet() {
        let given = |text: &str| StoreKey::given(&Secret::from(text));
        for text in [
            "+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=",
            "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8",
        ] {
            assert!(given(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "c2hvcnQ=",
            "not base64 at all, and long enough for it!!!",
        ] {
            assert!(given(text).is_err(), "{text}");
        }
    }
}
