#!/usr/bin/env python3
"""What a terminal interface costs: how soon one can type, how long a key takes, memory, idle time, bytes to the terminal.

    python3 Benchmarks/screen/run.py [--program P]... [--peer NAME=PROGRAM] [--starts 15] [--seconds 5]

Each program runs in a pseudo-terminal of its own, with a model on loopback that streams lines; the terminal answers what
programs ask of it (cursor, colours, keyboard). "Can type" is the moment at which a key that is pressed again and again from
the start first appears on the screen. All do the same in the same order: start, rest, single keys, one prompt whose answer
streams in while keys are pressed. With a peer, all of it runs in a network namespace that has loopback alone (as root).
Standard library only.
"""

import argparse
import fcntl
import os
import socket
import struct
import sys
import time

from terminal import opened, percentile, surroundings

LETTERS = "ZQXVZQXVJ"  # in no text that is on these screens
ALONE = "LOCKGATE_BENCH_ALONE"


def loopback_alone():
    """Starts this program again in a network namespace of its own, with loopback up."""
    if not os.environ.get(ALONE):
        os.environ[ALONE] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, os.path.abspath(__file__)] + sys.argv[1:])
    with socket.socket() as any_socket:
        # SIOCSIFFLAGS, IFF_UP.
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))


def echo(screen, at, limit):
    """Milliseconds until a key appears; the limit where it does not."""
    letter = LETTERS[at % len(LETTERS)].encode()
    mark, pressed = screen.press(letter)
    when = screen.seen(mark, letter, limit)
    return (when - pressed if when else limit) * 1000


def first_key(screen, program):
    while time.monotonic() - screen.begin < 20:
        mark, _ = screen.press(b"Z")
        first = screen.seen(mark, b"Z", 0.01)
        if first is not None:
            return (first - screen.begin) * 1000
    raise SystemExit(f"{program}: no key appeared within 20 s")


def session(kind, screen, model):
    """Idle time, keys at rest, then a streamed answer with keys: the row's figures."""
    time.sleep(1.5)
    calm = screen.peak()
    before = screen.usage()
    time.sleep(5)
    idle = (screen.usage() - before) / 5 * 100
    resting = []
    for at in range(30):
        resting.append(echo(screen, at, 1))
        time.sleep(0.03)
    os.write(screen.master, b"\x7f" * 140)
    time.sleep(0.3)
    # As a person types: what comes at once may be taken for a paste.
    for letter in (b"g", b"o", b"\r"):
        os.write(screen.master, letter)
        time.sleep(0.7)
    if not model.streaming.wait(20):
        print(f"{kind}: made no request within 20 s; its keys in a stream are not measured", file=sys.stderr)
        return {"resting": resting, "keys": [], "calm": calm, "peak": screen.peak(), "idle": idle,
                "written": float("nan"), "busy": float("nan")}
    begin, used = time.monotonic(), screen.usage()
    time.sleep(0.3)
    keys = []
    while not model.done.is_set():
        keys.append(echo(screen, len(keys), 1))
        time.sleep(0.02)
    end = time.monotonic()
    return {
        "resting": resting, "keys": keys, "calm": calm, "peak": screen.peak(), "idle": idle,
        "written": screen.written(begin, end) / 1024, "busy": (screen.usage() - used) / (end - begin) * 100,
    }


def measure(kind, program, starts, seconds):
    ready, row = [], {}
    for number in range(starts + 1):
        with surroundings(kind, program, seconds) as (model, project, environment):
            with opened([program], environment, project) as screen:
                first = first_key(screen, program)
                # The first one reads what is not in memory yet.
                if number > 0:
                    ready.append(first)
                if number == starts:
                    row = session(kind, screen, model)
    print(f"| {kind} | {percentile(ready, 0.5):.0f} ({min(ready):.0f}) | {percentile(row['resting'], 0.5):.1f} "
          f"| {percentile(row['keys'], 0.5):.1f} | {percentile(row['keys'], 0.99):.1f} | {len(row['keys'])} | {row['calm']:.0f} "
          f"| {row['peak']:.0f} | {row['idle']:.1f} | {row['busy']:.0f} | {row['written']:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=".build-release/bin/lockgate")
    parser.add_argument("--peer", action="append", default=[], metavar="codex=PROGRAM")
    parser.add_argument("--starts", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    if options.peer:
        loopback_alone()
    print("| program | can type, ms: median (min) | key at rest, ms: median | key in the stream, ms: median | p99 | keys | MB at rest "
          "| MB after the stream | idle, % of a core | in the stream, % | KB written in it |")
    print("| --- |" + " --- |" * 10, flush=True)
    for kind, program in [("lockgate", options.program)] + [tuple(peer.split("=", 1)) for peer in options.peer]:
        measure(kind, os.path.abspath(program), options.starts, options.seconds)


if __name__ == "__main__":
    main()
