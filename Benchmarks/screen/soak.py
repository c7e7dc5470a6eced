#!/usr/bin/env python3
"""A day of a terminal interface in minutes: turns, typing, erasing, the transcript, sizes. Prints memory as it goes.

    python3 Benchmarks/screen/soak.py [--program P] [--minutes 10]

Each turn streams some thousand lines from a model on loopback. Ends by itself. Standard library only.
"""

import argparse
import fcntl
import os
import struct
import termios
import time

from terminal import opened, resident, surroundings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=".build-release/bin/lockgate")
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    with surroundings("lockgate", program, 0.2) as (model, project, environment):
        with opened([program], environment, project) as screen:
            time.sleep(2)
            begin, turns, told = time.monotonic(), 0, 0.0
            while (passed := time.monotonic() - begin) < options.minutes * 60:
                model.done.clear()
                for keys in (b"go on", b"\x7f\x7f", b"on", b"\r"):
                    os.write(screen.master, keys)
                    time.sleep(0.1)
                if not model.done.wait(20):
                    raise SystemExit(f"turn {turns} was not asked for")
                time.sleep(0.3)
                for keys in (b"\x14", b"\x1b[5~", b"\x1b[5~", b"q"):
                    os.write(screen.master, keys)
                    time.sleep(0.1)
                size = (40, 120) if turns % 2 else (24, 80)
                fcntl.ioctl(screen.master, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
                turns += 1
                with screen.lock:
                    screen.chunks.clear()
                if passed >= told:
                    print(f"{passed / 60:5.1f} min  {turns:4} turns  {resident(screen.pid):6.1f} MB", flush=True)
                    told += 30
            print(f"{options.minutes:5.1f} min  {turns:4} turns  {resident(screen.pid):6.1f} MB")


if __name__ == "__main__":
    main()
