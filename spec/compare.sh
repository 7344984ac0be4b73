#!/usr/bin/env bash
# Compares the golden files in this repository with those of a git revision: says what changed for users, and whether it
# breaks them. `review.sh` calls it after rewriting the files.
#
#     bash spec/compare.sh [REVISION]    # default: HEAD
set -euo pipefail
base=$(git rev-parse --verify --quiet "${1:-HEAD}^{commit}") || { echo "no such revision: ${1:-HEAD}" >&2; exit 2; }

before=$(mktemp)
trap 'rm -f "$before"' EXIT
breaking=0 changed=0 additions=0 raw=0

# subset OLD NEW: whether every word of OLD is in NEW.
subset() {
  [[ -z $(LC_ALL=C comm -23 <(tr ', |' '\n\n\n' <<<"$1" | sed '/^$/d' | LC_ALL=C sort -u) \
    <(tr ', |' '\n\n\n' <<<"$2" | sed '/^$/d' | LC_ALL=C sort -u)) ]]
}

# key LINE: the item that a line is about.
key() {
  case $1 in
    "airbyte-gmail "*) sed 's/ \[[a-z ]*: .*//; s/ required$//' <<<"$1" ;;
    *" takes "*": "*) printf '%s:' "${1%%: *}" ;;
    *"fn "*"("*) printf '%s(' "${1%%(*}" ;;
    *) printf '%s ' "$(cut -d' ' -f1-2 <<<"$1")" ;;
  esac
}

# items LINE: the settings and the send method of a call, one per line.
items() { sed 's/.*) -> [A-Za-z]*: //; s/; /\n/g' <<<"$1" | LC_ALL=C sort -u; }

# bounds OLD NEW: whether NEW's minimum and maximum allow everything that OLD's did.
bounds() {
  local word name old
  for word in $2; do
    [[ $word == *=* ]] || continue
    name=${word%%=*}
    old=$(grep -o -m 1 " $name=[-0-9]*" <<<" $1" | head -1 || true)
    [[ -n $old ]] || return 1
    case $name in
      max*) ((${word#*=} >= ${old#*=})) || return 1 ;;
      min*) ((${word#*=} <= ${old#*=})) || return 1 ;;
      *) [[ ${word#*=} == "${old#*=}" ]] || return 1 ;;
    esac
  done
}

# serves OLD NEW: whether NEW still serves existing callers: it adds values, scopes, traits or settings, widens a bound,
# drops a requirement, or changes a price.
serves() {
  local old=${1% required} new=${2% required}
  [[ $2 == *" required" && $1 != *" required" ]] && return 1
  case $1 in
    *" quota "*) return 0 ;;
    *"fn "*" send -> "*)
      [[ ${old%%) -> *} == "${new%%) -> *}" && -z $(LC_ALL=C comm -23 <(items "$old") <(items "$new")) ]]
      ;;
    *" facts "* | *" scopes "*) subset "$1" "$2" ;;
    *" takes "*": "*)
      old=${old#*: } new=${new#*: }
      subset "${old%% *}" "${new%% *}" && bounds "$old" "$new" &&
        [[ $(sed 's/^[^ ]*//; s/ [a-zA-Z]*=[^ ]*//g' <<<"$old") == "$(sed 's/^[^ ]*//; s/ [a-zA-Z]*=[^ ]*//g' <<<"$new")" ]]
      ;;
    "airbyte-gmail "*)
      [[ $(sed 's/ \[possible values: .*//' <<<"$old") == "$(sed 's/ \[possible values: .*//' <<<"$new")" ]] &&
        { [[ $new != *"[possible values: "* ]] || { [[ $old == *"[possible values: "* ]] &&
          subset "$(sed 's/.*\[possible values: //; s/\].*//' <<<"$old")" "$(sed 's/.*\[possible values: //; s/\].*//' <<<"$new")"; }; }
      ;;
    *) return 1 ;;
  esac
}

# compare TITLE FILE: each line of a file is one fact, so files are compared as sets of lines.
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
    # The new line for the same item.
    other=$(grep -m 1 -F -- "$(key "$line")" <<<"$come" || true)
    if [[ -n $other && $(key "$other") == "$(key "$line")" ]]; then
      come=$(grep -v -x -F -- "$other" <<<"$come" || true)
      if serves "$line" "$other"; then
        changed=$((changed + 1))
        printf '  ~ %s\n' "$other"
      else
        breaking=$((breaking + 1))
        printf '  - %s\n  + %s\n' "$line" "$other"
      fi
    else
      breaking=$((breaking + 1))
      printf '  - %s\n' "$line"
    fi
  done <<<"$gone"
  while IFS= read -r line; do
    [[ -z $line ]] && continue
    # A new required item breaks existing callers.
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
  echo "not breaking: $additions facts are new, $changed accept more or have another price."
else
  echo "only words changed for users; git diff shows them."
fi
((raw)) && echo "$raw facts of the raw client changed too: it follows the document and progenitor, and is not stable."
echo "see the words with: git diff ${1:-HEAD} -- tests/golden reference"
