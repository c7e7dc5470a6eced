#!/bin/sh
# Optimised build of both programs into DIR/bin: release.sh DIR
set -eu
scratch=$1
swift build -c release --static-swift-stdlib --scratch-path "$scratch" --product lockgate
swift build -c release --static-swift-stdlib --scratch-path "$scratch" --product lockgate-sandbox
built=$(swift build -c release --static-swift-stdlib --scratch-path "$scratch" --show-bin-path)
mkdir -p "$scratch/bin"
for program in lockgate lockgate-sandbox; do
    strip -o "$scratch/bin/$program.new" "$built/$program"
    mv "$scratch/bin/$program.new" "$scratch/bin/$program"
done
ls -l "$scratch/bin"
