#!/bin/sh
# Runs many commands through one sandbox session and compares what it holds before and after: soak.sh PROGRAM [COUNT]
set -eu
program=$1
count=${2:-10000}
folder=$(mktemp -d /var/tmp/lockgate-soak-XXXXXX)
trap 'rm -rf "$folder" "$folder.txt"' EXIT
git init -q "$folder"
mounts=$(wc -l </proc/self/mounts)
"$program" sandbox -s workspace-write -C "$folder" --measure "$count" -- true >"$folder.txt"
cat "$folder.txt"
failed=0
complain() {
    echo "soak: $1" >&2
    failed=1
}
# The numbers of a line: descriptors and KB of the agent; processes, descriptors, mounts and KB of the helper.
numbers() { grep "^$1" "$folder.txt" | grep -oE '[0-9]+' | tr '\n' ' '; }
# shellcheck disable=SC2046
set -- $(numbers before)
descriptors=$1 memory=$2 processes=$3 helper_descriptors=$4 helper_mounts=$5 helper_memory=$6
# shellcheck disable=SC2046
set -- $(numbers after)
[ "$1" -le "$descriptors" ] || complain "the agent's descriptors grew from $descriptors to $1"
[ "$2" -le $((memory + 1024)) ] || complain "the agent's memory grew from $memory to $2 KB"
[ "$3" -le "$processes" ] || complain "the helper's processes grew from $processes to $3"
[ "$4" -le "$helper_descriptors" ] || complain "the helper's descriptors grew from $helper_descriptors to $4"
[ "$5" -le "$helper_mounts" ] || complain "the helper's mounts grew from $helper_mounts to $5"
[ "$6" -le $((helper_memory + 256)) ] || complain "the helper's memory grew from $helper_memory to $6 KB"
[ "$(wc -l </proc/self/mounts)" -le "$mounts" ] || complain "the machine's mounts grew"
left=$(find "$folder" -name .lockgate -o -name .agent -o -name .agents -o -name commondir)
[ -z "$left" ] || complain "left behind: $left"
[ "$failed" = 0 ] && echo "soak: $count commands, nothing left behind"
exit "$failed"
