#!/bin/sh
# Builds and runs all tests. Output stays visible: a clean build takes minutes, and one sees it move.
set -eu
# A crashing test should fail at once and not wait for a symbolicated trace.
export SWIFT_BACKTRACE=enable=no
swift build --build-tests
# Tests that start real programs by the dozen go one after the other: on two cores they would starve each other's timers. So do
# those that keep a core busy for long: others would wait for a thread until their limit.
alone='SandboxTests|CommandsTests|FilesTests|KillTests|WorkspaceTests|JournalTests|SessionsTests|ReplayTests'
swift test --skip-build --disable-xctest --skip "$alone"
exec swift test --skip-build --disable-xctest --no-parallel --filter "$alone"
