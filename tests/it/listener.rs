//! The listener that waits for the browser, and slow clients.

#![cfg(feature = "oauth")]

use std::time::Duration;

use airbyte_agent_gmail::oauth::Loopback;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::TestResult;

#[tokio::test]
async fn the_browser_does_not_wait_for_slow_clients() -> TestResult {
    let loopback = Loopback::bind(0).await?;
    let address = loopback
        .redirect_url()
        .trim_start_matches("http://")
        .trim_end_matches("/callback")
        .to_owned();
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(&address).await?;
        stream.write_all(b"GET /callback?co").await?;
        slow.push(stream);
    }
    let mut browser = TcpStream::connect(&address).await?;
    let request = format!("GET /favicon.ico HTTP/1.1\r\nHost: {address}\r\n\r\n");
    browser.write_all(request.as_bytes()).await?;
    let mut page = String::new();
    timeout(Duration::from_secs(5), browser.read_to_string(&mut page)).await??;
    assert!(page.starts_with("HTTP/1.1 404"), "{page}");
    // The oldest client was dropped; the newest are still waiting.
    let mut byte = [0];
    assert_eq!(slow[0].read(&mut byte).await.unwrap_or(0), 0);
    assert!(
        timeout(Duration::from_millis(50), slow[99].read(&mut byte))
            .await
            .is_err()
    );
    Ok(())
}
