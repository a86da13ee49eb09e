#!/usr/bin/env bash
# The guests of plugins/guests through Envoy: what the Proxy-Wasm specification states, and what was recorded before.
# PORTCULLIS_RECORD=1 records anew.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
scripts/plugins.sh guests rust go assemblyscript
scripts/plugins-oracle.sh
exec cargo test --locked --quiet -p portcullis-conformance-plugins "$@"
