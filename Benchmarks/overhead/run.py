#!/usr/bin/env python3
"""What a run costs beside the model: start-up, per-call overhead, memory. Median, minimum and maximum of some runs.

    Benchmarks/overhead/run.py [--runs 5] [--wire responses|chat] [--peer 'NAME=COMMAND' ...]

The built program is started against a scripted model on loopback (scripted_server.py), as a user would start it:
sandbox on, network off, a fresh git repository and a fresh LOCKGATE_HOME. Absolute figures depend on the machine and on
its load; compare rows of one run. A peer's COMMAND is split into words as a shell does, and started without one; {url}
stands for the model's address (it ends in /v1), {dir} for the repository, {home} for an empty folder, {prompt} for the
prompt. It must not ask anything, and it must declare one of the command tools that the scripted model knows.

The column "floor" is a static program of C that sends a request and ends (floor.c; needs cc): what the machine and the
bench take by themselves.

Memory is VmHWM, the most that the biggest process of the run had resident, read while the last request is waiting:
unlike ru_maxrss it does not count what this script's own memory was before exec.
"""

import argparse
import os
import select
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripted_server import ScriptedServer

ROOT = Path(__file__).resolve().parent.parent.parent
FLOOD = "head -c 50000000 /dev/zero | tr '\\0' 'x' | fold -w 100"


class Memory:
    """The largest VmHWM in kB seen for a process and all below it."""

    def __init__(self):
        self.pid = None
        self.peak = 0

    def look(self) -> None:
        if self.pid is None:
            return
        waiting = [self.pid]
        while waiting:
            pid = waiting.pop()
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                for task in os.listdir(f"/proc/{pid}/task"):
                    waiting += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
            except OSError:
                continue
            for line in lines:
                if line.startswith("VmHWM:"):
                    self.peak = max(self.peak, int(line.split()[1]))


def environment(home: Path, url: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TERM", "USER") if name in os.environ}
    return kept | {"HOME": str(home), "LOCKGATE_HOME": str(home / "lockgate"), "BENCH_KEY": "none",
                   "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": url}


def own_command(lockgate: Path, wire: str) -> str:
    provider = f'model_providers.bench={{base_url="{{url}}", env_key="BENCH_KEY", wire_api="{wire}"}}'
    return shlex.join([str(lockgate), "exec", "--json", "-C", "{dir}", "-s", "workspace-write", "-m", "scripted",
                       "-c", "model_provider=bench", "-c", provider, "{prompt}"])


def fill(template: str, **values: str) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def measure(template: str, commands: list[str], limit: int) -> dict:
    """One run; times in milliseconds, memory in MB."""
    with tempfile.TemporaryDirectory(prefix="lockgate-bench-") as scratch:
        home, folder = Path(scratch) / "home", Path(scratch) / "repository"
        home.mkdir()
        folder.mkdir()
        subprocess.run(["git", "init", "-q", "-b", "main"], cwd=folder, check=True)
        memory = Memory()
        server = ScriptedServer(commands, memory.look)
        words = [fill(word, url=server.url, port=str(server.server_address[1]), dir=str(folder), home=str(home), prompt="Run the commands.")
                 for word in shlex.split(template)]
        with open(Path(scratch) / "out", "w+b") as out:
            start = time.monotonic_ns()
            process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       env=environment(home, server.url))
            memory.pid = process.pid
            # Popen.wait with a limit looks every 50 ms; a descriptor of the process tells at once.
            descriptor = os.pidfd_open(process.pid)
            ended = select.select([descriptor], [], [], limit)[0]
            os.close(descriptor)
            if not ended:
                process.kill()
            status = process.wait()
            end = time.monotonic_ns()
            server.shutdown()
            server.server_close()
            arrived, answered = server.times.arrived, server.times.answered
            if status != 0 or len(arrived) != len(commands) + 1:
                out.seek(0)
                tail = out.read()[-2000:].decode(errors="replace")
                raise RuntimeError(f"exit {status} after {len(arrived)} of {len(commands) + 1} requests:\n{tail}")
        return {
            "start": (arrived[0] - start) / 1e6, "wall": (end - start) / 1e6,
            "calls": [(later - earlier) / 1e6 for earlier, later in zip(answered, arrived[1:])],
            "memory": memory.peak / 1000, "connections": server.times.connections,
        }


def spread(values: list[float], digits: int) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def floor(runs: int, limit: int) -> list[str] | None:
    """The row of starts for floor.c; None where there is no compiler."""
    with tempfile.TemporaryDirectory(prefix="lockgate-bench-") as folder:
        program = f"{folder}/floor"
        try:
            subprocess.run(["cc", "-O2", "-static", "-o", program, Path(__file__).with_name("floor.c")], check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        return [spread([measure(f"{program} {{port}}", [], limit)["start"] for _ in range(2 * runs)], 1)]


def subject(template: str, given: argparse.Namespace) -> list[str]:
    idle = [measure(template, [], given.limit) for _ in range(given.runs)]
    many = [measure(template, ["true"] * given.calls, given.limit) for _ in range(given.runs)]
    flood = [measure(template, [FLOOD], given.limit) for _ in range(max(1, given.runs // 2))]
    return [
        spread([run["start"] for run in idle + many], 1),
        spread([time for run in many for time in run["calls"]], 1),
        spread([run["wall"] for run in many], 0),
        spread([run["memory"] for run in many], 1),
        spread([run["calls"][0] for run in flood], 0),
        spread([run["memory"] for run in flood], 1),
        spread([run["connections"] for run in many], 0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--calls", type=int, default=50, help="commands in a row (50)")
    parser.add_argument("--wire", choices=["responses", "chat"], default="responses")
    parser.add_argument("--lockgate", type=Path, help="the program (the release build)")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND", help="see above; repeatable")
    parser.add_argument("--limit", type=int, default=120, help="seconds for one run (120)")
    given = parser.parse_args()
    lockgate = (given.lockgate or ROOT / ".build-release/bin/lockgate").resolve()
    if not lockgate.exists():
        parser.error(f"there is no {lockgate}: run make release first, or give --lockgate PATH")
    subjects = {f"lockgate ({given.wire})": own_command(lockgate, given.wire)}
    for peer in given.peer:
        name, _, command = peer.partition("=")
        subjects[name] = command
    rows = ["spawn to first request, ms", f"one call of {given.calls}, ms", f"{given.calls} commands, wall, ms",
            f"{given.calls} commands, peak of the biggest process, MB", "50 MB of output, the call, ms",
            "50 MB of output, peak, MB", f"connections for {given.calls + 1} requests"]
    load = os.getloadavg()[0]
    print(f"bench: {given.runs} runs each, about {given.runs * 5 * len(subjects)} s; load {load:.1f} on "
          f"{os.cpu_count()} cores; median (minimum to maximum)", flush=True)
    columns = {}
    if lowest := floor(given.runs, given.limit):
        columns["floor"] = lowest + [""] * (len(rows) - 1)
    for name, template in subjects.items():
        try:
            columns[name] = subject(template, given)
        except (RuntimeError, OSError) as failure:
            print(f"bench: {name}: {failure}", file=sys.stderr)
            columns[name] = ["failed"] * len(rows)
    print("| | " + " | ".join(columns) + " |")
    print("| --- |" + " --- |" * len(columns))
    for number, row in enumerate(rows):
        print(f"| {row} | " + " | ".join(column[number] for column in columns.values()) + " |")
    return 1 if any("failed" in column for column in columns.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
