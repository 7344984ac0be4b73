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
breaking=0 changed=0 additions=0 raw=0

# words LINE: what a line lists, one a line.
words() { tr ', ' '\n\n' <<<"$1" | sed '/^$/d' | LC_ALL=C sort -u; }

# lists_more GONE COME: whether a line about scopes or traits has only gained words, or a price is another: callers of
# before are served as well.
lists_more() {
  case $1 in
    *" quota "*) return 0 ;;
    *" facts "* | *" scopes "*) [[ -z $(LC_ALL=C comm -23 <(words "$1") <(words "$2")) ]] ;;
    *) return 1 ;;
  esac
}

# compare TITLE FILE: each line of the file is one fact, so sets of lines can be held against each other.
compare() {
  git show "$base:tests/golden/$2" 2>/dev/null | LC_ALL=C sort -u >"$before" || true
  local gone come
  gone=$(LC_ALL=C sort -u "tests/golden/$2" | LC_ALL=C comm -23 "$before" -)
  come=$(LC_ALL=C sort -u "tests/golden/$2" | LC_ALL=C comm -13 "$before" -)
  [[ -z $gone$come ]] && return
  printf '\n%s\n' "$1"
  local line other
  while IFS= read -r line; do
    [[ -z $line ]] && continue
    if [[ $2 == generated_client.txt ]]; then
      raw=$((raw + 1))
      printf '  - %s\n' "$line"
      continue
    fi
    # The same operation's line of the same kind, as it is now.
    other=$(grep -m 1 -F -- "$(cut -d' ' -f1-2 <<<"$line") " <<<"$come" || true)
    if [[ -n $other ]] && lists_more "$line" "$other"; then
      changed=$((changed + 1))
      come=$(grep -v -x -F -- "$other" <<<"$come" || true)
      printf '  ~ %s\n' "$other"
    else
      breaking=$((breaking + 1))
      printf '  - %s\n' "$line"
    fi
  done <<<"$gone"
  while IFS= read -r line; do
    [[ -z $line ]] && continue
    # Something new that has to be given breaks those who call what was there before.
    local owner=${line% *: * required}
    owner=${owner% <* required}
    if [[ $2 == generated_client.txt ]]; then
      printf '  + %s\n' "$line"
    elif [[ $line == *" required" ]] && grep -q -F -- "$owner " "$before"; then
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
compare "Rust: the raw client, whose arguments have an order" generated_client.txt

printf '\n'
if ((breaking)); then
  echo "breaking: $breaking facts that users can rely on are gone, changed or newly required; $additions are new."
  echo "before 1.0.0 this takes a new minor version, after it a new major one; name it in CHANGELOG.md."
elif ((additions + changed)); then
  echo "not breaking: $additions facts are new, $changed are other words or prices."
else
  echo "nothing changed for users but words; git diff shows them."
fi
((raw)) && echo "apart from that, $raw facts of the raw client changed: it follows the document and progenitor, and promises nothing."
echo "see the words with: git diff ${1:-HEAD} -- tests/golden reference"
echo "see the generated code in: $(ls -td "${CARGO_TARGET_DIR:-target}"/debug/build/airbyte-agent-gmail-*/out | head -1)"
