//! Tables of records for people.

use std::io::IsTerminal;

use airbyte_agent_gmail::tool::visible_text;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::wrap;

/// The width without a terminal: a pipe gets everything uncut.
const UNLIMITED: usize = 10_000;

/// The column that marks rows needing attention. It has no heading.
pub(crate) const MARK: &str = "";

/// The minimum width of a column. Less says nothing.
const NARROWEST: usize = 6;

/// The minimum width of labels.
const NARROWEST_LABELS: usize = 14;

/// The minimum width of the subject.
const NARROWEST_SUBJECT: usize = 10;

/// The width the subject needs before labels are shown at all.
const READABLE_SUBJECT: usize = 20;

/// Keeps columns in order if one of them is written right to left.
const LEFT_TO_RIGHT: char = '\u{200e}';

/// A table of records, with a header row if `with_head`. On a terminal, columns that do not fit are dropped, unless
/// the person chose them.
pub(crate) fn records(
    records: &[Value],
    fields: &[String],
    with_head: bool,
    is_chosen: bool,
) -> String {
    fitting(records, fields, with_head, is_chosen, terminal_width())
}

fn fitting(
    records: &[Value],
    fields: &[String],
    with_head: bool,
    is_chosen: bool,
    limit: usize,
) -> String {
    let columns = if fields.is_empty() {
        columns(records)
    } else {
        fields.to_vec()
    };
    if columns.is_empty() {
        return String::new();
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    if with_head {
        rows.push(columns.iter().map(|column| heading(column)).collect());
    }
    for record in records {
        rows.push(
            columns
                .iter()
                .map(|column| cell(at(record, column)))
                .collect(),
        );
    }
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let layout = layout(&columns, &widths, limit, is_chosen);
    let is_coloured = is_coloured();
    let is_piped = limit == UNLIMITED;
    let lines: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let cells: Vec<String> = layout
                .iter()
                .filter_map(|(column, width)| Some(fitted(row.get(*column)?, *width)))
                .map(|cell| match is_piped {
                    true => cell,
                    false => in_place(cell),
                })
                .collect();
            let line = cells.join("  ").trim_end().to_owned();
            let is_head = with_head && index == 0;
            let is_marked = columns.first().is_some_and(|column| column == MARK)
                && row.first().is_some_and(|mark| !mark.is_empty());
            if is_coloured && (is_head || is_marked) {
                format!("\x1b[1m{line}\x1b[0m")
            } else {
                line
            }
        })
        .collect();
    lines.join("\n")
}

/// The columns that fit, by index, with their widths.
fn layout(
    columns: &[String],
    widths: &[usize],
    limit: usize,
    is_chosen: bool,
) -> Vec<(usize, usize)> {
    let mut kept: Vec<(usize, usize)> = widths.iter().copied().enumerate().collect();
    let name = |place: usize| columns.get(place).map_or("", String::as_str);
    let at_least = |(place, width): (usize, usize), subject: usize| match name(place) {
        name if is_whole(name) => width,
        "subject" => width.min(subject),
        "labels" => width.min(NARROWEST_LABELS),
        _ => width.min(NARROWEST),
    };
    let least = |column| at_least(column, NARROWEST_SUBJECT);
    let total = |widths: &mut dyn Iterator<Item = usize>| {
        widths
            .fold(0_usize, |total, width| total + width + 2)
            .saturating_sub(2)
    };
    let mut readable = kept
        .iter()
        .map(|column| at_least(*column, READABLE_SUBJECT));
    if !is_chosen && total(&mut readable) > limit {
        // Labels say the least about a message.
        kept.retain(|(place, _)| name(*place) != "labels");
    }
    while !is_chosen && total(&mut kept.iter().map(|column| least(*column))) > limit {
        // Next goes the date; for other records, the last column.
        let dropped = kept
            .iter()
            .position(|(place, _)| name(*place) == "date")
            .unwrap_or(kept.len().saturating_sub(1));
        if dropped == 0 {
            break;
        }
        kept.remove(dropped);
    }
    // The widest column shrinks first, and the subject only when the others are narrow.
    while total(&mut kept.iter().map(|(_, width)| *width)) > limit {
        let subject_limit = limit * 2 / 5;
        let widest = kept
            .iter_mut()
            .filter(|(place, width)| *width > least((*place, *width)))
            .max_by_key(|(place, width)| {
                let gives_way = name(*place) != "subject" || *width > subject_limit;
                (gives_way, *width)
            });
        let Some((_, width)) = widest else {
            break;
        };
        *width -= 1;
    }
    kept
}

