#!/usr/bin/env bash
# Guess: postal-mime returns a usable address for every form in RFC 5322.
# So: postal-mime 4.0.0 unquotes a quoted local part (the rest is not a valid address), keeps an obsolete route, and makes the last word of a nested comment the name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" postal-mime@4.0.0 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import PostalMime from 'postal-mime';
const from = async (value) => (await PostalMime.parse(`From: ${value}\r\n\r\nx`)).from;
const quoted = await from('"jo doe"@example.com');
const route = await from('Eva <@relay.example:eva@example.org>');
const comment = await from('eva@example.org (Eva (the) Example)');
console.log(quoted, route, comment);
assert.equal(quoted.address, 'jo doe@example.com');
assert.equal(route.address, '@relay.example:eva@example.org');
assert.equal(comment.name, 'Example)');
NODE
node check.mjs
