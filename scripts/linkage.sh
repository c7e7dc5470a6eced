#!/bin/sh
# What the release programs depend on: linkage.sh DIR
set -eu
bin=$1/bin
failed=0
complain() {
    echo "linkage: $1" >&2
    failed=1
}
allowed='linux-vdso|libc\.so|libm\.so|libstdc\+\+\.so|libgcc_s\.so|libz\.so|ld-linux'
strays=$(ldd "$bin/lockgate" | grep -vE "$allowed" || true)
[ -z "$strays" ] || complain "lockgate needs more than the system's own libraries: $strays"
if ldd "$bin/lockgate-sandbox" >/dev/null 2>&1; then complain "lockgate-sandbox is not static"; fi
if readelf -d "$bin/lockgate" | grep -qE 'R(UN)?PATH'; then complain "lockgate looks for libraries beside itself"; fi
# ICU arrives with full Foundation and is the bulk of its 45 MB.
if grep -q 'icudt' "$bin/lockgate"; then complain "ICU is linked into lockgate"; fi
highest=$(objdump -T "$bin/lockgate" | grep -oE 'GLIBC_2\.[0-9]+' | sort -t. -k2 -n -u | tail -1)
case $highest in
GLIBC_2.[0-9] | GLIBC_2.[12][0-9] | GLIBC_2.3[0-5]) ;;
*) complain "lockgate needs $highest; the promise is 2.35 (Ubuntu 22.04, Debian 12)" ;;
esac
size=$(($(stat -c %s "$bin/lockgate") + $(stat -c %s "$bin/lockgate-sandbox")))
[ "$size" -le 95000000 ] || complain "the two programs are $size bytes; the limit is 95 MB"
[ $failed = 0 ] && echo "linkage: static Swift, system libraries only, up to $highest, $((size / 1000000)) MB"
exit $failed
