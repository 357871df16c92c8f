"""Run the service under uvicorn."""

from __future__ import annotations

import json
import os
from socket import AF_INET, AF_INET6, AddressFamily, create_server, socket

import h11
import uvicorn
from fastapi import FastAPI
from rich.console import Console
from rich.text import Text
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.supervisors import Multiprocess

from index.errors import InvalidInputError, StoreLockedError
from index.lock import lock_holder, writer_is_free
from service.app import create_app
from service.middleware import MAX_HEADERS
from service.problems import MEDIA_TYPE
from service.settings import Settings


def run(settings: Settings, console: Console) -> None:
    """Serve until told to stop. Raises `StoreLockedError` where another process serves this library, and
    `InvalidInputError` for an address that cannot be listened at.
    """
    if not writer_is_free(settings.data):
        raise StoreLockedError(
            f"Process {lock_holder(settings.data)} already serves or writes {settings.data}. "
            "Stop it, or set GROUNDWIRE_DATA to another folder."
        )
    _check_address(settings)
    console.print(Text(f"Groundwire opens its library in {settings.data} …"))
    if settings.workers > 1:
        _run_many(settings, console)
        return
    server = _Announcing(server_config(create_app(settings), settings), console)
    server.run()
    if not server.started:
        raise SystemExit(1)


def _check_address(settings: Settings) -> None:
    """Try the address before the library is opened: what uvicorn says of a taken port names no remedy."""
    try:
        create_server((settings.host, settings.port), family=_family(settings.host)).close()
    except OSError as error:
        raise InvalidInputError(
            "GROUNDWIRE_PORT",
            f"is {settings.port}: {settings.host} cannot be listened at there ({_why(error)}).",
            "Stop what listens there, or set it, or GROUNDWIRE_HOST, to another.",
        ) from error


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


def _family(host: str) -> AddressFamily:
    return AF_INET6 if ":" in host else AF_INET


def server_config(app: FastAPI | str, settings: Settings) -> uvicorn.Config:
    """Give the configuration under which an app is served; a name makes it in each of several processes."""
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=settings.workers if isinstance(app, str) else 1,
        host=settings.host,
        port=settings.port,
        http=_Protocol,
        ws="none",
        h11_max_incomplete_event_size=MAX_HEADERS,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
    )


class _Protocol(H11Protocol):
    """HTTP/1.1 whose own refusals, given before there is a request for the app, are problems too."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP request or has larger headers than this service reads."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        body = json.dumps(
            {
                "type": "urn:groundwire:problem:malformed-request",
                "title": "Bad Request",
                "status": 400,
                "detail": f"{msg} Headers may take {MAX_HEADERS >> 10} KiB.",
            }
        ).encode()
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        head = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _run_many(settings: Settings, console: Console) -> None:
    """Serve with several processes; one that dies is started again, and the lock finds a new writer."""
    config = server_config("service.app:from_environment", settings)
    listening = config.bind_socket()
    host, port = listening.getsockname()[:2]
    console.print(Text(f"{settings.workers} processes answer at http://{host}:{port}/  (Ctrl+C stops them)"))
    # Each process reads the settings from where this one did.
    Multiprocess(config, sockets=[listening]).run()


class _Announcing(uvicorn.Server):
    """Says where to click once the service can be reached."""

    def __init__(self, config: uvicorn.Config, console: Console) -> None:
        super().__init__(config)
        self._console = console

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            address = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            self._console.print(
                f"Groundwire answers at http://{address}:{port}/  (Ctrl+C stops it)", highlight=False
            )
