#!/usr/bin/env python3
"""Runs google-auth's service account credentials against the sandbox's token endpoint.

The argument is a file with a running sandbox's announcement, one line of JSON:

    pip install google-auth google-auth-httplib2
    airbyte-gmail sandbox > sandbox.json &
    python3 tests/clients/google_auth.py sandbox.json

Each line of output is a behaviour that works; the first failure ends the run.
"""

import json
import sys

import google_auth_httplib2
import httplib2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.exceptions import RefreshError
from google.oauth2 import service_account

SCOPES = ["https://www.googleapis.com/auth/gmail.modify", "https://www.googleapis.com/auth/gmail.readonly"]
SUBJECT = "user@example.com"


def holds(name, condition, seen=None):
    if not condition:
        sys.exit(f"FAILED {name}: {str(seen)[:400]}")
    print(f"ok {name}")


def credentials(key, subject=SUBJECT, scopes=SCOPES):
    made = service_account.Credentials.from_service_account_info(key, scopes=scopes)
    return made.with_subject(subject)


def refusal(made):
    try:
        made.refresh(request())
    except RefreshError as error:
        return str(error)
    return ""


def request():
    return google_auth_httplib2.Request(httplib2.Http())


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        key = json.loads(file.readline())["service_account"]
    made = credentials(key)
    made.refresh(request())
    holds("the endpoint takes google-auth's assertion", made.token and made.expiry, made)
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    holds("and refuses another key's", "Invalid JWT Signature" in refusal(credentials({**key, "private_key": pem})))
    holds("and another organization", "unauthorized_client" in refusal(credentials(key, subject="user@other.example")))
    holds("and scopes that there are not", "invalid_scope" in refusal(credentials(key, scopes=["https://nothing.example"])))
    # So that this crate's assertions can be rejected the same way.
    print(json.dumps({"another_key": pem}))


if __name__ == "__main__":
    main()
