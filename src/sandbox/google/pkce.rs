//! Proof Key for Code Exchange, RFC 7636.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::account::Challenge;

impl Challenge {
    /// Whether a verifier matches the challenge.
    pub(super) fn is_met_by(&self, verifier: &str) -> bool {
        if !is_verifier(verifier) {
            return false;
        }
        match self.method.as_str() {
            "S256" => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == self.value,
            _ => self.value == verifier,
        }
    }
}

/// Whether a text has the form of a verifier; challenges have the same form.
pub(super) fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    // From RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_verifier_meets_its_challenge_alone() {
        let challenge = |method: &str, value: &str| Challenge {
            method: method.to_owned(),
            value: value.to_owned(),
        };
        assert!(challenge("S256", CHALLENGE).is_met_by(VERIFIER));
        assert!(challenge("plain", VERIFIER).is_met_by(VERIFIER));
        assert!(!challenge("S256", CHALLENGE).is_met_by(CHALLENGE));
        assert!(!challenge("S256", VERIFIER).is_met_by(VERIFIER));
        assert!(!challenge("plain", "short").is_met_by("short"));
    }
}
