#!/usr/bin/env bash
# Guess: airbyte-agent-sdk splits `labelIds="INBOX,UNREAD"`, which its Gmail connector describes as comma-separated, or sends it as two parameters, the way Gmail wants them.
# So: airbyte-agent-sdk 0.1.380 sends one value, `labelIds=INBOX%2CUNREAD`; a list, which the schema doesn't mention, goes out as two parameters. None is sent as an empty value.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check airbyte-agent-sdk==0.1.380
cd "$folder"
DO_NOT_TRACK=1 venv/bin/python - <<'PYTHON'
import asyncio, http.server, pathlib, threading
import airbyte_agent_sdk
from airbyte_agent_sdk.executor.local_executor import LocalExecutor
from pydantic import SecretStr
class Handler(http.server.BaseHTTPRequestHandler):
    seen = []
    def log_message(self, *_): pass
    def do_GET(self):
        self.seen.append(self.path.partition("?")[2])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
document = (pathlib.Path(airbyte_agent_sdk.__file__).parent / "specs/gmail/connector.yaml").read_text()
pathlib.Path("connector.yaml").write_text(document.replace("https://gmail.googleapis.com", f"http://127.0.0.1:{server.server_port}"))
async def main():
    keys = "access_token", "refresh_token", "client_id", "client_secret"
    executor = LocalExecutor(config_path="connector.yaml", auth_config={key: SecretStr("x") for key in keys})
    for params in {"labelIds": "INBOX,UNREAD"}, {"labelIds": ["INBOX", "UNREAD"]}, {"q": None}:
        await executor.execute("messages", "list", params=params)
asyncio.run(main())
print(Handler.seen)
assert Handler.seen == ["labelIds=INBOX%2CUNREAD", "labelIds=INBOX&labelIds=UNREAD", "q="]
PYTHON
