#!/usr/bin/env bash
# Guess: body_html finds the root of multipart/related by its `start` parameter (RFC 2387 3.2) when an image comes first.
# So: mail-parser 0.11.9 finds no text and no HTML in such a message: both parts become attachments. With the HTML first, it is the body.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_TARGET_DIR="$folder/target"
cargo init --quiet --vcs none --name check "$folder"
cd "$folder"
cargo add --quiet mail-parser@=0.11.9
cat >src/main.rs <<'RUST'
fn main() {
    let image = "--b\r\nContent-Type: image/png\r\nContent-ID: <image@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n";
    let html = "--b\r\nContent-Type: text/html\r\nContent-ID: <root@x>\r\n\r\n<p>Hello</p>\r\n";
    for (parts, body, attachments) in [([image, html], None, 2), ([html, image], Some("<p>Hello</p>"), 1)] {
        let text = format!(
            "Content-Type: multipart/related; boundary=b; start=\"<root@x>\"; type=\"text/html\"\r\n\r\n{}--b--\r\n",
            parts.concat()
        );
        let message = mail_parser::MessageParser::default().parse(&text).unwrap();
        println!("{:?}, {} attachments", message.body_html(0), message.attachment_count());
        assert_eq!(message.body_html(0).as_deref(), body);
        assert_eq!(message.attachment_count(), attachments);
    }
}
RUST
cargo --quiet run
