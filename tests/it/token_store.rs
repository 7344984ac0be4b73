//! Stored tokens: who may read them, what a crash leaves behind, and how processes share them.

#![cfg(feature = "cli")]

use crate::support;

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use airbyte_agent_gmail::auth::{
    Account, AccountDirectory, FileTokenStore, Saved, Secret, StoreError, StoreVersion, TokenSet,
    TokenStore,
};
use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector};
use support::directory::Directory;
use support::{Failure, program};

fn tokens(access: &str, refresh: &str) -> TokenSet {
    let mut tokens = TokenSet::new(access);
    tokens.refresh_token = Some(Secret::from(refresh));
    tokens.expires_at = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000));
    tokens.scopes = vec!["scope".to_owned()];
    tokens
}

/// The content of a store, including its secrets, for comparison.
async fn held(store: &dyn TokenStore) -> Result<Option<String>, StoreError> {
    let stored = store.load().await?;
    Ok(stored.tokens.map(|tokens| shown(&tokens)))
}

fn shown(tokens: &TokenSet) -> String {
    serde_json::to_string(tokens).unwrap_or_default()
}

/// Overwrites the stored tokens.
async fn save(store: &dyn TokenStore, tokens: &TokenSet) -> Result<(), StoreError> {
    let version = store.load().await?.version;
    match store.save(tokens, &version).await? {
        Saved::Done(_) => Ok(()),
        Saved::Conflict => Err("a conflict".into()),
    }
}

fn refreshes(sandbox: &Sandbox) -> usize {
    sandbox
        .requests()
        .iter()
        .filter(|request| request.operation == "token")
        .count()
}

/// An account with an expired access token and the sandbox's refresh token.
fn signed_in(sandbox: &Sandbox, directory: &Directory) -> Result<AccountDirectory, Failure> {
    let google = sandbox.google();
    let mut ended = tokens("ended", &google.refresh_token);
    ended.expires_at = Some(SystemTime::UNIX_EPOCH);
    let accounts = AccountDirectory::new(directory.path().join("config"));
    accounts.put(&Account::new(
        "user@example.com",
        google.client_id,
        Some(Secret::from(google.client_secret)),
        ended,
    ))?;
    Ok(accounts)
}

