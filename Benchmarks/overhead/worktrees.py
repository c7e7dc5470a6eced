#!/usr/bin/env python3
"""What a worktree costs on a repository: making it, the first and a later command in it, undo, diff, removal and restore.

    Benchmarks/overhead/worktrees.py [--program PATH] [--files 5000] [--runs 3]

A repository of so many small files in folders of a hundred, all committed, is made once in a temporary folder. Each run is
`lockgate exec --worktree=NAME` against a scripted model that changes 100 files and deletes 100; the time until its first request
holds the making of the worktree, beside the same run in place and `git worktree add`. Then the verbs. Medians; compare
within one run, and note the load it prints.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import staged

staged.COMMANDS = ["true", "true", "for f in d0/e0/f*.txt; do echo changed >> $f; done; rm -r d0/e1; echo new > new"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=staged.ROOT / ".build-release/bin/lockgate")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    rows: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        repository, home = Path(folder, "repository"), Path(folder, "home")
        repository.mkdir()
        home.mkdir()
        staged.make(repository, options.files)

        def execute(*arguments: str) -> list[float]:
            return staged.execute(options.program, repository, home, ["-s", "workspace-write", *arguments])

        def verb(*arguments: str) -> float:
            return staged.verb(options.program, repository, home, *arguments)

        for number in range(options.runs + 1):
            name = f"w{number}"
            begin = time.monotonic_ns()
            subprocess.run(["git", "worktree", "add", "-q", "-b", "plain", f"{folder}/plain"], cwd=repository, check=True)
            plain = (time.monotonic_ns() - begin) / 1e6
            subprocess.run(["git", "worktree", "remove", "-f", f"{folder}/plain"], cwd=repository, check=True)
            subprocess.run(["git", "branch", "-qD", "plain"], cwd=repository, check=True)
            in_place = execute()
            verb("undo", "--yes")
            marks = execute(f"--worktree={name}")
            path = next(home.glob(f"worktrees/*/{name}"))
            values = {
                "git worktree add": plain,
                "in place: start to first request": in_place[0],
                "worktree: start to first request": marks[0],
                "worktree: first command (records it)": marks[1],
                "worktree: second command": marks[2],
                "worktree: end of the session": marks[-1],
                "worktree diff": verb("worktree", "diff", name),
                "undo in the worktree": verb("undo", "--yes", "-C", str(path)),
                "redo in the worktree": verb("redo", "--yes", "-C", str(path)),
                "worktree remove, with its archive": verb("worktree", "remove", name),
                "worktree restore": verb("worktree", "restore", name),
            }
            verb("worktree", "remove", "--discard", name)
            shutil.rmtree(path, ignore_errors=True)
            if number:  # the first run reads every file
                for key, value in values.items():
                    rows.setdefault(key, []).append(value)
    print(f"{options.files} files, medians of {options.runs} in ms, load {os.getloadavg()[0]:.1f}")
    for key, values in rows.items():
        print(f"{key:40} {statistics.median(values):>9.0f}")


if __name__ == "__main__":
    main()
