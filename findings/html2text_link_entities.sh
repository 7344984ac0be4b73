#!/usr/bin/env bash
# Guess: html2text reads a link's URL as a browser does: `&copy=` in an attribute is not an entity (WHATWG, named character reference state).
# So: html2text 2025.4.15 (and html.parser below it) turns `?a=1&copy=2` into `?a=1©=2`: a newsletter's link leads elsewhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check html2text==2025.4.15
"$folder/venv/bin/python" - <<'PYTHON'
import html2text
text = html2text.html2text('<a href="https://example.com/?a=1&copy=2">go</a>')
print(text)
assert "?a=1©=2" in text
PYTHON
