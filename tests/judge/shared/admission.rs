//! Access to the server: TLS, user and password.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use airbyte_agent_gmail::GmailConnector;
use airbyte_agent_gmail::sandbox::Sandbox;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::server::Redis;
use super::{process, refreshes};
use crate::support::Failure;
use crate::support::directory::Directory;
use crate::support::program::errors;

/// The rights that a user needs, as in the guide.
const WORKER: &str = "worker on >let:me@in ~airbyte-gmail:* -@all +eval +time +@hash +@sortedset +@string +del +persist \
                      +pexpire";

/// A user without these rights.
const GUEST: &str = "guest on >guest ~airbyte-gmail:* -@all +ping";

/// Files for a test: a server certificate with its key and authority, and an unrelated authority.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    authority: PathBuf,
    stranger: PathBuf,
}

fn authority() -> Result<(Issuer<'static, KeyPair>, String), Failure> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), pem))
}

impl Files {
    fn make(directory: &Directory) -> Result<Self, Failure> {
        let write = |name: &str, text: &str| -> Result<PathBuf, Failure> {
            let path = directory.file(name);
            std::fs::write(&path, text)?;
            Ok(path)
        };
        let (issuer, pem) = authority()?;
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["localhost".to_owned()])?;
        let certificate = params.signed_by(&key, &issuer)?;
        Ok(Self {
            certificate: write("server.pem", &certificate.pem())?,
            key: write("server.key", &key.serialize_pem())?,
            authority: write("authority.pem", &pem)?,
            stranger: write("stranger.pem", &authority()?.1)?,
        })
    }

    async fn serve(&self, data: &Directory, more: &[&str]) -> Result<Redis, Failure> {
        let files = [&*self.certificate, &self.key, &self.authority];
        Redis::start_secure(data.path(), files, more).await
    }
}

