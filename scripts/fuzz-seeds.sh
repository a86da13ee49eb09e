#!/usr/bin/env bash
# Cuts pieces of the OWASP CRS into fuzz/corpus: payloads of its regression tests, and its rules one by one.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
package="$root/waf-rules/rulesets/crs/package"
version="$(cat "$package/VERSION")"
corpus="$root/fuzz/corpus"
# Payloads that each target starts with: enough to know the shapes, few enough to begin soon.
most=400

[ "$(cat "$corpus/VERSION" 2>/dev/null || true)" != "$version" ] || exit 0
mkdir -p "$corpus"/{body_urlencoded,injection,prefilter,transformations,seclang}

# Every nth value of a `data:` or `uri:` line, one file each; the first byte of a transformation's input is the number
# of transformations of its pipeline.
payloads() {
    find "$package/tests" -name '*.yaml' -print0 | sort -z | xargs -0 cat | awk -v most="$most" '
        ($1 == "data:" || $1 == "uri:") && NF > 1 && length($0) < 2000 && ++n % 7 == 0 && ++kept <= most {
            sub(/^ *[a-z]+: /, ""); gsub(/^["\047]|["\047]$/, ""); print
        }'
}
payloads | awk -v folder="$corpus/body_urlencoded" '{ printf "%s", $0 > (folder "/crs-" NR); close(folder "/crs-" NR) }'
payloads | awk -v folder="$corpus/injection" '{ printf "%s", $0 > (folder "/crs-" NR); close(folder "/crs-" NR) }'
payloads | awk -v folder="$corpus/transformations" '{ printf "@%s", $0 > (folder "/crs-" NR); close(folder "/crs-" NR) }'
# Place, pipeline and name come first; every place gets some, and one in four runs whole transactions.
payloads | awk -v folder="$corpus/prefilter" '
    { printf "%c%c@%s", 64 + NR % 16, (NR % 4 ? 96 : 64), $0 > (folder "/crs-" NR); close(folder "/crs-" NR) }'
# A directive with its continuations; every other one, for variety, and none of the largest: they would take all the time.
cat "$package"/rules/@owasp_crs/*.conf | awk -v folder="$corpus/seclang" -v most="$most" '
    function keep() {
        if (length(rule) > 20 && length(rule) < 2500 && ++n % 2 == 0 && ++kept <= most) {
            printf "%s", rule > (folder "/crs-" kept); close(folder "/crs-" kept)
        }
        rule = ""
    }
    /^#/ { next }
    /^Sec/ { keep() }
    { rule = rule $0 "\n" }
    END { keep() }'
echo "$version" > "$corpus/VERSION"
