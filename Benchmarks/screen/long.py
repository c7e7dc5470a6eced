#!/usr/bin/env python3
"""What a long session costs on the screen: opening it, memory, and a key of the transcript.

    python3 Benchmarks/screen/long.py [--program P] [--items 10000] [--runs 7] [--keys 300]

A session is written as the product writes one (overhead/sessions.py), opened with `resume`, and read: "open" is from the
spawn until its last message is on the screen, "ready" until a key appears as well. Then the transcript is gone through by
pages; a key's time is until the first byte of what it changes, its cost the program's processor time. Standard library only.
"""

import argparse
import os
import pathlib
import re
import statistics
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "overhead"))

import sessions
from terminal import Screen, percentile, resident, surroundings


def bytes_after(screen, mark, limit):
    """When the first output after the mark came."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        with screen.lock:
            if len(screen.chunks) > mark:
                return screen.chunks[mark][0]
        time.sleep(0.0002)
    return None


def pages(screen, key, count):
    """Times of a key, ms, and the processor time of one, ms."""
    times = []
    before = screen.usage()
    for _ in range(count):
        mark, pressed = screen.press(key)
        when = bytes_after(screen, mark, 1)
        if when:
            times.append((when - pressed) * 1000)
        time.sleep(0.004)
    return times, (screen.usage() - before) * 1000 / count


def shown(times):
    return f"{percentile(times, 0.5):.1f} | {percentile(times, 0.99):.1f} | {max(times, default=0):.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=".build-release/bin/lockgate")
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--keys", type=int, default=300)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    with surroundings("lockgate", program, 1) as (_, project, environment):
        now = int(time.time() * 1000)
        identity = sessions.session_id(now)
        journal = sessions.long_session(identity, str(project), options.items, 1500)
        # A last message to wait for.
        journal.lines.pop()
        journal.previous = re.search(rb'"hash":"([0-9a-f]+)"', journal.lines[-1])[1].decode()
        journal.add("event", {"type": "item.completed", "item": {"id": "last", "type": "agent_message", "text": "All WQZX pass."}})
        journal.add("event", {"type": "turn.completed", "usage": {}, "cost_usd": 1.0})
        size = sessions.write(pathlib.Path(environment["LOCKGATE_HOME"]), journal, identity, now)
        opened, ready, empty = [], [], []
        for number in range(options.runs):
            for command, results in (([program], empty), ([program, "resume", identity], opened)):
                screen = Screen(command, environment, project)
                mark = b"network" if results is empty else b"WQZX"
                when = screen.seen(0, mark, 20)
                if when is None:
                    raise SystemExit(f"{mark} was not seen within 20 s")
                results.append((when - screen.begin) * 1000)
                if results is opened:
                    when = screen.seen(0, b"context left", 20)
                    ready.append((when - screen.begin) * 1000)
                    time.sleep(0.2)
                if number < options.runs - 1 or results is empty:
                    screen.end()
        rest, peak = resident(screen.pid), resident(screen.pid, "VmHWM")
        print(f"{options.items} items, {size / 1e6:.1f} MB of journal")
        print("| | ms: median (min) |\n| --- | --- |")
        for name, values in (("a new session's status line", empty), ("the last message is shown", opened), ("what it used is shown too", ready)):
            print(f"| {name} | {statistics.median(values):.0f} ({min(values):.0f}) |")
        print(f"MB at rest {rest:.0f}, at most {peak:.0f}")
        os.write(screen.master, b"\x14")
        time.sleep(1)
        print("| key of the transcript | ms: median | p99 | longest | processor, ms a key |\n| --- | --- | --- | --- | --- |")
        for name, key in (("line up", b"\x1b[A"), ("page up", b"\x1b[5~"), ("page down", b"\x1b[6~"), ("page up again", b"\x1b[5~")):
            times, cost = pages(screen, key, options.keys)
            print(f"| {name} | {shown(times)} | {cost:.2f} |", flush=True)
        for name, key in (("first entry", b"g"), ("last entry", b"G")):
            times, cost = pages(screen, key, 1)
            print(f"| {name} | {shown(times)} | {cost:.2f} |")
        print(f"MB after it {resident(screen.pid):.0f}")
        screen.end()


if __name__ == "__main__":
    main()
