#!/usr/bin/env bash
# Builds the C library libinjection 3.9.2 into .tools/libinjection, from the source package of libinjection-python on
# PyPI. It is the oracle of conformance/differential/tests/libinjection.rs and part of nothing that ships.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
place="$root/.tools/libinjection"
library="$place/libinjection.so"
[ ! -f "$library" ] || exit 0
requirement="libinjection-python==1.1.6 --hash=sha256:6f848d07421fb672439fb4552349548a74a9a169efa3e45a0f5703c9eed4710f"
scripts_python() { "$place/bin/python" "$@"; }
"$root/scripts/python-tool.sh" libinjection pip
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
echo "$requirement" >"$work/requirements.txt"
scripts_python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
    --requirement "$work/requirements.txt" --dest "$work"
tar -xzf "$work"/libinjection-python-1.1.6.tar.gz -C "$work"
source="$work/libinjection-python-1.1.6/libinjection/src"
"${CC:-cc}" -O2 -w -shared -fPIC -I "$source" -o "$library" \
    "$source/libinjection_sqli.c" "$source/libinjection_html5.c" "$source/libinjection_xss.c"
