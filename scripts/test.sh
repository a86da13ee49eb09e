#!/usr/bin/env bash
# Everything that must hold before a change is merged, stage by stage with its time. A failed stage does not hide the
# later ones; the end fails when any did. `scripts/test.sh fmt tidy` runs only these.
set -uo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root" || exit 1
export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"
release="${CARGO_TARGET_DIR:-$root/target}/release/portcullis"
# The share of CRS's regression tests that must pass, in percent.
ftw_at_least="${FTW_AT_LEAST:-100}"

failed=()
summary=()
wanted=("$@")

stage() {
    local name="$1" begin=$SECONDS result=ok
    shift
    if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then
        return
    fi
    echo "=== $name: $*"
    "$@" </dev/null || { result=FAILED; failed+=("$name"); }
    summary+=("$(printf '%-12s %6d s  %s' "$name" $((SECONDS - begin)) "$result")")
    echo "=== ${summary[-1]}"
    # Without tools and rules every later stage would only repeat the failure.
    if [ "$name" = setup ] && [ "$result" != ok ]; then
        exit 1
    fi
}

stage setup scripts/setup.sh
stage fetch cargo fetch --locked --quiet
stage fetch cargo fetch --locked --quiet --manifest-path fuzz/Cargo.toml
stage fmt cargo fmt --all --check
stage tidy cargo test --locked --quiet -p xtask
stage clippy cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
stage benches cargo check --locked --quiet -p portcullis-benches --all-targets --features peers,waf-peers
stage build cargo build --locked --quiet --release -p portcullis
# Modules and the peer that the tests of plugins need.
stage plugins scripts/plugins.sh
stage oracle scripts/plugins-oracle.sh
# The tests over sockets drive the binary that ships. Every failure is shown, not the first alone.
export PORTCULLIS_BIN="$release"
stage test cargo test --locked --quiet --no-fail-fast --workspace --exclude portcullis-benches --exclude xtask
stage reference cargo clippy --locked --quiet -p portcullis-differential --all-targets \
    --features reference-engine -- -D warnings
stage instructions scripts/instructions.sh
stage differential scripts/differential.sh --slice
stage ftw "$release" waf test --ftw waf-rules/rulesets/crs/package/tests --at-least "$ftw_at_least"
stage ftw "$release" waf test --ftw waf-rules/rulesets/crs/package/tests --at-least "$ftw_at_least" --without-prefilter
# Builds every target, then 20 s each, two at a time; `make fuzz` is the one that goes new ways.
export FUZZ_SEED="${FUZZ_SEED:-1}"
stage fuzz scripts/fuzz.sh "${FUZZ_SECONDS:-20}"

echo
printf '%s\n' "${summary[@]}" "$(printf '%-12s %6d s' total $SECONDS)"
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}"
    exit 1
fi
