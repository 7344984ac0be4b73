//! Exports read by other mail programs (notmuch, mu, mutt, dovecot, mblaze, Python), and imports of what they write.

use std::path::Path;
use std::process::Command;

use crate::installation::{self, ROOT};
use crate::support::TestResult;
use crate::support::program::PROGRAM;

#[test]
fn mailboxes_are_exchanged_with_other_mail_programs() -> TestResult {
    let output = Command::new(installation::python())
        .arg(Path::new(ROOT).join("tests/oracle/mail_programs.py"))
        .arg(PROGRAM)
        .output()?;
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
