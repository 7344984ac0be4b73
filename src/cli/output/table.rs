//! Records as a table for people.

use std::io::IsTerminal;

use airbyte_agent_gmail::tool::visible_text;
use serde_json::Value;

/// The width where there is no terminal: nothing is cut that a pipe could want.
const UNLIMITED: usize = 10_000;

/// The widest column, as long as others have to fit too.
const WIDEST: usize = 60;

/// A table of records, with a head where `with_head` says so.
pub(crate) fn records(records: &[Value], fields: &[String], with_head: bool) -> String {
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
    let limit = terminal_width();
    let mut widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        })
        .collect();
    if limit < UNLIMITED {
        // Ids are there to be given to the next command: cut, they serve for nothing, and dates say little.
        let is_whole: Vec<bool> = columns
            .iter()
            .map(|column| is_id(column) || column == "date")
            .collect();
        narrow(&mut widths, &is_whole, limit);
    }
    let is_bold = with_head && is_coloured();
    let lines: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| fitted(cell, *width))
                .collect();
            let line = cells.join("  ").trim_end().to_owned();
            if index == 0 && is_bold {
                format!("\x1b[1m{line}\x1b[0m")
            } else {
                line
            }
        })
        .collect();
    lines.join("\n")
}

/// One record, a field a line.
pub(crate) fn fields(value: &Value) -> String {
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
            let name = visible_text(name);
            format!("{}  {}", fitted(&name, widest), cell(Some(value)))
        })
        .collect();
    lines.join("\n")
}

/// The plain fields of the records, in the order in which they are met.
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
    // What a record is called comes first; the rest stays in its order.
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
    // Mail must not be able to steer the terminal, or to look like another row.
    visible_text(&text).replace(['\n', '\t'], " ")
}

/// Whether a column holds ids, as far as its name says so.
fn is_id(column: &str) -> bool {
    column == "id" || column.ends_with("Id") || column.ends_with("_id") || column.ends_with(".id")
}

fn narrow(widths: &mut [usize], is_whole: &[bool], limit: usize) {
    let gaps = widths.len().saturating_sub(1) * 2;
    while widths.iter().sum::<usize>() + gaps > limit {
        let others = widths.iter_mut().zip(is_whole);
        let Some(widest) = others
            .filter_map(|(width, is_whole)| (!is_whole).then_some(width))
            .max()
            .filter(|widest| **widest > 8)
        else {
            return;
        };
        *widest = if *widest > WIDEST {
            WIDEST
        } else {
            *widest - 1
        };
    }
}

fn fitted(text: &str, most: usize) -> String {
    let whole = width(text);
    if whole <= most {
        return format!("{text}{}", " ".repeat(most - whole));
    }
    let mut cut = String::new();
    let mut used = 0;
    for letter in text.chars() {
        let letter_width = letter_width(letter);
        if used + letter_width + 1 > most {
            break;
        }
        used += letter_width;
        cut.push(letter);
    }
    cut.push('…');
    format!("{cut}{}", " ".repeat(most.saturating_sub(used + 1)))
}

fn width(text: &str) -> usize {
    text.chars().map(letter_width).sum()
}

/// How many places a terminal gives a letter, near enough for a table.
fn letter_width(letter: char) -> usize {
    match letter {
        '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

fn terminal_width() -> usize {
    if !std::io::stdout().is_terminal() {
        return UNLIMITED;
    }
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0).max(40))
}

/// Colours are for a terminal whose owner wants them (<https://no-color.org>).
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
        assert_eq!(records(&rows, &[], true), "ID  NAME\n1   価格\n22  a[31m b");
        assert_eq!(
            records(&rows, &["inner.x".to_owned(), "id".to_owned()], false),
            "   1\n1  22"
        );
    }

    #[test]
    fn no_records_are_no_line() {
        assert_eq!(records(&[], &[], true), "");
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!(fitted("abcdef", 4), "abc…");
        assert_eq!(fitted("価格価格", 4), "価… ");
        let mut widths = [4, 100, 70];
        narrow(&mut widths, &[false; 3], 80);
        assert!(widths.iter().sum::<usize>() + 4 <= 80);
        let mut widths = [30, 100, 70];
        narrow(&mut widths, &[true, false, false], 80);
        assert_eq!(widths, [30, 23, 23]);
    }
}
