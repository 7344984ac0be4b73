//! The figures that this crate aims for, next to the measured ones.

use crate::Row;

/// Which contender is compared with which, for which call, and the target ratio.
const CPU: [(&str, &str, &str, f64); 9] = [
    ("get, full 8 KB", "ours, typed", "google-gmail1 7.0.0", 0.95),
    (
        "get, full 8 KB, 16 at once",
        "ours, typed",
        "google-gmail1 7.0.0",
        0.95,
    ),
    ("get, full 8 KB", "ours, `execute`, text", FLOOR, 0.85),
    (
        "get, full 8 KB, 16 at once",
        "ours, `execute`, text",
        FLOOR,
        0.95,
    ),
    ("list of 500", "ours, `execute`, text", FLOOR, 0.85),
    ("list of 500", "ours, `execute`", FLOOR, 1.10),
    ("list of 500", "ours, `execute`", FLOOR_VALUE, 1.10),
    (
        "get, full 8 KB, 16 at once",
        "ours, hosted, `execute`, text",
        FLOOR,
        1.15,
    ),
    ("get, raw 5 MB", "ours, typed", FLOOR, 1.00),
];

/// The cost of a `Value` for whoever reads one: a separate key for each field of each record.
pub(crate) const FLOOR_VALUE: &str = "floor, with a `Value`";
pub(crate) const FLOOR: &str = "floor: reqwest + serde";

pub(crate) fn print(rows: &[Row]) {
    let find = |call, client| {
        rows.iter()
            .find(|row| row.call == call && row.client == client)
            .map(|row| row.cost)
    };
    println!("\n| figure | reach | found |\n| --- | ---: | ---: |");
    for (call, client, other, reach) in CPU {
        if let (Some(own), Some(other_cost)) = (find(call, client), find(call, other)) {
            println!(
                "| CPU, {call}: {client}, beside {other} | {reach:.2} | {:.2} |",
                own.cpu.as_secs_f64() / other_cost.cpu.as_secs_f64()
            );
        }
    }
    let raw = "get, raw 5 MB, 16 at once";
    if let (Some(own), Some(floor)) = (find(raw, "ours, typed"), find(raw, FLOOR)) {
        println!(
            "| peak memory, {raw}: ours, typed, beside {FLOOR} | 0.90 | {:.2} |",
            own.peak as f64 / floor.peak as f64
        );
    }
}
