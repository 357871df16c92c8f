"""What all tests share: a library of their own, and no way to a user's data."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FakeEmbedder
from hypothesis import settings

from index.embed import DEFAULT_MODEL, SentenceEmbedder, load_embedder
from index.library import Library, open_library

# On a machine that others use as well, time says nothing about a property.
# Where every run must end alike the examples are the same each time; elsewhere new ones are looked for.
settings.register_profile("groundwire", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("groundwire")

_numbers = itertools.count()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out unless a `-m` expression speaks of them."""
    if "slow" in config.option.markexpr:
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: run by `make proofs`"))


@pytest.fixture(autouse=True)
def settings_of_no_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Point the data folder to one that is new for each test; take every other setting away."""
    for name in list(os.environ):
        if name.startswith("GROUNDWIRE_") and name != "GROUNDWIRE_TEST_DATA":
            monkeypatch.delenv(name)
    data = tmp_path_factory.getbasetemp() / "groundwire-data" / str(next(_numbers))
    monkeypatch.setenv("GROUNDWIRE_DATA", str(data))


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def library(tmp_path: Path, embedder: FakeEmbedder) -> Iterator[Library]:
    """An empty library with the fake embedder, in `tmp_path / "library"`."""
    opened = open_library(tmp_path / "library", embedder)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def real_embedder() -> SentenceEmbedder:
    """The default model; takes seconds to load, so only for tests that are about the model."""
    return load_embedder(DEFAULT_MODEL)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real articles and question sets."""
    folder = os.environ.get("GROUNDWIRE_TEST_DATA", "")
    if not folder:
        pytest.skip("GROUNDWIRE_TEST_DATA does not name the folder of the test data")
    return Path(folder)
