#!/usr/bin/env bash
# A release, step by step; .github/workflows/release.yml runs these steps, and so can anybody.
#
#     bash .ci/release.sh check TAG     # the tag, the version and CHANGELOG.md fit together
#     bash .ci/release.sh crate         # the crate as crates.io and docs.rs take it; needs a nightly Rust
#     bash .ci/release.sh semver        # against the version that is published; needs cargo-semver-checks
#     bash .ci/release.sh pack [TARGET] # the program, with man pages and completions, as an archive in target/archives
#     bash .ci/release.sh notes         # what CHANGELOG.md says of this version
set -euo pipefail
cd "$(dirname "$0")/.."

value() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" Cargo.toml | head -n 1; }
version=$(value version)
crate=$(value name)
program=airbyte-gmail
# What a person can't add to a program that is built already; sandbox-sql would bring SQLite for a few.
features=cli,mcp,keyring,redis

fail() {
  echo "error: $*" >&2
  exit 1
}

# The heading of this version in CHANGELOG.md, and what stands below it.
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
  # cargo-binstall finds the archives below it.
  [ -n "$(value repository)" ] || fail "Cargo.toml names no repository"
  grep -q "^version = \"$version\"$" python/pyproject.toml || fail "python/pyproject.toml has another version"
}

crate() {
  # In a folder of its own, or Cargo would take the package's build script for the tree's.
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
  # The program tells these itself; so it is seen to start, too.
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
