//! The meaning of Rich Text's control words.

use crate::mail::html::readable_address;

/// The destination of a group's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Destination {
    /// The text.
    #[default]
    Text,
    /// The HTML, as a piece that Rich Text can't express.
    Tag,
    /// Nowhere: it describes the fonts.
    Fonts,
    /// The field that it belongs to, such as a link.
    Instruction,
    /// Nowhere.
    Skipped,
}

/// The destination that a group's first word sets, if the group isn't text.
pub(crate) fn destination(word: &[u8], is_starred: bool, is_html: bool) -> Option<Destination> {
    Some(match word {
        b"htmltag" if is_html => Destination::Tag,
        b"fonttbl" => Destination::Fonts,
        b"fldinst" if !is_html => Destination::Instruction,
        // A list's numbers and bullets, for readers without lists; HTML has its own.
        b"pntext" | b"listtext" if is_html => Destination::Skipped,
        b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"nonshppict" | b"objdata"
        | b"objclass" | b"filetbl" | b"revtbl" | b"listtable" | b"listoverridetable"
        | b"themedata" | b"datastore" | b"header" | b"headerl" | b"headerr" | b"headerf"
        | b"footer" | b"footerl" | b"footerr" | b"footerf" | b"xe" | b"tc" | b"tcn" | b"txe"
        | b"rxe" | b"atnid" | b"atnauthor" | b"annotation" | b"bkmkstart" | b"bkmkend"
        | b"template" | b"private" | b"mhtmltag" | b"htmltag" => Destination::Skipped,
        _ if is_starred => Destination::Skipped,
        _ => return None,
    })
}

/// The character of a control word.
pub(crate) fn character(word: &[u8]) -> Option<char> {
    Some(match word {
        b"par" | b"line" | b"sect" | b"page" | b"column" | b"row" | b"nestrow" => '\n',
        b"tab" | b"cell" | b"nestcell" => '\t',
        b"bullet" => '•',
        b"lquote" => '‘',
        b"rquote" => '’',
        b"ldblquote" => '“',
        b"rdblquote" => '”',
        b"endash" => '–',
        b"emdash" => '—',
        b"enspace" => '\u{2002}',
        b"emspace" => '\u{2003}',
        b"qmspace" => '\u{2005}',
        b"zwbo" => '\u{200b}',
        b"zwnbo" => '\u{2060}',
        b"zwnj" => '\u{200c}',
        b"zwj" => '\u{200d}',
        b"ltrmark" => '\u{200e}',
        b"rtlmark" => '\u{200f}',
        _ => return None,
    })
}

/// The character of a control symbol.
pub(crate) fn symbol_character(symbol: u8, is_html: bool) -> Option<char> {
    Some(match (symbol, is_html) {
        (b'~', _) => '\u{a0}',
        (b'_', false) => '\u{2011}',
        (b'_' | b'-', true) => '\u{ad}',
        (b'\r' | b'\n', _) => '\n',
        (b'\t', _) => '\t',
        _ => return None,
    })
}

/// The URL in `HYPERLINK "https://example.com/"`.
pub(crate) fn link_address(instruction: &str) -> Option<String> {
    let rest = instruction.trim().strip_prefix("HYPERLINK")?.trim_start();
    let address = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split_whitespace().next(),
    };
    readable_address(address?)
}
