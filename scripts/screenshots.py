#!/usr/bin/env python3
"""Pictures of the main screens for docs/screens, taken from a real terminal.

A tmux server of its own runs the built program against a model on loopback that follows a script; what tmux shows is drawn
with its colours. Needs tmux, and Pillow and pyte from PyPI: python3 -m venv V; V/bin/pip install pillow pyte.

    V/bin/python scripts/screenshots.py [--program .build-release/bin/lockgate] [--out docs/screens] [--only NAME]
"""

import argparse
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

import pyte
from PIL import Image, ImageDraw, ImageFont

SIZES = {"80": (80, 24), "140": (140, 40)}
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
BACKGROUND, FOREGROUND = (24, 26, 31), (215, 218, 224)
PALETTE = dict(
    black=(52, 56, 64), red=(224, 108, 117), green=(152, 195, 121), brown=(229, 192, 123), blue=(97, 175, 239),
    magenta=(198, 120, 221), cyan=(86, 182, 194), white=(215, 218, 224), brightblack=(110, 118, 131),
    brightred=(240, 140, 148), brightgreen=(180, 215, 150), brightbrown=(240, 210, 150), brightblue=(130, 195, 250),
    brightmagenta=(215, 150, 235), brightcyan=(120, 205, 215), brightwhite=(245, 247, 250),
)

FILES = {
    "parcels/price.py": '''"""What sending a parcel costs."""

RATES = {"letter": 1.2, "parcel": 5.5, "bulky": 14.0}


def price(kind, grams):
    """Euros for a kind of parcel and its weight; each started kilogram above the first costs 0.8."""
    extra = grams // 1000
    return round(RATES[kind] + 0.8 * extra, 2)
''',
    "tests/test_price.py": '''import unittest

from parcels.price import price


class PriceTests(unittest.TestCase):
    def test_first_kilogram_is_included(self):
        self.assertEqual(price("parcel", 1000), 5.5)

    def test_started_kilogram_counts(self):
        self.assertEqual(price("parcel", 1001), 6.3)


if __name__ == "__main__":
    unittest.main()
''',
    "parcels/__init__.py": "", "tests/__init__.py": "", "README.md": "# Parcels\n\nPrices of parcels.\n",
}
PATCH = '''*** Begin Patch
*** Update File: parcels/price.py
@@
-    extra = grams // 1000
+    extra = max(0, -(-grams // 1000) - 1)
     return round(RATES[kind] + 0.8 * extra, 2)
*** End Patch
'''
CLOSING = '''The price counted the **first** kilogram as extra. Now only started kilograms above it are charged.

| parcel | before | now |
| --- | --- | --- |
| 1,000 g | 6.30 € | 5.50 € |
| 1,001 g | 6.30 € | 6.30 € |

```python
extra = max(0, -(-grams // 1000) - 1)   # rounded up, without the first
```

All tests pass. `RATES` is unchanged.'''
TEST = ["exec_command", {"cmd": "python3 -m unittest -q"}]
WORK = [
    ["say", "I'll run the tests first.", TEST], ["say", "The first kilogram is charged twice.", ["apply_patch", {"patch": PATCH}]],
    ["say", "", TEST], ["say", CLOSING, None],
]
RISKY = [
    ["say", "The build folder is stale.", ["exec_command", {
        "cmd": "rm -rf build && python3 -m compileall -q parcels && git push origin main",
        "justification": "The push starts the release build."}]],
    ["say", "Done.", None],
]


SERVING = [
    ["say", "", ["exec_command", {"cmd": "echo listening on 8000; sleep 600", "yield_time_ms": 250}]],
    ["say", "It serves on port 8000.", None],
]
SCRIPTS = {"approval": RISKY, "ps": SERVING}
# The least that is a server of the protocol, with two tools.
SERVER = '''
import json, sys
tools = [
    {"name": "search", "description": "Looks for pages of the manual.", "inputSchema": {"type": "object"},
     "annotations": {"readOnlyHint": True}},
    {"name": "publish", "description": "Puts a page into the manual.", "inputSchema": {"type": "object"}},
]
for line in sys.stdin:
    request = json.loads(line)
    result = {"tools": tools} if request["method"] == "tools/list" else {
        "protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "manual", "version": "1"}}
    if "id" in request:
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
'''


