#!/usr/bin/env bash
# Guess: html-to-text (with which mailparser makes `text`), html2text and inscriptis keep `<sup>` apart from the number before it, so that the text means what the HTML means.
# So: html-to-text 10.0.1, html2text 2025.4.15 and inscriptis 2.7.0 write `10<sup>5</sup>` as 105, and a price such as `$19<sup>99</sup>` as $1999.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" html-to-text@10.0.1 >/dev/null
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check html2text==2025.4.15 inscriptis==2.7.0
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import { convert } from 'html-to-text';
const text = convert('<p>10<sup>5</sup> for $19<sup>99</sup></p>');
console.log(text);
assert.equal(text, '105 for $1999');
NODE
node check.mjs
venv/bin/python - <<'PYTHON'
import html2text, inscriptis
for read in (html2text.html2text, inscriptis.get_text):
    text = read("<p>10<sup>5</sup> for $19<sup>99</sup></p>").strip()
    print(text)
    assert text == "105 for $1999"
PYTHON
