#!/usr/bin/env bash
# Makes a plugin of each template with `portcullis plugin new` and builds it with the toolchains of `make plugins`; the
# modules are target/plugins/template-*.wasm.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
target="$(realpath -m "${CARGO_TARGET_DIR:-target}")"
plugins="$target/plugins"
# The program under test, or the one cargo builds.
portcullis="${PORTCULLIS_BIN:-}"
if [ -z "$portcullis" ]; then
    cargo build --locked --quiet -p portcullis
    portcullis="$target/debug/portcullis"
fi
scripts/plugins-toolchain.sh rust go node
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
for language in rust go ts; do
    "$portcullis" plugin new --lang "$language" --folder "$place/$language" "template-$language"
done
if "$portcullis" plugin new --lang go --folder "$place/go" template-go 2>/dev/null; then
    echo "plugins-templates: a folder that exists was written over" >&2
    exit 1
fi

mkdir -p "$plugins"
.tools/rust-wasm/build "$place/rust" "$plugins/rust"
cp "$plugins/rust/wasm32-unknown-unknown/release/template_rust.wasm" "$plugins/template-rust.wasm"
(cd "$place/go" && GOTOOLCHAIN=local GOFLAGS=-mod=readonly GOOS=wasip1 GOARCH=wasm "$root/.tools/go-wasm/go" build \
    -buildmode=c-shared -trimpath -buildvcs=false -ldflags='-s -w' -o "$plugins/template-go.wasm" .)
# The packages are the same that the examples use; npm would fetch them once more.
ln -s "$root/.tools/assemblyscript/node_modules" "$place/ts/node_modules"
(cd "$place/ts" && npm run --silent build && cp template-ts.wasm "$plugins/")
ls -l "$plugins"/template-*.wasm