class Model(http.server.ThreadingHTTPServer):
    """Chat Completions: request N gets step N."""

    daemon_threads = True

    def __init__(self, steps):
        super().__init__(("127.0.0.1", 0), Answer)
        self.steps, self.next, self.lock = steps, 0, threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        tools = {tool["function"]["name"]: tool["function"] for tool in request.get("tools", [])}
        with self.server.lock:
            step = self.server.steps[min(self.server.next, len(self.server.steps) - 1)]
            self.server.next += 1
        _, text, call = step
        delta = {"role": "assistant", "content": text}
        if call:
            name, arguments = call
            properties = tools.get(name, {}).get("parameters", {}).get("properties", {})
            if name == "apply_patch" and "patch" not in properties and properties:
                arguments = {next(iter(properties)): arguments["patch"]}
            delta["tool_calls"] = [{"index": 0, "id": f"call_{self.server.next}", "type": "function",
                                    "function": {"name": name, "arguments": json.dumps(arguments)}}]
        chunks = [
            {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls" if call else "stop"}]},
            {"choices": [], "usage": {"prompt_tokens": 2310, "completion_tokens": 140, "total_tokens": 2450}},
        ]
        body = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Terminal:
    """One program in a tmux server of its own."""

    def __init__(self, folder, size, command, environment):
        self.socket, self.size = str(folder / "tmux"), size
        words = ["env", *(f"{k}={v}" for k, v in environment.items()), *command]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), "-c",
                  environment["PROJECT"], *words, ";", "set", "-g", "status", "off", ";", "set", "-g", "default-terminal",
                  "tmux-256color", ";", "set", "-ga", "terminal-features", ",*:RGB")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", self.socket, *arguments], check=True, capture_output=True, text=True).stdout

    def show(self, colours=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def wait(self, text, limit=20):
        end = time.monotonic() + limit
        while text not in self.show():
            if time.monotonic() > end:
                raise SystemExit(f"{text!r} did not appear:\n{self.show()}")
            time.sleep(0.05)

    def rest(self):
        """Waits until the turn is over and the screen stands still."""
        before = None
        while "interrupts" in (now := self.show()) or now != before:
            before = now
            time.sleep(0.4)

    def type(self, *keys):
        """Names of keys (Enter, C-t) or text. Slowly: a sheet takes no key that comes with what was typed before it."""
        for key in keys:
            is_name = key in ("Enter", "Escape", "Up", "Down") or key.startswith("C-")
            self.tmux("send-keys", *([key] if is_name else ["-l", key]))
            time.sleep(0.45)

    def end(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, check=False)


def colour(name, default):
    if name == "default":
        return default
    if name in PALETTE:
        return PALETTE[name]
    try:
        return tuple(bytes.fromhex(name))
    except ValueError:
        return default


class Faintness:
    """Faint text in the palette's grey, where it has no colour of its own: pyte knows no faint."""

    def __init__(self):
        self.faint = self.coloured = False

    def __call__(self, match):
        words = iter(match[1].split(";"))
        for word in words:
            if word in ("38", "48"):
                for _ in range(1 if next(words, "") == "5" else 3):
                    next(words, None)
                self.coloured |= word == "38"
            elif word in ("", "0"):
                self.faint = self.coloured = False
            elif word in ("2", "22"):
                self.faint = word == "2"
            elif re.fullmatch("3[0-7]|9[0-7]|39", word):
                self.coloured = word != "39"
        return match[0] + ("" if self.coloured else "\x1b[90m" if self.faint else "\x1b[39m")


def draw(text, size, path):
    screen = pyte.Screen(*size)
    text = re.sub("\x1b\\[([0-9;]*)m", Faintness(), text)
    pyte.Stream(screen).feed(text.rstrip("\n").replace("\n", "\r\n"))
    fonts = {kind: ImageFont.truetype(FONT.format(kind), 15) for kind in ("", "-Bold", "-Oblique")}
    symbols = ImageFont.truetype(FONT.replace("Mono", "").format(""), 13)
    width, height, margin = 9, 19, 10
    picture = Image.new("RGB", (size[0] * width + 2 * margin, size[1] * height + 2 * margin), BACKGROUND)
    pen = ImageDraw.Draw(picture)
    for row in range(size[1]):
        for column in range(size[0]):
            cell = screen.buffer[row][column]
            front, back = colour(cell.fg, FOREGROUND), colour(cell.bg, BACKGROUND)
            if cell.reverse:
                front, back = back, front
            x, y = margin + column * width, margin + row * height
            if back != BACKGROUND:
                pen.rectangle([x, y, x + width * max(1, len(cell.data)) - 1, y + height - 1], fill=back)
            if cell.data.strip():
                font = fonts["-Bold" if cell.bold else "-Oblique" if cell.italics else ""]
                # Braille of the spinner is in the proportional font alone.
                is_braille = "\u2800" <= cell.data[0] <= "\u28ff"
                pen.text((x, y), cell.data, front, font=symbols if is_braille else font)
            if cell.underscore:
                pen.line([x, y + height - 3, x + width - 1, y + height - 3], fill=front)
    picture.quantize(256).save(path, optimize=True)


def scene_trust(t):
    t.wait("Quit")


def scene_conversation(t):
    t.wait("? ")
    t.type("mend the price of heavy parcels", "Enter")
    t.wait("unchanged")
    t.rest()


def scene_approval(t):
    t.wait("? ")
    t.type("clean, build and push", "Enter")
    t.wait("git push", 20)
    time.sleep(0.8)


def scene_commands(t):
    t.wait("? ")
    t.type("/")


def scene_keys(t):
    t.wait("? ")
    t.type("?")


def scene_status(t):
    t.wait("? ")
    t.type("/status", "Enter")
    time.sleep(0.5)


def scene_undo(t):
    scene_conversation(t)
    t.type("/undo", "Enter")
    time.sleep(0.8)


def scene_transcript(t):
    scene_conversation(t)
    t.type("C-t")
    time.sleep(0.5)


def scene_sessions(t):
    scene_conversation(t)
    t.type("/new", "Enter")
    t.type("/resume", "Enter")
    time.sleep(0.8)


def scene_review(t):
    scene_conversation(t)
    t.type("/review", "Enter")
    time.sleep(1)
    t.type("Down")
    time.sleep(0.5)


def scene_worktrees(t):
    scene_conversation(t)
    t.type("/worktrees", "Enter")
    time.sleep(1)


def scene_terminals(t):
    t.wait("? ")
    t.type("serve the prices", "Enter")
    t.wait("It serves")
    t.rest()
    t.type("/ps", "Enter")
    time.sleep(1)


def page(command):
    def scene(t):
        scene_conversation(t)
        t.type(command, "Enter")
        time.sleep(1)

    return scene


SCENES = {
    "trust": (scene_trust, [], False), "conversation": (scene_conversation, [], True),
    "approval": (scene_approval, ["-c", "approval_policy=untrusted"], True), "commands": (scene_commands, [], True),
    "keys": (scene_keys, [], True), "status": (scene_status, [], True), "undo": (scene_undo, [], True),
    "transcript": (scene_transcript, [], True), "sessions": (scene_sessions, [], True),
    "review": (scene_review, ["-s", "workspace-write", "-c", "workspace=staged"], True),
    "worktrees": (scene_worktrees, [], True), "audit": (page("/audit"), [], True), "usage": (page("/usage"), [], True),
    "recap": (page("/recap"), [], True), "statusline": (page("/statusline"), [], True), "ps": (scene_terminals, [], True),
    "mcp": (page("/mcp"), [], True),
}


def take(name, width, program, out):
    scene, options, is_trusted = SCENES[name]
    with tempfile.TemporaryDirectory(prefix="lockgate-screens-", dir="/var/tmp") as folder:
        folder = pathlib.Path(folder)
        project, home = folder / "parcels", folder / "home"
        for file, text in FILES.items():
            (project / file).parent.mkdir(parents=True, exist_ok=True)
            (project / file).write_text(text)
        home.mkdir()
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.invalid", "-C", str(project)]
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Price parcels"]):
            subprocess.run([*git, *words], check=True)
        if not is_trusted:
            (project / ".lockgate").mkdir()
            (project / ".lockgate/config.toml").write_text('[[hooks.PostToolUse]]\nmatcher = "exec_command"\nhooks = [{ type = "command", command = "make lint" }]\n')
        model = Model(SCRIPTS.get(name, WORK))
        (home / "config.toml").write_text(
            f'model = "example-large"\nmodel_provider = "s"\n[model_providers.s]\nname = "s"\nbase_url = '
            f'"http://127.0.0.1:{model.server_address[1]}/v1"\nwire_api = "chat"\n')
        if name == "mcp":
            (project / "manual.py").write_text(SERVER)
            with (home / "config.toml").open("a") as file:
                file.write('[mcp_servers.manual]\ncommand = "python3"\nargs = ["manual.py"]\n'
                           'default_tools_approval_mode = "writes"\n')
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LOCKGATE_HOME": str(home), "TERM": "tmux-256color",
            "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PROJECT": str(project), "PYTHONDONTWRITEBYTECODE": "1",
        }
        if is_trusted:
            subprocess.run([program, "trust", "--yes", "-C", str(project)], env=environment, check=True, capture_output=True)
        if name == "worktrees":
            subprocess.run(
                [program, "exec", "-C", str(project), "-s", "workspace-write", "--worktree=heavy-parcels", "mend it"],
                env=environment, check=True, capture_output=True, stdin=subprocess.DEVNULL)
            # The same again, for the session on the screen.
            model.next = 0
        terminal = Terminal(folder, SIZES[width], [program, *options], environment)
        try:
            scene(terminal)
            draw(terminal.show(colours=True), SIZES[width], out / f"{name}-{width}.png")
        finally:
            terminal.end()
            model.shutdown()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=".build-release/bin/lockgate")
    parser.add_argument("--out", default="docs/screens")
    parser.add_argument("--only", choices=sorted(SCENES))
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    if not shutil.which("tmux") or not os.access(program, os.X_OK):
        raise SystemExit("needs tmux, and the built program: make release")
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    for name in [options.only] if options.only else SCENES:
        for width in SIZES:
            take(name, width, program, out)
            print(f"{out}/{name}-{width}.png", flush=True)


if __name__ == "__main__":
    main()
