//! A Redis server for one test.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::support::Failure;

/// A server on loopback, with data in its own directory.
pub(super) struct Redis {
    server: Child,
    arguments: Vec<String>,
    port: u16,
}

impl Redis {
    /// A server open to everybody.
    pub(super) async fn start(directory: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        Self::start_at(port, directory, &["--port", &port.to_string()]).await
    }

    /// A server that only speaks TLS, with files for its certificate, key and authority.
    pub(super) async fn start_secure(
        directory: &Path,
        [certificate, key, authority]: [&Path; 3],
        more: &[&str],
    ) -> Result<Self, Failure> {
        let port = free_port()?;
        let shown = |path: &Path| path.display().to_string();
        let (certificate, key, authority) = (shown(certificate), shown(key), shown(authority));
        let tls_port = port.to_string();
        let mut arguments = vec![
            "--port",
            "0",
            "--tls-port",
            &tls_port,
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-ca-cert-file",
            &authority,
        ];
        arguments.extend(more);
        Self::start_at(port, directory, &arguments).await
    }

    async fn start_at(port: u16, directory: &Path, more: &[&str]) -> Result<Self, Failure> {
        let directory = directory.display().to_string();
        let mut arguments = vec!["--bind", "127.0.0.1", "--dir", &directory];
        // Writes every change at once, so that the test can search what was written.
        arguments.extend([
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ]);
        arguments.extend(more);
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let server = run(&arguments, port).await?;
        Ok(Self {
            server,
            arguments,
            port,
        })
    }

    /// Kills it, like a power cut.
    pub(super) async fn kill(&mut self) -> std::io::Result<()> {
        self.server.kill().await
    }

    /// Starts it again with its data.
    pub(super) async fn restart(&mut self) -> Result<(), Failure> {
        self.server = run(&self.arguments, self.port).await?;
        Ok(())
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn run(arguments: &[String], port: u16) -> Result<Child, Failure> {
    // REDIS_SERVER can name a compatible server, such as Valkey's.
    let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
    let server = Command::new(&program)
        .args(arguments)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        if began.elapsed() > Duration::from_secs(20) {
            return Err(format!("{program} does not answer").into());
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(server)
}
