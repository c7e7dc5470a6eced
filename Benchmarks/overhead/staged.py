#!/usr/bin/env python3
"""What a stage costs on a large repository: start, `git status` inside, diff, apply and undo, beside the same in place.

    Benchmarks/overhead/staged.py [--program PATH] [--files 100000] [--runs 3] [--method overlay|copy]

A repository of so many small files in folders of a hundred, all committed, is made once in a temporary folder. Each run is
`lockgate exec` against a scripted model with the commands below, first in place, then staged; a command's time is from the
model's answer to its next request. The first row is the start until the first request, the second the first command, before
which the workspace is recorded. Medians; compare within one run, and note the load it prints.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from scripted_server import ScriptedServer

ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = ["true", "true", "git status --porcelain", "git status --porcelain", "find . -type f | wc -l",
            "for f in d0/e0/f*.txt; do echo changed >> $f; done; rm -r d1/e20; echo new > new", "git status --porcelain"]
NAMES = ["first command (records the workspace)", "true", "git status, first", "git status, again", "find",
         "change 100 files, remove 100", "git status, with changes"]


def make(folder: Path, files: int) -> None:
    for number in range(files // 100):
        path = folder / f"d{number // 20}" / f"e{number}"
        path.mkdir(parents=True)
        for name in range(100):
            (path / f"f{name}.txt").write_text(f"file {number} {name}\n" * 8)
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@localhost"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run(git + arguments, cwd=folder, check=True)


def execute(program: Path, repository: Path, home: Path, arguments: list[str]) -> list[float]:
    server = ScriptedServer(COMMANDS)
    provider = f'model_providers.bench={{base_url="{server.url}", env_key="BENCH_KEY", wire_api="responses"}}'
    begin = time.monotonic_ns()
    done = subprocess.run(
        [program, "exec", "--json", "-m", "scripted", "-c", "model_provider=bench", "-c", provider, *arguments, "go"],
        cwd=repository, capture_output=True, env=environment(home))
    end = time.monotonic_ns()
    times = server.times
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stdout.decode()[-2000:] + done.stderr.decode()
    marks = [(times.arrived[0] - begin) / 1e6]
    marks += [(times.arrived[n + 1] - times.answered[n]) / 1e6 for n in range(len(COMMANDS))]
    return marks + [(end - times.answered[-1]) / 1e6]


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LOCKGATE_HOME": str(home), "BENCH_KEY": "none"}


def verb(program: Path, repository: Path, home: Path, *arguments: str) -> float:
    begin = time.monotonic_ns()
    done = subprocess.run([program, *arguments], cwd=repository, capture_output=True, env=environment(home))
    assert done.returncode == 0, done.stdout.decode()[-2000:] + done.stderr.decode()
    return (time.monotonic_ns() - begin) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / ".build-release/bin/lockgate")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--method", choices=["overlay", "copy"], default="overlay")
    options = parser.parse_args()
    rows: dict[str, dict[str, list[float]]] = {}

    def note(name: str, side: str, value: float) -> None:
        rows.setdefault(name, {}).setdefault(side, []).append(value)

    with tempfile.TemporaryDirectory() as folder:
        repository, home = Path(folder, "repository"), Path(folder, "home")
        repository.mkdir()
        home.mkdir()
        make(repository, options.files)
        sides = {
            "in place": ["-s", "workspace-write"],
            "staged": ["--stage", "-c", f'staged.method="{options.method}"'],
        }
        for number in range(options.runs + 1):
            for side, arguments in sides.items():
                marks = execute(options.program, repository, home, arguments)
                if number:  # the first run reads every file
                    for name, value in zip(["start to first request", *NAMES, "end of the session"], marks):
                        note(name, side, value)
                if side == "staged":
                    diff = verb(options.program, repository, home, "diff", "--staged")
                    apply = verb(options.program, repository, home, "apply", "--yes")
                    if number:
                        note("diff --staged", side, diff)
                        note("apply", side, apply)
                undo = verb(options.program, repository, home, "undo", "--yes")
                if number:
                    note("undo", side, undo)
    print(f"{options.files} files, {options.method}, medians of {options.runs} in ms, load {os.getloadavg()[0]:.1f}")
    for name, sides in rows.items():
        cells = [f"{statistics.median(sides[side]):.0f}" if side in sides else "-" for side in ("in place", "staged")]
        print(f"{name:40} {cells[0]:>9} {cells[1]:>9}")


if __name__ == "__main__":
    main()
