//! Parts that wrap others in their own formats: opaque S/MIME, Outlook's format, and uuencoded files.

use super::{
    part::{Budget, Content, MAXIMUM_DEPTH, Part},
    protection::is_smime,
    smime::{self, Holding},
    tnef,
    uuencode::{self, Uuencoded},
};
use crate::mail::{compose::enclosure::guess_mime_type, header::parse_text};

/// The wrapping found around a part's content.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// Nothing.
    #[default]
    None,
    /// A signature, which is not checked; the content is the only subpart.
    Signed,
    /// Compression; the content is the only subpart.
    Compressed,
    /// Encryption, which stays.
    Encrypted,
    /// Outlook's format; its text counts if the message has no other before it.
    Outlook,
}

impl Part {
    /// Unwraps the part, if its bytes are here.
    pub(crate) fn open(&mut self, depth: usize, budget: &mut Budget) {
        if depth >= MAXIMUM_DEPTH || !self.parts.is_empty() {
            return;
        }
        self.decode_uuencode();
        if self.is_smime_file() {
            self.open_smime(depth, budget);
        } else if self.is_tnef() {
            self.open_tnef(budget);
        } else if self.mime_type == "text/plain"
            && self.file_name.is_none()
            && self.disposition.value != "attachment"
        {
            self.take_uuencoded_files(budget);
        }
    }

    /// Fills in the bytes of an attachment id.
    pub(crate) fn fill(&mut self, attachment_id: &str, bytes: &[u8]) -> bool {
        if self.attachment_id() == Some(attachment_id) {
            self.size = bytes.len() as u64;
            self.content = Content::Bytes(bytes.to_vec());
            self.open(0, &mut Budget::default());
            return true;
        }
        let mut parts = self.parts.iter_mut();
        parts.any(|part| part.fill(attachment_id, bytes))
    }

    /// Whether the part is S/MIME in one piece, whose type only the bytes reveal.
    pub(crate) fn is_smime_message(&self) -> bool {
        let name = self.file_name.as_deref().unwrap_or("smime.p7m");
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        // A name such as `invoice.xml.p7m` is a signed file.
        self.is_smime_file() && !stem.contains('.')
    }

    /// Whether the part is S/MIME or Outlook's format, and its bytes must be fetched to show its content.
    pub(crate) fn is_closed(&self) -> bool {
        let is_smime = self.is_smime_message() && !self.is_named_encrypted();
        self.attachment_id().is_some() && (is_smime || self.is_tnef())
    }

    fn is_tnef(&self) -> bool {
        let is_named = || {
            let name = self.file_name.as_deref().unwrap_or_default();
            name.eq_ignore_ascii_case("winmail.dat")
        };
        match self.mime_type.as_str() {
            "application/ms-tnef" | "application/vnd.ms-tnef" => true,
            "application/octet-stream" => is_named(),
            _ => false,
        }
    }

    fn is_smime_file(&self) -> bool {
        let has_ending = || {
            let name = self.file_name.as_deref().unwrap_or_default();
            let (_, ending) = name.rsplit_once('.').unwrap_or_default();
            ending.eq_ignore_ascii_case("p7m") || ending.eq_ignore_ascii_case("p7z")
        };
        is_smime(&self.mime_type) || (self.mime_type == "application/octet-stream" && has_ending())
    }

    fn is_named_encrypted(&self) -> bool {
        let kind = self.content_type.parameter("smime-type");
        kind.is_some_and(|kind| {
            let kind = kind.to_ascii_lowercase();
            kind == "enveloped-data" || kind == "authenveloped-data"
        })
    }

