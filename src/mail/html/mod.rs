//! Renders HTML as text for people and models.
//!
//! The tokenizer follows the WHATWG (`html5gum`). The renderer is our own, since mail differs from browsing: hidden
//! preheaders are left out, links are kept, and the time depends only on the length, whatever a sender wrote.

mod declared;
mod list;
mod style;
mod token;

use std::borrow::Cow;

use self::list::{List, bullet};
use self::style::{compact_style, has_zero_font_size, is_hidden};
pub(crate) use self::{
    declared::declared_charset,
    style::{is_same_address, readable_address},
    token::{Attributes, Token, Tokenizer},
};

/// Elements nested deeper have no effect; their text is kept.
const MAXIMUM_DEPTH: usize = 256;

/// Deeper quotations and lists are not indented further, which keeps line prefixes short.
const MAXIMUM_QUOTE_DEPTH: usize = 16;
const MAXIMUM_LIST_DEPTH: usize = 8;

/// Renders HTML as text.
///
/// ```
/// use airbyte_agent_gmail::mail::html_to_text;
///
/// let html = "<p>Your <a href='https://example.com/r/7'>receipt</a>:</p><ul><li>one &eacute;clair</ul>";
/// assert_eq!(html_to_text(html), "Your receipt (https://example.com/r/7):\n\n- one éclair");
/// ```
///
/// Each link's URL follows its text in parentheses, not in a numbered list at the end, so truncated text keeps its
/// links. A link whose text is its URL is written once. Scripts, styles and text hidden by the sender, such as
/// preheaders, are left out. Cells of a table row are separated by ` | `, quotations start with `> `, and pictures show
/// their description in square brackets.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    let mut renderer = Renderer::default();
    for token in Tokenizer::new(html) {
        match token {
            Token::Text(text) => renderer.text(&text),
            Token::Start(name, attributes) => renderer.start(name, &attributes),
            Token::End(name) => renderer.end(&name),
        }
    }
    renderer.finish()
}

/// An open element, with the effects to undo at its end.
struct Element {
    name: String,
    is_hidden: bool,
    /// Text of size zero is invisible, unless an inner element sets a size again.
    is_tiny: bool,
    list: Option<List>,
    link: Option<Link>,
    cell: Option<Cell>,
}

/// The state before a table cell.
#[derive(Clone, Copy)]
struct Cell {
    lines: usize,
    pending_line_ends: u8,
    start: usize,
}

struct Link {
    address: String,
    start: usize,
}

#[derive(Default)]
struct Renderer {
    output: String,
    elements: Vec<Element>,
    hidden_depth: usize,
    quote_depth: usize,
    list_depth: usize,
    preformatted_depth: usize,
    superscript_depth: usize,
    subscript_depth: usize,
    pending_line_ends: u8,
    is_space_pending: bool,
    is_cell_pending: bool,
    pending_marker: Option<String>,
    last_line_start: usize,
    /// The quotation depth of the line begun last.
    line_quote_depth: usize,
    /// The number of lines begun so far.
    lines: usize,
    /// The start of a cell without text so far.
    empty_cell: Option<usize>,
}

