#!/usr/bin/env python3
"""What a long session costs to go on with, and thousands of sessions to list and search.

    sessions.py [--lockgate PROGRAM] [--items 10000] [--sessions 10000] [--runs 7]

A session is written as the product writes one: each item with its conversation, effect, event and response records. Resume
is measured from the spawn to the first request's first byte at a model on loopback, beside the same for a new session:
the difference is what the length costs. Once with a compaction every 1,500 items, as a context window has it, and once
without any; each without a resume point, as after a kill, and with the one that the run before has left.
"""

import argparse
import hashlib
import json
import os
import secrets
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from scripted_server import ScriptedServer


class Journal:
    """Lines with their chain."""

    def __init__(self):
        self.lines: list[bytes] = []
        self.previous = "0" * 64

    def add(self, kind: str, payload: dict) -> None:
        head = {"seq": len(self.lines), "time": "2026-11-20T08:00:00.000Z", "type": kind, "payload": payload}
        body = json.dumps(head | {"prev": self.previous}, ensure_ascii=False, separators=(",", ":"))
        self.previous = hashlib.sha256(body.encode()).hexdigest()
        self.lines.append(f'{body[:-1]},"hash":"{self.previous}"}}\n'.encode())


def session_id(milliseconds: int) -> str:
    digits = f"{milliseconds:012x}7{secrets.token_hex(2)[:3]}8{secrets.token_hex(8)[:15]}"
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]])


def write(home: Path, journal: Journal, identity: str, milliseconds: int) -> int:
    day = time.strftime("%Y/%m/%d", time.gmtime(milliseconds / 1000))
    path = home / "sessions" / day / f"{identity}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = b"".join(journal.lines)
    path.write_bytes(content)
    path.chmod(0o600)
    return len(content)


def header(identity: str, cwd: str) -> dict:
    return {"id": identity, "format": 1, "version": "0", "cwd": cwd, "model": "scripted", "provider": "lab"}


def long_session(identity: str, cwd: str, items: int, compacts: int) -> Journal:
    """`items` items, each a command with its result; a compaction after every `compacts` of them, 0 for none."""
    journal = Journal()
    journal.add("session", header(identity, cwd))
    journal.add("event", {"type": "thread.started", "thread_id": identity})
    journal.add("event", {"type": "turn.started", "cwd": cwd, "model": "scripted", "provider": "lab"})
    context = {"kind": "user", "parts": [{"text": f"<environment_context>\n  <cwd>{cwd}</cwd>\n</environment_context>"}]}
    prompt = {"kind": "user", "parts": [{"text": "make the tests pass"}]}
    journal.add("conversation", context)
    journal.add("conversation", prompt)
    output = "\n".join(f"src/file{line}.c:{line}: warning: unused variable" for line in range(8))
    for number in range(items):
        if compacts and number and number % compacts == 0:
            journal.add("compaction", {"items": [context, prompt, {"kind": "user", "parts": [{"text": "hand-over"}]}]})
        call = f"call_{number}"
        command = f"make test{number} 2>&1 | tail -8"
        usage = {"input_tokens": 1000, "cached_input_tokens": 900, "output_tokens": 50, "reasoning_output_tokens": 0}
        journal.add("effect.requested", {"effect": {"kind": "model", "model": "scripted"}, "verdict": {"decision": "allow"}})
        journal.add("model.response", {"usage": usage, "cost_usd": 0.001, "stop": "completed", "fallback": False})
        arguments = json.dumps({"cmd": command})
        journal.add("conversation", {"kind": "tool_call", "call_id": call, "name": "exec_command", "arguments": arguments})
        item = {"id": f"item_{number}", "type": "command_execution", "command": command, "status": "in_progress"}
        journal.add("event", {"type": "item.started", "item": item})
        effect = {"kind": "command", "argv": ["bash", "-c", command], "cwd": cwd}
        journal.add("effect.requested", {"effect": effect, "verdict": {"decision": "allow"}, "item_id": f"item_{number}"})
        journal.add("effect.finished", {"outcome": {"exit_code": 0, "output_bytes": len(output)}, "item_id": f"item_{number}"})
        done = item | {"status": "completed", "aggregated_output": output, "exit_code": 0}
        journal.add("event", {"type": "item.completed", "item": done})
        result = {"kind": "tool_result", "call_id": call, "parts": [{"text": output}], "is_error": False, "is_custom": False}
        journal.add("conversation", result)
    journal.add("conversation", {"kind": "assistant", "text": "All pass."})
    journal.add("event", {"type": "turn.completed", "usage": {}, "cost_usd": 1.0})
    return journal


