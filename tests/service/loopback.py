"""A real HTTP server on loopback whose answers are written byte by byte by the test."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Send = Callable[[bytes], None]
Page = Callable[["Request", Send], None]


@dataclass(frozen=True)
class Request:
    """What a client sent: the path, and its headers in lower case."""

    path: str
    headers: dict[str, str]


@dataclass
class Site:
    """The pages of the server and the requests that it got."""

    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def put(self, path: str, body: bytes | str, *, status: str = "200 OK", **headers: str) -> None:
        """Serve a body; headers are named with `_` for `-`."""
        content = body.encode() if isinstance(body, str) else body
        self.pages[path] = lambda request, send: send(answer(content, status, **headers))


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = {"Content-Length": str(len(body)), **{name.replace("_", "-"): v for name, v in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def missing(request: Request, send: Send) -> None:
    """Say that there is no such page."""
    send(answer(b"", "404 Not Found"))


def dripping(request: Request, send: Send) -> None:
    """Send without end, a byte at a time."""
    send(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        send(b"x")
        time.sleep(0.05)


def endless(request: Request, send: Send) -> None:
    """Send a body of no end, as fast as it is taken."""
    send(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        send(b"x" * 65536)


@contextmanager
def serving() -> Iterator[Site]:
    """Serve a site until the block ends."""
    site = Site()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                line = self.rfile.readline().decode("latin-1").split()
                headers = {}
                while header := self.rfile.readline().decode("latin-1").strip():
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                request = Request(line[1], headers)
                site.requests.append(request)
                site.pages.get(request.path, missing)(request, self.wfile.write)
            except OSError:
                return  # the client went away, as clients do

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield site
        server.shutdown()
        thread.join()
