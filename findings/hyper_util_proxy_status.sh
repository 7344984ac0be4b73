#!/usr/bin/env bash
# Guess: when a proxy refuses CONNECT, the error of hyper-util (which reqwest uses) contains the status: 403 means never, 503 means retry.
# So: hyper-util 0.1.21 distinguishes only 407: both 403 and 503 are "tunnel error: unsuccessful".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet hyper-util@=0.1.21 --features client-legacy,client-proxy,http1,tokio
cargo add --quiet tokio@1 --features macros,net,rt,io-util
cargo add --quiet tower-service@0.3
cat >src/main.rs <<'RUST'
use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower_service::Service;

async fn refuse(status: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read(&mut [0; 1024]).await.unwrap();
        stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await.unwrap();
    };
    let mut tunnel = Tunnel::new(proxy, HttpConnector::new());
    let (result, ()) = tokio::join!(tunnel.call("https://example.com".parse().unwrap()), server);
    let mut error: &dyn std::error::Error = &result.err().unwrap();
    let mut text = error.to_string();
    while let Some(source) = error.source() {
        text = format!("{text}: {source}");
        error = source;
    }
    text
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let texts = [refuse("403 Forbidden").await, refuse("503 Service Unavailable").await, refuse("407 Proxy Authentication Required").await];
    println!("{texts:?}");
    assert!(texts[0] == texts[1] && texts[0] != texts[2]);
}
RUST
cargo --quiet run
