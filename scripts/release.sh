#!/bin/sh
# Optimised build of both programs into DIR/bin: release.sh DIR
set -eu
scratch=$1
# No run path: the programs need no library beside them, and must load none that somebody put there.
# No exported symbols: the toolchain exports all 38,000 for a static library's sake, which nothing here loads; each start
# would read them, and the linker could drop no function.
# The functions that a start and an ordinary turn need lie side by side (scripts/startup-order.py, docs/decisions/0008): each
# function gets a section of its own, which lets the linker order them, and drop those that nothing calls.
# Everything is linked in, the C library too, and the program stays position-independent (docs/decisions/0009).
mkdir -p "$scratch"
scratch=$(cd "$scratch" && pwd)
for archive in libc.a libstdc++.a libz.a libsqlite3.a rcrt1.o; do
    [ -e "$(clang -print-file-name="$archive")" ] || {
        echo "release: $archive is missing; it comes with the packages that README.md names, on some systems in one called -static" >&2
        exit 1
    }
done
export LOCKGATE_RELEASE=1
order=$(cd "$(dirname "$0")" && pwd)/startup-order.txt
build() {
    swift build -c release --static-swift-stdlib --disable-local-rpath --scratch-path "$scratch" \
        -Xswiftc -use-ld=lld -Xswiftc -Xfrontend -Xswiftc -function-sections -Xcc -ffunction-sections \
        -Xlinker --symbol-ordering-file="$order" -Xlinker --no-warn-symbol-ordering \
        -Xlinker --no-export-dynamic "$@"
}
build --product lockgate
build --product lockgate-sandbox
built=$(build --show-bin-path)
mkdir -p "$scratch/bin"
for program in lockgate lockgate-sandbox; do
    strip -o "$scratch/bin/$program.new" "$built/$program"
    mv "$scratch/bin/$program.new" "$scratch/bin/$program"
done
ls -l "$scratch/bin"
