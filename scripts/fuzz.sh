#!/bin/sh
# Fuzzes a parser of hostile input with libFuzzer: fuzz.sh message|request|address|shell|rules|bundle SECONDS
set -eu
target=$1
seconds=$2
root=$(cd "$(dirname "$0")/.." && pwd)
helper=$root/Sources/lockgate-sandbox
sources=
parser=
case $target in
message) sources="policy.c" ;;
request) sources="request.c policy.c report.c" ;;
address) sources="address.c" ;;
shell | rules) ;;
bundle) parser="$root/Sources/Sessions/Bundle/BundleFormat.swift $root/Sources/Sessions/Bundle/BundleParser.swift" ;;
*)
    echo "fuzz: no target $target: use message, request, address, shell, rules or bundle" >&2
    exit 2
    ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/found"

build_c() {
    paths=""
    for source in $sources; do paths="$paths $helper/$source"; done
    # shellcheck disable=SC2086
    clang -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I "$helper" \
        -o "$work/fuzz" "$root/Fuzz/$target.c" $paths
}

# The modules below the parser, each instrumented; checks for overflow and bounds stay on.
build_swift() {
    compile="swiftc -O -g -parse-as-library -swift-version 6 -package-name lockgate -sanitize=fuzzer -I $work
        -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
        -enable-upcoming-feature MemberImportVisibility"
    objects=
    for module in Basics Wire Policy; do
        find "$root/Sources/$module" -name '*.swift' >"$work/$module.files"
        $compile -wmo -module-name $module -emit-module -emit-module-path "$work/$module.swiftmodule" \
            -c -o "$work/$module.o" @"$work/$module.files"
        objects="$objects $work/$module.o"
    done
    # shellcheck disable=SC2086
    $compile -module-name Fuzz -o "$work/fuzz" "$root/Fuzz/$target.swift" $parser $objects
}

if [ -n "$sources" ]; then build_c; else build_swift; fi
# New inputs stay in the scratch folder; MERGE=1 adds the few that reach more code to the corpus.
"$work/fuzz" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 -artifact_prefix="$root/Fuzz/" \
    "$work/found" "$root/Fuzz/corpus/$target"
if [ "${MERGE:-0}" = 1 ]; then
    mkdir "$work/merged"
    "$work/fuzz" -merge=1 "$work/merged" "$root/Fuzz/corpus/$target" "$work/found" 2>/dev/null
    rm -f "$root/Fuzz/corpus/$target/"*
    cp "$work/merged/"* "$root/Fuzz/corpus/$target/"
fi
