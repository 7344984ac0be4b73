#!/usr/bin/env bash
# Imports every document of a folder, compiles what is generated, calls some through hosted mode against a stub, and
# prints a table. It is no part of CI: the documents stay where they are installed, and nothing of them comes here.
#
#     pip install --no-deps --target /tmp/sdk airbyte-agent-sdk==0.1.380
#     bash spec/try_connectors.sh /tmp/sdk/airbyte_agent_sdk/specs
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
[[ $# -ge 1 && -d $1 ]] || { echo "usage: spec/try_connectors.sh FOLDER" >&2; exit 2; }
documents=$(cd "$1" && pwd)
# TRY_FOLDER names a folder that is kept, and whose documents are not converted again.
work=${TRY_FOLDER:-$(mktemp -d)}
mkdir -p "$work/tests"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$work/target} CARGO_PROFILE_DEV_DEBUG=0
cargo build --quiet --manifest-path spec/import/Cargo.toml
tar --create --exclude=target --exclude=spec/import Cargo.toml Cargo.lock build.rs clippy.toml README.md src spec |
  tar --extract --directory "$work"
cp spec/try_connectors.rs "$work/tests/"

# The documents beside Gmail's, each a module of one crate with a type of its own to stand on.
modules="" settings=""
for file in "$documents"/*/connector.yaml; do
  name=$(basename "$(dirname "$file")")
  module=c_${name//-/_}
  converted=failed
  # A folder that is kept is gone on with.
  [[ -s $work/spec/$module.yaml && $work/spec/$module.yaml -nt $file ]] && converted=yes
  [[ $converted == yes ]] || "$CARGO_TARGET_DIR/debug/import" "$file" "$work/spec/$module.yaml" >"$work/$module.log" 2>&1 && converted=yes
  echo "$converted" >"$work/$module.converted"
  [[ $converted == yes ]] || continue
  modules+=" $module"
  settings+="Settings { taken: \\&[], file: \"spec/$module.yaml\", module: \"crate::api::$module\", owner: \"crate::tried::$module\", crate_name: \"airbyte_agent_gmail\" },"
done
count=$(wc -w <<<"$modules")
sed -i "s#\[Settings<'_>; 2\] = \[#[Settings<'_>; $((count + 2))] = [$settings#" "$work/build.rs"
sed -i '/^airbyte-agent-gmail = {/d; /^\[\[\(example\|test\|bin\)\]\]/,/^$/d' "$work/Cargo.toml"
rm -f "$work/src/main.rs"
echo '#[allow(missing_docs, non_camel_case_types, missing_debug_implementations)] pub mod tried;' >>"$work/src/lib.rs"
{
  echo 'use progenitor_client::ClientInfo;'
  for module in $modules; do
    cat <<RUST
pub struct $module(crate::api::$module::Client);
impl $module {
    pub fn of(connector: &crate::GmailConnector) -> Self {
        let client = connector.client();
        Self(crate::api::$module::Client::new_with_client(crate::api::$module::operation::BASE_URL, client.client().clone(), client.inner().clone()))
    }
    pub(crate) fn client(&self) -> &crate::api::$module::Client { &self.0 }
}
RUST
  done
} >"$work/src/tried.rs"
for module in $modules; do
  cat >>"$work/src/api.rs" <<RUST
#[allow(warnings, missing_docs, missing_debug_implementations, unreachable_pub, private_interfaces, clippy::all)]
pub mod $module { include!(concat!(env!("OUT_DIR"), "/$module.rs")); }
RUST
  cat >>"$work/src/transport/hook.rs" <<RUST
impl ClientHooks<Transport> for crate::api::$module::Client {
    async fn exec(&self, request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        Ok(exec(self, &crate::api::$module::operation::TABLE, request, info).await)
    }
}
RUST
done
cd "$work"
cargo check --no-default-features --lib --message-format short >"$work/check.log" 2>&1 || true
compiled() { ! grep -q "/$1.rs:[0-9:]* error" "$work/check.log" && grep -q "Finished" "$work/check.log"; }
run=""
if grep -q Finished "$work/check.log"; then
  cargo test --no-default-features --test try_connectors >"$work/test.log" 2>&1 || true
  run=$(sed -n 's/^test \(c_[a-z0-9_]*\) \.\.\. \(ok\|FAILED\)$/\1=\2/p' "$work/test.log")
fi
printf '| document | operations | converted | compiled | run | to decide | hosted mode only | lost |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n'
for file in "$work"/c_*.converted; do
  module=$(basename "$file" .converted)
  is_compiled=no
  compiled "$module" && is_compiled=yes
  ran=$(grep "^$module=" <<<"$run" | cut -d= -f2 || true)
  notes() { grep -c "^$1: " "$work/$module.log" || true; }
  printf '| %s | %s | %s | %s | %s | %s | %s | %s |\n' "${module#c_}" "$(grep -c '^ *operationId:' "$work/spec/$module.yaml" || true)" \
    "$(cat "$file")" "$is_compiled" "${ran:--}" "$(notes decide)" "$(notes 'hosted mode only')" "$(notes lost)"
done
echo "the notes of each document are in $work/*.log"
cd "$root"
