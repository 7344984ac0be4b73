//! Compares texts with golden files; `UPDATE_GOLDEN=1` rewrites them.

#![allow(clippy::unwrap_used, reason = "a test fails by it, in its helpers too")]

use std::path::Path;

/// Compares a text with a file of the repository.
pub(crate) fn check(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    let differences: Vec<String> = golden
        .lines()
        .zip(text.lines())
        .filter(|(golden, text)| golden != text)
        .take(20)
        .map(|(golden, text)| format!("- {golden}\n+ {text}"))
        .collect();
    assert!(
        golden == text,
        "{path} differs, of {} lines and {} now; if that is meant, UPDATE_GOLDEN=1 writes it anew, and bash \
         spec/review.sh says what a change of the spec means\n{}",
        golden.lines().count(),
        text.lines().count(),
        differences.join("\n")
    );
}