#[tokio::test]
async fn what_is_saved_is_loaded_and_what_belongs_to_others_is_kept() -> Result<(), Failure> {
    let directory = Directory::new()?;
    let path = directory.path().join("deep/er/tokens.json");
    let store = FileTokenStore::new(&path);
    assert_eq!(held(&store).await?, None);
    save(&store, &tokens("a", "r")).await?;
    assert_eq!(held(&store).await?, Some(shown(&tokens("a", "r"))));

    let text = fs::read_to_string(&path)?.replacen('{', "{\"mine\": 1,", 1);
    fs::write(&path, text)?;
    save(&store, &tokens("b", "s")).await?;
    assert_eq!(held(&store).await?, Some(shown(&tokens("b", "s"))));
    assert!(fs::read_to_string(&path)?.contains("\"mine\": 1"));
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn files_that_others_can_read_are_refused() -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let directory = Directory::new()?;
    let inner = directory.path().join("own");
    let path = inner.join("tokens.json");
    let store = FileTokenStore::new(&path);
    save(&store, &tokens("a", "r")).await?;
    let mode = |path: &std::path::Path| -> Result<u32, Failure> {
        Ok(fs::metadata(path)?.permissions().mode() & 0o777)
    };
    assert_eq!(mode(&path)?, 0o600);
    assert_eq!(mode(&inner)?, 0o700);

    for open in [0o640, 0o604, 0o620, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open))?;
        let error = store.load().await.expect_err("refused").to_string();
        assert!(
            error.contains("chmod 600") && !error.contains("\"a\""),
            "{error}"
        );
        assert!(
            store
                .save(&tokens("b", "s"), &StoreVersion::default())
                .await
                .is_err()
        );
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    assert_eq!(held(&store).await?, Some(shown(&tokens("a", "r"))));

    fs::set_permissions(&inner, fs::Permissions::from_mode(0o777))?;
    let error = save(&store, &tokens("b", "s")).await.expect_err("refused");
    assert!(error.to_string().contains("chmod 700"), "{error}");
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o700))?;
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn links_pipes_and_the_files_of_others_are_not_taken() -> Result<(), Failure> {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    let directory = Directory::new()?;
    let path = directory.path().join("tokens.json");
    let lock = directory.path().join("tokens.json.lock");
    let victim = directory.path().join("victim.json");
    let store = FileTokenStore::new(&path);
    save(&FileTokenStore::new(&victim), &tokens("a", "r")).await?;
    let before = fs::read(&victim)?;

    symlink(&victim, &path)?;
    for error in [
        store.load().await.map(drop).expect_err("a link"),
        store
            .save(&tokens("b", "s"), &StoreVersion::default())
            .await
            .map(drop)
            .expect_err("a link"),
    ] {
        let error = error.to_string();
        assert!(
            error.contains("link") && error.contains("tokens.json"),
            "{error}"
        );
    }
    assert_eq!(fs::read(&victim)?, before);
    fs::remove_file(&path)?;

    for target in [&victim, &directory.path().join("absent")] {
        symlink(target, &lock)?;
        let error = store
            .lock()
            .await
            .map(drop)
            .expect_err("a link")
            .to_string();
        assert!(
            error.contains("link") && error.contains("tokens.json.lock"),
            "{error}"
        );
        assert!(store.check_writable().await.is_err());
        fs::remove_file(&lock)?;
    }
    assert!(!directory.path().join("absent").exists());

    // Neither a pipe nor a directory blocks the reader.
    for make in ["mkfifo", "mkdir"] {
        let made = std::process::Command::new(make).arg(&path).status()?;
        assert!(made.success());
        assert!(store.load().await.is_err(), "{make}");
        if make == "mkdir" {
            fs::remove_dir(&path)?;
        } else {
            fs::remove_file(&path)?;
        }
    }

    save(&store, &tokens("a", "r")).await?;
    drop(store.lock().await?);
    // Only root can give files away; other users use a file that root owns.
    if chown(&path, Some(65_534), None).is_err() {
        let error = FileTokenStore::new("/etc/passwd").load().await.map(drop);
        assert!(error.is_err_and(|error| error.to_string().contains("another user")));
        return Ok(());
    }
    let error = store
        .load()
        .await
        .map(drop)
        .expect_err("another's")
        .to_string();
    assert!(
        error.contains("another user") && error.contains("tokens.json"),
        "{error}"
    );
    chown(&lock, Some(65_534), None)?;
    let error = store
        .lock()
        .await
        .map(drop)
        .expect_err("another's")
        .to_string();
    assert!(error.contains("tokens.json.lock"), "{error}");

    // Many people use a link to their own settings directory.
    let real = directory.path().join("real");
    let linked = directory.path().join("linked");
    fs::create_dir(&real)?;
    fs::set_permissions(&real, fs::Permissions::from_mode(0o700))?;
    symlink(&real, &linked)?;
    save(
        &FileTokenStore::new(linked.join("tokens.json")),
        &tokens("a", "r"),
    )
    .await?;
    chown(&real, Some(65_534), None)?;
    let error = FileTokenStore::new(linked.join("other.json"))
        .lock()
        .await
        .map(drop);
    assert!(error.is_err_and(|error| error.to_string().contains("another user")));
    Ok(())
}

#[tokio::test]
async fn a_save_replaces_the_version_that_it_was_made_for_and_no_other() -> Result<(), Failure> {
    let directory = Directory::new()?;
    let store = FileTokenStore::new(directory.path().join("tokens.json"));
    let empty = store.load().await?.version;
    let Saved::Done(first) = store.save(&tokens("a", "r"), &empty).await? else {
        return Err("a conflict".into());
    };
    assert_eq!(store.load().await?.version, first);
    assert_eq!(
        store.save(&tokens("b", "s"), &empty).await?,
        Saved::Conflict
    );
    assert_eq!(held(&store).await?, Some(shown(&tokens("a", "r"))));
    save(&store, &tokens("c", "t")).await?;
    assert_eq!(
        store.save(&tokens("d", "u"), &first).await?,
        Saved::Conflict
    );
    Ok(())
}

