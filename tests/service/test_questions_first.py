"""Questions go first: before articles that arrive and before a library that moves to another model."""

import os
import sys
import threading
import time

import pytest
from fakes import FakeEmbedder
from service_fakes import Service

from service import app as app_module
from service.rebuilding import rebuild_kind


class NotingEmbedder(FakeEmbedder):
    """Notes the priority of the threads that embed passages and questions."""

    def __init__(self):
        super().__init__()
        self.passages, self.questions = set(), set()

    def embed_passages(self, texts):
        self.passages.add(niceness())
        return super().embed_passages(texts)

    def embed_queries(self, texts):
        self.questions.add(niceness())
        return super().embed_queries(texts)


def niceness():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="single threads have a priority on Linux alone")
def test_articles_are_embedded_behind_the_threads_that_answer(tmp_path):
    service = Service(tmp_path / "data")
    service.embedder = NotingEmbedder()
    with service.client(articles=False) as client:
        line = b'{"title": "Port", "text": "Port 2 opened."}\n'
        client.put("/v1/articles/a", json={"title": "Port", "text": "Port 1 opened."})
        client.post("/v1/articles", content=line, headers={"content-type": "application/x-ndjson"})
        answer = client.post("/v1/answer", json={"question": "Which port opened?"}).json()
    assert answer["index"]["seq"] == 2
    assert service.embedder.passages == {max(10, niceness())}
    assert service.embedder.questions == {niceness()}


def test_changes_that_wait_take_no_thread_of_those_that_answer(tmp_path, monkeypatch):
    service = Service(tmp_path / "data")
    with service.client() as client:
        library, go_on, waiting = service.engine.library, threading.Event(), threading.Semaphore(0)
        put = library.put

        def slow(article):
            waiting.release()
            assert go_on.wait(60)
            return put(article)

        monkeypatch.setattr(library, "put", slow)
        stored = []
        # More than the threads that a server has for everything (AnyIO gives it forty).
        puts = [threading.Thread(target=lambda n=n: stored.append(put_one(client, n))) for n in range(50)]
        for thread in puts:
            thread.start()
        try:
            assert waiting.acquire(timeout=20)
            time.sleep(0.5)  # for the others to arrive
            answer = client.post("/v1/answer", json={"question": "When did the harbour bridge open?"})
            assert answer.status_code == 200
            assert stored == []
        finally:
            go_on.set()
            for thread in puts:
                thread.join(60)
    assert stored == [201] * 50


def put_one(client, number):
    body = {"title": "Port", "text": f"Port {number} opened."}
    return client.put(f"/v1/articles/p{number}", json=body).status_code


@pytest.mark.parametrize("path", ["/v1/answer", "/v1/search"])
def test_a_library_that_moves_waits_while_a_question_is_worked_on(tmp_path, monkeypatch, path):
    monkeypatch.setattr("index.reembed._STEP_ASIDE_S", 60.0)
    other = FakeEmbedder(32, "other")
    monkeypatch.setattr(
        app_module, "job_kinds", lambda engine, settings: [rebuild_kind(engine.library, lambda name: other)]
    )
    service = Service(tmp_path / "data")
    with service.client() as client:
        asked, go_on, given = threading.Event(), threading.Event(), []
        score = service.scorer.score

        def waiting(question, hits):
            asked.set()
            assert go_on.wait(20)
            return score(question, hits)

        monkeypatch.setattr(service.scorer, "score", waiting)
        question = {"question": "When did the harbour bridge open?"}
        asking = threading.Thread(target=lambda: given.append(client.post(path, json=question).status_code))
        asking.start()
        try:
            assert asked.wait(20)
            job = client.post("/v1/index/rebuild", json={"embedder": "other"}).headers["location"]
            until(lambda: client.get(job).json()["status"] == "running")
            time.sleep(0.2)
            assert other.embedded == []
        finally:
            go_on.set()
            asking.join(20)
        until(lambda: client.get(job).json()["status"] == "succeeded")
        assert given == [200]
        assert other.embedded


def until(condition):
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("did not come about")
