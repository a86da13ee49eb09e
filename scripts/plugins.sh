#!/usr/bin/env bash
# `make plugins`: builds the examples and the guests of the differential runs into PLUGINS (target/plugins). Only what
# changed is built again; each compiler decides that itself. `scripts/plugins.sh guests` builds only what is named:
# guests, rust, go, assemblyscript.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
plugins="$(realpath -m "${CARGO_TARGET_DIR:-target}")/plugins"
examples="$root/plugins/examples"
mkdir -p "$plugins"

# Takes a built module over when it is another one, so that a file's age tells when it changed.
take() {
    if cmp -s "$1" "$plugins/$2.wasm"; then return; fi
    cp "$1" "$plugins/$2.wasm"
    echo "plugins: $2.wasm, $(stat -c %s "$plugins/$2.wasm") bytes"
}

rust_crate() { # FOLDER MODULE NAME
    .tools/rust-wasm/build "$1" "$plugins/rust" --locked
    take "$plugins/rust/wasm32-unknown-unknown/release/$2.wasm" "$3"
}

guests() {
    scripts/plugins-toolchain.sh rust
    rust_crate "$root/plugins/guests" script script
    cargo run --locked --quiet -p portcullis-conformance-plugins -- assemble plugins/guests/wat "$plugins"
}

rust() {
    scripts/plugins-toolchain.sh rust
    rust_crate "$examples/rust/logger" logger rust-logger
    rust_crate "$examples/rust/sse-token-counter" sse_token_counter rust-sse-token-counter
}

go_module() { # FOLDER NAME
    (cd "$1" && GOTOOLCHAIN=local GOFLAGS=-mod=readonly GOOS=wasip1 GOARCH=wasm \
        "$root/.tools/go-wasm/go" build -buildmode=c-shared -trimpath -buildvcs=false -ldflags='-s -w' -o "$plugins/go/$2.wasm" .)
    take "$plugins/go/$2.wasm" "$2"
}

go() {
    scripts/plugins-toolchain.sh go
    mkdir -p "$plugins/go"
    go_module "$examples/go/logger" go-logger
    go_module "$examples/go/sse-token-counter" go-sse-token-counter
}

assemblyscript() {
    scripts/plugins-toolchain.sh node
    mkdir -p "$plugins/assemblyscript"
    for name in logger sse-token-counter; do
        local made="$plugins/assemblyscript/$name.wasm"
        if [ ! -e "$made" ] || [ -n "$(find "$examples/assemblyscript" -newer "$made" -type f -print -quit)" ]; then
            # The compiler finds its packages beside the sources or above them: it is started where they are.
            (cd .tools/assemblyscript && rm -rf plugins && cp -r "$examples/assemblyscript" plugins &&
                npx --no-install asc "plugins/$name/index.ts" -o "$made" --optimize \
                    --config ./node_modules/@assemblyscript/wasi-shim/asconfig.json --use abort=abort_proc_exit)
        fi
        take "$made" "assemblyscript-$name"
    done
}

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(guests rust go assemblyscript)
for part in "${parts[@]}"; do
    case "$part" in
    guests | rust | go | assemblyscript) "$part" ;;
    *) echo "plugins: unknown part $part: guests, rust, go or assemblyscript" >&2; exit 2 ;;
    esac
done
