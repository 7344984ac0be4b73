//! Texts held against golden files; `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in its helpers too")]

use std::path::Path;

/// Holds a text against a file of the repository.
pub(crate) fn check(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    let difference = golden
        .lines()
        .zip(text.lines())
        .find(|(golden, text)| golden != text)
        .map_or_else(
            || "the length differs".to_owned(),
            |(golden, text)| format!("- {golden}\n+ {text}"),
        );
    assert!(
        golden == text,
        "{path} differs; see what the change means with bash spec/review.sh\n{difference}"
    );
}