impl Renderer {
    fn start(&mut self, name: String, attributes: &Attributes) {
        match name.as_str() {
            "br" => {
                self.pending_line_ends = (self.pending_line_ends + 1).min(2);
                return;
            }
            "hr" => {
                self.break_line(1);
                self.write_visible("----------");
                self.break_line(1);
                return;
            }
            "img" => {
                if let Some(alternative) = attributes.get("alt")
                    && !alternative.trim().is_empty()
                    && self.hidden_depth == 0
                    && !is_hidden(attributes)
                {
                    let alternative = alternative.trim();
                    // A picture of a symbol or emoji stands for that symbol.
                    if alternative.chars().any(char::is_alphanumeric) {
                        self.write_visible(&format!("[{alternative}]"));
                    } else {
                        self.write_visible(alternative);
                    }
                }
                return;
            }
            name if is_void(name) => return,
            _ => {}
        }
        self.close_implied(&name);
        self.break_line(line_ends_around(&name));
        if self.elements.len() >= MAXIMUM_DEPTH {
            return;
        }
        let style = attributes.get("style").map(compact_style);
        let is_tiny = style
            .as_deref()
            .and_then(has_zero_font_size)
            .unwrap_or_else(|| self.elements.last().is_some_and(|parent| parent.is_tiny));
        let mut element = Element {
            is_hidden: is_never_text(&name) || is_hidden(attributes),
            is_tiny,
            list: None,
            link: None,
            cell: None,
            name,
        };
        self.hidden_depth += usize::from(element.is_hidden);
        match &*element.name {
            "blockquote" => self.quote_depth += 1,
            "pre" => self.preformatted_depth += 1,
            "sup" => self.superscript_depth += 1,
            "sub" => self.subscript_depth += 1,
            "ul" | "ol" => {
                self.list_depth += 1;
                element.list = Some(List::new(&element.name, attributes));
            }
            "li" => {
                let mut open = self.elements.iter_mut().rev();
                let list = open.find_map(|element| element.list.as_mut());
                self.pending_marker =
                    Some(list.map_or_else(bullet, |list| list.marker(attributes)));
            }
            "td" | "th" => {
                self.is_cell_pending =
                    self.pending_line_ends == 0 && self.output.len() > self.last_line_start;
                element.cell = Some(Cell {
                    lines: self.lines,
                    pending_line_ends: self.pending_line_ends,
                    start: self.output.len(),
                });
                self.empty_cell = Some(self.output.len());
            }
            "a" => {
                element.link = attributes.get("href").and_then(|address| {
                    Some(Link {
                        address: readable_address(address)?,
                        start: self.output.len(),
                    })
                });
            }
            _ => {}
        }
        self.elements.push(element);
    }

    fn end(&mut self, name: &str) {
        if name == "p" || name == "br" {
            self.break_line(1);
        }
        if let Some(position) = self
            .elements
            .iter()
            .rposition(|element| element.name == name)
        {
            self.close_from(position);
        }
    }

