"""A service with fakes behind it, three articles, and a real server on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fakes import FakeEmbedder, FakeScorer, ScriptedGenerator
from fastapi.testclient import TestClient

from index.library import open_library
from service.app import create_app
from service.engine import Engine
from service.server import server_config
from service.settings import Settings

ARTICLES = (
    {
        "id": "harbour",
        "title": "The harbour bridge opens",
        "text": "The harbour bridge opened on Monday. It cost 40 million crowns.\n\n"
        "Ferries stop in June. The last ferry leaves at dawn.",
        "source": "Coast Daily",
        "url": "https://coast.example/bridge",
        "published_at": "2026-05-10",
        "language": "en",
    },
    {
        "id": "orchard",
        "title": "Orchards lose a third of their apples",
        "text": "Frost took a third of the apples. Growers 🍎 ask for aid.",
        "source": "Field Notes",
        "published_at": "2026-04-02T08:30:00Z",
        "language": "en",
    },
    {
        "id": "qiao",
        "title": "大桥通车",
        "text": "大桥周一通车。造价四千万克朗。渡轮六月停航。",
        "source": "海岸日报",
        "published_at": "2026-05-11",
        "language": "zh",
    },
)


class Service:
    """One running app with fakes behind it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.settings = Settings(data=folder, corpus=None, port=0, **changes)
        self.embedder = FakeEmbedder()
        self.scorer = FakeScorer()
        self.generator = ScriptedGenerator()
        self.app = create_app(self.settings, self._open)

    def _open(self, settings: Settings) -> Engine:
        self.engine = Engine(open_library(settings.data, self.embedder), self.scorer, self.generator)
        return self.engine

    @contextmanager
    def client(self, articles: bool = True) -> Iterator[TestClient]:
        """Start the app, with the three articles in it unless told otherwise."""
        with TestClient(self.app, raise_server_exceptions=False) as client:
            if articles:
                keys = [key.get_secret_value() for key in self.settings.api_keys]
                headers = {"Authorization": f"Bearer {keys[0]}"} if keys else {}
                for article in ARTICLES:
                    assert client.post("/v1/articles", json=article, headers=headers).status_code == 201
            yield client


@contextmanager
def run_server(service: Service) -> Iterator[tuple[str, int]]:
    """Serve an app under uvicorn in a thread; gives its address."""
    server = uvicorn.Server(server_config(service.app, service.settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server ended before it had started"
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[:2]
    finally:
        server.should_exit = True
        thread.join()