/// A lock that can't be taken, as in a read-only folder, and no folder to write to at all.
#[tokio::test]
async fn a_folder_that_can_t_be_written_costs_a_warning_and_no_command() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let accounts = signed_in(&sandbox, &directory)?;
    let lock = accounts.file("user@example.com")?;
    fs::create_dir(lock.with_file_name("user@example.com.json.lock"))?;
    for ended in [true, false] {
        let mut account = accounts.get("user@example.com")?.ok_or("no account")?;
        if !ended {
            account.tokens = tokens(
                &sandbox.google().access_token,
                &sandbox.google().refresh_token,
            );
            accounts.put(&account)?;
        }
        let output = program::program(&sandbox, &directory, &["check"])
            .output()
            .await?;
        let errors = program::errors(&output);
        program::json(&output)?;
        assert_eq!(errors.matches("warning:").count(), 1, "{errors}");
        assert!(
            errors.contains("saved") && errors.contains(".lock"),
            "{errors}"
        );
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_lock_that_is_a_link_stops_the_program() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let accounts = signed_in(&sandbox, &directory)?;
    let lock = accounts.file("user@example.com")?;
    let victim = directory.path().join("victim");
    std::os::unix::fs::symlink(&victim, lock.with_file_name("user@example.com.json.lock"))?;
    let output = program::program(&sandbox, &directory, &["check"])
        .output()
        .await?;
    let errors = program::errors(&output);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("user@example.com.json.lock") && errors.contains("link"),
        "{errors}"
    );
    assert!(!victim.exists());
    assert_eq!(refreshes(&sandbox), 0);
    Ok(())
}

