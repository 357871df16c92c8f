import time
from dataclasses import replace

import pytest
from fakes import FakeEmbedder
from service_fakes import Service

from index.types import Article, QAPair, StoredQAPair
from service import app as app_module
from service.gate import GateError, _found, retrieval_gate
from service.rebuilding import rebuild_kind


def load(name):
    return FakeEmbedder(64 if name == "fake" else 32, name)


@pytest.fixture
def client(tmp_path, monkeypatch):
    monkeypatch.setattr(
        app_module,
        "job_kinds",
        lambda engine, settings: [rebuild_kind(engine.library, load)],
    )
    with Service(tmp_path / "data").client(articles=False) as opened:
        for number in range(6):
            opened.put(
                f"/v1/articles/a{number}", json={"title": f"T{number}", "text": f"Port {number} opened."}
            )
        yield opened


def ended(client, response):
    assert response.status_code == 202
    for _ in range(2000):
        job = client.get(response.headers["location"]).json()
        if job["status"] not in ("queued", "running"):
            return job
        time.sleep(0.01)
    pytest.fail("did not come about")


def test_a_rebuild_is_a_job_and_changes_nothing_that_is_found(client):
    question = {"question": "Which port opened 3?"}
    before = client.post("/v1/search", json=question).json()["hits"]
    job = ended(client, client.post("/v1/index/rebuild"))
    assert (job["status"], job["kind"], job["result"]) == ("succeeded", "rebuild", {"embedded": 0, "seq": 6})
    after = client.post("/v1/search", json=question).json()["hits"]
    assert [hit["passage_id"] for hit in after] == [hit["passage_id"] for hit in before]


def test_a_library_is_moved_to_another_model_and_back_by_one_request(client):
    moved = ended(client, client.post("/v1/index/rebuild", json={"embedder": "other"}))
    assert (moved["status"], moved["result"]["embedded"]) == ("succeeded", 6)
    assert client.get("/v1/index").json()["space"].startswith("other@")
    assert client.get("/v1/index").json()["dense"]["index"] == "flat"
    back = ended(client, client.post("/v1/index/rebuild", json={"back": True}))
    assert back["status"] == "succeeded"
    assert client.get("/v1/index").json()["space"].startswith("fake@")


def test_the_vectors_of_spaces_that_were_left_are_dropped_by_one_request_and_the_way_back_with_them(client):
    ended(client, client.post("/v1/index/rebuild", json={"embedder": "other"}))
    dropped = ended(client, client.post("/v1/index/rebuild", json={"drop_old_spaces": True}))
    assert (dropped["status"], dropped["result"]) == ("succeeded", {"seq": 7, "dropped_vectors": 6})
    assert client.get("/v1/index").json()["space"].startswith("other@")
    hits = client.post("/v1/search", json={"question": "Which port opened 3?"}).json()["hits"]
    assert hits[0]["article_id"] == "a3"
    assert client.post("/v1/index/rebuild", json={"back": True}).status_code == 404
    back = client.post("/v1/index/rebuild", json={"embedder": "fake", "drop_old_spaces": True})
    assert ended(client, back)["result"] == {
        "left": FakeEmbedder(32, "other").space.id,
        "entered": FakeEmbedder(64, "fake").space.id,
        "embedded": 6,
        "seq": 8,
        "dropped_vectors": 6,
    }


def test_there_is_no_way_back_from_where_one_never_left(client):
    assert client.post("/v1/index/rebuild", json={"back": True}).status_code == 404
    assert client.post("/v1/index/rebuild", json={"embeder": "typo"}).status_code == 422


class Stub:
    """A snapshot that finds the articles of these questions."""

    def __init__(self, count, found):
        self.passage_count = count
        self.catalog = self
        self.found = found

    def qa_pairs(self):
        return [StoredQAPair(f"a{n}", 1, 0, f"Question {n}?", "A.", "en") for n in range(100)]


@pytest.mark.parametrize(("found", "opens"), [(100, True), (90, True), (88, True), (87, False), (0, False)])
def test_the_gate_opens_only_where_questions_are_found_as_well_as_before(monkeypatch, found, opens):
    monkeypatch.setattr("service.gate._found", lambda pairs, snapshot: snapshot.found / len(pairs))
    if opens:
        retrieval_gate(Stub(10, 90), Stub(10, found))
    else:
        with pytest.raises(GateError, match=r"of 100 questions find their article"):
            retrieval_gate(Stub(10, 90), Stub(10, found))


def test_the_gate_counts_the_questions_whose_article_is_found(library):
    for word in ("zebra", "walrus", "port"):
        library.put(
            Article("T", f"The {word} round closed.", article_id=word, qa_pairs=(QAPair(f"{word}?", "A."),))
        )
    whole = library.snapshot()
    zebra, walrus, port = library.catalog.qa_pairs()
    assert _found([zebra, walrus, port], whole) == 1.0
    retrieval_gate(whole, whole)
    library.delete("zebra")
    less = library.snapshot()
    assert _found([zebra, walrus, port], less) == pytest.approx(2 / 3)
    assert _found([replace(walrus, article_id="port2")], less) == 0.0
    with pytest.raises(GateError, match="holds 2 passages, this one 3"):
        retrieval_gate(whole, less)


def test_the_gate_is_shut_where_passages_are_missing():
    with pytest.raises(GateError, match="holds 9 passages, this one 10"):
        retrieval_gate(Stub(10, 90), Stub(9, 90))
