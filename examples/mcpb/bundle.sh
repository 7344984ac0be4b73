#!/usr/bin/env bash
# Packs a built program as airbyte-gmail.mcpb, an MCP bundle, which Claude Desktop and other clients install with a double
# click, according to their documentation. The bundle is for the system that the program was built on.
#
#     cargo build --release --features cli,mcp
#     bash examples/mcpb/bundle.sh target/release/airbyte-gmail [DIRECTORY]   # DIRECTORY: for the bundle, default: here
#
# Needs Python 3. The account is the one of `airbyte-gmail auth login`; the bundle contains no credentials.
set -euo pipefail
program=${1:?name the program}
[[ $program == */* ]] || program=./$program
"$program" mcp --help >/dev/null 2>&1 || { echo "$program has no mcp; build it with --features cli,mcp" >&2; exit 2; }
case $(uname -s) in
  Linux) platform=linux ;;
  Darwin) platform=darwin ;;
  *) platform=win32 ;;
esac
exec python3 - "$program" "${2:-.}/airbyte-gmail.mcpb" "$platform" "$("$program" --version | cut -d' ' -f2)" <<'PYTHON'
import json
import sys
import zipfile

program, path, platform, version = sys.argv[1:]
name = "server/airbyte-gmail" + (".exe" if platform == "win32" else "")
manifest = {
    "manifest_version": "0.3",
    "name": "airbyte-gmail",
    "display_name": "Gmail",
    "version": version,
    "description": "Search, read, draft and send mail of one Gmail mailbox",
    "long_description": "Run `airbyte-gmail auth login` first, so that there is an account. "
    "As an assistant it asks before mail leaves or something is deleted for good.",
    "author": {"name": "The authors of airbyte-agent-gmail"},
    "license": "MIT OR Apache-2.0",
    "keywords": ["gmail", "mail", "email"],
    "server": {
        "type": "binary",
        "entry_point": name,
        "mcp_config": {
            "command": "${__dirname}/" + name,
            "args": ["mcp", "--profile=${user_config.profile}"],
        },
    },
    "tools_generated": True,
    "user_config": {
        "profile": {
            "type": "string",
            "title": "Profile",
            "description": "reader changes nothing; assistant asks before mail leaves or something is deleted for good; "
            "full has no limits",
            "default": "assistant",
            "required": False,
        },
    },
    "compatibility": {"platforms": [platform]},
}
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
    bundle.writestr("manifest.json", json.dumps(manifest, indent=2))
    with open(program, "rb") as content:
        info = zipfile.ZipInfo(name)
        # An executable that only its owner may write.
        info.external_attr = 0o100755 << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        bundle.writestr(info, content.read())
print(path)
PYTHON
