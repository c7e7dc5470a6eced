#!/bin/sh
# Makes sure that what the build and the tests need from the system is there. Says what it installs before it does.
set -eu

command -v swift >/dev/null 2>&1 || {
    echo "setup: the Swift toolchain is missing; install Swift 6.3 or later from swift.org, then try again" >&2
    exit 1
}

need=""
want() { # want PACKAGE TEST...: PACKAGE is needed unless TEST succeeds
    package=$1
    shift
    "$@" >/dev/null 2>&1 || need="$need $package"
}
header() { [ -e "/usr/include/$1" ]; }
want zlib1g-dev header zlib.h
want libsqlite3-dev header sqlite3.h
want git command -v git
want ripgrep command -v rg
want python3 command -v python3
want tmux command -v tmux
want python3-venv python3 -c 'import venv, ensurepip'
[ -z "$need" ] && exit 0

echo "setup: installing$need"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: this system has no apt-get; install the equivalents of$need by hand, then try again" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    sudo=""
elif command -v sudo >/dev/null 2>&1; then
    sudo="sudo"
else
    echo "setup: not root and no sudo; ask somebody who may to run: apt-get install$need" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
if ! $sudo apt-get install -y -q $need; then
    $sudo apt-get update -q
    # shellcheck disable=SC2086
    $sudo apt-get install -y -q $need || {
        echo "setup: could not install$need; install them by hand, then try again" >&2
        exit 1
    }
fi
