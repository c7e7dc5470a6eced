#!/bin/sh
# Fuzzes a parser of the sandbox helper with libFuzzer: fuzz.sh message|request|address SECONDS
set -eu
target=$1
seconds=$2
root=$(cd "$(dirname "$0")/.." && pwd)
helper=$root/Sources/lockgate-sandbox
case $target in
message) sources="policy.c" ;;
request) sources="request.c policy.c report.c" ;;
address) sources="address.c" ;;
*)
    echo "fuzz: no target $target: use message, request or address" >&2
    exit 2
    ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/found"
paths=""
for source in $sources; do paths="$paths $helper/$source"; done
# shellcheck disable=SC2086
clang -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I "$helper" \
    -o "$work/fuzz" "$root/Fuzz/$target.c" $paths
# New inputs stay in the scratch folder; MERGE=1 adds the few that reach more code to the corpus.
"$work/fuzz" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 -artifact_prefix="$root/Fuzz/" \
    "$work/found" "$root/Fuzz/corpus/$target"
if [ "${MERGE:-0}" = 1 ]; then
    mkdir "$work/merged"
    "$work/fuzz" -merge=1 "$work/merged" "$root/Fuzz/corpus/$target" "$work/found" 2>/dev/null
    rm -f "$root/Fuzz/corpus/$target/"*
    cp "$work/merged/"* "$root/Fuzz/corpus/$target/"
fi
