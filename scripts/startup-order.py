#!/usr/bin/env python3
"""Which functions a start and an ordinary turn run: the order in which the linker puts them.

    scripts/startup-order.py PROGRAM [--helper lockgate-sandbox] [--out scripts/startup-order.txt]

A program's code is read in pages, and the kernel brings 16 of them for each that is touched. Laid out as the compiler
happens to emit them, the few thousand functions that an ordinary run needs lie strewn over all 25 MB, so that nearly all of
it becomes resident. The release build puts those that are listed here side by side. A name that no longer exists is
passed over, and a function that is missing here only lies where it lay before: the list need not be exact, and is made
anew now and then.

PROGRAM is the release build before it is stripped. It runs in QEMU's user mode, which tells of each block of code that it
translates for the first time, against a scripted model on loopback. Needs qemu-user and binutils.
"""

import argparse
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Benchmarks" / "overhead"))
from scripted_server import ScriptedServer  # noqa: E402

PATCH = "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: note.txt\n+one\n+two\n*** End Patch\nEOF"
COMMANDS = ["true", "echo one > made.txt; ls", "cat missing", PATCH, "git status --short"]
# QEMU knows no openat2, without which nothing is recorded, and so nothing runs unless that is switched off.
EXEC = ["exec", "-s", "workspace-write", "-c", "checkpoints.enabled=false"]
# A traced program runs some ten times slower.
LIMIT_SECONDS = 300


class Trace:
    """Runs the program with its calls noted, in a repository and a home of its own."""

    def __init__(self, program: pathlib.Path, helper: pathlib.Path, folder: pathlib.Path):
        self.folder = folder
        self.runs = 0
        self.program = folder / "bin" / "lockgate"
        self.program.parent.mkdir()
        subprocess.run(["strip", "--strip-debug", "-o", self.program, program], check=True)
        shutil.copy(helper, folder / "bin" / "lockgate-sandbox")
        self.workspace = folder / "repository"
        self.workspace.mkdir()
        (self.workspace / "README.md").write_text("# Example\n")
        git = ["git", "-C", self.workspace, "-c", "user.name=order", "-c", "user.email=order@localhost"]
        for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "Start"]):
            subprocess.run(git + arguments, check=True)
        self.home = folder / "home"
        self.home.mkdir()

    def command(self, arguments: list[str]) -> list[str]:
        self.runs += 1
        return ["qemu-x86_64", "-d", "in_asm", "-D", f"{self.folder}/blocks.{self.runs}", str(self.program), *arguments]

    def environment(self, server: ScriptedServer, wire: str) -> dict[str, str]:
        product = self.home / ".lockgate"
        product.mkdir(exist_ok=True)
        (product / "config.toml").write_text(
            'model_provider = "order"\nmodel = "model"\n[model_providers.order]\nname = "order"\n'
            f'base_url = "{server.url}"\nwire_api = "{wire}"\nenv_key = "ORDER_KEY"\n'
            f'[projects."{self.workspace}"]\ntrust_level = "trusted"\n')
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", "TERM": "xterm-256color",
                "ORDER_KEY": "none", "SWIFT_BACKTRACE": "enable=no"}

    def run(self, arguments: list[str], commands: list[str] = [], wire: str = "responses") -> None:
        server = ScriptedServer(commands)
        done = subprocess.run(
            self.command(arguments), cwd=self.workspace, env=self.environment(server, wire),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_SECONDS)
        server.shutdown()
        print(f"{' '.join(arguments)[:60]}: exit {done.returncode}", file=sys.stderr)
        # 4: something was refused, as everything is that would have to be recorded first.
        if done.returncode not in (0, 4):
            sys.exit(done.stdout[-3000:] + done.stderr[-2000:])

    def converse(self) -> None:
        """A turn on the terminal interface: it opens, gets a prompt, shows the answer, and is left."""
        server = ScriptedServer(["true"])
        environment = self.environment(server, "responses")
        child, screen = pty.fork()
        if child == 0:
            os.chdir(self.workspace)
            arguments = self.command([])
            os.execvpe(arguments[0], arguments, environment)
        # Typed one after the other, each when nothing has changed on the screen for two seconds.
        steps = [b"hello there\r", b"\x03", b"\x03\x03"]
        seen, end = b"", time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < end:
            ready, _, _ = select.select([screen], [], [], 2)
            if ready:
                try:
                    piece = os.read(screen, 65536)
                except OSError:
                    break
                if not piece:
                    break
                seen += piece
            elif steps:
                os.write(screen, steps.pop(0))
        else:
            os.kill(child, 9)
        os.waitpid(child, 0)
        server.shutdown()
        print(f"on the screen: {len(seen)} bytes", file=sys.stderr)

    def functions(self) -> set[str]:
        names = set()
        for file in self.folder.glob("blocks.*"):
            names.update(line[4:].strip() for line in file.open(errors="replace") if line.startswith("IN: "))
        return names


def addresses(program: pathlib.Path) -> dict[str, int]:
    listing = subprocess.run(["nm", "--defined-only", program], check=True, capture_output=True, text=True).stdout
    fields = (line.split(None, 2) for line in listing.splitlines())
    return {name: int(address, 16) for address, kind, name in fields if kind in "tTwW"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--helper", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "scripts" / "startup-order.txt")
    options = parser.parse_args()
    program = options.program.resolve()
    helper = options.helper or program.with_name("lockgate-sandbox")
    known = addresses(program)
    groups: list[set[str]] = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        trace = Trace(program, helper, pathlib.Path(folder))
        for scenario in (
            lambda: trace.run(["sandbox", "--", "true"]),
            lambda: trace.run([*EXEC, "--json", "hello"]),
            lambda: trace.run([*EXEC, "--json", "work"], COMMANDS),
            lambda: trace.run([*EXEC, "work"], COMMANDS[:2], wire="chat"),
            lambda: trace.run(["exec", "resume", "--last", "more"], COMMANDS[:1]),
            trace.converse,
        ):
            scenario()
            groups.append(trace.functions() - set().union(*groups))
    lines = [name for group in groups for name in sorted(group & known.keys(), key=lambda name: known[name])]
    options.out.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} functions", file=sys.stderr)


if __name__ == "__main__":
    main()
