#!/usr/bin/env bash
# Guess: BatchHttpRequest of google-api-python-client, which resends parts answered 401, also resends those answered 429, as next_chunk and execute(num_retries) do.
# So: google-api-python-client 2.202.0 passes a part answered 429 to the callback as an error, and a batch's execute() has no num_retries; it resends only after 401.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-api-python-client==2.202.0
"$folder/venv/bin/python" - <<'PYTHON'
import http.server, json, re, threading
import google_auth_httplib2, httplib2
from google.oauth2.credentials import Credentials
from googleapiclient.http import BatchHttpRequest, HttpRequest

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_POST(self):
        body, kind = self.rfile.read(int(self.headers["Content-Length"])).decode(), "application/json"
        self.server.paths.append(self.path)
        answer = json.dumps({"access_token": "new", "expires_in": 3600})
        if self.path == "/batch":
            kind, status = "multipart/mixed; boundary=b", self.server.status if self.server.paths.count("/batch") == 1 else 200
            answer = "".join(f"--b\r\nContent-Type: application/http\r\nContent-ID: <response-{identifier}>\r\n\r\nHTTP/1.1 {status} X\r\n"
                             "Content-Type: application/json\r\n\r\n{}\r\n" for identifier in re.findall("Content-ID: <(.*?)>", body)) + "--b--\r\n"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
for status, errors, paths in [(401, 0, ["/batch", "/token", "/batch"]), (429, 1, ["/batch"])]:
    server.status, server.paths, seen = status, [], []
    http_ = google_auth_httplib2.AuthorizedHttp(Credentials("old", "r", token_uri=base + "/token", client_id="i", client_secret="s"), httplib2.Http())
    batch = BatchHttpRequest(lambda _id, _answer, error: seen.append(error), batch_uri=base + "/batch")
    batch.add(HttpRequest(http_, lambda _response, content: content, base + "/message"))
    batch.execute(http=http_)
    print(status, server.paths, seen)
    assert server.paths == paths and sum(error is not None for error in seen) == errors
PYTHON
