#!/usr/bin/env bash
# Guess: whitespace after a boundary (`--b  `) is harmless: RFC 2046 5.1.1 requires readers to allow this padding, which gateways add.
# So: mblaze 1.1 (mshow) finds no parts in such a message: it prints the headers, no text, and exits 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq mblaze=1.1-1
dpkg-deb -x mblaze_*.deb root
export HOME="$folder"
for padding in '' '  '; do
  printf '%s\n' 'Subject: x' 'Content-Type: multipart/mixed; boundary=b' '' "--b$padding" 'Content-Type: text/plain' '' 'the text' "--b--" >message.eml
  root/usr/bin/mshow ./message.eml >shown 2>/dev/null
  echo "padding '$padding': $(grep -c 'the text' shown) line(s) of text"
  if [ -z "$padding" ]; then grep -q 'the text' shown; else ! grep -q 'the text' shown; fi
done
