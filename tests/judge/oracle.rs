//! Generated mail that readers parse differently, read by this crate and four others: see tests/oracle/README.md.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use airbyte_agent_gmail::mail::{MailboxList, Reading};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::installation::{self, ROOT};
use crate::support::TestResult;

/// The default seeds; `ORACLE_SEEDS` replaces them.
const SEEDS: &str = "1 2 3";

/// Only Debian's own Python has the gmime module.
const DEBIANS_PYTHON: &str = "/usr/bin/python3";

/// A message's facts.
fn facts(raw: &[u8]) -> Value {
    let reading = Reading::from_raw(raw);
    let mailboxes = |list: &MailboxList| -> Vec<Value> {
        list.iter()
            .map(|one| json!([one.name().unwrap_or_default(), one.address()]))
            .collect()
    };
    let files = reading.attachments.iter().map(|file| {
        let hash = Sha256::digest(file.data().unwrap_or_default());
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"name": file.name, "size": file.size, "sha256": hash})
    });
    json!({
        "subject": reading.subject.clone().unwrap_or_default(),
        "from": mailboxes(&reading.from),
        "to": mailboxes(&reading.to),
        "date": reading.date_epoch,
        "message_id": reading.message_id,
        "in_reply_to": reading.in_reply_to,
        "references": reading.references,
        "text": reading.text,
        "html": reading.html.clone().unwrap_or_default(),
        "files": files.collect::<Vec<_>>(),
    })
}

fn script(name: &str) -> PathBuf {
    Path::new(ROOT).join("tests/oracle").join(name)
}

fn succeeds(command: &mut Command) -> TestResult {
    let status = command
        .status()
        .map_err(|error| format!("{command:?}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {status}").into()),
    }
}

/// Writes a seed's messages and each reader's results to a folder.
fn read_all(seed: &str) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let python = installation::python();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("oracle-{seed}"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut generate = Command::new(&python);
    generate.arg(script("generate.py")).arg(&folder);
    succeeds(generate.args(["--seed", seed]))?;

    let (mut paths, mut ours) = (String::new(), String::new());
    for number in 0.. {
        let path = folder.join(format!("{number:04}.eml"));
        let Ok(raw) = fs::read(&path) else {
            break;
        };
        paths.push_str(&format!("{}\n", path.display()));
        ours.push_str(&format!("{}\n", facts(&raw)));
    }
    fs::write(folder.join("ours.jsonl"), ours)?;
    fs::write(folder.join("paths"), paths)?;

    let node = installation::folder().join("bin/node");
    let packages = installation::node_packages();
    let node_reader = |name: &str| {
        let mut command = Command::new(&node);
        command
            .arg(script("read_node.mjs"))
            .arg(name)
            .arg(&packages);
        command
    };
    let mut of_python = Command::new(&python);
    of_python.arg(script("read_python.py"));
    let mut of_gmime = Command::new(DEBIANS_PYTHON);
    of_gmime.arg(script("read_gmime.py"));
    for (name, mut reader) in [
        ("python", of_python),
        ("gmime", of_gmime),
        ("mailparser", node_reader("mailparser")),
        ("postal-mime", node_reader("postal-mime")),
    ] {
        let output = File::create(folder.join(format!("{name}.jsonl")))?;
        succeeds(
            reader
                .stdin(File::open(folder.join("paths"))?)
                .stdout(output),
        )?;
    }
    Ok(folder)
}

#[test]
fn generated_mail_is_read_as_others_read_it() -> TestResult {
    let seeds = std::env::var("ORACLE_SEEDS").unwrap_or_else(|_| SEEDS.to_owned());
    let mut compare = Command::new(installation::python());
    compare.arg(script("compare.py"));
    for seed in seeds.split_whitespace() {
        compare.arg(read_all(seed)?);
    }
    if let Some(report) = std::env::var_os("ORACLE_REPORT") {
        compare.arg("--report").arg(report);
    }
    succeeds(&mut compare)
}
