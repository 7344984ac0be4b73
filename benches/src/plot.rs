//! Draws the chart of the main figures.

use std::fmt::Write;

use crate::Row;
use crate::figure::FLOOR;

/// The file's path; the README shows it.
pub(crate) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../guide/picture/cost.svg");

const CALLS: [&str; 4] = [
    "get, full 8 KB",
    "get, full 8 KB, 16 at once",
    "list of 500",
    "get, raw 5 MB",
];

const CLIENTS: [(&str, &str); 4] = [
    (FLOOR, "#9aa0a6"),
    ("ours, typed", "#1a73e8"),
    ("ours, `execute`, text", "#12a4af"),
    ("google-gmail1 7.0.0", "#e8710a"),
];

/// The width of the floor's bar.
const UNIT: f64 = 180.0;

/// Each client's CPU time as bars, relative to the floor's.
pub(crate) fn draw(rows: &[Row]) -> String {
    let mut bars = String::new();
    let mut y = 44;
    for call in CALLS {
        let cpu = |client| {
            rows.iter()
                .find(|row| row.call == call && row.client == client)
                .map(|row| row.cost.cpu.as_secs_f64() * 1e6)
        };
        let Some(floor) = cpu(FLOOR) else { continue };
        let _ = writeln!(
            bars,
            "<text x=\"8\" y=\"{}\" class=\"call\">{call}</text>",
            y + 12
        );
        for (client, colour) in CLIENTS {
            let Some(own) = cpu(client) else { continue };
            y += 18;
            let width = own / floor * UNIT;
            let _ = writeln!(
                bars,
                "<text x=\"196\" y=\"{}\" text-anchor=\"end\">{}</text><rect x=\"204\" y=\"{y}\" width=\"{width:.0}\" height=\"14\" fill=\"{colour}\"/><text x=\"{:.0}\" y=\"{}\">{own:.0} µs, {:.2}</text>",
                y + 11,
                client.replace('`', ""),
                width + 210.0,
                y + 11,
                own / floor,
            );
        }
        y += 30;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 {y}\" width=\"760\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <style>text {{ fill: #202124 }} .call {{ font-weight: bold }} .head {{ font-size: 15px }}</style>\n\
         <rect width=\"760\" height=\"{y}\" fill=\"#fff\"/>\n\
         <text x=\"8\" y=\"24\" class=\"head\">CPU a call, and how often that of hand-written code (less is better)</text>\n\
         {bars}</svg>\n"
    )
}
