#!/bin/sh
# Optimised build of both programs into DIR/bin: release.sh DIR
set -eu
scratch=$1
# No run path: the programs need no library beside them, and must load none that somebody put there.
build() { swift build -c release --static-swift-stdlib --disable-local-rpath --scratch-path "$scratch" "$@"; }
build --product lockgate
build --product lockgate-sandbox
built=$(build --show-bin-path)
mkdir -p "$scratch/bin"
for program in lockgate lockgate-sandbox; do
    strip -o "$scratch/bin/$program.new" "$built/$program"
    mv "$scratch/bin/$program.new" "$scratch/bin/$program"
done
ls -l "$scratch/bin"
