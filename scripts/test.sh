#!/bin/sh
# Builds and runs all tests. Output stays visible: a clean build takes minutes, and one sees it move.
set -eu
# A crashing test should fail at once and not wait for a symbolicated trace.
export SWIFT_BACKTRACE=enable=no
swift build --build-tests
exec swift test --skip-build --disable-xctest
