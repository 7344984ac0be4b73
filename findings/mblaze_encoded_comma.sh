#!/usr/bin/env bash
# Guess: maddr of mblaze cuts the address list first and decodes the names then, so that a comma in an encoded word is part of the name (RFC 2047 6.2).
# So: mblaze 1.1 decodes first: of `=?utf-8?q?Example=2C_Eva?= <eva@example.com>` "Eva <eva@example.com>" is left.
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
