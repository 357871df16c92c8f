"""The service with fakes behind it, and the service as shipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from service_fakes import Service

from service.app import create_app
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
