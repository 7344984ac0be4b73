//! The reference in `reference/` must match the operation table; `UPDATE_GOLDEN=1` rewrites it.

#![cfg(feature = "tool")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by it, in its helpers too"
)]

use crate::compare;

use airbyte_agent_gmail::operation::gmail;
use airbyte_agent_gmail::tool::reference;

#[test]
fn the_reference_is_up_to_date() {
    let pages = reference();
    for (name, page) in &pages {
        compare::check(&format!("reference/{name}"), page);
    }
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("reference");
    let files = std::fs::read_dir(directory).unwrap().count();
    assert_eq!(
        files,
        pages.len(),
        "reference/ has a page that nothing makes any more; remove it"
    );
}

#[test]
fn every_action_has_its_place() {
    let pages = reference();
    for row in gmail().operations {
        let name = format!("{}.md", row.entity);
        let (_, page) = pages.iter().find(|(page, _)| *page == name).unwrap();
        assert!(
            page.contains(&format!("\n## {}\n", row.action)),
            "{}",
            row.id
        );
        for field in row.fields {
            assert!(
                page.contains(&format!("| `{}` |", field.name)),
                "{} {}",
                row.id,
                field.name
            );
        }
    }
}
