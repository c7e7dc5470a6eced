#!/usr/bin/env python3
"""The toy-task benchmark: six small tasks, some seeds each, done by the built program with the embedded model.

    Benchmarks/toy-tasks/run.py [--seeds 3] [--tasks fix-sign,rename] [--check] [--jobs 1]

Each run is `lockgate exec --json` in a fresh git repository, sandbox on and network off. A judge in tasks.py decides
afterwards by running and comparing the files; it lies outside of what the model can reach. Every run's output stays in
the results folder for study, and a run that is there already is not done again: the benchmark goes on where it stopped.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tasks import TASKS, Outcome, Task

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
IDENTITY = ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "core.hooksPath=/dev/null"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 1 to N for each task (3)")
    parser.add_argument("--tasks", help="names, separated by commas (all six)")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time (1); the embedded server takes turns anyway")
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="passed on as -c; repeatable")
    parser.add_argument("--check", action="store_true", help="give the task's own test to the agent as --check")
    parser.add_argument("--lockgate", type=Path, help="the program (the release build, else the debug build)")
    parser.add_argument("--results", type=Path, help="where runs are kept (.build/toy-tasks)")
    parser.add_argument("--again", action="store_true", help="do all runs again")
    parser.add_argument("--limit", type=int, default=600, help="seconds for one run (600)")
    given = parser.parse_args()
    names = [task.name for task in TASKS]
    given.tasks = given.tasks.split(",") if given.tasks else names
    for name in given.tasks:
        if name not in names:
            parser.error(f"there is no task {name}; there are: {', '.join(names)}")
    if given.lockgate is None:
        built = [ROOT / ".build-release/bin/lockgate", ROOT / ".build/debug/lockgate"]
        given.lockgate = next((path for path in built if path.exists()), None)
    if given.lockgate is None or not given.lockgate.exists():
        parser.error("there is no built program: run make release first, or give --lockgate PATH")
    given.lockgate = given.lockgate.resolve()
    given.results = (given.results or ROOT / ".build/toy-tasks").resolve()
    return given


def texts(folder: Path) -> dict[str, str]:
    """The files of a workspace but git's own and what Python leaves behind."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_symlink() or not path.is_file() or name.parts[0] == ".git" or "__pycache__" in name.parts:
            continue
        found[str(name)] = path.read_bytes().decode(errors="replace")
    return found


def prepare(task: Task, workspace: Path) -> None:
    workspace.mkdir(parents=True)
    for name, text in task.files.items():
        path = workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=workspace, check=True)
    subprocess.run(["git", *IDENTITY, "add", "-A"], cwd=workspace, check=True)
    subprocess.run(["git", *IDENTITY, "commit", "-q", "--allow-empty", "-m", "Start"], cwd=workspace, check=True)


def sandboxed_python(lockgate: Path, workspace: Path):
    """Runs a program of the workspace on a copy of it, read-only and without network: it is the model's code."""

    def run(program: list[str]) -> tuple[int, str]:
        with tempfile.TemporaryDirectory(prefix="lockgate-judge-") as scratch:
            copy = Path(scratch) / "w"
            shutil.copytree(workspace, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", "__pycache__"))
            command = [lockgate, "sandbox", "-s", "read-only", "-C", copy, "--", "python3", "-B", *program]
            try:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, timeout=20)
            except subprocess.TimeoutExpired:
                return 124, "it did not end within 20 s"
            return done.returncode, done.stdout.decode(errors="replace")

    return run


def events(path: Path) -> list[dict]:
    found = []
    for line in path.read_text(errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def judged(task: Task, folder: Path, given: argparse.Namespace) -> dict:
    stream = events(folder / "events.jsonl")
    items = [event["item"] for event in stream if event.get("type") == "item.completed"]
    messages = [item["text"] for item in items if item.get("type") == "agent_message"]
    workspace = folder / "workspace"
    outcome = Outcome(
        before=task.files, after=texts(workspace), answer=messages[-1] if messages else "",
        commands=[item for item in items if item.get("type") == "command_execution"],
        python=sandboxed_python(given.lockgate, workspace))
    end = next((event for event in reversed(stream) if event.get("type") in ("turn.completed", "turn.failed")), {})
    usage = end.get("usage", {})
    failure = task.judge(outcome)
    return {
        "passed": failure is None, "why": failure, "turn": end.get("type"), "error": end.get("error", {}).get("code"),
        "requests": end.get("requests"), "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens"),
    }


