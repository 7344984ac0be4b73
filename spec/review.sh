#!/usr/bin/env bash
# Generates anew, refreshes the golden files and the reference, and says what changed for users since a git revision,
# and whether it breaks them.
#
#     bash spec/review.sh [REVISION]    # HEAD where it is left out
set -euo pipefail
cd "$(dirname "$0")/.."
base=$(git rev-parse --verify --quiet "${1:-HEAD}^{commit}") || { echo "no such revision: ${1:-HEAD}" >&2; exit 2; }

# A broken document fails here, with the message of the lint.
cargo build --quiet
UPDATE_GOLDEN=1 cargo test --quiet --all-features --test it -- golden reference >/dev/null

before=$(mktemp)
trap 'rm -f "$before"' EXIT
breaking=0 additions=0

# compare TITLE FILE: each line of the file is one fact, so sets of lines can be held against each other.
compare() {
  git show "$base:tests/golden/$2" 2>/dev/null | LC_ALL=C sort -u >"$before" || true
  local gone come
  gone=$(LC_ALL=C sort -u "tests/golden/$2" | LC_ALL=C comm -23 "$before" -)
  come=$(LC_ALL=C sort -u "tests/golden/$2" | LC_ALL=C comm -13 "$before" -)
  [[ -z $gone$come ]] && return
  printf '\n%s\n' "$1"
  local line
  while IFS= read -r line; do
    [[ -z $line ]] && continue
    breaking=$((breaking + 1))
    printf '  - %s\n' "$line"
  done <<<"$gone"
  while IFS= read -r line; do
    [[ -z $line ]] && continue
    # Something new that has to be given breaks those who call what was there before.
    local owner=${line% *: * required}
    owner=${owner% <* required}
    if [[ $line == *" required" ]] && grep -q -F -- "$owner " "$before"; then
      breaking=$((breaking + 1))
      printf '  ! %s\n' "$line"
    else
      additions=$((additions + 1))
      printf '  + %s\n' "$line"
    fi
  done <<<"$come"
}

compare "Operations of Gmail" gmail_operations.txt
compare "Operations of Airbyte" airbyte_operations.txt
compare "Rust: generated" generated_api.txt
compare "Rust: written by hand" public_api.txt
compare "Tools" tools.txt
compare "Commands" commands.txt

printf '\n'
if ((breaking)); then
  echo "breaking: $breaking facts that users can rely on are gone, changed or newly required; $additions are new."
  echo "before 1.0.0 this takes a new minor version, after it a new major one; name it in CHANGELOG.md."
elif ((additions)); then
  echo "not breaking: $additions facts are new."
else
  echo "nothing changed for users but words; git diff shows them."
fi
echo "see the words with: git diff ${1:-HEAD} -- tests/golden reference"
echo "see the generated code in: $(ls -td "${CARGO_TARGET_DIR:-target}"/debug/build/airbyte-agent-gmail-*/out | head -1)"
