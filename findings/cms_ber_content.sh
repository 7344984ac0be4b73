#!/usr/bin/env bash
# Guess: cms 0.3.0-rc.0, whose from_ber reads the output of `openssl cms -stream`, returns the signed text unchanged.
# So: the text arrives in a constructed OCTET STRING (X.690 8.7.3), and cms leaves the tag and length of each piece in it, without an error: 2 extra bytes in a short text, 4 for every 4096 bytes of a long one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet cms@=0.3.0-rc.0
cargo add --quiet der@=0.8.3 --features ber
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=x 2>/dev/null
printf 'Content-Type: text/plain\r\n\r\nHello\r\n' >mail.txt
openssl cms -sign -nodetach -binary -in mail.txt -signer cert.pem -inkey key.pem -outform DER -out mail.der
openssl cms -sign -nodetach -binary -stream -in mail.txt -signer cert.pem -inkey key.pem -outform DER -out mail.ber
cat >src/main.rs <<'RUST'
use cms::{content_info::ContentInfo, signed_data::SignedData};
use der::{Decode, Encode, asn1::OctetString};

fn content(name: &str) -> Vec<u8> {
    let outer = ContentInfo::from_ber(&std::fs::read(name).unwrap()).unwrap();
    let data = SignedData::from_ber(&outer.content.to_der().unwrap()).unwrap();
    data.encap_content_info.econtent.unwrap().decode_as::<OctetString>().unwrap().as_bytes().to_vec()
}

fn main() {
    let text = std::fs::read("mail.txt").unwrap();
    let (der, ber) = (content("mail.der"), content("mail.ber"));
    println!("text {}, DER {}, BER {} bytes", text.len(), der.len(), ber.len());
    assert_eq!(der, text);
    assert_eq!(ber, [&[4, text.len() as u8], text.as_slice()].concat());
}
RUST
cargo --quiet run
