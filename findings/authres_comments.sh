#!/usr/bin/env bash
# Guess: authres fills result_comment when it parses Authentication-Results, and accepts a quoted authserv-id (RFC 8601 2.2).
# So: authres 1.2.0 writes comments but drops them when parsing, and Google puts DMARC's policy (`p=REJECT`) in one; a quoted authserv-id raises SyntaxError.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check authres==1.2.0
"$folder/venv/bin/python" - <<'PYTHON'
from authres import AuthenticationResultsHeader
from authres.core import SyntaxError
text = "Authentication-Results: %s; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com"
result = AuthenticationResultsHeader.parse(text % "mx.example.com").results[0]
print(result.result, result.result_comment)
assert (result.result, result.result_comment) == ("pass", None)
try:
    AuthenticationResultsHeader.parse(text % '"mx.example.com"')
    raise SystemExit("quotes are taken now")
except SyntaxError as error:
    print(error)
PYTHON