def short_session(identity: str, number: int) -> Journal:
    journal = Journal()
    journal.add("session", header(identity, f"/home/ann/project{number % 100}"))
    journal.add("event", {"type": "turn.started"})
    word = "needle" if number % 1000 == 0 else "straw"
    journal.add("conversation", {"kind": "user", "parts": [{"text": f"find the {word} of number {number}"}]})
    journal.add("effect.requested", {"effect": {"kind": "model"}})
    journal.add("conversation", {"kind": "assistant", "text": f"Number {number} is done. " * 20})
    journal.add("event", {"type": "turn.completed", "cost_usd": 0.01})
    return journal


class Bench:
    def __init__(self, program: Path, folder: Path):
        self.program = program
        self.home = folder / "home"
        self.repository = folder / "repository"
        self.home.mkdir()
        self.repository.mkdir()
        subprocess.run(["git", "init", "-q", str(self.repository)], check=True)
        self.server = ScriptedServer([])
        (self.home / "config.toml").write_text(
            f'model = "scripted"\nmodel_provider = "lab"\nsandbox_mode = "read-only"\n'
            f'model_auto_compact_token_limit = 100000000\n[model_providers.lab]\n'
            f'base_url = "{self.server.url}"\nwire_api = "responses"\nenv_key = "LAB_KEY"\n')
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LOCKGATE_HOME": str(self.home), "LAB_KEY": "k"}

    def run(self, *arguments: str) -> float:
        """Milliseconds of a whole run."""
        start = time.monotonic_ns()
        done = subprocess.run(
            [self.program, *arguments], cwd=self.repository, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)}: exit {done.returncode}: {done.stderr.decode()}")
        return (time.monotonic_ns() - start) / 1e6

    def to_request(self, *arguments: str) -> float:
        """Milliseconds from the spawn to the first request."""
        start = time.monotonic_ns()
        count = len(self.server.times.arrived)
        self.run(*arguments)
        return (self.server.times.arrived[count] - start) / 1e6


def shown(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lockgate", type=Path, default=Path(".build-release/bin/lockgate"))
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lockgate-sessions-"))
    try:
        bench = Bench(given.lockgate.resolve(), folder)
        print(f"new session to its first request: {shown([bench.to_request('exec', 'go') for _ in range(given.runs)])} ms")
        shutil.rmtree(bench.home / "sessions")
        now = int(time.time() * 1000)
        for name, compacts in [("compacted every 1,500", 1500), ("never compacted", 0)]:
            identity = session_id(now)
            size = write(bench.home, long_session(identity, str(bench.repository), given.items, compacts), identity, now)
            what = f"resume of {given.items} items, {size / 1e6:.1f} MB, {name}"
            wholly, quickly = [], []
            for _ in range(given.runs):
                # Without a resume point, as after a kill, which leaves one at its end; and with it.
                for point in bench.home.glob("sessions/*/*/*/*.resume"):
                    point.unlink()
                wholly.append(bench.to_request("exec", "resume", identity, "go on"))
                quickly.append(bench.to_request("exec", "resume", identity, "go on"))
            print(f"{what}, without a resume point: {shown(wholly)} ms; with one: {shown(quickly)} ms")
        for number in range(given.sessions):
            moment = now - number * 60_000
            identity = session_id(moment)
            write(bench.home, short_session(identity, number), identity, moment)
        print(f"{given.sessions} sessions:")
        list_one = ["sessions", "list", "--json", "-C", "/home/ann/project7"]
        print(f"  list of one folder, index made first: {bench.run(*list_one):.0f} ms")
        print(f"  again: {shown([bench.run(*list_one) for _ in range(given.runs)])} ms")
        print(f"  all of them as JSON: {shown([bench.run('sessions', 'list', '--all', '--json') for _ in range(given.runs)])} ms")
        print(f"  search, words read first: {bench.run('sessions', 'search', 'needle'):.0f} ms")
        print(f"  again: {shown([bench.run('sessions', 'search', 'needle') for _ in range(given.runs)])} ms")
        print(f"  index: {(bench.home / 'index.sqlite').stat().st_size / 1e6:.1f} MB")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
