#!/bin/sh
# House rules that a compiler does not check.
set -eu
failed=0
complain() {
    echo "lint: $1" >&2
    failed=1
}

swift format lint --strict --recursive Sources Tests Package.swift || failed=1

# Full Foundation brings 45 MB of ICU with it.
foundation=$(grep -rlE '^(@[a-zA-Z]+ )?((internal|package|public|private) )?import Foundation$' Sources Tests || true)
[ -z "$foundation" ] || complain "full Foundation is imported in: $foundation"

# Each heavy dependency has one owner.
owner() { # owner MODULE TARGET
    strays=$(grep -rlE "^((internal|package|public|private) )?import $1\$" Sources | grep -v "^Sources/$2/" || true)
    [ -z "$strays" ] || complain "$1 is imported outside $2: $strays"
}
owner AsyncHTTPClient Models
owner CSQLite Database
owner CZlib Compression

# A file over 500 lines holds more than one concept.
long=$(git ls-files '*.swift' '*.c' '*.h' | while read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 500 ] || echo "$file ($lines)"
done)
[ -z "$long" ] || complain "over 500 lines: $long"

unsafe=$(grep -rnE 'try!|fatalError\(|\bas!' Sources Tests --include '*.swift' || true)
[ -z "$unsafe" ] || complain "trapping constructs: $unsafe"

exit $failed