    /// Closes elements that HTML closes without an end tag: a list item at the next one, a cell at the next cell or
    /// row.
    fn close_implied(&mut self, name: &str) {
        let (closed, boundary): (&[&str], &[&str]) = match name {
            "p" => (&["p"], &["td", "th", "div", "li", "blockquote"]),
            "li" => (&["li"], &["ul", "ol"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table"]),
            "a" => (&["a"], &["table"]),
            _ => return,
        };
        for position in (0..self.elements.len()).rev() {
            let Some(element) = self.elements.get(position) else {
                return;
            };
            if boundary.contains(&&*element.name) {
                return;
            }
            if closed.contains(&&*element.name) {
                self.close_from(position);
                return;
            }
        }
    }

    fn close_from(&mut self, position: usize) {
        while self.elements.len() > position {
            let Some(element) = self.elements.pop() else {
                return;
            };
            self.hidden_depth -= usize::from(element.is_hidden);
            if let Some(link) = element.link {
                self.close_link(&link);
            }
            match &*element.name {
                "blockquote" => self.quote_depth -= 1,
                "pre" => self.preformatted_depth -= 1,
                "sup" => self.superscript_depth -= 1,
                "sub" => self.subscript_depth -= 1,
                "ul" | "ol" => self.list_depth -= 1,
                _ => {}
            }
            self.break_line(line_ends_around(&element.name));
            if let Some(cell) = element.cell {
                self.close_cell(cell);
            }
        }
    }

    /// A cell of one line keeps the rest of its row on that line, even if its text is in a paragraph.
    fn close_cell(&mut self, cell: Cell) {
        self.empty_cell = None;
        let is_on_new_line = cell.pending_line_ends > 0 || cell.start == 0;
        if self.output.len() == cell.start {
            self.pending_line_ends = cell.pending_line_ends;
        } else if self.lines - cell.lines <= usize::from(is_on_new_line) {
            self.pending_line_ends = 0;
        }
    }

    fn close_link(&mut self, link: &Link) {
        let text = self.output.get(link.start..).unwrap_or_default().trim();
        if self.hidden_depth > 0 || is_same_address(text, &link.address) {
            return;
        }
        if text.is_empty() {
            // Without a space between them, as after a row of pictures, two URLs would read as one.
            self.is_space_pending = true;
            self.write_visible(&link.address);
            self.is_space_pending = true;
        } else {
            self.output.push_str(" (");
            self.output.push_str(&link.address);
            self.output.push(')');
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden_depth > 0 || self.elements.last().is_some_and(|element| element.is_tiny) {
            return;
        }
        if self.preformatted_depth > 0 {
            for (position, line) in text.split('\n').enumerate() {
                if position > 0 {
                    self.pending_line_ends = (self.pending_line_ends + 1).min(2);
                }
                let line = line.trim_end();
                if !line.is_empty() {
                    self.write_visible(line);
                }
            }
            return;
        }
        for character in text.chars() {
            if character.is_whitespace() {
                self.is_space_pending = true;
            } else if is_filler(character) || (character == '\u{200c}' && self.is_at_gap()) {
                // Senders pad preheaders with these, so that nothing else shows after them.
            } else {
                self.prepare();
                self.output.push(self.raised(character));
            }
        }
    }

    /// A superscript or subscript digit; as a plain digit, it would change the number or price before it.
    fn raised(&self, character: char) -> char {
        const ABOVE: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻";
        const BELOW: &str = "₀₁₂₃₄₅₆₇₈₉₊₋";

        let signs = match (self.superscript_depth, self.subscript_depth) {
            (0, 0) => return character,
            (0, _) => BELOW,
            _ => ABOVE,
        };
        let place = "0123456789+-".find(character);
        place
            .and_then(|place| signs.chars().nth(place))
            .unwrap_or(character)
    }

    fn is_at_gap(&self) -> bool {
        self.is_space_pending || self.pending_line_ends > 0 || self.output.is_empty()
    }

    fn write_visible(&mut self, text: &str) {
        if self.hidden_depth == 0 {
            self.prepare();
            self.output.push_str(text);
        }
    }

    fn break_line(&mut self, line_ends: u8) {
        // A paragraph or table at the start of a cell would split the cell from its row.
        if self.empty_cell != Some(self.output.len()) {
            self.pending_line_ends = self.pending_line_ends.max(line_ends);
        }
    }

    /// Writes what is due before the next visible character: line ends, the line's prefix, a cell separator, or a
    /// space.
    fn prepare(&mut self) {
        let is_first = self.output.is_empty();
        if self.pending_line_ends > 0 || is_first {
            if !is_first {
                // The empty line between two depths has the lesser one.
                let depth = self.quote_depth.min(self.line_quote_depth);
                let quote = ">".repeat(depth.min(MAXIMUM_QUOTE_DEPTH));
                for position in 0..self.pending_line_ends {
                    self.output.push('\n');
                    if position + 1 < self.pending_line_ends {
                        self.output.push_str(&quote);
                    }
                }
            }
            self.lines += 1;
            self.line_quote_depth = self.quote_depth;
            self.last_line_start = self.output.len();
            let quotes = self.quote_depth.min(MAXIMUM_QUOTE_DEPTH);
            if quotes > 0 {
                self.output.extend(std::iter::repeat_n('>', quotes));
                self.output.push(' ');
            }
            let marker = self.pending_marker.take();
            let indentations = self.list_depth.min(MAXIMUM_LIST_DEPTH);
            let indentations = indentations.saturating_sub(usize::from(marker.is_some()));
            self.output.extend(std::iter::repeat_n("  ", indentations));
            self.output.push_str(&marker.unwrap_or_default());
        } else if self.is_cell_pending {
            self.output.push_str(" | ");
        } else if self.is_space_pending && !self.output.ends_with(' ') {
            self.output.push(' ');
        }
        self.pending_line_ends = 0;
        self.is_cell_pending = false;
        self.is_space_pending = false;
    }

    fn finish(mut self) -> String {
        self.close_from(0);
        self.output.truncate(self.output.trim_end().len());
        self.output
    }
}

/// The least number of line ends before and after an element.
fn line_ends_around(name: &str) -> u8 {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" | "table" | "dl" => 2,
        "ul" | "ol" | "div" | "li" | "tr" | "dt" | "dd" | "section" | "article" | "header"
        | "footer" | "main" | "aside" | "nav" | "form" | "fieldset" | "address" | "figure"
        | "figcaption" | "center" | "body" | "caption" | "details" | "summary" => 1,
        _ => 0,
    }
}

/// Void elements, which have no end tag.
pub(crate) fn is_void(name: &str) -> bool {
    const VOID: [&str; 14] = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr",
    ];
    VOID.contains(&name)
}

/// Elements whose content never belongs to the message's text.
fn is_never_text(name: &str) -> bool {
    const NEVER: [&str; 15] = [
        "script", "style", "title", "template", "svg", "math", "object", "iframe", "noframes",
        "select", "textarea", "canvas", "audio", "video", "xml",
    ];
    NEVER.contains(&name)
}

fn is_filler(character: char) -> bool {
    matches!(
        character,
        '\0' | '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{2060}' | '\u{feff}'
    )
}

/// Escapes text for HTML.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests;
