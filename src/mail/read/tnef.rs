//! The content of `winmail.dat`, which Outlook and Exchange send in place of MIME.
//!
//! <https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxtnef>, with the properties of MS-OXPROPS.

use super::rtf::{self, RichText, compression::decompress};
use crate::mail::{
    encoding::charset::{Text, TextOrigin, UndecodedReason, decoder::Decoder},
    html::declared_charset,
};

const SIGNATURE: &[u8] = &[0x78, 0x9f, 0x3e, 0x22];

/// The names of the format's attributes in its specification.
const ATT_OEM_CODEPAGE: u32 = 0x0006_9007;
const ATT_BODY: u32 = 0x0002_800c;
const ATT_MAPI_PROPS: u32 = 0x0006_9003;
const ATT_ATTACH_REND_DATA: u32 = 0x0006_9002;
const ATT_ATTACH_TITLE: u32 = 0x0001_8010;
const ATT_ATTACH_DATA: u32 = 0x0006_800f;
const ATT_ATTACHMENT: u32 = 0x0006_9005;

const PR_BODY: u16 = 0x1000;
const PR_RTF_COMPRESSED: u16 = 0x1009;
const PR_BODY_HTML: u16 = 0x1013;
const PR_ATTACH_DATA: u16 = 0x3701;
const PR_ATTACH_FILENAME: u16 = 0x3704;
const PR_ATTACH_LONG_FILENAME: u16 = 0x3707;
const PR_ATTACH_CONTENT_ID: u16 = 0x3712;
const PR_DISPLAY_NAME: u16 = 0x3001;
const PR_INTERNET_CPID: u16 = 0x3fde;

/// The content of a `winmail.dat`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) body: Option<Body>,
    pub(crate) files: Vec<File>,
}

/// The text of the message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// With the charset, if known.
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether the bytes have been converted to UTF-8.
    pub(crate) origin: TextOrigin,
    /// The loss in that conversion.
    pub(crate) loss: Option<UndecodedReason>,
}

/// A file, with the sender's name for it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// The id by which the HTML shows it.
    pub(crate) content_id: Option<String>,
}

/// The forms of the text.
#[derive(Default)]
struct Bodies<'a> {
    plain: Option<Body>,
    html: Option<Body>,
    rich: Option<&'a [u8]>,
    /// The code page of the HTML.
    code_page: Option<u32>,
}

/// The names of the file being read, the best last.
#[derive(Default)]
struct Names {
    title: Option<String>,
    display: Option<String>,
    short: Option<String>,
    long: Option<String>,
}

