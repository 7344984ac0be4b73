#!/usr/bin/env bash
# Guess: with `retry(reqwest::retry::never())` a client keeps no copy of a request, since it is never sent again.
# So: reqwest 0.13.4 still copies each request's URI, headers and body; `max_retries_per_request(0)` saves the copy.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet reqwest@=0.13.4 --no-default-features
cargo add --quiet tokio@1 --no-default-features --features io-util,net,rt
cat >src/main.rs <<'RUST'
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The allocations of a hundred requests over an open connection.
async fn count(policy: reqwest::retry::Builder, url: &str) -> usize {
    let client = reqwest::Client::builder().no_proxy().retry(policy).build().unwrap();
    let get = async || client.get(url).header("accept", "application/json").send().await.unwrap().bytes().await.unwrap();
    get().await;
    let before = ALLOCATIONS.load(Relaxed);
    for _ in 0..100 {
        assert_eq!(get().await, "{}");
    }
    ALLOCATIONS.load(Relaxed) - before
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
                    }
                });
            }
        });
        let never = count(reqwest::retry::never(), &url).await;
        let none = count(reqwest::retry::never().max_retries_per_request(0), &url).await;
        println!("allocations of 100 requests: {never} with never(), {none} with no retries per request");
        assert!(never >= none + 200);
    });
}
RUST
cargo --quiet run
