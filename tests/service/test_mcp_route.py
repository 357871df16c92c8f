"""The tools for agents, as the official MCP client calls them over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
import httpx2
import pytest
from live_service import live
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from model_server import ModelServer, hangs

from rag.generate.openai import Endpoint, OpenAIGenerator
from rag.generate.writing import Limits

QUESTION = "How much money did Kimi raise?"
T = TypeVar("T")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with live(tmp_path_factory.mktemp("mcp"), keys=("right",)) as address:
        yield address


@asynccontextmanager
async def connected(address: str, key: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
    ):
        yield client


def with_client(address: str, use: Callable[[Client], Awaitable[T]], key: str = "right") -> T:
    async def run() -> T:
        async with connected(address, key) as client:
            return await use(client)

    return anyio.run(run)


def test_the_tools_are_listed_with_their_arguments(address):
    tools = with_client(address, lambda client: client.list_tools()).tools
    assert [tool.name for tool in tools] == ["answer", "search", "get_article"]
    assert tools[0].input_schema["required"] == ["question"]
    assert set(tools[0].input_schema["properties"]) == {"question", "filters", "as_of", "top_k"}
    assert set(tools[2].input_schema["properties"]) == {"id", "version"}


def test_an_answer_has_its_sources_and_the_whole_object(address):
    result = with_client(address, lambda client: client.call_tool("answer", {"question": QUESTION}))
    assert not result.is_error
    assert result.content[0].text.startswith("Kimi raised $2 billion in May [1].")
    assert "https://daily.example/kimi?a=1" in result.content[0].text
    assert result.structured_content["status"] == "answered"
    assert result.structured_content["citations"][0]["article_id"] == "kimi"


def test_a_search_gives_hits_inside_its_filters(address):
    arguments = {"question": QUESTION, "filters": {"article_ids": ["step@fun"]}}
    result = with_client(address, lambda client: client.call_tool("search", arguments))
    assert [hit["article_id"] for hit in result.structured_content["hits"]] == ["step@fun"]
    assert "![" not in result.content[0].text


def test_an_article_is_read_by_its_id(address):
    result = with_client(address, lambda client: client.call_tool("get_article", {"id": "kimi"}))
    assert result.structured_content["text"].startswith("Kimi raised $2 billion")
    assert result.content[0].text.startswith("Kimi raises money\n\nKimi raised")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_article", {"id": "nobody"}),
        ("get_article", {}),
        ("answer", {"question": ""}),
        ("answer", {"question": "?"}),
        ("answer", {"question": QUESTION, "unknown": 1}),
        ("search", {"question": QUESTION, "as_of": "some day"}),
        ("drop_everything", {}),
    ],
)
def test_what_cannot_be_done_is_told_to_the_agent(address, tool, arguments):
    result = with_client(address, lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    assert result.content[0].text


def test_without_the_right_key_there_is_nothing(address):
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    for key in ({}, {"Authorization": "Bearer wrong"}):
        refused = httpx2.post(f"{address}/mcp", json=call, headers={**headers, **key})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"


def test_an_agent_that_leaves_stops_the_model(tmp_path):
    with ModelServer(hangs("Kimi")).running() as server:
        generator = OpenAIGenerator("tiny", Endpoint(server.base_url), Limits(timeout_s=60))
        with live(tmp_path, generator, configured="openai:tiny") as address:

            async def leave(client: Client) -> bool:
                with anyio.move_on_after(1.5) as scope:
                    await client.call_tool("answer", {"question": QUESTION})
                return scope.cancelled_caught

            assert with_client(address, leave)
            assert server.hung_up.wait(10)
