"""The generator for OpenAI-compatible servers, against `transformers serve` with a tiny model."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import tiny_models
from generating import asked, passage

from rag.generate.openai import Endpoint, OpenAIGenerator
from rag.generate.writing import Limits
from rag.types import DraftStatement

pytestmark = pytest.mark.slow
TEXT = "Kimi raised $2 billion [1]. It is worth about $20 billions now, more than ever [2]."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    model = tiny_models.causal(tmp_path_factory.mktemp("model"), TEXT, template=tiny_models.CHAT)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [Path(sys.executable).with_name("transformers"), "serve", str(model)]
    log = tmp_path_factory.mktemp("log") / "serve.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            stdout=out,
            stderr=out,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://127.0.0.1:{port}/v1", model
    finally:
        server.terminate()
        server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(900):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            if httpx2.get(address).is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])


def test_statements_come_from_a_real_server(served):
    base_url, model = served
    generator = OpenAIGenerator(str(model), Endpoint(base_url), Limits(max_tokens=60, timeout_s=120))
    evidence = passage("Kimi raised $2 billion.", "It is worth $20 billion.")
    shown: list[str] = []
    assert list(generator.generate(asked("How much?"), evidence, shown.append)) == [
        DraftStatement("Kimi raised $2 billion.", (1,)),
        DraftStatement("It is worth about $20 billions now, more than ever.", (2,)),
    ]
    assert "".join(shown) == "Kimi raised $2 billion. It is worth about $20 billions now, more than ever."
