"""A program in a pseudo-terminal, a model on loopback that streams, and a home of the program's own: what the benches of
screens share."""

import contextlib
import fcntl
import http.server
import json
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time

LINES_A_SECOND = 10_000
# What terminals answer: cursor position, device attributes, Kitty keyboard flags, colours.
QUERIES = [
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"), (re.compile(rb"\x1b\[c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[\?u"), b"\x1b[?0u"), (re.compile(rb"\x1b\]10;\?(\x07|\x1b\\)"), b"\x1b]10;rgb:dddd/dddd/dddd\x1b\\"),
    (re.compile(rb"\x1b\]11;\?(\x07|\x1b\\)"), b"\x1b]11;rgb:1111/1111/1111\x1b\\"),
]


class Model(http.server.ThreadingHTTPServer):
    """Answers Responses and Chat Completions with lines of digits for some seconds."""

    daemon_threads = True

    def __init__(self, seconds):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seconds = seconds
        self.streaming = threading.Event()
        self.done = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        body = b'{"object":"list","data":[],"models":[]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        # As a provider counts, about: conversations are summarised by it.
        tokens = length // 4
        responses = self.path.endswith("/responses")
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

        def event(value):
            name = f"event: {value['type']}\n" if responses else ""
            self.wfile.write(f"{name}data: {json.dumps(value)}\n\n".encode())

        def text(piece):
            event({"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0, "delta": piece}
                  if responses else {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})

        item = {"type": "message", "id": "m", "role": "assistant", "content": []}
        if responses:
            event({"type": "response.created", "response": {"id": "r"}})
            event({"type": "response.output_item.added", "output_index": 0, "item": item})
        self.server.streaming.set()
        begin, sent, all_text = time.monotonic(), 0, []
        try:
            while (passed := time.monotonic() - begin) < self.server.seconds:
                due = int(passed * LINES_A_SECOND)
                piece = "".join(f"{number:08d} 0123456789 0123456789\n\n" for number in range(sent, due))
                if piece:
                    text(piece)
                    all_text.append(piece)
                sent = due
                time.sleep(0.005)
            if responses:
                item["content"] = [{"type": "output_text", "text": "".join(all_text), "annotations": []}]
                event({"type": "response.output_item.done", "output_index": 0, "item": item})
                event({"type": "response.completed", "response": {"id": "r", "output": [item], "usage": {
                    "input_tokens": tokens, "output_tokens": 10, "total_tokens": tokens + 10}}})
            else:
                event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
                self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass
        self.server.done.set()


class Screen:
    """A program in a pseudo-terminal, whose output is read by one thread that notes when."""

    def __init__(self, command, environment, folder):
        self.begin = time.monotonic()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(command[0], command, environment)
        # Else the terminal itself would show the first keys.
        quiet = termios.tcgetattr(self.master)
        quiet[3] &= ~termios.ECHO
        termios.tcsetattr(self.master, termios.TCSANOW, quiet)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.chunks, self.lock = [], threading.Lock()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        tail = b""
        while True:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return
            if not data:
                return
            with self.lock:
                self.chunks.append((time.monotonic(), data))
            tail = (tail + data)[-256:]
            for query, answer in QUERIES:
                if query.search(tail):
                    os.write(self.master, answer)
                    tail = query.sub(b"", tail)

    def press(self, key):
        with self.lock:
            mark = len(self.chunks)
        now = time.monotonic()
        os.write(self.master, key)
        return mark, now

    def seen(self, mark, text, limit):
        """When the text came, after the mark; None if it did not in time."""
        end = time.monotonic() + limit
        at = mark
        while time.monotonic() < end:
            with self.lock:
                new = self.chunks[at:]
            for when, data in new:
                at += 1
                if text in visible(data):
                    return when
            time.sleep(0.0005)
        return None

    def usage(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self):
        return resident(self.pid, "VmHWM")

    def written(self, begin, end):
        """Bytes that came between two moments."""
        with self.lock:
            return sum(len(data) for when, data in self.chunks if begin <= when <= end)

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


def visible(data):
    return re.sub(rb"\x1b(\[[0-9;?<>=]*[ -/]*[a-zA-Z]|P[^\x1b]*\x1b\\|\][^\x07\x1b]*(\x07|\x1b\\)|.)", b"", data)


def end_left(folder):
    """Ends what a program has left running out of its own home: some keep a server there."""
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "exe").startswith(f"{folder}/"):
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue
    time.sleep(0.2)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


def prepare(kind, folder, url):
    project, home = folder / "project", folder / "home"
    project.mkdir()
    home.mkdir()
    (project / "README.md").write_text("# A project\n")
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8",
                   "LOCKGATE_HOME": str(home), "CODEX_HOME": str(home), "LAB_API_KEY": "none"}
    provider = f'model = "lab-model"\nmodel_provider = "lab"\n[model_providers.lab]\nname = "lab"\nbase_url = "{url}/v1"\n'
    provider += 'wire_api = "responses"\nenv_key = "LAB_API_KEY"\n'
    if kind == "codex":
        provider += f'[projects."{project}"]\ntrust_level = "trusted"\n'
    (home / "config.toml").write_text(provider)
    return project, environment


def resident(pid, name="VmRSS"):
    """MB of a process, as the kernel counts them."""
    return int(re.search(rf"{name}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


@contextlib.contextmanager
def surroundings(kind, program, seconds):
    """A model that streams for so long, a project that is trusted, and an environment, for a program of a kind."""
    with tempfile.TemporaryDirectory(prefix="lockgate-screen-", dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        model = Model(seconds)
        project, environment = prepare(kind, pathlib.Path(folder), f"http://127.0.0.1:{model.server_address[1]}")
        if kind == "lockgate":
            subprocess.run(
                [program, "trust", "--yes", "-C", str(project)], env=environment, check=True, capture_output=True)
        try:
            yield model, project, environment
        finally:
            model.shutdown()
            end_left(folder)


@contextlib.contextmanager
def opened(command, environment, project):
    screen = Screen(command, environment, project)
    try:
        yield screen
    finally:
        screen.end()
