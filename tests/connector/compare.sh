#!/usr/bin/env bash
# Tests spec/compare.sh with breaking and non-breaking changes, on copies of the golden files.
set -euo pipefail
cd "$(dirname "$0")/../.."
compare=$PWD/spec/compare.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/tests"
cp -r tests/golden "$folder/tests/"
cd "$folder"
git init --quiet
git -c user.name=test -c user.email=test@example.com -c commit.gpgsign=false commit --quiet --allow-empty --message empty
git add tests
git -c user.name=test -c user.email=test@example.com -c commit.gpgsign=false commit --quiet --message before

# tried SENTENCE FILE SED: applies a change to a file and expects the sentence.
tried() {
  sed --in-place --regexp-extended "$3" "tests/golden/$2"
  git diff --quiet && { echo "nothing was changed by $3 in $2"; exit 1; }
  local said
  said=$(bash "$compare")
  git checkout --quiet tests
  grep --quiet --fixed-strings -- "$1" <<<"$said" || {
    printf 'of %s in %s it is said:\n%s\n\ninstead of: %s\n' "$3" "$2" "$said" "$1"
    exit 1
  }
}

list='^gmail MessagesCalls::fn list\('
tried "not breaking: 0 facts are new, 1 accept more" generated_api.txt "/$list/s/; send/; order(order: bool); send/"
tried "not breaking: 0 facts are new, 1 accept more" generated_api.txt '/^gmail DraftsCalls::fn create\(/s/: send/: order(order: bool); send/'
tried "breaking: 1 facts" generated_api.txt "/$list/s/ q\([^;]*;//"
tried "breaking: 1 facts" generated_api.txt "/$list/s/max_results: i64/max_results: u8/"
tried "breaking: 1 facts" generated_api.txt "/$list/s/&self\)/\&self, user: String)/"
tried "breaking: 1 facts" generated_api.txt "/$list/s/Sending<[^>]*>/Sending<String>/"
tried "not breaking: 1 facts are new" generated_api.txt '$a gmail Profile.storage: Option<String>'
tried "breaking: 1 facts" generated_api.txt '/^gmail Profile.history_id:/d'
tried "not breaking: 0 facts are new, 1 accept more" gmail_operations.txt '/^messages_list takes query maxResults:/s/maximum=500/maximum=900/'
tried "breaking: 1 facts" gmail_operations.txt '/^messages_list takes query maxResults:/s/maximum=500/maximum=100/'
tried "not breaking: 0 facts are new, 1 accept more" gmail_operations.txt '/^messages_list .*quota /s/quota .*/quota 7/'
tried "breaking: 1 facts" tools.txt '0,/^open-source gmail_search takes page_token: string$/s/(page_token: string)$/\1 required/'
tried "breaking: 1 facts" commands.txt '/^airbyte-gmail messages list --max-results/d'
tried "1 facts of the raw client changed too" generated_client.txt '0,/include_spam_trash: Option<bool>, /s///'
echo "what breaks callers is told from what does not"
