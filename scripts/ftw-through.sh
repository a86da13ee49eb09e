#!/usr/bin/env bash
# The regression tests of CRS over sockets: starts the release gateway with examples/ftw, sends the tests through it and
# compares with the run in process. Fails above 0.5 % of difference.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
binary="${PORTCULLIS_BIN:-${CARGO_TARGET_DIR:-$root/target}/release/portcullis}"
place="$(mktemp -d)"
cp "$root/examples/ftw/gateway.yaml" "$place/"
cd "$place"
"$binary" run -c gateway.yaml >gateway.log 2>&1 &
gateway=$!
trap 'kill "$gateway" 2>/dev/null; wait "$gateway" 2>/dev/null; rm -rf "$place"' EXIT
for _ in $(seq 100); do
    if (exec 3<>/dev/tcp/127.0.0.1/8080) 2>/dev/null; then
        break
    fi
    kill -0 "$gateway" 2>/dev/null || { cat gateway.log; exit 1; }
    sleep 0.1
done
"$binary" waf test --ftw "$root/waf-rules/rulesets/crs/package/tests" --through http://127.0.0.1:8080 --log waf.log \
    --upstream-listen 127.0.0.1:9000 --within 0.5 "$@"
