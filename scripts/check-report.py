#!/usr/bin/env python3
"""Opens the pages for people in a real browser and checks that they are inert, whatever a session holds.

    check-report.py [--lockgate PROGRAM] [--browser chromium] [--keep FOLDER]

Runs a session against a scripted model on loopback whose prompt, commands and output are hostile to a page, exports it as
`audit export --format html` and `sessions export --format html`, and opens both by file:// at 1280 and 400 pixels. Fails
where the page has an element or an attribute that runs or loads something, where a script ran, where the browser complains
on its console, or where anything that the pages name was asked for from the network. How they look is for a person:
`--keep` keeps pages and pictures. Needs Chromium; not part of the tests.
"""

import argparse
import html.parser
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Benchmarks" / "overhead"))
from scripted_server import ScriptedServer  # noqa: E402

HOSTILE = [
    "<script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "<a href=\"javascript:document.title='ran'\">x</a>",
    "</pre></td></table></style><svg onload=document.title='ran'>",
    "<iframe src='http://example.invalid/frame'></iframe><link rel=stylesheet href=//example.invalid/s.css>",
    "<meta http-equiv=refresh content='0;url=http://example.invalid/'>",
    "\" onmouseover=\"document.title='ran'\" style=\"background:url(http://example.invalid/i.png)",
    "&lt;script&gt; &#60;script&#62; \u202e txt.exe \u200b <!-- ]]> <![CDATA[",
]
ALLOWED = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td",
           "section", "time", "pre", "details", "summary", "div", "span", "main", "dl", "dt", "dd"}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "open", "data-label"}


class Elements(html.parser.HTMLParser):
    """What a page's tree has that it should not."""

    def __init__(self):
        super().__init__()
        self.faults: list[str] = []
        self.title = ""
        self.inside = ""

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        if tag not in ALLOWED:
            self.faults.append(f"element {tag}")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.faults.append(f"attribute {name} of {tag}")
            if name == "http-equiv" and value.lower() != "content-security-policy":
                self.faults.append(f"http-equiv {value}")

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "title":
            self.title += data


class Listener(threading.Thread):
    """Stands in for the whole network, and notes what is asked of it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []
        self.start()

    def run(self):
        while True:
            connection, _ = self.socket.accept()
            connection.settimeout(2)
            try:
                self.asked.append(connection.recv(4096).split(b"\r\n")[0].decode("latin-1"))
            except OSError:
                self.asked.append("a connection")
            connection.close()


def session(program: Path, folder: Path) -> dict[str, Path]:
    """Runs the session; its pages by name."""
    home, repository = folder / "home", folder / "repository"
    home.mkdir()
    repository.mkdir()
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    quoted = [text.replace("'", "'\\''") for text in HOSTILE]
    commands = [f"printf '%s\\n' '{text}'" for text in quoted] + [
        "seq 1 40", "ls /nonexistent", "echo hello > note.txt", "cat /etc/shadow"]
    server = ScriptedServer(commands)
    (home / "config.toml").write_text(
        'model = "scripted"\nmodel_provider = "lab"\nsandbox_mode = "workspace-write"\n[model_providers.lab]\n'
        f'base_url = "{server.url}"\nwire_api = "responses"\nenv_key = "LAB_KEY"\n')
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LOCKGATE_HOME": str(home), "LAB_KEY": "k"}

    def run(*arguments: str) -> bytes:
        done = subprocess.run([program, *arguments], cwd=repository, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in (0, 4):
            raise SystemExit(f"{arguments[:2]}: exit {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    run("exec", "Make the report safe: " + " ".join(HOSTILE))
    identity = next((home / "sessions").rglob("*.jsonl")).stem
    run("sessions", "rename", identity, "A name " + HOSTILE[0])
    pages = {"audit": folder / "audit.html", "session": folder / "session.html"}
    pages["audit"].write_bytes(run("audit", "export", "--format", "html"))
    pages["session"].write_bytes(run("sessions", "export", identity, "--format", "html"))
    return pages


def open_page(browser: str, page: Path, width: int, folder: Path, proxy: int) -> list[str]:
    """Opens a page; what is wrong with it."""
    picture = folder / f"{page.stem}-{width}.png"
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
             f"--user-data-dir={folder}/profile", f"--window-size={width},1400", f"--proxy-server=127.0.0.1:{proxy}",
             "--proxy-bypass-list=<-loopback>", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-default-apps", "--no-first-run", "--no-default-browser-check"]
    subprocess.run([browser, *flags, f"--screenshot={picture}", page.as_uri()], check=True, timeout=120,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = subprocess.run([browser, *flags, "--dump-dom", page.as_uri()], check=True, timeout=120, capture_output=True)
    elements = Elements()
    elements.feed(done.stdout.decode())
    faults = elements.faults
    if elements.title == "ran":
        faults.append("a script ran")
    faults += [f"console: {line}" for line in re.findall(r"CONSOLE.*", done.stderr.decode())]
    if not picture.exists():
        faults.append("no picture")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lockgate", type=Path, default=Path(".build/debug/lockgate"))
    parser.add_argument("--browser", default="chromium")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lockgate-report-"))
    listener = Listener()
    faults = []
    try:
        for name, page in session(given.lockgate.resolve(), folder).items():
            for width in (1280, 400):
                found = open_page(given.browser, page, width, folder, listener.socket.getsockname()[1])
                print(f"{name} at {width}: {'; '.join(found) or 'inert'}")
                faults += found
        # The browser itself asks for some things of its maker's; the page must not ask for anything of the session's.
        asked = [line for line in listener.asked if "example.invalid" in line]
        print(f"asked of the network by the pages: {asked or 'nothing'} ({len(listener.asked)} by the browser itself)")
        faults += asked
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            for path in [*folder.glob("*.png"), *folder.glob("*.html")]:
                shutil.copy(path, given.keep)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
