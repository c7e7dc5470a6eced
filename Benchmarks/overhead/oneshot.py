#!/usr/bin/env python3
"""What one command in the sandbox costs from start to end, beside the same command bare, in bubblewrap and in other programs.

    Benchmarks/overhead/oneshot.py [--program PATH]... [--peer "COMMAND LINE"]... [--runs 150] [--apart]

The subjects run `true` in turn, in an order that changes each round, so that each finds the processor's caches as the others left
them; with --apart each does all its rounds by itself, as people repeat a command, which is quicker for the larger programs.
Milliseconds. Compare within one run, and note the load it prints.
"""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

WARM_UP = 10
PAUSE = 0.002  # seconds: for the kernel to take the last run's namespaces down


def time_of(command: list[str], environment: dict[str, str], null: int) -> float:
    actions = [(os.POSIX_SPAWN_DUP2, null, target) for target in range(3)]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, environment, file_actions=actions)
    status = os.waitpid(process, 0)[1]
    taken = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"oneshot: {' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    time.sleep(PAUSE)
    return taken * 1e3


def measure(subjects: dict[str, list[str]], runs: int, apart: bool, environment: dict[str, str]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in subjects}
    rounds = [[name] * (runs + WARM_UP) for name in subjects] if apart else []
    if not apart:
        for _ in range(runs + WARM_UP):
            rounds.append(random.sample(list(subjects), len(subjects)))
    with open(os.devnull, "r+b") as null:
        for names in rounds:
            for name in names:
                times[name].append(time_of(subjects[name], environment, null.fileno()))
    return {name: samples[WARM_UP:] for name, samples in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", action="append", default=[], help="a lockgate; default: the release build")
    parser.add_argument("--peer", action="append", default=[], help="another command line that runs `true` in a sandbox")
    parser.add_argument("--runs", type=int, default=150)
    parser.add_argument("--apart", action="store_true")
    options = parser.parse_args()
    built = Path(__file__).resolve().parents[2] / ".build-release" / "bin" / "lockgate"
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        workspace, home = Path(place, "workspace"), Path(place, "home")
        workspace.mkdir()
        home.mkdir()
        subprocess.run(["git", "init", "-q", str(workspace)], check=True)
        true = shutil.which("true") or "/bin/true"
        subjects = {"true": [true]}
        if wrapper := shutil.which("bwrap"):
            subjects["bubblewrap"] = [wrapper, "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-all", true]
        for program in options.program or [str(built)]:
            for mode in ("read-only", "workspace-write"):
                subjects[f"{program} {mode}"] = [program, "sandbox", "-s", mode, "--", true]
        for peer in options.peer:
            words = peer.split()
            subjects[peer] = [shutil.which(words[0]) or words[0], *words[1:]]
        os.chdir(workspace)
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LOCKGATE_HOME": str(home / ".lockgate")}
        times = measure(subjects, options.runs, options.apart, environment)
    print(f"load {os.getloadavg()[0]:.1f}, {'apart' if options.apart else 'in turn'}")
    print("minimum    p10  median  of bubblewrap")
    wrapped = times.get("bubblewrap")
    for name, samples in times.items():
        ordered = sorted(samples)
        share = f"{statistics.median(samples) / statistics.median(wrapped):13.2f}" if wrapped else " " * 13
        print(f"{ordered[0]:7.2f} {ordered[len(ordered) // 10]:6.2f} {statistics.median(ordered):7.2f} {share}  {name}")


if __name__ == "__main__":
    main()
