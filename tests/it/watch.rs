//! `watch` and `open`, and features of every command: `--jq`, the configuration file and shell completion.

#![cfg(feature = "cli")]

use std::process::Output;
use std::time::Duration;

use airbyte_agent_gmail::Mode;
use airbyte_agent_gmail::sandbox::Sandbox;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::support::Failure;
use crate::support::directory::Directory;
use crate::support::program::{self, errors, json};

/// The program with the sandbox's credentials.
fn command(sandbox: &Sandbox, mode: Mode, directory: &Directory, arguments: &[&str]) -> Command {
    let mut command = program::program(sandbox, directory, arguments);
    command.envs(sandbox.variables(mode));
    command
}

fn text(output: &Output) -> Result<String, Failure> {
    if !output.status.success() {
        return Err(errors(output).into());
    }
    Ok(String::from_utf8(output.stdout.clone())?)
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_printed_as_they_happen() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let before = sandbox.open_source()?.get_profile().send().await?;
    let before = before.history_id.ok_or("no history id")?;
    let arguments = ["watch", "--interval", "1", "--since", &before];
    let mut watching = command(&sandbox, Mode::OpenSource, &directory, &arguments).spawn()?;
    let stdout = watching.stdout.take().ok_or("no output")?;
    let mut lines = BufReader::new(stdout).lines();
    let id = sandbox.deliver(b"From: a@example.com\r\nSubject: New\r\n\r\nNew\r\n");
    let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await??;
    let event: Value = serde_json::from_str(&line.ok_or("no event")?)?;
    assert_eq!(
        (&event["event"], &event["id"]),
        (&"added".into(), &id.as_str().into())
    );
    assert!(
        event["labels"]
            .as_array()
            .is_some_and(|labels| labels.contains(&"INBOX".into()))
    );
    watching.kill().await?;

    // The same again from the start, and nothing after that.
    let arguments = [
        "watch", "--once", "--label", "inbox", "-o", "ids", "--since",
    ];
    let mut again = command(&sandbox, Mode::OpenSource, &directory, &arguments);
    assert_eq!(
        text(&again.arg(&before).output().await?)?,
        format!("{id}\n")
    );
    let since = event["history_id"].as_str().ok_or("no history id")?;
    let mut after = command(&sandbox, Mode::OpenSource, &directory, &arguments);
    assert_eq!(text(&after.arg(since).output().await?)?, "");
    let mut wrong = command(&sandbox, Mode::OpenSource, &directory, &arguments);
    let wrong = wrong.arg("soon").output().await?;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(errors(&wrong).contains("`soon`"));
    // Airbyte has no history.
    let mut hosted = command(&sandbox, Mode::Hosted, &directory, &arguments);
    assert_eq!(hosted.arg(&before).output().await?.status.code(), Some(9));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_is_saved_for_its_owner_alone() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let id = sandbox.deliver(
        b"From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nHello\r\n\
        --b\r\nContent-Type: text/plain; name=notes.txt\r\nContent-Disposition: attachment; filename=notes.txt\r\n\r\nNotes\r\n\
        --b\r\nContent-Type: text/html; name=run.html\r\nContent-Disposition: attachment; filename=run.html\r\n\r\n<p>x\r\n--b--\r\n",
    );
    for mode in [Mode::OpenSource, Mode::Hosted] {
        let open = |arguments: &[&str]| {
            let mut command = command(&sandbox, mode, &directory, &["open", &id]);
            command
                .args(arguments)
                .env("DISPLAY", "")
                .env_remove("BROWSER");
            command
        };
        let several = open(&[]).output().await?;
        assert_eq!(several.status.code(), Some(2));
        assert!(errors(&several).contains("notes.txt") && errors(&several).contains("run.html"));
        let unknown = open(&["7"]).output().await?;
        assert!(errors(&unknown).contains("`7`"), "{}", errors(&unknown));
        let to = directory.file("saved");
        let to = to.to_str().ok_or("a path")?;
        let file = text(&open(&["1", "--no-viewer", "--dir", to]).output().await?)?;
        assert!(std::fs::read_to_string(file.trim())?.starts_with("Notes"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(file.trim())?.permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // Files that could run something are saved and named, but not opened.
        let opened = json(&open(&["2", "--dir", to, "-o", "json"]).output().await?)?;
        assert_eq!(opened["opened"], false);
        let url = text(&open(&["--web", "--dry-run"]).output().await?)?;
        let address = "https://mail.google.com/mail/?authuser=user%40example.com#all/";
        assert!(
            url.starts_with(address) && url.trim().ends_with(&id),
            "{url}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn json_goes_through_jq() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let run =
        |arguments: &[&str]| command(&sandbox, Mode::OpenSource, &directory, arguments).output();
    let ids = run(&["search", "-n", "3", "--jq", ".messages[].id"]).await?;
    let expected = run(&["search", "-n", "3", "-o", "ids"]).await?;
    assert_eq!(text(&ids)?, text(&expected)?);
    let names = run(&["labels", "list", "--jq", "[.data[].name] | sort | first"]).await?;
    assert_eq!(text(&names)?, "CATEGORY_FORUMS\n");
    let each = run(&["messages", "list", "--all", "-o", "ndjson", "--jq", ".id"]).await?;
    assert!(text(&each)?.lines().count() > 10);
    let wrong = run(&["search", "--jq", ".["]).await?;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        errors(&wrong).contains("not a jq filter"),
        "{}",
        errors(&wrong)
    );
    let failed = run(&["check", "--jq", ".ok + 1"]).await?;
    assert_eq!(failed.status.code(), Some(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_file_gives_defaults() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let folder = directory.file("config");
    std::fs::create_dir(&folder)?;
    let run = |arguments: &[&str]| {
        let mut command = command(&sandbox, Mode::OpenSource, &directory, arguments);
        command.envs(sandbox.variables(Mode::Hosted)).output()
    };
    let file = folder.join("config.yaml");
    std::fs::write(&file, "# mine\nmode: hosted\nlimit: 2\noutput: json\n")?;
    assert_eq!(json(&run(&["check"]).await?)?["mode"], "hosted");
    // Flags take precedence, and piped output keeps its form.
    let check = run(&["check", "--mode", "open-source"]).await?;
    assert_eq!(json(&check)?["mode"], "open-source");
    assert_eq!(text(&run(&["inbox"]).await?)?.lines().count(), 3);
    for (wrong, quoted) in [
        ("mode: both", "`both`"),
        ("colour: no", "`pager` at line 1"),
        ("limit: 5\ncolour: no", "`pager` at line 2"),
        ("- a", "config.yaml: it is a list; give keys with values"),
        (
            "limit: many",
            "`limit` is the text `many`; give a whole number from 1 to 500",
        ),
        ("limit: 0", "`limit` is `0`; give a whole number"),
        ("limit: 70000", "`limit` is `70000`; give a whole number"),
        ("output: [json]", "`output` is a list; give table, json"),
        ("mode: 1", "`mode` is `1`; give open-source or hosted"),
        ("pager: false", "`pager` is `false`; give a command line"),
    ] {
        std::fs::write(&file, wrong)?;
        let refused = run(&["check"]).await?;
        assert_eq!(refused.status.code(), Some(2), "{wrong}");
        assert!(errors(&refused).contains(quoted), "{}", errors(&refused));
    }
    // Endless and very large files are not read.
    std::fs::write(&file, "#".repeat(70_000))?;
    let refused = run(&["check"]).await?;
    assert!(errors(&refused).contains("it has 70000 bytes"));
    std::fs::remove_file(&file)?;
    std::os::unix::fs::symlink("/dev/zero", &file)?;
    let refused = run(&["check"]).await?;
    assert_eq!(refused.status.code(), Some(2));
    assert!(errors(&refused).contains("config.yaml: it is not a file"));
    std::fs::remove_file(&file)?;
    // A key without a value counts as absent.
    std::fs::write(&file, "mode: hosted\nlimit:\npager: ''\n")?;
    assert_eq!(json(&run(&["check"]).await?)?["ok"], true);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_completes_commands_accounts_and_labels() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let config = directory.file("config");
    std::fs::create_dir_all(config.join("accounts"))?;
    std::fs::write(config.join("accounts/me@example.com.json"), "{}")?;
    let offered = async |words: &[&str]| -> Result<String, Failure> {
        let mut command = command(
            &sandbox,
            Mode::OpenSource,
            &directory,
            &["--", "airbyte-gmail"],
        );
        let index = words.len().to_string();
        command
            .args(words)
            .env("AIRBYTE_GMAIL_COMPLETE", "bash")
            .env("_CLAP_COMPLETE_INDEX", index)
            .env("_CLAP_COMPLETE_COMP_TYPE", "9")
            .env("_CLAP_COMPLETE_SPACE", "false")
            .env("_CLAP_IFS", "\n");
        text(&command.output().await?)
    };
    assert!(offered(&["sea"]).await?.contains("search"));
    assert!(offered(&["labels", "cr"]).await?.contains("create"));
    assert!(
        offered(&["check", "--account", "m"])
            .await?
            .contains("me@example.com")
    );
    // Labels are known after a command has listed them; completion makes no requests.
    assert!(
        !offered(&["label", "x", "--add", "rec"])
            .await?
            .contains("Receipts")
    );
    let label = ["label", "x", "--add", "Receipts", "--dry-run"];
    text(
        &command(&sandbox, Mode::OpenSource, &directory, &label)
            .output()
            .await?,
    )?;
    let asked = sandbox.requests().len();
    assert!(
        offered(&["label", "x", "--add", "rec"])
            .await?
            .contains("Receipts")
    );
    assert_eq!(sandbox.requests().len(), asked);
    Ok(())
}
