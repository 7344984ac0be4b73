//! Signatures and encryption: S/MIME (RFC 8551) and OpenPGP (RFC 3156, RFC 9580).

use serde::Serialize;

use super::{Reading, part::Part};

/// The standard of a signature or of encryption.
///
/// ```
/// use airbyte_agent_gmail::mail::{ProtectionStandard, Reading};
///
/// let raw = b"Subject: x\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nwcBM\r\n-----END PGP MESSAGE-----\r\n";
/// let encryption = Reading::from_raw(raw).encryption.ok_or("encrypted")?;
/// assert_eq!(encryption.standard, ProtectionStandard::OpenPgp);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum ProtectionStandard {
    /// S/MIME (RFC 8551).
    #[serde(rename = "smime")]
    Smime,
    /// OpenPGP, as PGP/MIME (RFC 3156) or within the text.
    #[serde(rename = "openpgp")]
    OpenPgp,
}

/// A signature, which is not checked: anybody could have written it. See [`Reading::signature`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Signature {
    /// Its standard.
    pub standard: ProtectionStandard,
    /// Whether the signature was checked and is valid; always `false` today.
    pub is_verified: bool,
    /// The signed part; empty if it is the whole message.
    pub part_id: String,
}

/// Encryption, which is not decrypted; see [`Reading::encryption`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Encryption {
    /// Its standard.
    pub standard: ProtectionStandard,
    /// The encrypted part; empty if it is the whole message.
    pub part_id: String,
}

impl Reading {
    /// Records a signature; the outermost counts.
    pub(crate) fn note_signature(&mut self, standard: ProtectionStandard, part: &Part) {
        self.signature.get_or_insert_with(|| Signature {
            standard,
            is_verified: false,
            part_id: part.id.clone(),
        });
    }

    /// Records encryption; the outermost counts.
    pub(crate) fn note_encryption(&mut self, standard: ProtectionStandard, part: &Part) {
        self.encryption.get_or_insert_with(|| Encryption {
            standard,
            part_id: part.id.clone(),
        });
    }

    /// Records a `multipart/signed` or `multipart/encrypted` (RFC 1847).
    pub(crate) fn note_security_multipart(&mut self, part: &Part) {
        let protocol = part.content_type.parameter("protocol").unwrap_or_default();
        let types = part.parts.iter().map(|child| child.mime_type.as_str());
        let standard = std::iter::once(protocol.to_ascii_lowercase().as_str())
            .chain(types)
            .find_map(standard_of);
        match (part.mime_type.as_str(), standard) {
            ("multipart/signed", Some(standard)) => self.note_signature(standard, part),
            ("multipart/encrypted", standard) => {
                self.note_encryption(standard.unwrap_or(ProtectionStandard::OpenPgp), part);
            }
            // Exchange turns a multipart/encrypted into this, and leaves its parts as they are.
            ("multipart/mixed", Some(standard)) if is_pgp_mime(part) => {
                self.note_encryption(standard, part);
            }
            _ => {}
        }
    }

    /// Records an OpenPGP message within the text (RFC 9580, section 6.2).
    pub(crate) fn note_armor(&mut self, text: &str, part: &Part) {
        let has = |first: &str, last: &str| {
            let mut lines = text.lines().map(str::trim_end);
            lines.any(|line| line == first) && lines.any(|line| line == last)
        };
        if has("-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----") {
            self.note_encryption(ProtectionStandard::OpenPgp, part);
        } else if has(
            "-----BEGIN PGP SIGNED MESSAGE-----",
            "-----END PGP SIGNATURE-----",
        ) {
            self.note_signature(ProtectionStandard::OpenPgp, part);
        }
    }
}

/// Whether the parts are those of PGP/MIME (RFC 3156, section 4): a version number, and encrypted data.
pub(crate) fn is_pgp_mime(part: &Part) -> bool {
    let types: Vec<&str> = part
        .parts
        .iter()
        .map(|child| child.mime_type.as_str())
        .collect();
    types
        .windows(2)
        .any(|pair| pair == ["application/pgp-encrypted", "application/octet-stream"])
}

/// Whether a type is S/MIME in one piece.
pub(crate) fn is_smime(mime_type: &str) -> bool {
    ["application/pkcs7-mime", "application/x-pkcs7-mime"].contains(&mime_type)
}

fn standard_of(mime_type: &str) -> Option<ProtectionStandard> {
    match mime_type {
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => {
            Some(ProtectionStandard::Smime)
        }
        mime_type if is_smime(mime_type) => Some(ProtectionStandard::Smime),
        "application/pgp-signature" | "application/pgp-encrypted" => {
            Some(ProtectionStandard::OpenPgp)
        }
        _ => None,
    }
}