/// Ids are for the next command and useless if cut, as are dates.
fn is_whole(column: &str) -> bool {
    is_id(column) || column == "date" || column == MARK
}

/// One record, one field per line. Long values continue below.
pub(crate) fn fields(value: &Value) -> String {
    fields_in(value, terminal_width())
}

fn fields_in(value: &Value, limit: usize) -> String {
    let Value::Object(fields) = value else {
        return cell(Some(value));
    };
    if fields.is_empty() {
        return "done".to_owned();
    }
    let widest = fields.keys().map(|name| width(name)).max().unwrap_or(0);
    let lines: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            let name = format!("{}  ", fitted(&visible_text(name), widest));
            let below = " ".repeat(if widest + 2 > limit / 2 {
                2
            } else {
                widest + 2
            });
            wrap::broken(cell(Some(value)).trim_end(), limit, &name, &below)
                .trim_end()
                .to_owned()
        })
        .collect();
    lines.join("\n")
}

/// The plain fields of the records, in order of appearance.
fn columns(records: &[Value]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for (name, value) in records.iter().filter_map(Value::as_object).flatten() {
        let is_plain = match value {
            Value::Object(_) => false,
            Value::Array(values) => values.iter().all(|value| !value.is_object()),
            _ => true,
        };
        if is_plain && !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    // Id and name come first; the others keep their order.
    columns.sort_by_key(|column| match column.as_str() {
        "id" => 0,
        "name" => 1,
        _ => 2,
    });
    columns
}

fn heading(column: &str) -> String {
    visible_text(column).to_uppercase()
}

fn at<'a>(record: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(record, |value, name| value.get(name))
}

fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values))
            if values
                .iter()
                .all(|value| !value.is_object() && !value.is_array()) =>
        {
            values
                .iter()
                .map(|value| cell(Some(value)))
                .collect::<Vec<_>>()
                .join(",")
        }
        Some(value) => value.to_string(),
    };
    // Mail must not be able to control the terminal or imitate another row.
    visible_text(&text).replace(['\n', '\t'], " ")
}

/// Whether a column holds ids, judging by its name.
fn is_id(column: &str) -> bool {
    column == "id" || column.ends_with("Id") || column.ends_with("_id") || column.ends_with(".id")
}

/// The text, cut to `most` terminal cells.
pub(super) fn cut(text: &str, most: usize) -> String {
    fitted(text, most).trim_end().to_owned()
}

fn fitted(text: &str, most: usize) -> String {
    let whole = width(text);
    if whole <= most {
        return format!("{text}{}", " ".repeat(most - whole));
    }
    let mut cut = 0;
    for (start, letter) in text.char_indices() {
        let end = start + letter.len_utf8();
        if width(text.get(..end).unwrap_or_default()) + 1 > most {
            break;
        }
        cut = end;
    }
    let cut = text.get(..cut).unwrap_or_default();
    format!("{cut}…{}", " ".repeat(most.saturating_sub(width(cut) + 1)))
}

/// Appends an invisible left-to-right mark to a cell with right-to-left letters. Without it, a terminal with
/// bidirectional support swaps two such cells.
fn in_place(mut cell: String) -> String {
    let is_from_the_right = |letter: char| {
        matches!(u32::from(letter),
            0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x1_0800..=0x1_0fff | 0x1_e800..=0x1_efff)
    };
    if cell.contains(is_from_the_right) {
        cell.push(LEFT_TO_RIGHT);
    }
    cell
}

