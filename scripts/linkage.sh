#!/bin/sh
# What the release programs depend on: linkage.sh DIR
set -eu
bin=$1/bin
failed=0
complain() {
    echo "linkage: $1" >&2
    failed=1
}
for program in lockgate lockgate-sandbox; do
    if ldd "$bin/$program" >/dev/null 2>&1; then
        case $(ldd "$bin/$program") in
        *statically*) ;;
        *) complain "$program is not static" ;;
        esac
    fi
done
# No other program's addresses are to be guessed from this one's: position-independent, its tables read-only once it runs.
case $(readelf -hW "$bin/lockgate") in
*'DYN ('*) ;;
*) complain "lockgate is not position-independent" ;;
esac
readelf -lW "$bin/lockgate" | grep -q GNU_RELRO || complain "lockgate's relocated tables stay writable"
if readelf -lW "$bin/lockgate" | grep -qE 'GNU_STACK.*E'; then complain "lockgate's stack is executable"; fi
if readelf -dW "$bin/lockgate" | grep -qE 'TEXTREL|NEEDED|R(UN)?PATH'; then complain "lockgate changes its code or looks for libraries"; fi
# ICU arrives with full Foundation and is the bulk of its 45 MB.
if grep -q 'icudt' "$bin/lockgate"; then complain "ICU is linked into lockgate"; fi
size=$(($(stat -c %s "$bin/lockgate") + $(stat -c %s "$bin/lockgate-sandbox")))
[ "$size" -le 95000000 ] || complain "the two programs are $size bytes; the limit is 95 MB"
[ $failed = 0 ] && echo "linkage: static, position-independent, $((size / 1000000)) MB"
exit $failed
