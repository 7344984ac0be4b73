//! Random values, and Proof Key for Code Exchange (RFC 7636).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::auth::Secret;
use crate::error::Error;
use crate::random::bytes;

/// 256 random bits as URL-safe text: for a `state`, a correlation value or a code verifier.
pub(crate) fn random() -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// The S256 code challenge for a verifier.
pub(crate) fn challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = Secret::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(
            challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn random_values_differ_and_have_the_length_of_a_verifier() {
        let values: std::collections::HashSet<String> =
            (0..64).map(|_| random().expect("random")).collect();
        assert_eq!(values.len(), 64);
        assert!(values.iter().all(|value| value.len() == 43));
    }
}
