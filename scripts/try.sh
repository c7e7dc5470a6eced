#!/bin/sh
# The main job without an API key: the agent mends a failing test with the embedded model. try.sh DIR-of-the-build
set -eu
bin=$(cd "$1/bin" && pwd)
here=$(cd "$(dirname "$0")/.." && pwd)
model=qwen2.5-coder-1.5b

for key in OPENAI_API_KEY ANTHROPIC_API_KEY OPENROUTER_API_KEY GEMINI_API_KEY; do
    eval "value=\${$key:-}"
    [ -z "$value" ] || {
        echo "try: $key is set. With it you can use a strong model at once:"
        echo "try:     $bin/lockgate exec -m MODEL -s workspace-write \"your task\""
        echo "try: going on with the embedded model, which costs nothing."
        break
    }
done

echo "try: the embedded model is small (1.5 billion parameters). It shows how Lockgate works, not how well it can work."
"$bin/lockgate" model install "$model"

work=$(mktemp -d "${TMPDIR:-/tmp}/lockgate-try-XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -R "$here/Examples/failing-test/." "$work"
cd "$work"
git init -q -b main
git -c user.name=try -c user.email=try@localhost add -A
git -c user.name=try -c user.email=try@localhost -c core.hooksPath=/dev/null commit -qm "Start"

echo "try: the test before:"
python3 -m unittest 2>&1 | sed 's/^/    /' || true
echo "try: the agent at work (in the sandbox, network off):"
status=0
"$bin/lockgate" exec -m "$model" -s workspace-write --budget seconds=900 \
    --check "python3 -m unittest" --check-attempts 4 \
    "The test in tests/test_basket.py fails. Find the mistake in shop/basket.py and mend it." || status=$?
echo "try: what it changed:"
git --no-pager diff --stat -p -- . ':!*.pyc' | sed 's/^/    /'
echo "try: the test after:"
if python3 -m unittest; then
    [ "$status" = 0 ] && echo "try: done. The session is recorded under ${LOCKGATE_HOME:-$HOME/.lockgate}/sessions."
else
    echo "try: the small model did not make it this time; run make try again, or use a stronger model" >&2
    [ "$status" != 0 ] || status=1
fi
exit "$status"
