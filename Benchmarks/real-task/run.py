#!/usr/bin/env python3
"""A real task in a real repository: tabulate 0.8.9 (MIT, from PyPI) does not line up numbers with thousands separators.

    Benchmarks/real-task/run.py [--lockgate PROGRAM] [-m MODEL]

The repository is the package's source as released; the failing tests are the two that its next release brought. The agent
has to make them pass without breaking the others, and to commit, in the sandbox, network off. Success is judged outside:
all tests pass on a clean checkout of the agent's commit, and it touches no test. Without -m a scripted model does the
work, so that the whole way is shown (look, test, patch, test, commit) and not a model's wits; with -m a real one tries.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "Benchmarks/overhead"))
from scripted_server import ScriptedServer  # noqa: E402

TESTS = ["test_align_column_decimal_with_thousand_separators", "test_align_column_decimal_with_incorrect_thousand_separators"]
TASK = ("Numbers with thousands separators, like 1,234.5, are not aligned by their decimal point: "
        f"test/test_internal.py::{TESTS[0]} fails. Mend tabulate.py, run all tests with `python3 -m pytest -q test`, "
        "and commit the change with git. Do not change the tests.")
# What the scripted model does. The change is our own, not the project's.
PATCH = r'''apply_patch <<'PATCH'
*** Begin Patch
*** Update File: tabulate.py
@@
+_grouped_number = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
+
+
+def _is_grouped_number(string):
+    """Whether the text is a number with commas between groups of three digits.
+
+    >>> _is_grouped_number("1,234.5")
+    True
+    >>> _is_grouped_number("12,34.5")
+    False
+    """
+    if isinstance(string, _binary_type):
+        string = string.decode("ascii", "replace")
+    return _grouped_number.fullmatch(string) is not None
+
+
 def _isint(string, inttype=int):
*** End Patch
PATCH'''
PATCH_USE = r'''apply_patch <<'PATCH'
*** Begin Patch
*** Update File: tabulate.py
@@ def _afterpoint(string):
-    if _isnumber(string):
+    if _isnumber(string) or _is_grouped_number(string):
*** End Patch
PATCH'''
SCRIPT = [
    f"python3 -m pytest -q test/test_internal.py 2>&1 | tail -n 30",
    "grep -n '_isnumber\\|def _isint\\|def _afterpoint' tabulate.py",
    PATCH,
    PATCH_USE,
    "python3 -m pytest -q test 2>&1 | tail -n 5",
    "git add tabulate.py && git -c user.name=agent -c user.email=agent@localhost commit -qm "
    "'Align numbers with thousands separators' && git show --stat HEAD",
]


def run(words: list[str], **options) -> subprocess.CompletedProcess:
    return subprocess.run(words, check=True, text=True, capture_output=True, **options)


def source(version: str, folder: Path) -> Path:
    run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder),
         f"tabulate=={version}"])
    with tarfile.open(folder / f"tabulate-{version}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / f"tabulate-{version}"


def prepare(folder: Path) -> Path:
    """The repository with the failing tests in it, committed."""
    repository, newer = source("0.8.9", folder), source("0.8.10", folder)
    tests = (newer / "test/test_internal.py").read_text().replace("\r\n", "\n")
    added = [re.search(rf"^def {name}\(\):\n(?:[ \t].*\n|\n)+", tests, re.M).group(0).rstrip() for name in TESTS]
    target = repository / "test/test_internal.py"
    target.write_text(target.read_text().replace("\r\n", "\n").rstrip() + "\n\n\n" + "\n\n\n".join(added) + "\n")
    (repository / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n*.egg-info/\n")
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "core.autocrlf=false"]
    run(git + ["init", "-q", "-b", "main"], cwd=repository)
    run(git + ["add", "-A"], cwd=repository)
    run(git + ["commit", "-qm", "tabulate 0.8.9 with two tests of 0.8.10"], cwd=repository)
    return repository


def judge(repository: Path, start: str, python: str, folder: Path) -> str | None:
    """Why it is not done; None if it is."""
    head = run(["git", "rev-parse", "HEAD"], cwd=repository).stdout.strip()
    if head == start:
        return "nothing was committed"
    changed = run(["git", "diff", "--name-only", start, head], cwd=repository).stdout.split()
    if any(name.startswith("test/") for name in changed):
        return f"tests were changed: {changed}"
    clean = folder / "clean"
    run(["git", "clone", "-q", str(repository), str(clean)])
    tests = subprocess.run([python, "-m", "pytest", "-q", "test"], cwd=clean, text=True, capture_output=True)
    return None if tests.returncode == 0 else tests.stdout[-2000:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lockgate", type=Path, default=ROOT / ".build-release/bin/lockgate")
    parser.add_argument("-m", "--model", help="a real model; its provider is configured as for lockgate exec")
    given = parser.parse_args()
    lockgate = given.lockgate.resolve()
    if not lockgate.exists():
        parser.error(f"there is no {lockgate}: run make release first, or give --lockgate PROGRAM")
    with tempfile.TemporaryDirectory(prefix="lockgate-real-task-", dir="/var/tmp") as scratch:
        folder = Path(scratch)
        print("real task: fetching tabulate 0.8.9 and 0.8.10, and pytest for a virtual environment", flush=True)
        repository = prepare(folder)
        run([sys.executable, "-m", "venv", str(folder / "venv")])
        run([str(folder / "venv/bin/pip"), "install", "-q", "pytest"])
        start = run(["git", "rev-parse", "HEAD"], cwd=repository).stdout.strip()
        environment = dict(os.environ, PATH=f"{folder}/venv/bin:{os.environ['PATH']}", VIRTUAL_ENV=f"{folder}/venv")
        words = [str(lockgate), "exec", "--json", "-C", str(repository), "-s", "workspace-write"]
        server = None
        if given.model:
            words += ["-m", given.model, "--budget", "seconds=1800", "--check", "python3 -m pytest -q test"]
        else:
            server = ScriptedServer(SCRIPT)
            environment |= {"LOCKGATE_HOME": str(folder / "home"), "BENCH_KEY": "none"}
            provider = f'model_providers.bench={{base_url="{server.url}", env_key="BENCH_KEY", wire_api="responses"}}'
            words += ["-m", "scripted", "-c", "model_provider=bench", "-c", provider]
        ended = subprocess.run(words + [TASK], env=environment, text=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        if server:
            server.shutdown()
            server.server_close()
        for line in ended.stdout.splitlines():
            event = json.loads(line)
            item = event.get("item", {})
            if event["type"] == "item.completed" and item.get("type") == "command_execution":
                print(f"$ {item['command'].splitlines()[0][:100]}  -> {item['exit_code']}")
                print("    " + "\n    ".join(item["aggregated_output"].strip().splitlines()[-3:]))
            elif event["type"] == "item.completed" and item.get("type") == "file_change":
                print(f"~ {item['status']}: {', '.join(change['path'] for change in item['changes'])}")
            elif event["type"] in ("turn.completed", "turn.failed"):
                print(f"{event['type']}: {json.dumps(event.get('error') or event.get('usage'))}")
        failure = judge(repository, start, str(folder / "venv/bin/python3"), folder)
        print(run(["git", "log", "--oneline"], cwd=repository).stdout, end="")
        print(f"real task: exit {ended.returncode}, " + (f"NOT done: {failure}" if failure else "done: all tests pass on a clean clone"))
        return 0 if ended.returncode == 0 and failure is None else 1


if __name__ == "__main__":
    sys.exit(main())
