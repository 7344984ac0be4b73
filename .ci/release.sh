#!/usr/bin/env bash
# A release, step by step. .github/workflows/release.yml runs these steps, and so can you.
#
#     bash .ci/release.sh check TAG     # the tag, the version and CHANGELOG.md agree
#     bash .ci/release.sh crate         # the crate as on crates.io and docs.rs; needs a nightly Rust
#     bash .ci/release.sh semver        # compared with the published version; needs cargo-semver-checks
#     bash .ci/release.sh pack [TARGET] # the program, with man pages and completions, as an archive in target/archives
#     bash .ci/release.sh notes         # this version's section of CHANGELOG.md
set -euo pipefail
cd "$(dirname "$0")/.."

value() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" Cargo.toml | head -n 1; }
version=$(value version)
crate=$(value name)
program=airbyte-gmail
# Features that nobody can add to a compiled program; sandbox-sql would add SQLite for very few users.
features=cli,mcp,keyring,redis

fail() {
  echo "error: $*" >&2
  exit 1
}

# The section of CHANGELOG.md for this version.
notes() {
  awk -v version="$version" '
    /^## / { inside = $2 == version; next }
    inside { print }
  ' CHANGELOG.md
}

check() {
  local tag=${1:?which tag?}
  [ "$tag" = "v$version" ] || fail "the tag $tag is not v$version, which Cargo.toml says"
  grep -q "^## $version (20..-..-..)$" CHANGELOG.md || fail "CHANGELOG.md has no line \`## $version (DATE)\`"
  # cargo-binstall looks for the archives below this URL.
  [ -n "$(value repository)" ] || fail "Cargo.toml names no repository"
  grep -q "^version = \"$version\"$" python/pyproject.toml || fail "python/pyproject.toml has another version"
}

crate() {
  # In a separate target folder, or Cargo would mistake the package's build script for the tree's.
  cargo publish --dry-run --locked --target-dir target/package "$@"
  RUSTDOCFLAGS="--cfg docsrs --deny warnings" cargo +nightly doc --all-features --no-deps --lib --target-dir target/docs.rs
}

semver() {
  if ! cargo info --quiet --registry crates-io "$crate" >/dev/null 2>&1; then
    echo "$crate is not published yet, so that there is nothing to compare with"
    return
  fi
  cargo semver-checks --all-features
}

pack() {
  local target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
  local name=$program-$version-$target archives=target/archives
  local folder=$archives/$name built=${CARGO_TARGET_DIR:-target}/$target/release/$program
  case $target in *windows*) built=$built.exe ;; esac
  cargo build --release --locked --features "$features" --bin "$program" --target "$target"
  rm -rf "$folder"
  mkdir -p "$folder/completions"
  cp "$built" README.md CHANGELOG.md LICENSE-* "$folder"
  # The program generates these itself, which also shows that it starts.
  "$built" man "$folder/man"
  local shell
  for shell in bash elvish fish powershell zsh; do
    "$built" completions "$shell" >"$folder/completions/$program.$shell"
  done
  local archive
  (
    cd "$archives"
    case $target in
      *windows*)
        archive=$name.zip
        7z a -bso0 "$archive" "$name"
        ;;
      *)
        archive=$name.tar.gz
        tar -czf "$archive" "$name"
        ;;
    esac
    # macOS has no sha256sum.
    if command -v sha256sum >/dev/null; then sha256sum "$archive"; else shasum -a 256 "$archive"; fi >"$archive.sha256"
    cat "$archive.sha256"
  )
}

step=${1:?which step? check, crate, semver, pack or notes}
shift
case $step in
  check | crate | semver | pack | notes) "$step" "$@" ;;
  *) fail "no step \`$step\`: check, crate, semver, pack or notes" ;;
esac
