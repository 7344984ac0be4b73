#!/usr/bin/env bash
# Guess: blanks behind a boundary (`--b  `) do no harm: RFC 2046 5.1.1 has readers allow this padding, which gateways add.
# So: mblaze 1.1 (mshow) sees no part at all in such a message: it prints the headers and no text, and exits 0.
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
