//! Failed connections: certificate, proxy and DNS errors are distinct, and each message says what to do.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on has failed"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use airbyte_agent_gmail::sandbox::Sandbox;
use airbyte_agent_gmail::{GmailAuthConfig, GmailConnector, RetryPolicy};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::Failure;
use crate::support::directory::Directory;
use crate::support::program::{errors, program};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\nconnection: close\r\n\r\n{\"labels\":[]}";

/// The test's own certificate authority.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Result<Self, Failure> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// A server with a certificate for a name, valid from one year to another.
    fn serve(&self, name: &str, from: i32, until: i32) -> Result<Server, Failure> {
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        let config = Arc::new(config);
        Ok(Server::start(move |stream| {
            let Ok(connection) = rustls::ServerConnection::new(Arc::clone(&config)) else {
                return;
            };
            let mut stream = rustls::StreamOwned::new(connection, stream);
            answer(&mut stream, ANSWER);
        })?)
    }
}

/// A server that handles every connection in one way, and counts them.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        // The thread ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                serve(stream);
            }
        });
        Ok(Self { port, connections })
    }

    fn saying(text: &'static str) -> std::io::Result<Self> {
        Self::start(move |mut stream| answer(&mut stream, text))
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads the head of a request and answers; the tests expect clients to hang up.
fn answer(stream: &mut (impl std::io::Read + std::io::Write), text: &str) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let _ = stream.write_all(text.as_bytes());
    let _ = stream.flush();
}

/// The program's environment.
struct World {
    sandbox: Sandbox,
    directory: Directory,
}

impl World {
    async fn new() -> Result<Self, Failure> {
        Ok(Self {
            sandbox: Sandbox::start().await?,
            directory: Directory::new()?,
        })
    }

    /// Lists labels at an address.
    async fn list(&self, url: &str, variables: &[(&str, &str)]) -> Result<Output, Failure> {
        let mut command = program(&self.sandbox, &self.directory, &["labels", "list"]);
        command
            .env("GMAIL_API_URL", url)
            .env("GMAIL_ACCESS_TOKEN", "token")
            .envs(variables.iter().copied());
        Ok(command.output().await?)
    }
}

fn assert_told(output: &Output, code: i32, words: &[&str]) {
    let said = errors(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains("check the network") || code == 7, "{said}");
}

#[tokio::test]
async fn a_certificate_is_refused_by_name_and_check_and_asked_for_once() -> Result<(), Failure> {
    let world = World::new().await?;
    let authority = Authority::new()?;
    let file = world.directory.file("authority.pem");
    std::fs::write(&file, &authority.pem)?;
    let file = file.to_string_lossy().into_owned();
    let trusted = [("SSL_CERT_FILE", file.as_str())];
    let other = world.directory.file("other.pem");
    std::fs::write(&other, Authority::new()?.pem)?;
    let other = other.to_string_lossy().into_owned();
    let distrusted = [("SSL_CERT_FILE", other.as_str())];
    for (name, from, until, variables, words) in [
        (
            "localhost",
            2020,
            2100,
            &distrusted,
            ["issuer", "SSL_CERT_FILE", "SSL_CERT_DIR"],
        ),
        (
            "localhost",
            2019,
            2020,
            &trusted,
            ["expired", "clock", "localhost"],
        ),
        (
            "localhost",
            2099,
            2100,
            &trusted,
            ["not valid yet", "clock", "localhost"],
        ),
        (
            "mail.example.com",
            2020,
            2100,
            &trusted,
            ["not for that name", "mail.example.com", "localhost"],
        ),
    ] {
        let server = authority.serve(name, from, until)?;
        let url = format!("https://localhost:{}", server.port);
        let output = world.list(&url, variables).await?;
        assert_told(&output, 2, &words);
        assert_told(&output, 2, &["certificate of localhost"]);
        assert_eq!(server.connections(), 1, "{words:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_authority_of_ones_own_is_taken_from_a_file_or_a_folder() -> Result<(), Failure> {
    let world = World::new().await?;
    let authority = Authority::new()?;
    let folder = world.directory.path().join("authorities");
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("own.pem"), &authority.pem)?;
    let server = authority.serve("localhost", 2020, 2100)?;
    let url = format!("https://localhost:{}", server.port);
    let file = folder.join("own.pem").to_string_lossy().into_owned();
    let folder = folder.to_string_lossy().into_owned();
    for variable in [("SSL_CERT_FILE", file.as_str()), ("SSL_CERT_DIR", &folder)] {
        let output = world.list(&url, &[variable]).await?;
        assert!(output.status.success(), "{variable:?}: {}", errors(&output));
    }
    for (name, value) in [
        ("SSL_CERT_FILE", "/nowhere/authority.pem"),
        ("SSL_CERT_FILE", ""),
        ("SSL_CERT_DIR", "/nowhere"),
    ] {
        let output = world.list(&url, &[(name, value)]).await?;
        assert_told(&output, 2, &[name, value]);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_tls_is_told_and_not_asked_again() -> Result<(), Failure> {
    let world = World::new().await?;
    let server = Server::start(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        let _ = stream.read(&mut [0; 1024]);
    })?;
    let output = world
        .list(&format!("https://localhost:{}", server.port), &[])
        .await?;
    assert_told(&output, 2, &["no tls connection to localhost"]);
    assert_eq!(server.connections(), 1);
    Ok(())
}

#[tokio::test]
async fn a_proxys_refusal_is_told_with_its_status_and_not_asked_again() -> Result<(), Failure> {
    let world = World::new().await?;
    for (text, words) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            ["407", "sign-in", "HTTPS_PROXY"],
        ),
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
            ["403", "gmail.example.invalid", "NO_PROXY"],
        ),
        (
            "HTTP/1.0 502 Bad Gateway\r\n\r\n",
            ["502", "gmail.example.invalid", "NO_PROXY"],
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://sign.in/\r\n\r\n",
            ["302", "gmail.example.invalid", "NO_PROXY"],
        ),
        (
            "SSH-2.0-OpenSSH_9.6\r\n\r\n",
            ["proxy", "gmail.example.invalid", "NO_PROXY"],
        ),
        ("", ["proxy", "an answer that can't be read", "NO_PROXY"]),
    ] {
        let proxy = Server::saying(text)?;
        let address = format!("http://user:secret@127.0.0.1:{}", proxy.port);
        for variable in ["HTTPS_PROXY", "all_proxy"] {
            let before = proxy.connections();
            let url = "https://gmail.example.invalid";
            let output = world.list(url, &[(variable, &address)]).await?;
            assert_told(&output, 2, &words);
            assert_told(&output, 2, &[&format!("proxy 127.0.0.1:{}", proxy.port)]);
            assert!(!errors(&output).contains("secret"));
            // The second connection only asks for the status.
            assert!(proxy.connections() - before <= 2, "{text}");
        }
    }
    Ok(())
}

