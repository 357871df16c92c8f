"""Run the service under uvicorn."""

from __future__ import annotations

from socket import socket

import uvicorn
from rich.console import Console

from index.errors import StoreLockedError
from index.library import lock_holder, writer_is_free
from service.app import create_app
from service.settings import Settings


def run(settings: Settings, console: Console) -> None:
    """Serve until told to stop. Raises `StoreLockedError` where another process serves this library."""
    if not writer_is_free(settings.data):
        raise StoreLockedError(
            f"Process {lock_holder(settings.data)} already serves or writes {settings.data}. "
            "Stop it, or set GROUNDWIRE_DATA to another folder."
        )
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    console.print(f"Groundwire opens its library in {settings.data} …", highlight=False)
    server = _Announcing(config, console)
    server.run()
    if not server.started:
        raise SystemExit(1)


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
