//! A Redis server of the test's own.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::support::Failure;

/// A server on loopback, whose data is in a directory of its own.
pub(super) struct Redis {
    server: Child,
    arguments: Vec<String>,
    port: u16,
}

impl Redis {
    /// One that lets everybody in.
    pub(super) async fn start(directory: &Path) -> Result<Self, Failure> {
        let port = free_port()?;
        Self::start_at(port, directory, &["--port", &port.to_string()]).await
    }

    /// One that speaks TLS alone, with a certificate, its key and the authority behind both in files.
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
        // Every change is written, so that what was written can be searched.
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

    /// Ends it as a power cut would.
    pub(super) async fn kill(&mut self) -> std::io::Result<()> {
        self.server.kill().await
    }

    /// Starts it again, with what it has written.
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
    // A server of another make, such as Valkey's, is named there.
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
