#!/usr/bin/env bash
# Guess: oauthlib warns if the server grants other scopes than requested (RFC 6749 5.1 allows it, and Google renames `email`), and returns the token.
# So: oauthlib 4.0.1 raises Warning as an exception: the login fails, and only the exception holds the valid token, unless OAUTHLIB_RELAX_TOKEN_SCOPE is set.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check oauthlib==4.0.1
unset OAUTHLIB_RELAX_TOKEN_SCOPE
"$folder/venv/bin/python" - <<'PYTHON'
import json, os
from oauthlib.oauth2 import WebApplicationClient
answer = json.dumps({"access_token": "t", "token_type": "Bearer", "expires_in": 3599,
                     "scope": "openid https://www.googleapis.com/auth/userinfo.email"})
try:
    WebApplicationClient("i").parse_request_body_response(answer, scope=["openid", "email"])
    raise SystemExit("no exception now")
except Warning as warning:
    print(type(warning).__name__, warning, warning.token["access_token"])
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"
assert WebApplicationClient("i").parse_request_body_response(answer, scope=["openid", "email"])["access_token"] == "t"
PYTHON