    fn open_smime(&mut self, depth: usize, budget: &mut Budget) {
        let holding = self
            .bytes()
            .and_then(|bytes| smime::open(bytes, &mut budget.inflated));
        let (envelope, content) = match holding {
            Some(Holding::Signed(content)) => (Envelope::Signed, content),
            Some(Holding::Compressed(content)) => (Envelope::Compressed, content),
            Some(Holding::Encrypted) => {
                if self.is_smime_message() {
                    self.envelope = Envelope::Encrypted;
                }
                return;
            }
            None => {
                if self.is_smime_message() && self.is_named_encrypted() {
                    self.envelope = Envelope::Encrypted;
                }
                return;
            }
        };
        let content =
            Self::from_raw_at(&content, self.child_id(0), "text/plain", depth + 1, budget);
        // Any file can be signed, and some programs sign a text without MIME headers.
        let is_entity = content.header("Content-Type").is_some()
            || content.header("Content-Transfer-Encoding").is_some();
        let is_text = || content.bytes().is_some_and(|bytes| !bytes.contains(&0));
        if is_entity || (self.is_smime_message() && is_text()) {
            self.envelope = envelope;
            self.content = Content::Bytes(Vec::new());
            self.parts = vec![content];
        }
    }

    /// Decodes uuencode, the predecessor of MIME's transfer encodings.
    fn decode_uuencode(&mut self) {
        let encoding = self.header("Content-Transfer-Encoding").map(parse_text);
        let encoding = encoding.unwrap_or_default().to_ascii_lowercase();
        let mut words =
            encoding.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
        let is_uuencode =
            words.any(|word| matches!(word, "x-uuencode" | "uuencode" | "x-uue" | "uue" | "x-uu"));
        if is_uuencode && let Some(file) = self.bytes().and_then(uuencode::decode) {
            self.size = file.bytes.len() as u64;
            self.content = Content::Bytes(file.bytes);
            self.file_name.get_or_insert(file.name);
        }
    }

    /// Extracts the uuencoded files within a text.
    fn take_uuencoded_files(&mut self, budget: &mut Budget) {
        let taken = self
            .bytes()
            .and_then(|bytes| uuencode::take_files(bytes, budget.parts));
        let Some((text, files)) = taken else {
            return;
        };
        budget.parts -= files.len().min(budget.parts);
        self.content = Content::Bytes(text);
        let mut body = self.clone();
        body.size = body.bytes().map_or(0, <[u8]>::len) as u64;
        self.content = Content::Bytes(Vec::new());
        self.mime_type = "multipart/mixed".to_owned();
        let files = files.into_iter().enumerate();
        let files = files.map(|(position, file)| self.file_within(position, file));
        self.parts = std::iter::once(body).chain(files).collect();
    }

    /// Adds the text and files in Outlook's format as subparts.
    fn open_tnef(&mut self, budget: &mut Budget) {
        let opened = self
            .bytes()
            .and_then(|bytes| tnef::open(bytes, budget.parts, &mut budget.inflated));
        let Some(opened) = opened else {
            return;
        };
        if opened.body.is_none() && opened.files.is_empty() {
            return;
        }
        budget.parts -= opened.files.len().min(budget.parts);
        let mut itself = self.clone();
        itself.disposition.value = "attachment".to_owned();
        self.parts = vec![itself];
        if let Some(body) = opened.body {
            let header = ("Content-Type".to_owned(), body.content_type.into_bytes());
            let content = Content::Bytes(body.bytes);
            let mut part = Self::assemble(vec![header], "text/plain", content, body.origin);
            part.id = self.child_id(1);
            part.envelope = Envelope::Outlook;
            part.text_loss = body.loss;
            self.parts.push(part);
        }
        for file in opened.files {
            let content_id = file.content_id;
            let file = Uuencoded {
                name: file.name,
                bytes: file.bytes,
            };
            let mut part = self.file_within(self.parts.len(), file);
            if let Some(id) = content_id {
                let header = ("Content-ID".to_owned(), id.into_bytes());
                part.headers.push(header);
            }
            self.parts.push(part);
        }
        self.content = Content::Bytes(Vec::new());
        self.mime_type = "multipart/mixed".to_owned();
    }

    fn file_within(&self, position: usize, file: Uuencoded) -> Self {
        let content = Content::Bytes(file.bytes);
        let mime_type = guess_mime_type(&file.name);
        let mut part = Self::assemble(Vec::new(), mime_type, content, self.origin);
        part.id = self.child_id(position);
        part.disposition.value = "attachment".to_owned();
        part.file_name = Some(file.name).filter(|name| !name.is_empty());
        part
    }

