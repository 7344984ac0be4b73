//! Completions besides commands and flags. They use only local data, never the network.

use std::ffi::OsStr;

use clap_complete::engine::CompletionCandidate;

use crate::cli::label;
use crate::cli::settings;

/// The signed-in accounts.
pub(crate) fn accounts(begin: &OsStr) -> Vec<CompletionCandidate> {
    let names = settings::directory().and_then(|directory| Ok(directory.names()?));
    candidates(names.unwrap_or_default(), begin)
}

/// The labels as of the last command that fetched them.
pub(crate) fn labels(begin: &OsStr) -> Vec<CompletionCandidate> {
    candidates(label::cached(), begin)
}

fn candidates(names: Vec<String>, begin: &OsStr) -> Vec<CompletionCandidate> {
    let begin = begin.to_string_lossy().to_lowercase();
    names
        .into_iter()
        .filter(|name| name.to_lowercase().starts_with(&begin))
        .map(CompletionCandidate::new)
        .collect()
}
