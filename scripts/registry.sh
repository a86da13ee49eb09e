#!/usr/bin/env bash
# Brings an OCI registry for the tests of plugins/fetch into .tools/registry: Debian's docker-registry (distribution 2.8),
# unpacked, not installed. Its checksum stands here. `make clean-tools` removes it.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
place="$root/.tools/registry"
package="docker-registry"
sha256="a9bd06c0e006854608f8469b4371743f40604ad90975532bb3b7ceeb72fe2913"
if [ -x "$place/usr/bin/docker-registry" ] && grep -qsxF "$sha256" "$place/SHA256"; then
    exit 0
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -qq "$package") || {
    echo "registry: apt-get could not download $package; run apt-get update" >&2
    exit 1
}
echo "$sha256  $(echo "$work"/"$package"_*.deb)" | sha256sum --check --quiet
rm -rf "$place"
mkdir -p "$place"
dpkg-deb -x "$work"/"$package"_*.deb "$place"
echo "$sha256" > "$place/SHA256"
