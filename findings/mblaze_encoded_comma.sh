#!/usr/bin/env bash
# Guess: mblaze's maddr splits the address list before it decodes the names, so a comma in an encoded word is part of the name (RFC 2047 6.2).
# So: mblaze 1.1 decodes first: `=?utf-8?q?Example=2C_Eva?= <eva@example.com>` becomes "Eva <eva@example.com>".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq mblaze=1.1-1
dpkg-deb -x mblaze_*.deb root
export HOME="$folder"
printf '%s\n' 'From: =?utf-8?q?Example=2C_Eva?= <eva@example.com>, "Example, Bob" <bob@example.com>' '' x >message.eml
root/usr/bin/maddr -h from ./message.eml | tee names
[ "$(cat names)" = $'Eva <eva@example.com>\n"Example, Bob" <bob@example.com>' ]
