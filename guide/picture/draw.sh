#!/usr/bin/env bash
# Redraws the pictures in the README: the program in a terminal, and the sandbox's page.
# Needs Rust, Python 3 with pip, script (util-linux) and chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
# With the features of the tests, to avoid a second build.
cargo build --quiet --all-features
program=$PWD/target/debug/airbyte-gmail
folder=$(mktemp -d)
trap 'kill "${sandbox:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" --quiet install rich==14.2.0

cat > "$folder/session" <<SESSION
say() { printf '\033[1;32m$\033[0m %s\n' "\$*"; "\$@"; echo; }
PATH=$(dirname "$program"):\$PATH
stty cols 100 rows 40
say airbyte-gmail search is:unread -n 4
say airbyte-gmail read "\$(airbyte-gmail search from:no-reply -n 1 -o ids 2> /dev/null | head -n 1)"
SESSION
script --quiet --return --command "TZ=UTC '$program' sandbox -- bash '$folder/session'" "$folder/typescript" > /dev/null
"$folder/python/bin/python" - "$folder/typescript" guide/picture/terminal.svg <<'PYTHON'
import io, sys
from rich.console import Console
from rich.text import Text

lines = open(sys.argv[1], newline="").read().replace("\r\n", "\n").split("\n")
lines = [line for line in lines if not line.startswith("Script ")]
console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
console.print(Text.from_ansi("\n".join(lines).strip()))
console.save_svg(sys.argv[2], title="airbyte-gmail")
PYTHON

"$program" sandbox > "$folder/announcement" &
sandbox=$!
until [ -s "$folder/announcement" ]; do sleep 0.1; done
url=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["gmail_url"])' "$folder/announcement")
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$folder/chromium" \
  --window-size=1000,560 --screenshot="$PWD/guide/picture/page.png" "$url/" > /dev/null 2>&1
ls -l guide/picture
