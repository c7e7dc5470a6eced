"""A model on loopback that follows a script, for measuring what a client costs.

It speaks Responses and Chat Completions as event streams, calls the command tool that the client declares, and notes
when each request arrived and when its answer was out. Standard library only.
"""

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Names of command tools, and how each takes a command.
COMMAND_TOOLS = {
    "exec_command": lambda command: {"cmd": command},
    "shell_command": lambda command: {"command": command},
    "shell": lambda command: {"command": ["bash", "-c", command]},
    "bash": lambda command: {"command": command},
    "run_shell_command": lambda command: {"command": command},
}


@dataclass
class Times:
    """Nanoseconds of the monotonic clock, one entry a request."""

    arrived: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    connections: int = 0


class ScriptedServer(ThreadingHTTPServer):
    """Answers request N with command N of the script, and after the last one with a closing message."""

    daemon_threads = True

    def __init__(self, commands: list[str], on_request=lambda: None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.commands = commands
        self.on_request = on_request
        self.times = Times()
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.server.lock:
            self.server.times.connections += 1

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_error(404)

    def do_POST(self):
        arrived = time.monotonic_ns()
        dialect = DIALECTS.get(self.path.split("?")[0].rsplit("/", 1)[-1])
        if dialect is None:
            return self.send_error(404)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        server = self.server
        with server.lock:
            number = len(server.times.arrived)
            server.times.arrived.append(arrived)
        server.on_request()
        call = self.call(body, number)
        stream = dialect(number, call)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        data = stream.encode()
        # The time is taken before the bytes go: a client may be quicker than this thread's next line.
        with server.lock:
            server.times.answered.append(time.monotonic_ns())
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n0\r\n\r\n")

    def call(self, body: dict, number: int) -> tuple[str, str] | None:
        """Tool and arguments for this request, or None for the closing message."""
        if number >= len(self.server.commands):
            return None
        names = [tool.get("name") or tool.get("function", {}).get("name") for tool in body.get("tools", [])]
        name = next((name for name in COMMAND_TOOLS if name in names), None)
        if name is None:
            return None
        return name, json.dumps(COMMAND_TOOLS[name](self.server.commands[number]))


def event(kind: str, **fields) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | fields)}\n\n"


def responses(number: int, call: tuple[str, str] | None) -> str:
    if call:
        item = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": call[0],
                "arguments": call[1], "status": "completed"}
    else:
        item = {"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "Done.", "annotations": []}]}
    usage = {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 10,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 110}
    answer = {"id": f"resp_{number}", "object": "response", "status": "completed", "output": [item], "usage": usage}
    text = event("response.created", response=answer | {"status": "in_progress", "output": [], "usage": None})
    text += event("response.output_item.added", output_index=0, item=item | {"status": "in_progress"})
    if not call:
        text += event("response.output_text.delta", output_index=0, content_index=0, item_id=item["id"], delta="Done.")
    text += event("response.output_item.done", output_index=0, item=item)
    return text + event("response.completed", response=answer)


def chat(number: int, call: tuple[str, str] | None) -> str:
    def chunk(delta: dict, finish: str | None = None, **more) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        body = {"id": f"chat_{number}", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
                "choices": [choice]} | more
        return f"data: {json.dumps(body)}\n\n"

    if call:
        function = {"name": call[0], "arguments": call[1]}
        tool = {"index": 0, "id": f"call_{number}", "type": "function", "function": function}
        text = chunk({"role": "assistant", "content": None, "tool_calls": [tool]}) + chunk({}, "tool_calls")
    else:
        text = chunk({"role": "assistant", "content": "Done."}) + chunk({}, "stop")
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return text + chunk({}, usage=usage).replace(
        json.dumps([{"index": 0, "delta": {}, "finish_reason": None}]), "[]") + "data: [DONE]\n\n"


# By the last word of the path.
DIALECTS = {"responses": responses, "completions": chat}
