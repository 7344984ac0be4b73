#!/usr/bin/env bash
# Guess: an empty SSL_CERT_FILE counts as unset: rustls-native-certs loads the system's certificates.
# So: rustls-native-certs 0.8.5 uses the empty path: it returns no certificates and one error, and every connection fails until the variable is unset.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet rustls-native-certs@=0.8.5
cat >src/main.rs <<'RUST'
fn main() {
    let result = rustls_native_certs::load_native_certs();
    println!("{} {}", result.certs.len(), result.errors.len());
}
RUST
cargo build --quiet
unset SSL_CERT_DIR
empty=$(SSL_CERT_FILE= target/debug/check)
unset SSL_CERT_FILE
without=$(target/debug/check)
echo "empty: $empty, unset: $without (certificates, errors)"
[ "$empty" = "0 1" ] && [ "${without#* }" = 0 ] && [ "${without% *}" -gt 0 ]
