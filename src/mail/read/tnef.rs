//! Files in `winmail.dat`, which Outlook and Exchange send in place of MIME.
//!
//! <https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxtnef>, with the properties of MS-OXPROPS.

use crate::mail::encoding::charset::decoder::Decoder;

const SIGNATURE: &[u8] = &[0x78, 0x9f, 0x3e, 0x22];

/// What the attributes of the format are called in its specification.
const ATT_OEM_CODEPAGE: u32 = 0x0006_9007;
const ATT_BODY: u32 = 0x0002_800c;
const ATT_MAPI_PROPS: u32 = 0x0006_9003;
const ATT_ATTACH_REND_DATA: u32 = 0x0006_9002;
const ATT_ATTACH_TITLE: u32 = 0x0001_8010;
const ATT_ATTACH_DATA: u32 = 0x0006_800f;
const ATT_ATTACHMENT: u32 = 0x0006_9005;

const PR_BODY: u16 = 0x1000;
const PR_BODY_HTML: u16 = 0x1013;
const PR_ATTACH_DATA: u16 = 0x3701;
const PR_ATTACH_FILENAME: u16 = 0x3704;
const PR_ATTACH_LONG_FILENAME: u16 = 0x3707;
const PR_DISPLAY_NAME: u16 = 0x3001;

/// What was found in a `winmail.dat`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The plain text of the message, in UTF-8.
    pub(crate) text: Option<String>,
    /// The HTML of the message, which tells its own charset.
    pub(crate) html: Option<Vec<u8>>,
    pub(crate) files: Vec<File>,
}

/// A file, with the name that its sender gave it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Names of a file that is being read, the best last.
#[derive(Default)]
struct Names {
    title: Option<String>,
    display: Option<String>,
    short: Option<String>,
    long: Option<String>,
}

/// Takes out at most so many files; `None` where the bytes are no such format.
pub(crate) fn open(bytes: &[u8], limit: usize) -> Option<Opened> {
    let mut input = Input(bytes.strip_prefix(SIGNATURE)?);
    input.take(2)?;
    let mut opened = Opened::default();
    let mut code_page = None;
    let mut names = Names::default();
    // What is cut off keeps what stands before it.
    while let Some((tag, data)) = attribute(&mut input) {
        let in_code_page = |bytes: &[u8]| text_of(bytes, code_page);
        match tag {
            ATT_OEM_CODEPAGE => code_page = Input(data).number(),
            ATT_BODY => opened.text = opened.text.or(Some(in_code_page(data))),
            ATT_MAPI_PROPS => {
                for property in properties(data) {
                    match (property.id, property.kind) {
                        (PR_BODY, _) => opened.text = property.text(code_page).or(opened.text),
                        (PR_BODY_HTML, 0x1e | 0x102) => {
                            opened.html = Some(property.value.to_vec());
                        }
                        _ => {}
                    }
                }
            }
            ATT_ATTACH_REND_DATA => {
                names.give(&mut opened.files);
                if opened.files.len() == limit {
                    return Some(opened);
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
    Some(opened)
}

impl Names {
    /// Gives the last file its name, and forgets it.
    fn give(&mut self, files: &mut [File]) {
        let names = std::mem::take(self);
        let names = [names.long, names.short, names.title, names.display];
        let name = names.into_iter().flatten().find(|name| !name.is_empty());
        if let (Some(file), Some(name)) = (files.last_mut(), name) {
            file.name = name;
        }
    }
}

/// The next attribute: its tag and its content.
fn attribute<'a>(input: &mut Input<'a>) -> Option<(u32, &'a [u8])> {
    input.take(1)?;
    let tag = input.number()?;
    let length = usize::try_from(input.number()?).ok()?;
    let data = input.take(length)?;
    // A sum of the bytes, which some programs write wrong.
    input.take(2);
    Some((tag, data))
}

/// Text in a code page of Windows, up to the zero at its end.
fn text_of(bytes: &[u8], code_page: Option<u32>) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    let label = format!("cp{}", code_page.unwrap_or(1252));
    let decoder = Decoder::for_label(&label).unwrap_or(Decoder::Web(encoding_rs::WINDOWS_1252));
    decoder.decode(bytes.get(..end).unwrap_or(bytes)).text
}

/// A property of MAPI, with its first value.
struct Property<'a> {
    id: u16,
    kind: u16,
    value: &'a [u8],
}

impl<'a> Property<'a> {
    fn text(&self, code_page: Option<u32>) -> Option<String> {
        match self.kind {
            0x1e => Some(text_of(self.value, code_page)),
            0x1f => {
                let (text, _) = encoding_rs::UTF_16LE.decode_without_bom_handling(self.value);
                Some(text.split('\0').next().unwrap_or_default().to_owned())
            }
            _ => None,
        }
    }

    /// The bytes of a file; an object has the id of its interface before them.
    fn object(&self) -> &'a [u8] {
        match self.kind {
            0x0d => self.value.get(16..).unwrap_or_default(),
            0x102 => self.value,
            _ => &[],
        }
    }
}

/// The properties of a list, as far as it can be read.
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

/// What is still to be read; numbers have their lowest byte first.
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

    /// Bytes behind their length, filled up to four.
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

    use super::*;

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

    #[test]
    fn files_are_taken_out_with_their_long_names() {
        let stream = write("Hello", &[("Größe.txt", b"one"), ("two.bin", &[0, 1, 2])]);
        let opened = open(&stream, 9).unwrap();
        assert_eq!(opened.text.as_deref(), Some("Hello"));
        assert_eq!(opened.html.as_deref(), Some(&b"<p>Hello</p>"[..]));
        let files: Vec<_> = opened
            .files
            .iter()
            .map(|file| (file.name.as_str(), file.bytes.as_slice()))
            .collect();
        assert_eq!(files, [("Größe.txt", &b"one"[..]), ("two.bin", &[0, 1, 2])]);
        assert_eq!(open(&stream, 1).unwrap().files.len(), 1);
        assert_eq!(open(b"MZ", 9), None);
        // Where the long name is missing, the short one is there.
        let cut = stream.len() - 80;
        let names: Vec<String> = open(&stream[..cut], 9)
            .unwrap()
            .files
            .into_iter()
            .map(|file| file.name)
            .collect();
        assert_eq!(names, ["Größe.txt", "SHORT~1.TXT"]);
    }

    proptest! {
        #[test]
        fn every_file_comes_out(bytes in proptest::collection::vec(any::<u8>(), 0..200), name in "[a-zß.]{1,20}") {
            let opened = open(&write("", &[(&name, &bytes)]), 9).unwrap();
            prop_assert_eq!(opened.files, [File { name, bytes }]);
        }

        #[test]
        fn any_bytes_are_taken(tail in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..300_usize) {
            let mut stream = write("x", &[("a", b"b")]);
            stream.truncate(cut);
            stream.extend(tail);
            let size: usize = open(&stream, 9).map_or(0, |opened| opened.files.iter().map(|file| file.bytes.len()).sum());
            prop_assert!(size <= stream.len());
        }
    }
}