def fingerprint(task: Task, seed: int, given: argparse.Namespace) -> str:
    """What a kept result depends on: program, model, settings, task and seed."""
    digest = hashlib.sha256(given.lockgate.read_bytes())
    digest.update(json.dumps([given.model, given.set, given.check, task.prompt, task.files, seed]).encode())
    return digest.hexdigest()


def run_one(task: Task, seed: int, given: argparse.Namespace) -> dict:
    folder = given.results / f"{task.name}-{seed}{'-check' if given.check else ''}"
    record = folder / "result.json"
    mark = fingerprint(task, seed, given)
    if record.exists() and not given.again:
        known = json.loads(record.read_text())
        if known.get("fingerprint") == mark:
            return known | judged(task, folder, given)
    shutil.rmtree(folder, ignore_errors=True)
    workspace = folder / "workspace"
    prepare(task, workspace)
    command = [
        given.lockgate, "exec", "--json", "-C", workspace, "-s", "workspace-write", "-m", given.model,
        "-c", f"model_seed={seed}", "--budget", f"seconds={given.limit}",
    ]
    for setting in given.set:
        command += ["-c", setting]
    if given.check and task.check:
        command += ["--check", task.check]
    start = time.monotonic()
    with open(folder / "events.jsonl", "wb") as out, open(folder / "stderr.txt", "wb") as errors:
        try:
            status = subprocess.run([*command, task.prompt], stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                                    timeout=given.limit + 60).returncode
        except subprocess.TimeoutExpired:
            status = 124
    result = {"task": task.name, "seed": seed, "seconds": round(time.monotonic() - start, 1), "status": status,
              "fingerprint": mark} | judged(task, folder, given)
    record.write_text(json.dumps(result, indent=1) + "\n")
    return result


def cell(result: dict) -> str:
    mark = "pass" if result["passed"] else "FAIL"
    return f"{mark} {result['seconds']:.0f} s, {number(result['requests'])} req, {number(tokens(result))} tok"


def tokens(result: dict) -> int | None:
    parts = [result["input_tokens"], result["output_tokens"]]
    return None if None in parts else sum(parts)


def number(value: int | None) -> str:
    return "?" if value is None else str(value)


def table(results: list[dict], seeds: int) -> str:
    lines = ["| task | " + " | ".join(f"seed {seed}" for seed in range(1, seeds + 1)) + " | passed |",
             "| --- |" + " --- |" * (seeds + 1)]
    for task in TASKS:
        row = {result["seed"]: result for result in results if result["task"] == task.name}
        if row:
            cells = [cell(row[seed]) if seed in row else "-" for seed in range(1, seeds + 1)]
            lines.append(f"| {task.name} | {' | '.join(cells)} | {sum(r['passed'] for r in row.values())}/{len(row)} |")
    passed = sum(result["passed"] for result in results)
    seconds = sum(result["seconds"] for result in results)
    lines.append(f"| total |{' |' * seeds} **{passed}/{len(results)}**, {seconds:.0f} s |")
    return "\n".join(lines)


def installed(given: argparse.Namespace) -> None:
    listing = subprocess.run([given.lockgate, "model", "list"], capture_output=True, text=True)
    state = next((line for line in listing.stdout.splitlines() if line.startswith(given.model + "\t")), None)
    if state is not None and "not installed" in state:
        sys.exit(f"bench-toy: the model is not here; run: {given.lockgate} model install {given.model}")


def main() -> int:
    given = arguments()
    installed(given)
    tasks = [task for task in TASKS if task.name in given.tasks]
    plan = [(task, seed) for seed in range(1, given.seeds + 1) for task in tasks]
    print(f"bench-toy: {len(plan)} runs of {given.lockgate} with {given.model}; a run takes 10 s to 3 min on an idle "
          f"machine, the model's server 2 GB of memory and its threads; runs stay in {given.results}", flush=True)
    results = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, given.jobs)) as pool:
        waiting = {pool.submit(run_one, task, seed, given): (task, seed) for task, seed in plan}
        for done in concurrent.futures.as_completed(waiting):
            result = done.result()
            results.append(result)
            why = f": {result['why']}" if result["why"] else ""
            print(f"{len(results)}/{len(plan)} {result['task']} seed {result['seed']}: {cell(result)}{why}", flush=True)
    summary = table(results, given.seeds)
    (given.results / "table.md").write_text(summary + "\n")
    print(summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
