"""The generator for OpenAI-compatible servers, against a real server that does what a test scripts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from generating import asked, passage
from model_server import ModelServer, Reply, breaks_off, fails, hangs, says, sends, silent

from index.errors import ModelFailedError, ModelTimeoutError
from rag.generate import openai as module
from rag.generate.breaker import CircuitBreaker
from rag.generate.openai import Endpoint, OpenAIGenerator
from rag.generate.writing import Limits
from rag.types import DraftStatement

KEY = "sk-very-secret-0123456789"
QUESTION = asked("How much?")
EVIDENCE = passage("Kimi raised $2 billion.", "It is worth $20 billion.")
TEXT = "Kimi raised $2 billion [1]. It is worth $20 billion, more than ever [2]."
DRAFTS = [
    DraftStatement("Kimi raised $2 billion.", (1,)),
    DraftStatement("It is worth $20 billion, more than ever.", (2,)),
]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_DELAY_S", 0.01)


@contextmanager
def served(*script: Reply, timeout_s: float = 20.0) -> Iterator[tuple[ModelServer, OpenAIGenerator]]:
    with ModelServer(*script).running() as server:
        limits = Limits(max_tokens=99, timeout_s=timeout_s)
        yield server, OpenAIGenerator("tiny", Endpoint(server.base_url, KEY), limits)


def test_statements_are_read_from_the_stream():
    with served(says(TEXT)) as (server, generator):
        shown: list[str] = []
        assert list(generator.generate(QUESTION, EVIDENCE, shown.append)) == DRAFTS
    assert "".join(shown) == "Kimi raised $2 billion. It is worth $20 billion, more than ever."
    (request,) = server.requests
    assert request["model"] == "tiny"
    assert request["stream"] is True
    assert request["max_tokens"] == 99
    assert request["temperature"] == 0
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert "┃[2] Itˆisˆworthˆ$20ˆbillion." in request["messages"][1]["content"]
    assert server.keys == [f"Bearer {KEY}"]


def test_a_statement_is_there_before_the_answer_is_whole():
    with served(hangs(TEXT)) as (server, generator):
        drafts = iter(generator.generate(QUESTION, EVIDENCE))
        assert next(drafts) == DRAFTS[0]
        drafts.close()
        assert server.hung_up.wait(10)


def test_a_client_that_leaves_while_nothing_comes_ends_the_request():
    with served(hangs()) as (server, generator):

        def leave(text: str) -> None:
            raise KeyError("gone")

        with pytest.raises(KeyError):
            list(generator.generate(QUESTION, EVIDENCE, leave))
        assert server.hung_up.wait(10)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_overloaded_or_failing_server_is_asked_again(status):
    with served(fails(status), fails(status), says(TEXT)) as (server, generator):
        assert list(generator.generate(QUESTION, EVIDENCE)) == DRAFTS
    assert len(server.requests) == 3


def test_it_is_not_asked_for_ever():
    with served(fails(500)) as (server, generator), pytest.raises(ModelFailedError, match="status 500"):
        list(generator.generate(QUESTION, EVIDENCE))
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 422])
def test_other_refusals_are_not_repeated(status):
    with served(fails(status)) as (server, generator), pytest.raises(ModelFailedError, match=str(status)):
        list(generator.generate(QUESTION, EVIDENCE))
    assert len(server.requests) == 1


def test_a_server_that_asks_for_a_pause_beyond_the_limit_is_not_waited_for():
    reply = fails(429, retry_after="3600")
    with served(reply) as (server, generator), pytest.raises(ModelFailedError, match="429"):
        list(generator.generate(QUESTION, EVIDENCE))
    assert len(server.requests) == 1


@pytest.mark.parametrize("reply", [silent(), hangs(), hangs("Kimi raised")])
def test_a_slow_server_runs_into_the_limit(reply):
    with (
        served(reply, timeout_s=0.5) as (_, generator),
        pytest.raises(ModelTimeoutError, match=r"0\.5 seconds"),
    ):
        list(generator.generate(QUESTION, EVIDENCE))


@pytest.mark.parametrize(
    "reply",
    [
        breaks_off("Kimi raised $2 billion [1]. It is"),
        sends(b"data: {not json\n\n"),
        sends(b'data: {"choices": 5}\n\n'),
        sends(b'data: {"choices": [{"delta": 7}]}\n\n'),
        sends(b'data: [1, 2]\n\ndata: "x"\n\n'),
        sends(b'data: {"error": {"message": "broken"}}\n\n'),
        sends(b"<html>hello</html>", "text/html"),
        sends(b"\xff\xfe\x00", "text/event-stream"),
        sends(b""),
    ],
)
def test_a_cut_stream_and_garbage_are_failures_and_never_a_short_answer(reply):
    with served(reply) as (_, generator), pytest.raises(ModelFailedError):
        list(generator.generate(QUESTION, EVIDENCE))


def test_an_unreachable_server_is_a_failure():
    generator = OpenAIGenerator("tiny", Endpoint("http://127.0.0.1:9/v1"), Limits(timeout_s=5))
    with pytest.raises(ModelFailedError, match="could not be made"):
        list(generator.generate(QUESTION, EVIDENCE))


def test_a_model_that_writes_nothing_is_a_failure():
    with served(says("  \n")) as (_, generator), pytest.raises(ModelFailedError, match="wrote nothing"):
        list(generator.generate(QUESTION, EVIDENCE))


def test_the_limit_of_tokens_leaves_whole_sentences(caplog):
    with served(says(TEXT + " The rest of", finish="length")) as (_, generator):
        assert list(generator.generate(QUESTION, EVIDENCE)) == DRAFTS
    assert "cut off at 99 tokens" in caplog.text
    reply = says("Kimi raised", finish="length")
    with served(reply) as (_, generator), pytest.raises(ModelFailedError, match="first sentence"):
        list(generator.generate(QUESTION, EVIDENCE))


def test_a_model_that_takes_other_options_gets_them():
    def refuses(param: str) -> Reply:
        return fails(400, {"error": {"message": "no", "param": param, "code": "unsupported_parameter"}})

    with served(refuses("max_tokens"), refuses("temperature"), says(TEXT)) as (server, generator):
        assert list(generator.generate(QUESTION, EVIDENCE)) == DRAFTS
        assert list(generator.generate(QUESTION, EVIDENCE)) == DRAFTS
    assert len(server.requests) == 4
    for request in server.requests[2:]:
        assert request["max_completion_tokens"] == 99
        assert not {"max_tokens", "temperature"} & set(request)


def test_the_key_is_in_no_error_and_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    told = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    for reply in (fails(401, told), fails(500, told), sends(f"data: {KEY}\n\n".encode()), breaks_off(KEY)):
        with served(reply) as (_, generator):
            with pytest.raises(ModelFailedError) as caught:
                list(generator.generate(QUESTION, EVIDENCE))
            assert KEY not in str(caught.value)
            assert KEY not in generator.name + repr(generator) + repr(Endpoint("x", KEY))
            assert caught.value.__cause__ is None
    assert KEY not in caplog.text


def test_the_answer_names_the_model_and_the_server_without_the_key():
    generator = OpenAIGenerator("qwen/q3", Endpoint("https://llm.example:8443/v1", KEY), Limits())
    assert generator.name == "openai:qwen/q3 (llm.example:8443)"


def test_a_server_that_keeps_failing_is_left_alone_and_tried_again_later():
    now = 100.0
    with ModelServer(fails(401), *[fails(500)] * 6, says(TEXT)).running() as server:
        breaker = CircuitBreaker("it", failures=2, rest_s=30, clock=lambda: now)
        generator = OpenAIGenerator("tiny", Endpoint(server.base_url), Limits(timeout_s=20), breaker)

        def ask() -> list[DraftStatement]:
            return list(generator.generate(QUESTION, EVIDENCE))

        for message in ("401", "500", "500", "left alone"):
            with pytest.raises(ModelFailedError, match=message):
                ask()
        assert len(server.requests) == 7
        now += 31
        assert ask() == DRAFTS
        assert ask() == DRAFTS


def test_while_one_request_tries_the_others_wait():
    now = 0.0
    breaker = CircuitBreaker("it", failures=1, rest_s=10, clock=lambda: now)
    breaker.failed()
    with pytest.raises(ModelFailedError, match="10 seconds"):
        breaker.admit()
    now = 11.0
    breaker.admit()
    with pytest.raises(ModelFailedError):
        breaker.admit()
    breaker.succeeded()
    breaker.admit()
