"""A real HTTP server on loopback that answers `/v1/chat/completions` as a test scripts it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Reply = Callable[["Handler"], None]


class ModelServer:
    """Gives each request the next reply of its script, the last one from then on; keeps what it was sent."""

    def __init__(self, *script: Reply) -> None:
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.hung_up = Event()
        self.stopped = Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.model_server = self
        self._http.daemon_threads = True

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def next_reply(self) -> Reply:
        return self.script[min(len(self.requests), len(self.script)) - 1]

    @contextmanager
    def running(self) -> Iterator[ModelServer]:
        thread = Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.stopped.set()
            self._http.shutdown()
            self._http.server_close()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request; replies write to it."""

    protocol_version = "HTTP/1.1"

    @property
    def server_of_models(self) -> ModelServer:
        return self.server.model_server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server_of_models.requests.append(json.loads(body))
        self.server_of_models.keys.append(self.headers.get("authorization", ""))
        self.close_connection = True
        try:
            self.server_of_models.next_reply()(self)
        except (BrokenPipeError, ConnectionResetError):
            self.server_of_models.hung_up.set()

    def start(self, status: int, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def event(self, data: object) -> None:
        self.wfile.write(f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode())
        self.wfile.flush()

    def piece(self, content: str | None, finish: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
        self.event(
            {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        )

    def log_message(self, *args: object) -> None:
        """Stay silent."""


def says(text: str, *, size: int = 7, finish: str = "stop") -> Reply:
    """Stream a text in pieces of `size` characters."""

    def reply(handler: Handler) -> None:
        handler.start(200, "text/event-stream")
        for start in range(0, len(text), size):
            handler.piece(text[start : start + size])
        handler.piece(None, finish)
        handler.wfile.write(b"data: [DONE]\n\n")

    return reply


def fails(status: int, body: object = None, **headers: str) -> Reply:
    """Answer with an error."""

    def reply(handler: Handler) -> None:
        handler.start(status, "application/json", **headers)
        handler.wfile.write(json.dumps(body or {"error": {"message": "no", "type": "x"}}).encode())

    return reply


def breaks_off(text: str) -> Reply:
    """Stream a text, then close the connection without an end."""

    def reply(handler: Handler) -> None:
        handler.start(200, "text/event-stream")
        handler.piece(text)

    return reply


def hangs(text: str = "") -> Reply:
    """Stream a text, then nothing until the client goes away or the server is stopped."""

    def reply(handler: Handler) -> None:
        handler.start(200, "text/event-stream")
        if text:
            handler.piece(text)
        while not handler.server_of_models.stopped.wait(0.02):
            handler.wfile.write(b": \n\n")
            handler.wfile.flush()

    return reply


def silent() -> Reply:
    """Do not even begin to answer."""

    def reply(handler: Handler) -> None:
        handler.server_of_models.stopped.wait()

    return reply


def sends(raw: bytes, kind: str = "text/event-stream") -> Reply:
    """Answer with these bytes."""

    def reply(handler: Handler) -> None:
        handler.start(200, kind)
        handler.wfile.write(raw)

    return reply


def echoes(make: Callable[[str], str]) -> Reply:
    """Stream what `make` makes of the user's message."""

    def reply(handler: Handler) -> None:
        says(make(handler.server_of_models.requests[-1]["messages"][1]["content"]))(handler)

    return reply


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait for a condition; tell whether it came true."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()
