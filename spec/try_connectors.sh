#!/usr/bin/env bash
# Imports every document in a folder, compiles the generated code, calls ten connectors in hosted mode against a stub,
# and prints a table with the totals in the last row. Exits with 1 if a document is not converted or does not compile,
# or a call fails. Not part of CI: this repository has no copies of these documents.
#
#     pip install --no-deps --target /tmp/sdk airbyte-agent-sdk==0.1.380
#     bash spec/try_connectors.sh /tmp/sdk/airbyte_agent_sdk/specs [NAME…]    # all of them where none is named
#
# TRY_FOLDER names a folder to keep, whose documents are not converted again; TRY_FEATURES are flags for cargo.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ $# -ge 1 && -d $1 ]] || { echo "usage: spec/try_connectors.sh FOLDER [NAME…]" >&2; exit 2; }
documents=$(cd "$1" && pwd)
shift
work=${TRY_FOLDER:-$(mktemp -d)}
read -ra features <<<"${TRY_FEATURES:---no-default-features}"
mkdir -p "$work/spec"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$work/target} CARGO_PROFILE_DEV_DEBUG=0
cargo build --quiet --manifest-path spec/import/Cargo.toml

modules=()
for file in "$documents"/*/connector.yaml; do
  name=$(basename "$(dirname "$file")")
  [[ $# = 0 || " $* " == *" $name "* ]] || continue
  module=c_${name//-/_}
  modules+=("$module")
  [[ -s $work/$module.yaml && $work/$module.yaml -nt $file && $work/$module.yaml -nt spec/import/src ]] && continue
  rm -f "$work/$module.yaml"
  # The import also writes a document that the lint rejects; it does not count as converted.
  "$CARGO_TARGET_DIR/debug/import" "$file" "$work/$module.yaml" >"$work/$module.log" 2>&1 || mv "$work/$module.yaml" "$work/$module.refused" 2>/dev/null || true
done

# lay MODULE…: this crate with these documents in addition to Gmail's, each with its own module and type.
lay() {
  local module settings=""
  rm -rf "$work/crate/src" "$work/crate/spec" "$work/crate/tests"
  mkdir -p "$work/crate/tests"
  tar --create --exclude=target --exclude=spec/import Cargo.toml Cargo.lock build.rs clippy.toml README.md src spec guide reference |
    tar --extract --directory "$work/crate"
  for module in "$@"; do
    cp "$work/$module.yaml" "$work/crate/spec/"
    settings+="Settings { taken: \\&[], file: \"spec/$module.yaml\", module: \"crate::api::$module\", owner: \"crate::tried::$module\", crate_name: \"airbyte_agent_gmail\" },"
    cat >>"$work/crate/src/api.rs" <<RUST
#[allow(warnings, missing_docs, missing_debug_implementations, unreachable_pub, private_interfaces, clippy::all)]
pub mod $module { include!(concat!(env!("OUT_DIR"), "/$module.rs")); }
RUST
    cat >>"$work/crate/src/transport/hook.rs" <<RUST
impl ClientHooks<Transport> for crate::api::$module::Client {
    async fn exec(&self, request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        Ok(exec(self, &crate::api::$module::operation::TABLE, request, info).await)
    }
}
RUST
    cat >>"$work/crate/src/tried.rs" <<RUST
#[derive(Clone)]
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
  sed -i '1i use progenitor_client::ClientInfo;' "$work/crate/src/tried.rs"
  sed -i "s#\[Settings<'_>; 2\] = \[#[Settings<'_>; $(($# + 2))] = [$settings#" "$work/crate/build.rs"
  sed -i '/^airbyte-agent-gmail = {/d; /^\[\[\(example\|test\|bin\|bench\)\]\]/,/^$/d' "$work/crate/Cargo.toml"
  rm -f "$work/crate/src/main.rs"
  echo '#[allow(missing_docs, non_camel_case_types, missing_debug_implementations)] pub mod tried;' >>"$work/crate/src/lib.rs"
}

# Leaves out what does not compile, so that the rest can be checked.
declare -A compiled ran
left=()
for module in "${modules[@]}"; do [[ -s $work/$module.yaml ]] && left+=("$module"); done
while ((${#left[@]})); do
  lay "${left[@]}"
  if (cd "$work/crate" && cargo check "${features[@]}" --lib --message-format short) >"$work/check.log" 2>&1; then
    for module in "${left[@]}"; do compiled[$module]=yes; done
    break
  fi
  kept=()
  for module in "${left[@]}"; do
    grep -q "$module\(\.rs\|\.yaml\)\?[:\"]" "$work/check.log" && compiled[$module]=no || kept+=("$module")
  done
  ((${#kept[@]} < ${#left[@]})) || { echo "the crate does not compile for another reason: $work/check.log" >&2; exit 1; }
  cp "$work/check.log" "$work/check.${#left[@]}.log"
  left=("${kept[@]}")
done

# The connectors that have calls.
called=()
for module in $(sed -n 's/^async fn \(c_[a-z0-9_]*\)() -> TestResult.*/\1/p' spec/try_connectors.rs); do
  [[ ${compiled[$module]:-no} == yes ]] && called+=("$module")
done
if ((${#called[@]})); then
  lay "${called[@]}"
  cp spec/try_connectors.rs "$work/crate/tests/"
  (cd "$work/crate" && cargo test "${features[@]}" --test try_connectors) >"$work/test.log" 2>&1 || true
  while IFS='=' read -r module result; do ran[$module]=$result; done < <(
    sed -n 's/^test \(c_[a-z0-9_]*\) \.\.\. \(ok\|FAILED\)$/\1=\2/p' "$work/test.log"
  )
  ((${#ran[@]})) || { echo "the calls do not compile: $work/test.log" >&2; exit 1; }
fi

printf '| document | operations | converted | compiled | run | to decide | hosted mode only | lost |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n'
failed=0
declare -A total=([converted]=0 [compiled]=0 [run]=0 [operations]=0 [decide]=0 ["hosted mode only"]=0 [lost]=0)
notes() {
  count=$(grep -c "^$1: " "$work/$module.log" || true)
  total[$1]=$((total[$1] + count))
}
for module in "${modules[@]}"; do
  converted=no operations=0
  if [[ -s $work/$module.yaml ]]; then
    converted=yes
    operations=$(grep -c '^ *operationId:' "$work/$module.yaml" || true)
    total[converted]=$((total[converted] + 1)) total[operations]=$((total[operations] + operations))
  fi
  [[ ${compiled[$module]:-no} == yes ]] && total[compiled]=$((total[compiled] + 1)) || failed=1
  [[ ${ran[$module]:--} == ok ]] && total[run]=$((total[run] + 1))
  [[ ${ran[$module]:--} != FAILED ]] || failed=1
  notes decide; decide=$count
  notes 'hosted mode only'; hosted=$count
  notes lost; lost=$count
  printf '| %s | %s | %s | %s | %s | %s | %s | %s |\n' "${module#c_}" "$operations" "$converted" "${compiled[$module]:-no}" \
    "${ran[$module]:--}" "$decide" "$hosted" "$lost"
done
printf '| %s documents | %s | %s | %s | %s | %s | %s | %s |\n' "${#modules[@]}" "${total[operations]}" "${total[converted]}" \
  "${total[compiled]}" "${total[run]} of ${#called[@]}" "${total[decide]}" "${total["hosted mode only"]}" "${total[lost]}"
echo "the notes of each document are in $work/*.log"
exit "$failed"
