"""The service with fakes behind it, and the service as shipped."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_worker import open_with_fakes
from fastapi.testclient import TestClient
from service_fakes import Service

from service.app import create_app
from service.cli import main
from service.settings import Settings


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path / "data")


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    with service.client() as client:
        yield client


@pytest.fixture(scope="session")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service with fakes behind it and the three articles in it, shared by tests that only read."""
    with Service(tmp_path_factory.mktemp("reading")).client() as client:
        yield client


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service as it ships: its own articles, the bundled model. For reading only."""
    settings = Settings(data=tmp_path_factory.mktemp("shipped"), port=0)
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def send_json() -> Callable[..., Any]:
    """Send what a JSON library lets through and an HTTP client does not: lone surrogates, NaN."""

    def send(client: TestClient, path: str, body: object, method: str = "POST") -> Any:
        content = json.dumps(body)
        return client.request(method, path, content=content, headers={"Content-Type": "application/json"})

    return send


@pytest.fixture
def groundwire(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[Any, str, str]]:
    """Run a command over fakes; gives its exit status, what it wrote, and its complaints."""
    monkeypatch.setattr("service.engine.open_engine", open_with_fakes)
    monkeypatch.setenv("GROUNDWIRE_CORPUS", "")
    monkeypatch.setenv("COLUMNS", "400")

    def run(*arguments: object) -> tuple[Any, str, str]:
        monkeypatch.setattr(sys, "argv", ["groundwire", *map(str, arguments)])
        try:
            main()
            status: Any = 0
        except SystemExit as end:
            status = end.code or 0
        out, err = capsys.readouterr()
        return status, out, err

    return run
