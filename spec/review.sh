#!/usr/bin/env bash
# Regenerates the code, the golden files and the reference, and says what changed for users since a git revision, and
# whether it breaks them.
#
#     bash spec/review.sh [REVISION]    # default: HEAD
set -euo pipefail
cd "$(dirname "$0")/.."
git rev-parse --verify --quiet "${1:-HEAD}^{commit}" >/dev/null || { echo "no such revision: ${1:-HEAD}" >&2; exit 2; }

# An invalid document fails here, with the lint's message.
cargo build --quiet
UPDATE_GOLDEN=1 cargo test --quiet --all-features --test it -- golden reference >/dev/null

bash spec/compare.sh "${1:-HEAD}"
echo "see the generated code in: $(ls -td "${CARGO_TARGET_DIR:-target}"/debug/build/airbyte-agent-gmail-*/out | head -1)"
