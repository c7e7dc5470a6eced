#!/usr/bin/env python3
"""What hooks add to a tool call: one and fifty of them, in the sandbox and without, beside plain processes.

    Benchmarks/overhead/hooks.py [--runs 3] [--program PATH] [--hooks 50]

Each run has twelve calls of `true` under a `PreToolUse` hook that matches; the time is from the model's answer to its next
request, less that of a run without hooks, as median of the last ten calls. "beyond the slowest" is what is left of it when
the slowest hook's own duration, as its event says, is taken off: what reading, judging and recording them costs. "CPU" is
that of the whole process tree for one hook. Plain are as many `sh -c` of the same line, started one after the other by this
script and running at the same time. Compare within one run; `chrt -r 1` before the command keeps other load out.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from scripted_server import ScriptedServer

ROOT = Path(__file__).resolve().parent.parent.parent
CALLS = 12


def configuration(count: int, line: str, sandboxed: bool) -> str:
    hook = {"type": "command", "command": line} | ({} if sandboxed else {"sandbox": False})
    return json.dumps({"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [hook] * count}]}})


def run(program: Path, count: int, line: str, sandboxed: bool = True) -> tuple[float, float, float]:
    """Milliseconds of a call, of the slowest hook in it, and of CPU in the whole run."""
    server = ScriptedServer(["true"] * CALLS)
    with tempfile.TemporaryDirectory() as folder:
        home, repository = Path(folder, "home"), Path(folder, "repository")
        home.mkdir()
        subprocess.run(["git", "init", "-q", repository], check=True)
        if count:
            (home / "hooks.json").write_text(configuration(count, line, sandboxed))
        provider = f'model_providers.bench={{base_url="{server.url}", env_key="BENCH_KEY", wire_api="responses"}}'
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [program, "exec", "--json", "-s", "workspace-write", "-m", "scripted", "-c", "model_provider=bench", "-c",
             provider, "go"],
            cwd=repository, capture_output=True, check=True,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "LOCKGATE_HOME": str(home), "BENCH_KEY": "none"})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    times = server.times
    server.shutdown()
    server.server_close()
    hooks = [event for event in map(json.loads, done.stdout.splitlines()) if event["type"] == "hook"]
    assert len(hooks) == count * CALLS and all(hook["verdict"] == "pass" for hook in hooks), "hooks did not run"
    calls = [(times.arrived[n + 1] - times.answered[n]) / 1e6 for n in range(2, CALLS)]
    slowest = [max((hook["duration_ms"] for hook in hooks[n * count:(n + 1) * count]), default=0)
               for n in range(2, CALLS)]
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000
    return statistics.median(calls), statistics.median(slowest), cpu


def plain(count: int, line: str) -> float:
    times = []
    for _ in range(10):
        begin = time.perf_counter()
        for pid in [os.posix_spawn("/bin/sh", ["sh", "-c", line], {"PATH": os.environ["PATH"]}) for _ in range(count)]:
            os.waitpid(pid, 0)
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--hooks", type=int, default=50)
    parser.add_argument("--program", type=Path, default=ROOT / ".build-release/bin/lockgate")
    options = parser.parse_args()
    print("| hooks | line | plain, ms | added to a call, ms | slowest hook, ms | beyond the slowest, ms | CPU a hook, ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for line in [":", "sleep 0.2"]:
        for sandboxed in (True, False):
            for count in (1, options.hooks):
                rows = []
                for _ in range(options.runs):
                    idle, _, idle_cpu = run(options.program, 0, line)
                    call, slowest, cpu = run(options.program, count, line, sandboxed)
                    rows.append((plain(count, line), call - idle, slowest, call - idle - slowest,
                                 (cpu - idle_cpu) / (count * CALLS)))
                kind = "sandboxed" if sandboxed else "free"
                cells = " | ".join(f"{statistics.median(column):.1f}" for column in zip(*rows))
                print(f"| {count} {kind} | `{line}` | {cells} |", flush=True)


if __name__ == "__main__":
    main()
