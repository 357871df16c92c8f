"""`POST /v1/answer` as a stream of server-sent events, under a real server."""

import json
import socket
import threading

import httpx2 as httpx
import pytest
from service_fakes import run_server

from service.routes import answer as answer_route

WAIT_S = 30
"""Longer than anything here takes, so that a test which hangs fails."""


@pytest.fixture
def address(service):
    with service.client():
        pass
    with run_server(service) as (host, port):
        yield f"http://{host}:{port}"


def events_in(text):
    """The (name, data) pairs of a stream; comments are left out."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def stream(address, question="harbour bridge opened Monday cost crowns", **more):
    body = {"question": question, "stream": True, **more}
    return httpx.post(f"{address}/v1/answer", json=body, timeout=WAIT_S)


def test_events_come_in_the_order_of_the_contract(address):
    response = stream(address, "the ferry leaves dawn ferries stop june")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    events = events_in(response.text)
    names = [name for name, _ in events]
    assert names[0] == "retrieval"
    assert names[-2:] == ["final", "done"]
    assert set(names[1:-2]) == {"statement", "citation"}
    told = set()
    for name, data in events:
        if name == "citation":
            told.add(data["n"])
        if name == "statement":
            assert set(data["citations"]) <= told


def test_the_final_event_is_the_answer_that_is_given_whole(address):
    question = "harbour bridge opened Monday"
    events = events_in(stream(address, question).text)
    final = dict(events)["final"]
    whole = httpx.post(f"{address}/v1/answer", json={"question": question}, timeout=WAIT_S).json()
    for changing in ("id", "timings_ms"):
        del final[changing], whole[changing]
    assert final == whole
    assert [data for name, data in events if name == "statement"] == whole["statements"]
    assert [data for name, data in events if name == "citation"] == whole["citations"]
    assert dict(events)["retrieval"]["hits"] == whole["retrieval"]["hits"]


def test_a_refusal_is_streamed_as_well(address):
    events = events_in(stream(address, "volcano eruption warnings").text)
    assert [name for name, _ in events] == ["retrieval", "final", "done"]
    assert events[1][1]["reason"] == "no_evidence"


def test_a_comment_goes_out_while_nothing_else_does(address, service, monkeypatch):
    monkeypatch.setattr(answer_route, "HEARTBEAT_S", 0.05)
    go_on = threading.Event()
    quoted = service.generator.script

    def slow(evidence):
        assert go_on.wait(WAIT_S)
        return quoted(evidence)

    service.generator.script = slow
    body = {"question": "harbour bridge opened Monday", "stream": True}
    with httpx.stream("POST", f"{address}/v1/answer", json=body, timeout=WAIT_S) as response:
        text = ""
        for part in response.iter_text():
            text += part
            if text.count("\n: ") + text.startswith(": ") >= 2:
                go_on.set()
    assert [name for name, _ in events_in(text)][-2:] == ["final", "done"]


def test_a_failure_in_the_middle_is_an_error_event_and_done(address, service):
    def broken(evidence):
        raise ZeroDivisionError("secret of the house")

    service.generator.script = broken
    events = events_in(stream(address).text)
    assert [name for name, _ in events] == ["retrieval", "error", "done"]
    problem = events[1][1]
    assert (problem["status"], problem["type"]) == (500, "urn:groundwire:problem:unexpected")
    assert "secret" not in json.dumps(problem)
    assert stream(address, "volcano").status_code == 200


@pytest.mark.parametrize(
    "body", [{"question": " "}, {"question": "bridge", "as_of": "soon"}, {"question": 3}]
)
def test_a_question_that_cannot_be_read_gets_a_status_and_no_stream(address, body):
    response = httpx.post(f"{address}/v1/answer", json={**body, "stream": True}, timeout=WAIT_S)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


def test_a_client_that_goes_away_ends_the_work_and_frees_its_place(address, service):
    at_work, go_on, over = threading.Event(), threading.Event(), threading.Event()
    score = service.scorer.score

    def slow(question, hits):
        at_work.set()
        assert go_on.wait(WAIT_S)
        try:
            return score(question, hits)
        finally:
            over.set()

    service.scorer.score = slow
    host, _, port = address.removeprefix("http://").partition(":")
    body = json.dumps({"question": "harbour bridge opened", "stream": True}).encode()
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /v1/answer HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
        assert at_work.wait(WAIT_S)
    # What the server reads after the end of that connection, it reads after having seen the end.
    for _ in range(3):
        assert httpx.get(f"{address}/healthz", timeout=WAIT_S).status_code == 200
    go_on.set()
    assert over.wait(WAIT_S)
    service.scorer.score = score
    for _ in range(service.settings.answers_at_once * 5):
        assert stream(address, "volcano").status_code == 200
    assert "harbour bridge opened" not in service.generator.asked


def test_a_full_house_turns_a_question_away_with_503(address, service, monkeypatch):
    monkeypatch.setattr("service.access._WAIT_S", 0.05)
    go_on = threading.Event()
    begun = threading.Semaphore(0)
    score = service.scorer.score

    def slow(question, hits):
        begun.release()
        assert go_on.wait(WAIT_S)
        return score(question, hits)

    service.scorer.score = slow
    places = service.settings.answers_at_once
    replies = []
    busy = [threading.Thread(target=lambda: replies.append(stream(address))) for _ in range(places)]
    for thread in busy:
        thread.start()
    for _ in range(places):
        assert begun.acquire(timeout=WAIT_S)
    for more in ({}, {"stream": True}):
        body = {"question": "harbour", **more}
        turned_away = httpx.post(f"{address}/v1/answer", json=body, timeout=WAIT_S)
        assert turned_away.status_code == 503
        assert turned_away.headers["retry-after"] == "1"
        assert turned_away.json()["type"] == "urn:groundwire:problem:busy"
    assert httpx.get(f"{address}/healthz", timeout=WAIT_S).status_code == 200
    go_on.set()
    for thread in busy:
        thread.join(WAIT_S)
    assert [reply.status_code for reply in replies] == [200] * places
    assert stream(address).status_code == 200
