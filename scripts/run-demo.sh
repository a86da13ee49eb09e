#!/usr/bin/env bash
# Starts a demo upstream and the gateway with examples/quickstart, waits until both answer, and prints what to try.
# Ctrl-C, or the end of either, stops both.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
portcullis="${PORTCULLIS_BIN:-${CARGO_TARGET_DIR:-$root/target}/release/portcullis}"
upstream=127.0.0.1:9000
gateway=127.0.0.1:8080
admin=127.0.0.1:9901

running=()
stop() {
    trap - EXIT INT TERM
    for pid in "${running[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
}
trap stop EXIT
trap 'stop; exit 0' INT TERM

# Both ports are asked first: another program's answer must not pass for ours.
for address in $upstream $gateway $admin; do
    if (exec 3<>"/dev/tcp/${address/:/\/}") 2>/dev/null; then
        echo "run: $address is in use already" >&2
        exit 1
    fi
done

"$portcullis" demo-upstream --listen $upstream &
running+=($!)
"$portcullis" run -c "$root/examples/quickstart" &
running+=($!)

answers() { curl --silent --fail --max-time 2 --output /dev/null "$1"; }
for _ in $(seq 150); do
    for pid in "${running[@]}"; do
        kill -0 "$pid" 2>/dev/null || { echo "run: a program ended while starting" >&2; exit 1; }
    done
    if answers "http://$admin/readyz" && answers "http://$upstream/"; then
        ready=1
        break
    fi
    sleep 0.2
done
[ -n "${ready:-}" ] || { echo "run: not ready after 30 s" >&2; exit 1; }

cat <<TRY

Portcullis stands: gateway http://$gateway, admin http://$admin (/metrics /config /healthz /readyz). Try:

  curl -i http://$gateway/hello
  curl -i 'http://$gateway/?q=%3Cscript%3Ealert(1)%3C/script%3E'
  curl -N http://$gateway/sse

Ctrl-C stops it.
TRY
wait -n "${running[@]}"
