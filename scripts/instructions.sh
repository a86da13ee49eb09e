#!/usr/bin/env bash
# Counts instructions of the request path under callgrind and fails when one moved by more than 5 % from
# benches/instructions.json. `--update` writes the file: part of every change that is meant to move a count.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Beside the gateway, so that both take the same features of third-party crates and nothing is built twice.
cargo build --locked --quiet --release -p portcullis -p portcullis-benches --bin instructions
exec "${CARGO_TARGET_DIR:-target}/release/instructions" "$@"
