"""The chat routes, as the official OpenAI client sees them over a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import openai
import pytest
from live_service import live
from model_server import ModelServer, fails, hangs, says

from rag.generate.openai import Endpoint, OpenAIGenerator
from rag.generate.writing import Limits

QUESTION = "How much money did Kimi raise?"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with live(tmp_path_factory.mktemp("chat")) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client:
        yield client


def ask(client: openai.OpenAI, *texts: str, **more: object):
    roles = ("user", "assistant")
    messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]
    return client.chat.completions.create(model="groundwire", messages=messages, **more)


def test_the_content_has_marks_and_a_list_of_sources_and_the_whole_answer_is_beside_it(client):
    completion = ask(client, QUESTION)
    (choice,) = completion.choices
    assert choice.finish_reason == "stop"
    assert choice.message.content == (
        "Kimi raised $2 billion in May [1]. The valuation of Kimi is above $20 billion [2].\n\n"
        "Sources:\n"
        "- [1] Kimi raises money (The Daily, 2026-05-10) https://daily.example/kimi?a=1\n"
        "- [2] Kimi raises money (The Daily, 2026-05-10) https://daily.example/kimi?a=1"
    )
    assert completion.groundwire["status"] == "answered"
    assert completion.groundwire["answer"] == choice.message.content.partition("\n")[0]
    assert (
        completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    )


def test_each_annotation_points_at_its_mark(client):
    for question in (QUESTION, "What did StepFun and Kimi raise?"):
        completion = ask(client, question)
        content = completion.choices[0].message.content
        citations = completion.groundwire["citations"]
        annotations = completion.choices[0].message.annotations
        assert len(annotations) == sum(len(s["citations"]) for s in completion.groundwire["statements"])
        for annotation in annotations:
            cited = annotation.url_citation
            number = int(content[cited.start_index + 1 : cited.end_index - 1])
            assert content[cited.start_index : cited.end_index] == f"[{number}]"
            assert cited.title == citations[number - 1]["title"]
            assert cited.url == (citations[number - 1]["url"] or "urn:groundwire:article:step%40fun")


def test_text_of_articles_becomes_no_image_no_tag_and_no_mark(client):
    completion = ask(client, "What did StepFun say?")
    content = completion.choices[0].message.content
    assert completion.groundwire["citations"][0]["quote"] in completion.groundwire["answer"].replace(
        " [1]", ""
    )
    assert "![" not in content
    assert "](" not in content
    assert "<img" not in content
    assert "[9]" not in content


def test_a_stream_holds_the_same(client):
    whole = ask(client, QUESTION)
    chunks = list(ask(client, QUESTION, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    finishes = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert finishes == [None] * (len(finishes) - 1) + ["stop"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    annotated = [
        chunk for chunk in chunks if chunk.choices and getattr(chunk.choices[0].delta, "annotations", None)
    ]
    assert annotated[0].choices[0].delta.annotations[0] == (
        whole.choices[0].message.annotations[0].model_dump()
    )
    assert chunks[-2].groundwire["answer"] == whole.groundwire["answer"]
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_stream_ends_with_done_and_has_no_usage_unasked(address):
    body = {"model": "groundwire", "messages": [{"role": "user", "content": QUESTION}], "stream": True}
    lines = httpx2.post(f"{address}/v1/chat/completions", json=body).text.strip().split("\n\n")
    assert lines[-1] == "data: [DONE]"
    assert all("usage" not in json.loads(line.removeprefix("data: ")) for line in lines[:-1])


def test_a_refusal_is_content_in_the_language_of_the_question(client):
    completion = ask(client, "Qwertyuiop zxcvb?")
    assert completion.choices[0].message.content == "The articles do not answer this."
    assert completion.choices[0].finish_reason == "stop"
    assert completion.groundwire["status"] == "abstained"
    filtered = ask(client, "融资多少？", extra_body={"filters": {"sources": ["nobody"]}})
    assert filtered.choices[0].message.content == "没有文章符合筛选条件。"


def test_filters_go_in_the_extra_body_and_other_fields_are_ignored(client):
    filters = {"article_ids": ["step@fun"]}
    completion = ask(
        client,
        QUESTION,
        temperature=0.3,
        user="me",
        extra_body={"filters": filters, "reference": True, "top_k": 3},
    )
    assert completion.groundwire["retrieval"]["applied_filters"] == filters
    assert {hit["article_id"] for hit in completion.groundwire["retrieval"]["hits"]} == {"step@fun"}


def test_a_question_that_leans_on_the_chat_takes_its_context_along(client):
    followed = ask(client, QUESTION, "Two billion.", "And its valuation?")
    assert followed.groundwire["question"] == "And its valuation? (How much money did Kimi raise)"
    assert "above $20 billion" in followed.choices[0].message.content
    alone = ask(client, QUESTION, "Two billion.", "What did StepFun say?")
    assert alone.groundwire["question"] == "What did StepFun say?"


def test_text_may_come_in_parts(client):
    parts = [{"type": "text", "text": "How much money"}, {"type": "text", "text": "did Kimi raise?"}]
    completion = client.chat.completions.create(
        model="groundwire", messages=[{"role": "system", "content": "x"}, {"role": "user", "content": parts}]
    )
    assert completion.groundwire["question"] == "How much money\ndid Kimi raise?"


def test_a_title_for_the_chat_is_given_without_retrieval(client):
    task = (
        '### Task:\nGenerate a concise title.\n### Output:\nJSON format: { "title": "your title" }\n'
        f"### Chat History:\n<chat_history>\nUSER: {QUESTION}\nASSISTANT: Two.\n</chat_history>"
    )
    completion = ask(client, task)
    assert json.loads(completion.choices[0].message.content) == {"title": QUESTION}
    assert completion.groundwire is None
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in ask(client, task, stream=True))
    assert streamed == completion.choices[0].message.content
    tags = ask(client, '### Task:\nGenerate tags. JSON format: { "tags": ["a", "b"] }')
    assert json.loads(tags.choices[0].message.content) == {"tags": []}


def test_the_models_are_listed(client):
    assert [model.id for model in client.models.list()] == ["groundwire"]


def test_errors_have_the_shape_that_the_client_reads(client, address):
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": QUESTION}])
    assert "GET /v1/models" in unknown.value.body["message"]
    with pytest.raises(openai.UnprocessableEntityError) as filtered:
        ask(client, QUESTION, extra_body={"filters": {"published_after": "yesterday-ish"}})
    assert filtered.value.body["type"] == "invalid_request_error"
    assert filtered.value.body["param"] == "filters.published_after"
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model="groundwire", messages=[{"role": "assistant", "content": "x"}])
    malformed = httpx2.post(
        f"{address}/v1/chat/completions", content=b"{", headers={"content-type": "application/json"}
    )
    assert malformed.status_code == 400
    assert set(malformed.json()) == {"error"}


def test_a_key_is_asked_for(tmp_path):
    with live(tmp_path, keys=("right",)) as address:
        with (
            openai.OpenAI(base_url=f"{address}/v1", api_key="wrong", max_retries=0) as client,
            pytest.raises(openai.AuthenticationError) as refused,
        ):
            ask(client, QUESTION)
        assert refused.value.body["type"] == "authentication_error"
        with openai.OpenAI(base_url=f"{address}/v1", api_key="right") as client:
            assert ask(client, QUESTION).groundwire["status"] == "answered"
            assert list(client.models.list())
        assert httpx2.get(f"{address}/v1/models").status_code == 401


def through(server: ModelServer, timeout_s: float = 20.0) -> OpenAIGenerator:
    return OpenAIGenerator("tiny", Endpoint(server.base_url), Limits(timeout_s=timeout_s))


def test_a_language_model_answers_under_the_same_checks(tmp_path):
    text = (
        "Kimi raised $2 billion in May [1]. Kimi raised $9 trillion in May [1]. Kimi raised $2 billion [77]."
    )
    with (
        ModelServer(says(text)).running() as server,
        live(tmp_path, through(server), configured="openai:tiny") as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client,
    ):
        answer = ask(client, QUESTION).groundwire
        assert answer["answer"] == "Kimi raised $2 billion in May [1]."
        assert answer["models"]["generator"].startswith("openai:tiny (127.0.0.1:")
        assert [model.id for model in client.models.list()] == ["groundwire", "groundwire-extractive"]
        quoted = client.chat.completions.create(
            model="groundwire-extractive", messages=[{"role": "user", "content": QUESTION}]
        )
        assert quoted.groundwire["models"]["generator"] == "extractive"
        body = {"question": QUESTION, "stream": True, "drafts": True}
        events = httpx2.post(f"{address}/v1/answer", json=body).text
        assert "event: delta\n" in events
        assert (
            "event: delta\n" not in httpx2.post(f"{address}/v1/answer", json={**body, "drafts": False}).text
        )


def test_a_model_that_fails_is_a_bad_gateway_with_what_was_found(tmp_path):
    with (
        ModelServer(fails(401)).running() as server,
        live(tmp_path, through(server), configured="openai:tiny") as address,
    ):
        problem = httpx2.post(f"{address}/v1/answer", json={"question": QUESTION})
        assert problem.status_code == 502
        assert problem.json()["type"] == "urn:groundwire:problem:model-failed"
        assert problem.json()["retrieval"]["hits"][0]["article_id"] == "kimi"
        assert httpx2.post(
            f"{address}/v1/answer", json={"question": QUESTION, "generator": "extractive"}
        ).is_success
        with openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client:
            with pytest.raises(openai.InternalServerError) as failed:
                ask(client, QUESTION)
            assert failed.value.body["code"] == "model-failed"
            with pytest.raises(openai.APIError, match="status 401"):
                list(ask(client, QUESTION, stream=True))


def test_a_model_that_is_late_is_a_gateway_timeout(tmp_path):
    with (
        ModelServer(hangs()).running() as server,
        live(tmp_path, through(server, 0.4), configured="openai:tiny") as address,
    ):
        problem = httpx2.post(f"{address}/v1/answer", json={"question": QUESTION})
        assert problem.status_code == 504
        assert problem.json()["type"] == "urn:groundwire:problem:model-timed-out"


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_stops_the_model(tmp_path, stream):
    with (
        ModelServer(hangs("Kimi")).running() as server,
        live(tmp_path, through(server, 60), configured="openai:tiny") as address,
    ):
        with (
            openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0, timeout=2) as client,
            pytest.raises((openai.APITimeoutError, TimeoutError)),
        ):
            list(ask(client, QUESTION, stream=stream))
        assert server.hung_up.wait(10)
