"""Merging and mending as jobs that people can follow."""

import threading
import time

import pytest
from service_fakes import Service

from index import dense, upkeep
from index.dense import DenseCache
from index.lexical import LexicalCache
from service.job_queue import JobQueue
from service.store import FILE_NAME, ServiceStore
from service.upkeep import queued_in


def add(client, numbers):
    for number in numbers:
        article = {"title": f"Port {number}", "text": f"Port {number} opened."}
        assert client.put(f"/v1/articles/p{number}", json=article).status_code == 201


def jobs_of(client, kind):
    return client.get("/v1/jobs", params={"kind": kind}).json()["items"]


def until(client, kind, *statuses):
    for _ in range(3000):
        if (jobs := jobs_of(client, kind)) and jobs[0]["status"] in statuses:
            return jobs[0]
        time.sleep(0.01)
    pytest.fail(f"no {kind} job is {statuses}: {jobs}")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(dense, "MERGE_AFTER", 4)


@pytest.fixture
def held(monkeypatch):
    """Hold the making of an index until the event is set."""
    event = threading.Event()
    merged = DenseCache._merged
    monkeypatch.setattr(DenseCache, "_merged", lambda *given: event.wait(60) and merged(*given))
    rebuild = LexicalCache.rebuild
    monkeypatch.setattr(LexicalCache, "rebuild", lambda *given: event.wait(60) and rebuild(*given))
    yield event
    event.set()


def test_a_merge_is_a_job_beside_which_articles_are_stored(small, held, tmp_path):
    with Service(tmp_path / "data").client(articles=False) as client:
        add(client, range(6))
        running = until(client, "merge", "running")
        assert running["result"] is None
        add(client, range(6, 12))
        hits = client.post("/v1/search", json={"question": "port 11"}).json()["hits"]
        assert hits[0]["article_id"] == "p11"
        assert len(jobs_of(client, "merge")) == 1
        held.set()
        until(client, "merge", "succeeded")
        first = client.get(f"/v1/jobs/{running['id']}").json()
        assert (first["status"], first["progress"], first["error"]) == ("succeeded", 1.0, None)
        assert first["result"]["dense_seq"] >= 6
        hits = client.post("/v1/search", json={"question": "port 3"}).json()["hits"]
        assert hits[0]["article_id"] == "p3"


def test_a_merge_that_cannot_be_written_is_a_job_that_failed_and_says_why(small, tmp_path, monkeypatch):
    def full(*arguments):
        raise dense.StoreWriteError("The disk is full. Free space.")

    monkeypatch.setattr("index.dense.write_generation", full)
    with Service(tmp_path / "data").client(articles=False) as client:
        add(client, range(6))
        assert until(client, "merge", "failed")["error"] == "The disk is full. Free space."
        assert "dense index on disk could not be written" in client.get("/readyz").json()["degraded"][0]
        hits = client.post("/v1/search", json={"question": "port 3"}).json()["hits"]
        assert hits[0]["article_id"] == "p3"


def test_a_merge_whose_process_died_is_taken_up_at_the_next_start(small, tmp_path):
    with Service(tmp_path / "data").client(articles=False) as client:
        add(client, range(3))
    store = ServiceStore(tmp_path / "data" / FILE_NAME)
    queue = JobQueue(store)
    left = queue.submit("merge", {})
    assert queue.take(["merge"]).id == left.id
    store.close()
    with Service(tmp_path / "data").client(articles=False) as client:
        assert until(client, "merge", "succeeded")["id"] == left.id


def test_a_damaged_index_is_mended_by_a_job_and_readyz_tells_until_then(held, tmp_path, monkeypatch):
    with Service(tmp_path / "data").client(articles=False) as client:
        add(client, range(6))
        held.set()
    held.clear()
    monkeypatch.setattr(upkeep, "LEXICAL_AT_START", 3)
    for path in (tmp_path / "data" / "lexical").rglob("*.term"):
        path.unlink()
        path.write_bytes(b"?")
    with Service(tmp_path / "data").client(articles=False) as client:
        ready = client.get("/readyz")
        assert ready.status_code == 200
        [told] = ready.json()["degraded"]
        assert "the lexical index is being made anew" in told
        assert client.get("/v1/index").json()["degraded"] == [told]
        hits = client.post("/v1/search", json={"question": "port 3"}).json()["hits"]
        assert hits[0]["article_id"] == "p3"
        assert hits[0]["scores"]["dense"] > 0
        until(client, "mend", "running")
        held.set()
        assert until(client, "mend", "succeeded")["result"] == {"dense_seq": 6, "lexical_seq": 6}
        assert client.get("/readyz").json()["degraded"] == []
        hits = client.post("/v1/search", json={"question": "port 3"}).json()["hits"]
        assert hits[0]["scores"]["lexical"] > 0


def test_work_that_is_cancelled_before_it_begins_is_not_queued_again_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(upkeep, "AGAIN_AFTER_S", 3600.0)
    store = ServiceStore(tmp_path / FILE_NAME)
    queue = JobQueue(store)
    work = upkeep.Upkeep({"merge": lambda progress: None})
    work.by(queued_in(queue))
    work.begin("merge")
    [job] = queue.waiting("merge")
    queue.cancel(job.id)
    for _ in range(3):
        work.begin("merge")
    assert queue.waiting("merge") == []
    monkeypatch.setattr(upkeep.time, "monotonic", lambda now=time.monotonic: now() + 3601)
    work.begin("merge")
    assert len(queue.waiting("merge")) == 1
    store.close()