/// The messages of a process that shares an expired token at this address and trusts this authority. Store errors do
/// not stop it.
async fn said(sandbox: &Sandbox, url: &str, authority: &Path) -> Result<String, Failure> {
    sandbox.expire_access_tokens();
    let before = refreshes(sandbox);
    let (mut command, _directory) = process(sandbox, url, &["labels", "list"])?;
    let output = command.env("SSL_CERT_FILE", authority).output().await?;
    let said = errors(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(refreshes(sandbox), before + 1, "{said}");
    for secret in ["let:me@in", "let%3Ame", "stranger@", "sandbox-"] {
        assert!(!said.contains(secret), "{said}");
    }
    Ok(said)
}

/// The findings of `auth doctor`.
async fn doctor(sandbox: &Sandbox, url: &str, authority: &Path) -> Result<String, Failure> {
    let (mut command, _directory) = process(sandbox, url, &["auth", "doctor"])?;
    let output = command.env("SSL_CERT_FILE", authority).output().await?;
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_processes_share_with_a_user_of_few_rights() -> Result<(), Failure> {
    let (sandbox, data) = (Sandbox::start().await?, Directory::new()?);
    let files = Files::make(&data)?;
    let mut more = vec![
        "--tls-auth-clients",
        "no",
        "--requirepass",
        "open",
        "--user",
    ];
    more.extend(WORKER.split_whitespace());
    let redis = files.serve(&data, &more).await?;
    let port = redis.port();
    for who in ["worker:let%3Ame%40in", ":open"] {
        let url = format!("rediss://{who}@localhost:{port}");
        let found = doctor(&sandbox, &url, &files.authority).await?;
        assert!(found.contains("lets this host in"), "{found}");
        let told = said(&sandbox, &url, &files.authority).await?;
        assert!(!told.contains("warning"), "{told}");
        // The next process uses the stored token.
        let before = refreshes(&sandbox);
        let (mut command, _directory) = process(&sandbox, &url, &["labels", "list"])?;
        let output = command
            .env("SSL_CERT_FILE", &files.authority)
            .output()
            .await?;
        assert!(output.status.success(), "{}", errors(&output));
        assert_eq!(refreshes(&sandbox), before);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_let_in_hears_why_and_goes_on() -> Result<(), Failure> {
    let (sandbox, data) = (Sandbox::start().await?, Directory::new()?);
    let files = Files::make(&data)?;
    let mut more = vec!["--tls-auth-clients", "no", "--requirepass", "open"];
    for user in [WORKER, GUEST] {
        more.push("--user");
        more.extend(user.split_whitespace());
    }
    let redis = files.serve(&data, &more).await?;
    let port = redis.port();
    for (who, host, authority, words) in [
        (
            "worker:let%3Ame%40in@",
            "localhost",
            &files.stranger,
            ["certificate of localhost", "issuer", "SSL_CERT_FILE"],
        ),
        (
            "worker:let%3Ame%40in@",
            "127.0.0.1",
            &files.authority,
            ["certificate of 127.0.0.1", "not for that name", "localhost"],
        ),
        (
            "worker:stranger@",
            "localhost",
            &files.authority,
            ["localhost", "password", "AIRBYTE_GMAIL_STORE"],
        ),
        (
            "nobody:stranger@",
            "localhost",
            &files.authority,
            ["localhost", "user", "AIRBYTE_GMAIL_STORE"],
        ),
        (
            "",
            "localhost",
            &files.authority,
            ["localhost", "password", "AIRBYTE_GMAIL_STORE"],
        ),
        (
            "guest:guest@",
            "localhost",
            &files.authority,
            ["localhost", "commands", "guide"],
        ),
    ] {
        let url = format!("rediss://{who}{host}:{port}");
        let told = said(&sandbox, &url, authority).await?;
        for word in ["warning", "token store"].iter().chain(&words) {
            assert!(told.contains(word), "{who}{host}: {word}: {told}");
        }
        let found = doctor(&sandbox, &url, authority).await?;
        for word in words {
            assert!(found.contains(word), "{who}{host}: {word}: {found}");
        }
    }
    // Without TLS, the server closes the connection.
    let plain = format!("redis://worker:let%3Ame%40in@localhost:{port}");
    let told = said(&sandbox, &plain, &files.authority).await?;
    assert!(told.contains("rediss://"), "{told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_wants_a_certificate_or_speaks_no_tls_is_told() -> Result<(), Failure> {
    let (sandbox, data) = (Sandbox::start().await?, Directory::new()?);
    let files = Files::make(&data)?;
    let redis = files.serve(&data, &["--tls-auth-clients", "yes"]).await?;
    let url = format!("rediss://localhost:{}", redis.port());
    let told = said(&sandbox, &url, &files.authority).await?;
    assert!(told.contains("tls-auth-clients no"), "{told}");

    let other = Directory::new()?;
    let redis = Redis::start(other.path()).await?;
    let url = format!("rediss://localhost:{}", redis.port());
    let told = said(&sandbox, &url, &files.authority).await?;
    assert!(told.contains("tls") && told.contains("localhost"), "{told}");
    Ok(())
}

/// This process only trusts the system's authorities.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_valid_token_goes_on_where_the_certificate_is_refused() -> Result<(), Failure> {
    let (sandbox, data) = (Sandbox::start().await?, Directory::new()?);
    let files = Files::make(&data)?;
    let redis = files.serve(&data, &["--tls-auth-clients", "no"]).await?;
    let (told, warnings) = mpsc::channel();
    let mut google = sandbox.google_auth();
    google.access_token = None;
    let gmail = GmailConnector::builder(google)
        .base_url(sandbox.gmail_url())
        .token_url(sandbox.token_url())
        .shared_store(format!("rediss://localhost:{}", redis.port()))
        .on_token_store_warning(move |warning| {
            let cause = std::error::Error::source(warning).map(ToString::to_string);
            drop(told.send(cause.unwrap_or_default()));
        })
        .build()?;
    for _ in 0..3 {
        gmail.check().await?;
    }
    assert_eq!(refreshes(&sandbox), 1);
    let cause = warnings.recv()?;
    assert!(cause.contains("certificate of localhost"), "{cause}");
    Ok(())
}