/// How many cells a text takes in a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// A text after a check mark or a cross, which is green or red if the terminal supports colours.
pub(crate) fn marked(is_good: bool, text: &str) -> String {
    let (sign, style) = if is_good {
        ("✓", "32")
    } else {
        ("✗", "31")
    };
    let text = visible_text(text);
    if is_coloured() {
        format!("\x1b[{style}m{sign}\x1b[0m {text}")
    } else {
        format!("{sign} {text}")
    }
}

/// The width of the terminal on standard output. Without a terminal, nothing is cut.
pub(crate) fn terminal_width() -> usize {
    if !std::io::stdout().is_terminal() {
        return UNLIMITED;
    }
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0).max(40))
}

/// The width of the terminal on standard error.
pub(super) fn stderr_width() -> usize {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map_or(UNLIMITED, |(width, _)| usize::from(width.0).max(40))
}

/// Use colours only on a terminal whose user wants them (<https://no-color.org>).
fn is_coloured() -> bool {
    std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_line_up_whatever_the_script() {
        let rows = [
            json!({"id": "1", "name": "価格"}),
            json!({"id": "22", "name": "a\u{1b}[31m\nb", "inner": {"x": 1}}),
        ];
        assert_eq!(
            records(&rows, &[], true, false),
            "ID  NAME\n1   価格\n22  a[31m b"
        );
        assert_eq!(
            records(&rows, &["inner.x".to_owned(), "id".to_owned()], false, true),
            "   1\n1  22"
        );
    }

    #[test]
    fn cells_from_right_to_left_keep_their_places() {
        let row = json!({"from": "שלום", "subject": "עולם"});
        let columns = ["from", "subject"].map(str::to_owned);
        let at = |limit| fitting(std::slice::from_ref(&row), &columns, false, false, limit);
        assert_eq!(at(40), "שלום\u{200e}  עולם\u{200e}");
        assert_eq!(at(UNLIMITED), "שלום  עולם");
    }

    #[test]
    fn a_long_field_goes_on_below_itself() {
        let record = json!({"id": "1", "snippet": "one two three four five six"});
        assert_eq!(
            fields_in(&record, 30),
            "id       1\nsnippet  one two three four\n         five six"
        );
        assert_eq!(
            fields_in(&record, 16),
            "id       1\nsnippet  one two\n  three four\n  five six"
        );
    }

    #[test]
    fn no_records_are_no_line() {
        assert_eq!(records(&[], &[], true, false), "");
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!(fitted("abcdef", 4), "abc…");
        assert_eq!(fitted("価格価格", 4), "価… ");
        // An emoji of several characters is as wide as the terminal shows it.
        assert_eq!(width("👩‍👩‍👧"), 2);
    }

    #[test]
    fn a_table_of_mail_fits_every_terminal() {
        let columns = [MARK, "id", "date", "from", "subject", "labels"].map(str::to_owned);
        let row = json!({
            MARK: "●", "id": "19b76da8002f4766", "date": "18 Feb", "from": "Helpful Stranger <stranger@example.net>",
            "subject": "価格 and a subject of some length, which goes on and on", "labels": ["Receipts", "Work/Invoices"],
        });
        let at = |limit| fitting(std::slice::from_ref(&row), &columns, true, false, limit);
        for limit in 40..200 {
            let table = at(limit);
            assert!(
                table.lines().all(|line| width(line) <= limit),
                "{limit}: {table}"
            );
            assert!(
                table.contains("19b76da8002f4766") && table.contains("価格"),
                "{table}"
            );
        }
        assert!(!at(40).contains("18 Feb") && at(60).contains("18 Feb"));
        assert!(!at(60).contains("LABELS") && at(100).contains("LABELS"));
        assert!(at(160).contains("goes on and on") && at(160).contains("Receipts,Work/Invoices"));
    }
}