#[tokio::test]
async fn a_broken_file_is_refused_and_not_quoted() -> Result<(), Failure> {
    let directory = Directory::new()?;
    let store = FileTokenStore::new(directory.path().join("tokens.json"));
    save(&store, &tokens("a", "r")).await?;
    for text in [
        "",
        "{\"tokens\": \"1//planted\"}",
        "[\"1//planted\"]",
        "1//planted",
    ] {
        fs::write(store.path(), text)?;
        let error = store.load().await.expect_err("refused").to_string();
        assert!(
            error.contains("sign in again") && !error.contains("planted"),
            "{error}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_write_that_was_cut_off_leaves_the_old_tokens() -> Result<(), Failure> {
    let directory = Directory::new()?;
    let store = FileTokenStore::new(directory.path().join("tokens.json"));
    save(&store, &tokens("old", "r")).await?;
    // The file that a process leaves when killed half-way through writing.
    let half = format!("tokens.json.{}-999.tmp", std::process::id());
    fs::write(directory.path().join(half), "{\"tokens\": {\"access_tok")?;
    assert_eq!(held(&store).await?, Some(shown(&tokens("old", "r"))));
    save(&store, &tokens("new", "r")).await?;
    assert_eq!(held(&store).await?, Some(shown(&tokens("new", "r"))));
    Ok(())
}

#[tokio::test]
async fn connectors_that_share_a_file_make_one_refresh() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    sandbox.rotate_refresh_tokens(true);
    let directory = Directory::new()?;
    let accounts = signed_in(&sandbox, &directory)?;
    let account = accounts.get("user@example.com")?.ok_or("no account")?;
    let connector = || -> Result<GmailConnector, Failure> {
        Ok(GmailConnector::builder(GmailAuthConfig::from(&account))
            .base_url(sandbox.gmail_url())
            .token_url(sandbox.token_url())
            .token_store(accounts.store("user@example.com")?)
            .build()?)
    };
    let connectors = (0..8).map(|_| connector()).collect::<Result<Vec<_>, _>>()?;
    for round in 1..=3 {
        let checks = connectors.iter().map(GmailConnector::check);
        for result in futures_util::future::join_all(checks).await {
            result?;
        }
        assert_eq!(refreshes(&sandbox), round);
        // All of them now hold an access token that Gmail rejects, and a refresh token that works only once.
        sandbox.revoke_access_tokens();
    }
    Ok(())
}

#[tokio::test]
async fn a_new_consent_in_the_configuration_outlives_a_dead_one_in_the_store() -> Result<(), Failure>
{
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let store = Arc::new(FileTokenStore::new(directory.path().join("tokens.json")));
    let mut dead = tokens("ended", "dead");
    dead.expires_at = Some(SystemTime::UNIX_EPOCH);
    save(&*store, &dead).await?;
    let google = sandbox.google();
    let auth = GmailAuthConfig::new(google.refresh_token.as_str())
        .with_client(google.client_id, google.client_secret);
    let gmail = GmailConnector::builder(auth)
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .token_store(store.clone())
        .build()?;
    gmail.check().await?;
    let stored = store.load().await?.tokens.ok_or("nothing stored")?;
    assert_eq!(
        stored.refresh_token.as_ref().map(Secret::expose),
        Some(google.refresh_token.as_str())
    );
    Ok(())
}

#[tokio::test]
async fn processes_that_race_make_one_refresh_and_none_ends_with_a_dead_token()
-> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    sandbox.rotate_refresh_tokens(true);
    let directory = Directory::new()?;
    signed_in(&sandbox, &directory)?;
    for round in 1..=2 {
        let racing = (0..4).map(|_| program::program(&sandbox, &directory, &["check"]).output());
        for output in futures_util::future::join_all(racing).await {
            program::json(&output?)?;
        }
        assert_eq!(refreshes(&sandbox), round);
        // The stored token still looks valid, but Gmail rejects it from every process.
        sandbox.revoke_access_tokens();
    }
    Ok(())
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_refreshes_leaves_tokens_that_work() -> Result<(), Failure>
{
    let sandbox = Sandbox::start().await?;
    // Each run of the program must refresh, and therefore write.
    sandbox.access_token_lifetime(Duration::from_secs(1));
    let directory = Directory::new()?;
    let accounts = signed_in(&sandbox, &directory)?;
    let mut killed = 0;
    for step in 0..24_u64 {
        let mut child = program::program(&sandbox, &directory, &["check"]).spawn()?;
        let before = refreshes(&sandbox);
        // Steps from before the refresh to after the write, so that some kill hits the write.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
        while refreshes(&sandbox) == before && tokio::time::Instant::now() < deadline {
            tokio::task::yield_now().await;
        }
        let from = std::time::Instant::now();
        while from.elapsed() < Duration::from_micros(step * 150) {
            tokio::task::yield_now().await;
        }
        child.start_kill()?;
        killed += usize::from(!child.wait().await?.success());
        let account = accounts.get("user@example.com")?.ok_or("no account")?;
        assert!(account.tokens.refresh_token.is_some());
    }
    assert!(killed > 0, "no process was killed in time");
    program::json(
        &program::program(&sandbox, &directory, &["check"])
            .output()
            .await?,
    )?;
    Ok(())
}

#[test]
fn accounts_have_one_default_and_names_that_stay_in_the_directory() -> Result<(), Failure> {
    let directory = Directory::new()?;
    let accounts = AccountDirectory::new(directory.path().join("config"));
    let put = |name: &str| accounts.put(&Account::new(name, "client", None, tokens("a", "r")));
    put("first@example.com")?;
    put("second@example.com")?;
    put("a/../b ünï")?;
    assert_eq!(
        accounts.names()?,
        ["a/../b ünï", "first@example.com", "second@example.com"]
    );
    assert_eq!(fs::read_dir(accounts.path().join("accounts"))?.count(), 3);
    assert_eq!(
        accounts.default_name()?.as_deref(),
        Some("first@example.com")
    );
    assert!(accounts.remove("first@example.com")?);
    assert!(!accounts.remove("first@example.com")?);
    assert!(
        accounts
            .default_name()?
            .is_some_and(|name| name != "first@example.com")
    );
    for name in ["", ".", "..", ".hidden", &"x".repeat(300)] {
        assert!(put(name).is_err(), "{name}");
    }
    Ok(())
}

#[cfg(feature = "keyring")]
#[tokio::test]
async fn an_account_in_the_keyring_leaves_no_secret_in_its_file() -> Result<(), Failure> {
    use airbyte_agent_gmail::auth::{Keyring, TokenPlace};
    let sandbox = Sandbox::start().await?;
    sandbox.rotate_refresh_tokens(true);
    let directory = Directory::new()?;
    let keyring = Keyring::in_memory()?;
    let in_file = signed_in(&sandbox, &directory)?;
    let accounts = in_file.clone().with_keyring(keyring.clone());
    accounts.check_place(TokenPlace::Keyring)?;
    let mut account = accounts.get("user@example.com")?.ok_or("no account")?;
    account.place = TokenPlace::Keyring;
    accounts.put(&account)?;
    let kept = accounts.get("user@example.com")?.ok_or("no account")?;
    assert_eq!(shown(&kept.tokens), shown(&account.tokens));
    assert_eq!(accounts.place("user@example.com")?, TokenPlace::Keyring);
    let text = fs::read_to_string(accounts.file("user@example.com")?)?;
    for secret in [
        sandbox.google().refresh_token,
        sandbox.google().client_secret,
        "ended".to_owned(),
    ] {
        assert!(!text.contains(&secret), "{text}");
    }

    let connector = || -> Result<GmailConnector, Failure> {
        Ok(GmailConnector::builder(GmailAuthConfig::from(&account))
            .base_url(sandbox.gmail_url())
            .token_url(sandbox.token_url())
            .token_store(accounts.store("user@example.com")?)
            .build()?)
    };
    let connectors = (0..4).map(|_| connector()).collect::<Result<Vec<_>, _>>()?;
    for round in 1..=2 {
        let checks = connectors.iter().map(GmailConnector::check);
        for result in futures_util::future::join_all(checks).await {
            result?;
        }
        // The keyring has no lock; the one next to the account's file is used.
        assert_eq!(refreshes(&sandbox), round);
        sandbox.revoke_access_tokens();
    }
    let refreshed = accounts.get("user@example.com")?.ok_or("no account")?;
    assert_ne!(shown(&refreshed.tokens), shown(&account.tokens));
    assert_eq!(
        refreshed.client_secret.as_ref().map(Secret::expose),
        account.client_secret.as_ref().map(Secret::expose)
    );
    assert!(!format!("{keyring:?} {accounts:?}").contains("sandbox-client-secret"));

    // Moving back to the file removes the keyring's entry.
    let entry = keyring.store("user@example.com")?;
    assert!(entry.load().await?.tokens.is_some());
    account.place = TokenPlace::File;
    accounts.put(&account)?;
    assert!(entry.load().await?.tokens.is_none());
    account.place = TokenPlace::Keyring;
    accounts.put(&account)?;
    assert!(accounts.remove("user@example.com")?);
    assert!(entry.load().await?.tokens.is_none());

    // A foreign entry is neither accepted nor quoted.
    accounts.put(&account)?;
    let other = in_file.with_keyring(Keyring::in_memory()?);
    let error = other.get("user@example.com").expect_err("no tokens");
    assert!(error.to_string().contains("sign in again"), "{error}");
    Ok(())
}

/// If the machine has a keyring, the program must not find it here.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_keyring_nothing_is_kept_elsewhere() -> Result<(), Failure> {
    let sandbox = Sandbox::start().await?;
    let directory = Directory::new()?;
    let google = sandbox.google();
    let program = |arguments: &[&str]| {
        let mut command = program::program(&sandbox, &directory, arguments);
        command
            .env("GMAIL_CLIENT_ID", &google.client_id)
            .env("GMAIL_CLIENT_SECRET", &google.client_secret)
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
        command
    };
    let login = ["auth", "login", "--no-browser"];
    let asked = program(&[&login[..], &["--store", "keyring"]].concat())
        .output()
        .await?;
    let variable = program(&login)
        .env("AIRBYTE_GMAIL_STORE", "keyring")
        .output()
        .await?;
    for output in [asked, variable] {
        let errors = program::errors(&output);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains("--store file"), "{errors}");
        // Fails before the consent, not after it.
        assert!(!errors.contains("http"), "{errors}");
    }
    assert!(!directory.path().join("config").exists());
    let unknown = program(&login)
        .env("AIRBYTE_GMAIL_STORE", "drawer")
        .output()
        .await?;
    assert_eq!(unknown.status.code(), Some(2));

    // An account with tokens in a keyring that no longer exists.
    let accounts = signed_in(&sandbox, &directory)?;
    fs::write(
        accounts.file("user@example.com")?,
        r#"{"client_id": "id", "store": "keyring"}"#,
    )?;
    for arguments in [&["check"][..], &["auth", "status"], &["auth", "doctor"]] {
        let output = program(arguments).output().await?;
        let text = format!(
            "{}{}",
            program::errors(&output),
            String::from_utf8_lossy(&output.stdout)
        );
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("keyring"), "{text}");
    }
    let forgotten = program(&["auth", "logout", "--local"]).output().await?;
    assert!(
        program::errors(&forgotten).contains("keyring"),
        "{}",
        program::errors(&forgotten)
    );
    assert_eq!(accounts.names()?, Vec::<String>::new());
    Ok(())
}
