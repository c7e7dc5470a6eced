#!/bin/sh
# Optimised build of both programs into DIR/bin: release.sh DIR
set -eu
scratch=$1
# No run path: the programs need no library beside them, and must load none that somebody put there.
# No exported symbols: the toolchain exports all 38,000 for a static library's sake, which nothing here loads; each start
# would read them, and the linker could drop no function.
# The functions that a start and an ordinary turn need lie side by side (scripts/startup-order.py, docs/decisions/0008): each
# function gets a section of its own, which lets the linker order them, and drop those that nothing calls.
# The C++ library and zlib are linked in where their archives are there: four libraries fewer to look for at each start.
mkdir -p "$scratch/archives"
scratch=$(cd "$scratch" && pwd)
for archive in libstdc++.a libz.a; do
    found=$(clang -print-file-name="$archive")
    [ ! -e "$found" ] || ln -sf "$found" "$scratch/archives/$archive"
done
export LOCKGATE_ARCHIVES="$scratch/archives"
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