/// Extracts at most `limit` files, and a text within the `inflated` budget. `None` if the bytes have another format.
pub(crate) fn open(bytes: &[u8], limit: usize, inflated: &mut usize) -> Option<Opened> {
    let mut input = Input(bytes.strip_prefix(SIGNATURE)?);
    input.take(2)?;
    let mut opened = Opened::default();
    let mut bodies = Bodies::default();
    let mut code_page = None;
    let mut names = Names::default();
    // Truncated data gives everything before the cut.
    while let Some((tag, data)) = attribute(&mut input) {
        let in_code_page = |bytes: &[u8]| text_of(bytes, code_page);
        match tag {
            ATT_OEM_CODEPAGE => code_page = Input(data).number(),
            ATT_BODY => {
                let body = || Body::in_code_page("text/plain", up_to_zero(data), code_page);
                bodies.plain.get_or_insert_with(body);
            }
            ATT_MAPI_PROPS => {
                for property in properties(data) {
                    bodies.take(&property, code_page);
                }
            }
            ATT_ATTACH_REND_DATA => {
                names.give(&mut opened.files);
                if opened.files.len() == limit {
                    break;
                }
                opened.files.push(File::default());
            }
            ATT_ATTACH_TITLE => names.title = Some(in_code_page(data)),
            ATT_ATTACH_DATA => {
                if let Some(file) = opened.files.last_mut() {
                    file.bytes = data.to_vec();
                }
            }
            ATT_ATTACHMENT => {
                for property in properties(data) {
                    let text = || property.text(code_page);
                    match property.id {
                        PR_DISPLAY_NAME => names.display = text(),
                        PR_ATTACH_FILENAME => names.short = text(),
                        PR_ATTACH_LONG_FILENAME => names.long = text(),
                        PR_ATTACH_CONTENT_ID => {
                            if let Some(file) = opened.files.last_mut() {
                                file.content_id = text();
                            }
                        }
                        PR_ATTACH_DATA => {
                            if let Some(file) = opened.files.last_mut()
                                && file.bytes.is_empty()
                            {
                                file.bytes = property.object().to_vec();
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    names.give(&mut opened.files);
    opened.body = bodies.best(inflated);
    Some(opened)
}

impl<'a> Bodies<'a> {
    fn take(&mut self, property: &Property<'a>, code_page: Option<u32>) {
        let value = property.value;
        match (property.id, property.kind) {
            (PR_BODY, 0x1e) => {
                self.plain = Some(Body::in_code_page(
                    "text/plain",
                    up_to_zero(value),
                    code_page,
                ));
            }
            (PR_BODY, 0x1f) => self.plain = Some(Body::wide("text/plain", value)),
            (PR_BODY_HTML, 0x1e) => {
                self.html = Some(Body::in_code_page("text/html", up_to_zero(value), None));
            }
            (PR_BODY_HTML, 0x102) => {
                self.html = Some(Body::in_code_page("text/html", value, None));
            }
            (PR_BODY_HTML, 0x1f) => self.html = Some(Body::wide("text/html", value)),
            (PR_RTF_COMPRESSED, 0x102) => self.rich = Some(value),
            (PR_INTERNET_CPID, 0x03) => self.code_page = Input(value).number(),
            _ => {}
        }
    }

    /// Chooses HTML, else plain text, else the Rich Text.
    fn best(self, inflated: &mut usize) -> Option<Body> {
        let is_text = |body: &Body| !body.bytes.trim_ascii().is_empty();
        if let Some(mut html) = self.html.filter(is_text) {
            let is_unlabelled = !html.content_type.contains(';');
            if is_unlabelled && declared_charset(&html.bytes).is_none() {
                html.set_code_page(self.code_page);
            }
            return Some(html);
        }
        let rich = self.rich.and_then(|rich| {
            let rtf = decompress(rich, *inflated)?;
            *inflated -= rtf.len().min(*inflated);
            rtf::read(&rtf)
        });
        let is_html = rich.as_ref().is_some_and(|rich| rich.is_html);
        let rich = rich.map(Body::from).filter(is_text);
        let plain = self.plain.filter(is_text);
        if is_html {
            rich.or(plain)
        } else {
            plain.or(rich)
        }
    }
}

impl Body {
    fn new(content_type: String, bytes: Vec<u8>, origin: TextOrigin) -> Self {
        Self {
            content_type,
            bytes,
            origin,
            loss: None,
        }
    }

    /// Text in a Windows code page.
    fn in_code_page(mime_type: &str, bytes: &[u8], code_page: Option<u32>) -> Self {
        let mut body = Self::new(mime_type.to_owned(), bytes.to_vec(), TextOrigin::Raw);
        body.set_code_page(code_page);
        body
    }

    fn set_code_page(&mut self, code_page: Option<u32>) {
        if let Some(code_page) = code_page {
            self.content_type = format!("{}; charset=cp{code_page}", self.content_type);
        }
    }

    /// Text in UTF-16.
    fn wide(mime_type: &str, bytes: &[u8]) -> Self {
        let text = wide_text(bytes);
        let content_type = format!("{mime_type}; charset=utf-8");
        Self {
            loss: text.loss,
            ..Self::new(content_type, text.text.into_bytes(), TextOrigin::Payload)
        }
    }
}

impl From<RichText> for Body {
    fn from(rich: RichText) -> Self {
        let mime_type = if rich.is_html {
            "text/html"
        } else {
            "text/plain"
        };
        // The text is now UTF-8; its code page is for reporting a loss.
        let charset = rich.code_page.map(|number| format!("cp{number}"));
        let charset = charset.as_deref().unwrap_or("utf-8");
        let content_type = format!("{mime_type}; charset={charset}");
        Self {
            loss: rich.loss,
            ..Self::new(content_type, rich.text.into_bytes(), TextOrigin::Payload)
        }
    }
}

impl Names {
    /// Names the last file, and resets the names.
    fn give(&mut self, files: &mut [File]) {
        let names = std::mem::take(self);
        let names = [names.long, names.short, names.title, names.display];
        let name = names.into_iter().flatten().find(|name| !name.is_empty());
        if let (Some(file), Some(name)) = (files.last_mut(), name) {
            file.name = name;
        }
    }
}

/// The next attribute: its tag and content.
fn attribute<'a>(input: &mut Input<'a>) -> Option<(u32, &'a [u8])> {
    input.take(1)?;
    let tag = input.number()?;
    let length = usize::try_from(input.number()?).ok()?;
    let data = input.take(length)?;
    // A checksum, which some programs write wrong.
    input.take(2);
    Some((tag, data))
}

/// A name in a Windows code page.
fn text_of(bytes: &[u8], code_page: Option<u32>) -> String {
    let label = format!("cp{}", code_page.unwrap_or(1252));
    let decoder = Decoder::for_label(&label).unwrap_or(Decoder::Web(encoding_rs::WINDOWS_1252));
    decoder.decode(up_to_zero(bytes)).text
}

fn wide_text(bytes: &[u8]) -> Text {
    let (text, is_lossy) = encoding_rs::UTF_16LE.decode_without_bom_handling(bytes);
    Text {
        text: text.split('\0').next().unwrap_or_default().to_owned(),
        loss: is_lossy.then_some(UndecodedReason::Malformed),
    }
}

fn up_to_zero(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or(bytes)
}

/// A MAPI property, with its first value.
struct Property<'a> {
    id: u16,
    kind: u16,
    value: &'a [u8],
}

impl<'a> Property<'a> {
    fn text(&self, code_page: Option<u32>) -> Option<String> {
        match self.kind {
            0x1e => Some(text_of(self.value, code_page)),
            0x1f => Some(wide_text(self.value).text),
            _ => None,
        }
    }

    /// The bytes of a file; in an object, they follow the id of its interface.
    fn object(&self) -> &'a [u8] {
        match self.kind {
            0x0d => self.value.get(16..).unwrap_or_default(),
            0x102 => self.value,
            _ => &[],
        }
    }
}

/// The properties of a list, as far as they can be read.
fn properties(data: &[u8]) -> impl Iterator<Item = Property<'_>> {
    let mut input = Input(data);
    let count = input.number().unwrap_or_default();
    (0..count).map_while(move |_| property(&mut input))
}

fn property<'a>(input: &mut Input<'a>) -> Option<Property<'a>> {
    const HAS_SEVERAL: u16 = 0x1000;

    let kind = input.short()?;
    let id = input.short()?;
    if id >= 0x8000 {
        // A name in place of a number.
        input.take(16)?;
        if input.number()? == 0 {
            input.take(4)?;
        } else {
            input.padded()?;
        }
    }
    let has_several = kind & HAS_SEVERAL != 0;
    let kind = kind & !HAS_SEVERAL;
    let is_counted = matches!(kind, 0x0d | 0x1e | 0x1f | 0x102);
    let count = if has_several || is_counted {
        input.number()?
    } else {
        1
    };
    let mut first = None;
    for _ in 0..count {
        let value = match kind {
            0x0d | 0x1e | 0x1f | 0x102 => input.padded()?,
            0x05..=0x07 | 0x14 | 0x40 => input.take(8)?,
            0x48 => input.take(16)?,
            _ => input.take(4)?,
        };
        first = first.or(Some(value));
    }
    Some(Property {
        id,
        kind,
        value: first.unwrap_or_default(),
    })
}

/// The rest of the input; numbers are little-endian.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Bytes after their length, padded to a multiple of four.
    fn padded(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let taken = self.take(length)?;
        let padding = length.next_multiple_of(4) - length;
        self.take(padding.min(self.0.len()));
        Some(taken)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::{super::rtf::compression::tests::store, *};

    fn put(stream: &mut Vec<u8>, tag: u32, data: &[u8]) {
        stream.push(u8::from(tag == ATT_BODY || tag == ATT_OEM_CODEPAGE) + 1);
        stream.extend(tag.to_le_bytes());
        stream.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        stream.extend(data);
        stream.extend([0, 0]);
    }

    fn put_property(list: &mut Vec<u8>, kind: u16, id: u16, value: &[u8]) {
        list.extend(kind.to_le_bytes());
        list.extend(id.to_le_bytes());
        list.extend(1_u32.to_le_bytes());
        list.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        list.extend(value);
        list.resize(list.len().next_multiple_of(4), 0);
    }

    /// Writes files as Outlook does.
    pub(crate) fn write(text: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut stream = [SIGNATURE, &[1, 0]].concat();
        put(&mut stream, ATT_OEM_CODEPAGE, &1252_u64.to_le_bytes());
        put(&mut stream, ATT_BODY, format!("{text}\0").as_bytes());
        let mut list = 1_u32.to_le_bytes().to_vec();
        put_property(&mut list, 0x102, PR_BODY_HTML, b"<p>Hello</p>");
        put(&mut stream, ATT_MAPI_PROPS, &list);
        for (name, bytes) in files {
            put(&mut stream, ATT_ATTACH_REND_DATA, &[0; 14]);
            put(&mut stream, ATT_ATTACH_TITLE, b"SHORT~1.TXT\0");
            put(&mut stream, ATT_ATTACH_DATA, bytes);
            let wide: Vec<u8> = name
                .encode_utf16()
                .chain([0])
                .flat_map(u16::to_le_bytes)
                .collect();
            let mut list = 2_u32.to_le_bytes().to_vec();
            put_property(&mut list, 0x1e, 0x370e, b"text/plain\0");
            put_property(&mut list, 0x1f, PR_ATTACH_LONG_FILENAME, &wide);
            put(&mut stream, ATT_ATTACHMENT, &list);
        }
        stream
    }

    fn open_all(stream: &[u8]) -> Option<Opened> {
        open(stream, 9, &mut 10_000)
    }

    #[test]
    fn files_are_taken_out_with_their_long_names() {
        let stream = write("Hello", &[("Größe.txt", b"one"), ("two.bin", &[0, 1, 2])]);
        let opened = open_all(&stream).unwrap();
        assert_eq!(opened.body.unwrap().bytes, b"<p>Hello</p>");
        let files: Vec<_> = opened
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.bytes.as_slice()))
            .collect();
        assert_eq!(files, [("Größe.txt", &b"one"[..]), ("two.bin", &[0, 1, 2])]);
        assert_eq!(open(&stream, 1, &mut 0).unwrap().files.len(), 1);
        assert_eq!(open_all(b"MZ"), None);
        // Without the long name, the short one is used.
        let cut = stream.len() - 80;
        let names: Vec<String> = open_all(&stream[..cut])
            .unwrap()
            .files
            .into_iter()
            .map(|file| file.name)
            .collect();
        assert_eq!(names, ["Größe.txt", "SHORT~1.TXT"]);
    }

    #[test]
    fn the_best_form_of_the_text_is_taken() {
        type Written<'a> = (u16, u16, &'a [u8]);

        let wrapped: &[u8] = &store(b"{\\rtf1\\fromhtml1{\\*\\htmltag <b>}wrapped}");
        let blank: &[u8] = &store(b"{\\rtf1\\fromhtml1{\\*\\htmltag64}}");
        let own: &[u8] = &store(b"{\\rtf1\\ansicpg1251\\'ef}");
        let wide: Vec<u8> = "w\u{ef}de\0"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let plain = (0x1e, PR_BODY, &b"pl\xe4in\0"[..]);
        let html = (0x102, PR_BODY_HTML, &b"<p>h\xe4"[..]);
        let table: [(&[Written<'_>], &str, &[u8]); 9] = [
            (
                &[plain, (0x102, PR_RTF_COMPRESSED, wrapped), html],
                "text/html; charset=cp1250",
                b"<p>h\xe4",
            ),
            (
                &[
                    plain,
                    (0x102, PR_RTF_COMPRESSED, wrapped),
                    (0x102, PR_BODY_HTML, b" "),
                ],
                "text/html; charset=utf-8",
                b"<b>wrapped",
            ),
            (
                &[plain, (0x102, PR_RTF_COMPRESSED, blank)],
                "text/plain; charset=cp1252",
                b"pl\xe4in",
            ),
            (
                &[plain, (0x102, PR_RTF_COMPRESSED, own)],
                "text/plain; charset=cp1252",
                b"pl\xe4in",
            ),
            (
                &[(0x1e, PR_BODY, b"\r\n\0"), (0x102, PR_RTF_COMPRESSED, own)],
                "text/plain; charset=cp1251",
                "п".as_bytes(),
            ),
            (
                &[(0x102, PR_RTF_COMPRESSED, own)],
                "text/plain; charset=cp1251",
                "п".as_bytes(),
            ),
            (
                &[(0x1f, PR_BODY, &wide)],
                "text/plain; charset=utf-8",
                "wïde".as_bytes(),
            ),
            (
                &[(0x1f, PR_BODY_HTML, &wide)],
                "text/html; charset=utf-8",
                "wïde".as_bytes(),
            ),
            (
                &[(0x102, PR_BODY_HTML, b"<meta charset=big5>")],
                "text/html",
                b"<meta charset=big5>",
            ),
        ];
        for (properties, content_type, bytes) in table {
            let mut list = u32::try_from(properties.len() + 1)
                .unwrap()
                .to_le_bytes()
                .to_vec();
            list.extend([0x03, 0, 0xde, 0x3f, 0xe2, 0x04, 0, 0]);
            for (kind, id, value) in properties {
                put_property(&mut list, *kind, *id, value);
            }
            let mut stream = [SIGNATURE, &[1, 0]].concat();
            put(&mut stream, ATT_OEM_CODEPAGE, &1252_u64.to_le_bytes());
            put(&mut stream, ATT_MAPI_PROPS, &list);
            let body = open_all(&stream).unwrap().body.unwrap();
            assert_eq!(
                (body.content_type.as_str(), body.bytes.as_slice()),
                (content_type, bytes)
            );
        }
    }

    proptest! {
        #[test]
        fn every_file_comes_out(bytes in proptest::collection::vec(any::<u8>(), 0..200), name in "[a-zß.]{1,20}") {
            let opened = open_all(&write("", &[(&name, &bytes)])).unwrap();
            prop_assert_eq!(opened.files, [File { name, bytes, content_id: None }]);
        }

        #[test]
        fn any_bytes_are_taken(tail in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..300_usize) {
            let mut stream = write("x", &[("a", b"b")]);
            stream.truncate(cut);
            stream.extend(tail);
            let size: usize = open_all(&stream).map_or(0, |opened| opened.files.iter().map(|file| file.bytes.len()).sum());
            prop_assert!(size <= stream.len());
        }
    }
}