    pub(crate) fn child_id(&self, position: usize) -> String {
        if self.id.is_empty() {
            position.to_string()
        } else {
            format!("{}.{position}", self.id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::smime::tests::{Lengths, compressed, signed};
    use super::*;
    use crate::mail::Reading;

    fn entity(object: &[u8]) -> Vec<u8> {
        [&b"Content-Type: application/pkcs7-mime\r\n\r\n"[..], object].concat()
    }

    #[test]
    fn envelopes_within_envelopes_are_opened() {
        for lengths in [Lengths::Definite, Lengths::Indefinite] {
            let text = b"Content-Type: text/html\r\n\r\n<p>Hello</p>";
            let inner = entity(&compressed(text, lengths));
            let reading = Reading::from_raw(&entity(&signed(&inner, lengths)));
            assert_eq!(reading.text.trim(), "Hello");
            assert!(reading.signature.is_some() && reading.attachments.is_empty());
            let only = Reading::from_raw(&inner);
            assert!(only.signature.is_none() && only.text.contains("Hello"));
        }
    }

    #[test]
    fn envelopes_without_end_have_one() {
        let mut raw = b"Content-Type: text/plain\r\n\r\nHello".to_vec();
        for _ in 0..100 {
            raw = entity(&signed(&raw, Lengths::Definite));
        }
        let reading = Reading::from_raw(&raw);
        assert_eq!((reading.text.as_str(), reading.attachments.len()), ("", 1));
        assert_eq!(reading.attachments[0].name, "smime.p7m");
    }

    #[test]
    fn files_in_winmail_dat_stand_beside_it() {
        let files: [(&str, &[u8]); 2] = [("Größe.txt", b"one"), ("two.pdf", b"%PDF-")];
        let winmail = super::super::tnef::tests::write("Hello", &files);
        let names = |reading: &Reading| -> Vec<String> {
            let files = reading.attachments.iter();
            files
                .map(|file| format!("{} {}", file.name, file.size))
                .collect()
        };
        let expected = [
            format!("winmail.dat {}", winmail.len()),
            "Größe.txt 3".to_owned(),
            "two.pdf 5".to_owned(),
        ];
        let part = [
            &b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n"[..],
            &winmail,
        ]
        .concat();
        let alone = Reading::from_raw(&part);
        assert_eq!(
            (names(&alone), alone.text.as_str()),
            (expected.to_vec(), "Hello")
        );
        let without_text = super::super::tnef::tests::write("", &[]);
        let html = [
            &b"Content-Type: application/ms-tnef\r\n\r\n"[..],
            &without_text,
        ]
        .concat();
        assert_eq!(Reading::from_raw(&html).text, "Hello");
        let mixed = [
            &b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\r\n--b\r\n"[..],
            &part,
            b"\r\n--b--\r\n",
        ]
        .concat();
        let mixed = Reading::from_raw(&mixed);
        assert_eq!(
            (names(&mixed), mixed.text.as_str()),
            (expected.to_vec(), "Hi")
        );
        assert_eq!(mixed.attachments[1].data(), Some(&b"one"[..]));
        // Gmail keeps it behind an attachment id.
        let message = serde_json::json!({"id": "1", "payload": {
            "partId": "", "mimeType": "application/ms-tnef", "filename": "winmail.dat", "headers": [],
            "body": {"size": winmail.len(), "attachmentId": "a"},
        }});
        let reading = Reading::from_payload(&serde_json::from_value(message).unwrap());
        assert_eq!(reading.bodies_to_fetch(), ["a"]);
        assert_eq!(names(&reading.with_body("a", &winmail)), expected);
    }

    #[test]
    fn many_bombs_take_no_more_room_than_one() {
        let bomb = entity(&compressed(&[b'x'; 100_000], Lengths::Definite));
        let part = [b"--b\r\n", bomb.as_slice(), b"\r\n"].concat();
        let raw = [
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n",
            part.repeat(5).as_slice(),
        ]
        .concat();
        let mut budget = Budget {
            parts: 100,
            inflated: 150_000,
            charset: None,
        };
        let part = Part::from_raw_at(&raw, String::new(), "text/plain", 0, &mut budget);
        let opened = part.parts.iter().filter(|part| !part.parts.is_empty());
        assert_eq!((opened.count(), budget.inflated), (1, 0));
    }
}
