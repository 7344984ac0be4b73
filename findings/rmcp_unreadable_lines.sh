#!/usr/bin/env bash
# Guess: an rmcp server answers a line on stdin that is not JSON with -32700, "Parse error" (JSON-RPC 2.0, section 5.1), or exits.
# So: rmcp 3.11.0 drops the line silently and goes on: a client whose request was damaged waits for its own timeout.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet rmcp@=3.11.0 --features server,transport-io
cargo add --quiet tokio@1 --features macros,rt
cat >src/main.rs <<'RUST'
use rmcp::{ServerHandler, ServiceExt, transport::stdio};

struct Server;
impl ServerHandler for Server {}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    Server.serve(stdio()).await.unwrap().waiting().await.unwrap();
}
RUST
cargo build --quiet
{
  echo '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}'
  echo '{"jsonrpc":"2.0","method":"notifications/initialized"}'
  echo '{"jsonrpc":"2.0","id":2,"method":"ping"'
  echo '{"jsonrpc":"2.0","id":3,"method":"ping"}'
  sleep 2
} | target/debug/check >answers
cat answers
[ "$(wc -l <answers)" = 2 ] && grep -q '"id":3' answers && ! grep -q -- -32700 answers
