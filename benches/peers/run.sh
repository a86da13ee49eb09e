#!/usr/bin/env bash
# `make bench-peers`: installs the peers, builds the gateway and the stock pingora-proxy server in
# release, and measures. Arguments go to the harness, e.g. --rounds 5 --seconds 5.
set -euo pipefail
cd "$(dirname "$0")/../.."

benches/peers/setup.sh
cargo build --release --locked -p portcullis
cargo build --release --locked -p portcullis-benches --features peers \
    --bin bench-peers --bin stock-pingora
exec "${CARGO_TARGET_DIR:-target}/release/bench-peers" "$@"
