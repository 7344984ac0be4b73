#!/usr/bin/env python3
"""Checks this crate's requests to Airbyte and the sandbox's answers against Airbyte's published document.

    airbyte_mock.py agent-api.json [--program PATH] [--prism PATH] [--typed]

Airbyte publishes the document with the documentation of Airbyte Agents; this repository has no copy. Prism (the npm
package @stoplight/prism-cli) turns it into a mock that validates requests. A recorder between the program and the mock
counts rejected requests, and also rejects names that the document does not have. Each command runs several times: with
answers from the mock; with answers from the sandbox, after the mock has accepted the request, checked against the
document's schemas (the Python package jsonschema); and with the sandbox's answers in other forms that the document allows:
without optional fields, with null wherever possible, and with unknown fields. `--typed` also runs the test that makes
every typed call. Exits with 1 if a request is rejected, an answer differs from the document, or the program fails on one.
"""

import argparse
import collections
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from airbyte_document import FORMS, Document

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Operations that Airbyte's documentation describes in prose, but not in the document.
IN_PROSE = ["/api/v1/integrations/connectors/oauth/initiate", "/api/v1/integrations/templates/sources/global"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def send(host, method, path, headers, body):
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.getheaders(), content


class Recorder:
    """Sits in front of the mock; returns its answers or, after it has accepted a request, a sandbox's."""

    def __init__(self, document, mock, upstream=None, form="whole"):
        self.document, self.mock, self.upstream, self.form = document, mock, upstream, form
        self.passed = collections.Counter()
        self.in_prose = collections.Counter()
        self.refused = []
        self.answers = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, content = recorder.judge(self.command, self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers:
                    if name.lower() in ("content-type", "location", "retry-after", "www-authenticate"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def judge(self, method, path, headers, body):
        upstream = self.upstream
        # The path can name another server: /127.0.0.1:8080/api/v1/…
        if addressed := re.match(r"/(127\.0\.0\.1:\d+)(/.*)", path):
            upstream, path = addressed.groups()
        plain = {name: value for name, value in headers.items() if name.lower() not in ("accept-encoding", "host")}
        bare, query = urllib.parse.urlsplit(path)[2:4]
        # A path from prose can look like one of the document's, with its last part as an id.
        template, operation = (None, None) if bare in IN_PROSE else self.document.operation(method, bare)
        answer = send(self.mock, method, path, plain, body)
        if bare in IN_PROSE:
            self.in_prose[f"{method} {bare}"] += 1
        elif answer[0] >= 400:
            self.refused.append(f"{method} {path} {body[:300].decode()}: {answer[0]} {answer[2][:600].decode()}")
        elif unnamed := sorted(set(self.document.unnamed(operation, query, body))):
            self.refused.append(f"{method} {path}: the document does not have {', '.join(unnamed)}")
        else:
            self.passed[f"{method} {template}"] += 1
        if upstream is None:
            return answer
        answer = send(upstream, method, path, plain, body)
        if operation is not None and (wrong := self.document.wrong_answer(operation, answer[0], answer[2])):
            self.answers.append(f"{method} {template}: {wrong}")
        schema = operation and self.document.answer_schema(operation, answer[0])
        if schema is None or answer[0] >= 400 or self.form == "whole":
            return answer
        shaped = self.document.shaped(schema, json.loads(answer[2]), self.form)
        content = json.dumps(shaped).encode()
        if wrong := self.document.wrong_answer(operation, answer[0], content):
            self.answers.append(f"{method} {template}, {self.form}: {wrong}")
        return answer[0], answer[1], content


def wait_for(port):
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("prism did not start")


def execute(entity, action, **params):
    return ["--mode", "hosted", "execute", entity, action, "--params", json.dumps(params)]


def commands(connector_id, template_id, messages, thread):
    """Every command that calls Airbyte, and every action of Airbyte's Gmail connector."""
    of_any = ["--connector-id", connector_id]
    first, second = messages
    raw = "RnJvbTogYUBleGFtcGxlLmNvbQ0KVG86IGJAZXhhbXBsZS5jb20NClN1YmplY3Q6IGENCg0KYQ"
    yield ["connectors", "list", "--customer-name", "sandbox-customer"]
    yield ["connectors", "list", "--workspace-name", "sandbox-customer", "--output", "table"]
    yield ["connectors", "create", "--customer-name", "sandbox-customer"]
    yield ["connectors", "create", "--customer-name", "a new one / ü", "--create-workspace", "--name", "its mail",
           "--include-spam-and-trash"]
    yield ["connectors", "create", "--workspace-name", "sandbox-customer", "--include-spam-and-trash=false"]
    for name in ("get", "check", "inspect"):
        yield ["connectors", name, connector_id]
    yield ["connectors", "check", connector_id, "--wait", "1"]
    yield ["connectors", "update", connector_id, "--name", "another name", "--include-spam-and-trash"]
    yield ["connectors", "skills"]
    yield ["connectors", "skills", "gmail", "--limit", "1"]
    yield ["connectors", "docs", *of_any]
    yield ["connectors", "docs", *of_any, "--section", "messages"]
    yield ["connectors", "docs", "--skill", f"connector-source:{connector_id}"]
    yield ["connectors", "execute", *of_any, "messages", "list", "--params", '{"labelIds": ["INBOX"], "maxResults": 2}']
    yield ["--intent", "see who wrote", "--fields", "id,threadId", "connectors", "execute", *of_any, "messages", "get",
           "--params", json.dumps({"messageId": first})]
    yield ["connectors", "search", *of_any, "messages", "--filter", '{"contains": {"snippet": "a"}}', "--limit", "2"]
    yield ["connectors", "sql", *of_any, "--entity", "messages", "select id from messages"]
    yield ["oauth", "initiate", "--customer-name", "sandbox-customer", "--redirect-url", "https://example.com/back",
           "--create-workspace", "--source-template-id", template_id]
    yield ["oauth", "credentials", "put", "--client-id", "app", "--client-secret", "@{secret}"]
    yield ["oauth", "credentials", "delete"]
    hosted = ["--mode", "hosted"]
    yield [*hosted, "check"]
    yield [*hosted, "inbox", "--limit", "2"]
    yield [*hosted, "search", "is:unread", "--limit", "2"]
    yield [*hosted, "read", first]
    yield [*hosted, "thread", thread]
    yield [*hosted, "sql", "select count(*) as n from messages"]
    yield [*hosted, "send", "--to", "b@example.com", "--subject", "a", "--text", "b"]
    yield [*hosted, "reply", first, "--text", "b"]
    yield [*hosted, "mark", "read", first]
    yield [*hosted, "archive", first]
    yield [*hosted, "label", first, "--add", "STARRED"]
    yield [*hosted, "trash", second]
    yield [*hosted, "untrash", second]
    yield execute("profile", "get")
    yield execute("messages", "list", labelIds=["INBOX", "UNREAD"], maxResults=2, q="a", includeSpamTrash=True)
    yield execute("messages", "get", messageId=first, format="metadata", metadataHeaders=["Subject", "From"])
    yield execute("messages", "create", raw=raw)
    yield execute("messages", "update", messageId=first, addLabelIds=["STARRED"], removeLabelIds=["UNREAD"])
    yield execute("messages_trash", "create", messageId=second)
    yield execute("messages_untrash", "create", messageId=second)
    yield execute("labels", "list")
    yield execute("labels", "create", name="a label", color={"textColor": "#000000", "backgroundColor": "#ffffff"})
    yield execute("labels", "get", labelId="INBOX")
    yield execute("labels", "update", labelId="Label_1", name="another")
    yield ["--yes", *execute("labels", "delete", labelId="Label_1")]
    yield execute("drafts", "list", maxResults=1)
    yield execute("drafts", "create", message={"raw": raw})
    yield execute("drafts", "get", draftId="r1")
    yield execute("drafts", "update", draftId="r1", message={"raw": raw})
    yield ["--yes", *execute("drafts", "delete", draftId="r1")]
    yield execute("drafts_send", "create", id="r1")
    yield execute("threads", "list", maxResults=1)
    yield execute("threads", "get", threadId=thread, format="minimal")
    yield execute("messages", "context_store_search", query={"filter": {"eq": {"id": first}}, "sort": [{"id": "asc"}]},
                  limit=2, fields=["id", ["payload", "mimeType"]])
    yield execute("messages", "context_store_sql_query", sql="select id from messages", limit=2)
    # Last, because it deletes the connector.
    yield ["--yes", "connectors", "delete", connector_id, "--timeout", "3"]


def run(program, environment, arguments, folder):
    secret = pathlib.Path(folder) / "secret"
    secret.write_text("app-secret", encoding="utf-8")
    arguments = [argument.replace("{secret}", str(secret)) for argument in arguments]
    return subprocess.run([program, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120)


def drive(options, document, mock, form):
    """Runs all commands against a new sandbox, or the mock; returns the recorder and the exit codes."""
    process = subprocess.Popen([options.program, "sandbox"], stdout=subprocess.PIPE, text=True)
    try:
        sandbox = json.loads(process.stdout.readline())
        upstream = urllib.parse.urlsplit(sandbox["airbyte_url"]).netloc
        recorder = Recorder(document, mock) if form is None else Recorder(document, mock, upstream, form)
        known, google = sandbox["airbyte"], sandbox["google"]
        ended = []
        with tempfile.TemporaryDirectory() as folder:
            environment = {
                "PATH": os.environ["PATH"], "HOME": folder, "AIRBYTE_GMAIL_CONFIG_DIR": folder,
                "AIRBYTE_CLIENT_ID": known["client_id"], "AIRBYTE_CLIENT_SECRET": known["client_secret"],
                "AIRBYTE_CONNECTOR_ID": known["connector_id"], "AIRBYTE_ORGANIZATION_ID": known["organization_id"],
                "GMAIL_REFRESH_TOKEN": google["refresh_token"], "GMAIL_CLIENT_ID": google["client_id"],
                "GMAIL_CLIENT_SECRET": google["client_secret"],
            }
            direct = {**environment, "AIRBYTE_API_URL": sandbox["airbyte_url"]}
            listed = run(options.program, direct, execute("messages", "list", maxResults=2), folder)
            listed = json.loads(listed.stdout)["data"]
            inspected = json.loads(run(options.program, direct, ["connectors", "inspect"], folder).stdout)
            environment["AIRBYTE_API_URL"] = recorder.url
            for arguments in commands(known["connector_id"], inspected["source_config_template_id"],
                                      [message["id"] for message in listed], listed[0]["threadId"]):
                output = run(options.program, environment, arguments, folder)
                ended.append((" ".join(arguments), output.returncode))
                if options.verbose:
                    print(output.returncode, " ".join(arguments), output.stderr.strip()[:200])
            # Looks the connector up by the customer's name.
            if form is not None:
                environment.pop("AIRBYTE_CONNECTOR_ID")
                environment["AIRBYTE_CUSTOMER_NAME"] = "a new one / ü"
                output = run(options.program, environment, ["--mode", "hosted", "inbox"], folder)
                ended.append(("inbox of a customer", output.returncode))
        return recorder, ended
    finally:
        process.terminate()
        process.wait()


def told(name, recorder):
    print(f"{name}: {sum(recorder.passed.values())} requests of {len(recorder.passed)} operations passed, "
          f"{len(recorder.refused)} refused, {sum(recorder.in_prose.values())} of operations documented in prose alone")
    for line in recorder.refused:
        print(f"  REFUSED {line}")
    for line in sorted(set(recorder.answers)):
        print(f"  ANSWERED OTHERWISE {line}")
    return bool(recorder.refused or recorder.answers)


def main():
    parser = argparse.ArgumentParser(description="Holds requests and answers against Airbyte's published document.")
    parser.add_argument("document")
    parser.add_argument("--program", default=ROOT / "target/debug/airbyte-gmail")
    parser.add_argument("--prism", default=shutil.which("prism"))
    parser.add_argument("--typed", action="store_true", help="make every typed call as well, by cargo test")
    parser.add_argument("--verbose", action="store_true", help="print what each command ended with")
    options = parser.parse_args()
    if not options.prism:
        parser.error("prism is not on PATH: npm install @stoplight/prism-cli, and give --prism")
    document = Document(options.document)
    port = free_port()
    mock = f"127.0.0.1:{port}"
    prism = subprocess.Popen([options.prism, "mock", "--errors", "--port", str(port), options.document],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    failed = False
    try:
        wait_for(port)
        codes = {}
        for form in (None, *FORMS):
            recorder, ended = drive(options, document, mock, form)
            name = "the mock" if form is None else f"the sandbox, {form}"
            counts = collections.Counter(code for _, code in ended)
            counts = ", ".join(f"{count} commands ended with {code}" for code, count in sorted(counts.items()))
            print(f"answered by {name}: {counts}")
            failed |= told(f"commands, answered by {name}", recorder)
            codes[form] = ended
        for form in FORMS[1:]:
            for (command, whole), (_, code) in zip(codes["whole"], codes[form], strict=True):
                # A check without a status has not succeeded.
                allowed = (whole, 7) if form in ("bare", "nulls") and command.startswith("connectors check") else (whole,)
                if code not in allowed:
                    failed = True
                    print(f"  NOT UNDERSTOOD {form}: {command} ended with {code}, not {whole}")
        if options.typed:
            typed = Recorder(document, mock)
            test = ["cargo", "test", "--all-features", "--test", "it", "--", "airbyte::every_operation_is_carried_out"]
            failed |= subprocess.run(test, cwd=ROOT, env={**os.environ, "AIRBYTE_MOCK": typed.url}).returncode != 0
            failed |= told("typed calls, answered by the sandbox", typed)
            operations = {f"{method.upper()} {path}" for path, item in document.document["paths"].items() for method in item}
            print("not called:", ", ".join(sorted(operations - set(typed.passed))))
        return 1 if failed else 0
    finally:
        prism.terminate()
        prism.wait()


if __name__ == "__main__":
    sys.exit(main())