/// Old proxies fold headers and put blanks before their colons, and servers that pack every answer label the empty ones
/// too: curl 7.88 reads all three, and RFC 9112 (section 5.2) asks that of the first.
#[tokio::test]
async fn headers_as_old_proxies_write_them_are_read() -> Result<(), Failure> {
    let world = World::new().await?;
    let delete = ["labels", "delete", "Label_1", "--yes"];
    for (arguments, head, body) in [
        (
            &["labels", "list"][..],
            "Via: 1.1 a\r\n 1.1 b",
            r#"{"labels": []}"#,
        ),
        (&["labels", "list"], "X-Cache : MISS", r#"{"labels": []}"#),
        (&delete, "Content-Encoding: gzip", ""),
    ] {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let length = body.len();
        let text = format!(
            "HTTP/1.1 200 OK\r\n{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        let server = std::thread::spawn(move || {
            if let Ok((mut stream, _)) = listener.accept() {
                answer(&mut stream, &text);
            }
        });
        let output = program(&world.sandbox, &world.directory, arguments)
            .env("GMAIL_API_URL", &url)
            .env("GMAIL_ACCESS_TOKEN", "token")
            .output()
            .await?;
        assert!(output.status.success(), "{head}: {}", errors(&output));
        server.join().map_err(|_| "the server failed")?;
    }
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_from_the_service() -> Result<(), Failure> {
    let world = World::new().await?;
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let address = format!("127.0.0.1:{port}");
    let output = world
        .list(
            "https://gmail.example.invalid",
            &[("https_proxy", &address)],
        )
        .await?;
    assert_told(
        &output,
        7,
        &[&format!("the proxy {address} refused"), "HTTPS_PROXY"],
    );
    let output = world
        .list(&format!("https://127.0.0.1:{port}"), &[])
        .await?;
    assert_told(&output, 7, &[&format!("{address} refused the connection")]);
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_cannot_be_read_is_never_passed_over() -> Result<(), Failure> {
    let world = World::new().await?;
    for (name, value) in [
        ("HTTPS_PROXY", "http://"),
        ("https_proxy", "http://proxy:port"),
        ("ALL_PROXY", "socks5://127.0.0.1:1080"),
        ("all_proxy", "::"),
        ("HTTP_PROXY", "http://user:secret@"),
        ("http_proxy", "http://proxy example:80"),
    ] {
        let output = world
            .list(world.sandbox.gmail_url(), &[(name, value)])
            .await?;
        assert_told(&output, 2, &[name]);
        assert!(!errors(&output).contains("secret"));
    }
    assert!(world.sandbox.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told_as_that() -> Result<(), Failure> {
    let gmail = GmailConnector::builder(GmailAuthConfig::from_access_token("token"))
        .base_url("https://gmail.example.invalid")
        .retry(RetryPolicy::never())
        .build()?;
    let error = gmail.check().await.expect_err("there is no such host");
    assert!(error.is_connect() && error.is_transient(), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("gmail.example.invalid") && text.contains("dns"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn the_doctor_names_a_certificate_that_was_refused() -> Result<(), Failure> {
    let world = World::new().await?;
    let server = Authority::new()?.serve("localhost", 2020, 2100)?;
    let google = world.sandbox.google();
    let mut command = program(&world.sandbox, &world.directory, &["auth", "doctor"]);
    command
        .env(
            "GOOGLE_TOKEN_URL",
            format!("https://localhost:{}/token", server.port),
        )
        .env("GMAIL_CLIENT_ID", google.client_id)
        .env("GMAIL_CLIENT_SECRET", google.client_secret)
        .env("GMAIL_REFRESH_TOKEN", google.refresh_token);
    let output = command.output().await?;
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        found.contains("certificate of localhost") && found.contains("SSL_CERT_FILE"),
        "{found}"
    );
    assert_eq!(output.status.code(), Some(2), "{}", errors(&output));
    Ok(())
}
