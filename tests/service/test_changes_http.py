import json
import os
import time

import pytest
from service_fakes import Service

from service import changes as changes_module

KIMI = {"title": "Kimi", "text": "Kimi raised two billion. The zebra round closed.", "id": "kimi"}


@pytest.fixture
def client(tmp_path):
    with Service(tmp_path / "data").client(articles=False) as opened:
        yield opened


@pytest.fixture
def reader(client, tmp_path):
    """A second process of the same folder, as good as: it opened the library when it was taken."""
    with Service(tmp_path / "data").client(articles=False) as opened:
        yield opened


def lines(*articles):
    return {
        "content": "\n".join(json.dumps(article) for article in articles),
        "headers": {"content-type": "application/x-ndjson"},
    }


def many(count):
    return [{"title": f"T{n}", "text": f"Port {n} opened.", "id": f"a{n}"} for n in range(count)]


def ended(client, response):
    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == f"/v1/jobs/{job['id']}"
    for _ in range(2000):
        job = client.get(response.headers["location"]).json()
        if job["status"] not in ("queued", "running"):
            return job
        time.sleep(0.01)
    pytest.fail("did not come about")


def found(client, words):
    hits = client.post("/v1/search", json={"question": words}).json()["hits"]
    return [hit["article_id"] for hit in hits if hit["scores"]["lexical"]]


def test_an_article_is_put_changed_read_by_version_and_deleted(client):
    body = {name: KIMI[name] for name in ("title", "text")}
    first = client.put("/v1/articles/kimi", json=body)
    assert (first.status_code, first.json()["status"], first.headers["location"]) == (
        201,
        "created",
        "/v1/articles/kimi",
    )
    again = client.put("/v1/articles/kimi", json=body)
    assert (again.status_code, again.json()["status"], again.json()["seq"]) == (200, "unchanged", 1)
    changed = client.put("/v1/articles/kimi", json={**body, "text": "Kimi raised three billion."})
    assert (changed.status_code, changed.json()["status"], changed.json()["version"]) == (200, "updated", 2)
    listed = client.get("/v1/articles/kimi/versions").json()["items"]
    assert [item["version"] for item in listed] == [1, 2]
    assert client.get("/v1/articles/kimi/versions", params={"version": 1}).json()["text"] == KIMI["text"]
    assert client.get("/v1/articles/kimi/versions", params={"version": 3}).status_code == 404
    assert client.put("/v1/articles/kimi", json=KIMI | {"id": "other"}).status_code == 422
    gone = client.delete("/v1/articles/kimi")
    assert gone.json() == {"id": "kimi", "status": "deleted", "seq": 3}
    assert client.delete("/v1/articles/kimi").json()["seq"] == 3
    assert client.get("/v1/articles/kimi").status_code == 404
    assert client.delete("/v1/articles/nobody").status_code == 404


def test_a_short_batch_is_stored_at_once_and_a_long_one_by_a_job(client, monkeypatch):
    short = client.post("/v1/articles", **lines(KIMI, {"title": "no text"}))
    assert (short.status_code, short.json()["added"], short.json()["refused_total"]) == (200, 1, 1)
    monkeypatch.setattr(changes_module, "LONG_BYTES", 1000)
    job = ended(client, client.post("/v1/articles", **lines(*many(30), {"title": "no text"})))
    assert (job["status"], job["kind"], job["progress"]) == ("succeeded", "ingest", 1.0)
    assert (job["result"]["added"], job["result"]["refused_total"]) == (30, 1)
    assert job["result"]["refused"][0]["name"] == "line 31"
    assert client.get("/v1/index").json()["articles"] == 31


def test_a_client_may_ask_for_a_job_and_files_become_one_too(client, tmp_path):
    sent = lines(*many(2))
    sent["headers"]["prefer"] = "wait=1, respond-async"
    assert ended(client, client.post("/v1/articles", **sent))["result"]["added"] == 2
    files = [
        ("files", (name, b"---\ntitle: Kimi\n---\n\nThe zebra round closed.")) for name in ("../a.md", "b.md")
    ]
    job = ended(client, client.post("/v1/articles", files=files, headers={"prefer": "respond-async"}))
    assert (job["result"]["added"], job["result"]["unchanged"], job["result"]["refused"]) == (1, 1, [])
    assert list((tmp_path / "data" / "uploads").iterdir()) == []


def test_a_request_with_a_key_is_one_job_however_often_it_comes(client):
    sent = lines(*many(3))
    sent["headers"]["idempotency-key"] = "k1"
    first, second = (client.post("/v1/articles", **sent) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert ended(client, second)["result"]["added"] == 3
    other = lines(*many(4))
    other["headers"]["idempotency-key"] = "k1"
    refused = client.post("/v1/articles", **other)
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert client.get("/v1/jobs").json()["total"] == 1


def test_a_load_that_was_cut_off_is_carried_on_by_the_next_start(tmp_path, monkeypatch):
    with Service(tmp_path / "data").client(articles=False) as client:
        queue = client.app_state["jobs"]
        monkeypatch.setattr(queue, "take", lambda kinds: None)
        sent = lines(*many(5))
        sent["headers"]["prefer"] = "respond-async"
        identity = client.post("/v1/articles", **sent).json()["id"]
        monkeypatch.undo()
        queue.take(["ingest"])
    with Service(tmp_path / "data").client(articles=False) as client:
        for _ in range(2000):
            if (job := client.get(f"/v1/jobs/{identity}").json())["status"] == "succeeded":
                break
            time.sleep(0.01)
        assert job["result"]["added"] == 5


def test_uploads_that_no_job_reads_are_removed_once_they_are_old(tmp_path):
    for name, age in (("old", 7200), ("young", 60)):
        place = tmp_path / "data" / "uploads" / name
        place.mkdir(parents=True)
        os.utime(place, (time.time() - age, time.time() - age))
    with Service(tmp_path / "data").client(articles=False):
        assert [path.name for path in (tmp_path / "data" / "uploads").iterdir()] == ["young"]


def test_a_process_that_only_reads_takes_changes_as_the_writing_one_does(client, reader):
    assert reader.get("/readyz").json()["writable"] is False
    created = reader.put("/v1/articles/kimi", json=KIMI)
    assert (created.status_code, created.json()["status"], created.json()["seq"]) == (201, "created", 1)
    assert found(reader, "zebra") == found(client, "zebra") == ["kimi"]
    assert reader.put("/v1/articles/kimi", json=KIMI).status_code == 200
    refused = reader.post("/v1/articles", json={"title": "T", "text": " "})
    assert (refused.status_code, refused.json()["errors"][0]["loc"]) == (422, "text")
    assert reader.post("/v1/articles", **lines(*many(3))).json()["added"] == 3
    assert reader.delete("/v1/articles/kimi").json()["seq"] == 3
    assert found(reader, "zebra") == found(client, "zebra") == []
    assert reader.delete("/v1/articles/nobody").status_code == 404
    kinds = [job["kind"] for job in client.get("/v1/jobs").json()["items"]]
    assert kinds == ["ingest"]


def test_a_change_that_the_writing_process_has_no_time_for_is_answered_with_its_job(
    client, reader, monkeypatch
):
    monkeypatch.setattr(changes_module, "_HAND_OVER_S", 0.0)
    response = reader.put("/v1/articles/kimi", json=KIMI)
    assert ended(reader, response)["result"]["status"] == "created"
    assert reader.get("/v1/articles/kimi").status_code == 200


def test_an_answer_that_was_given_can_be_rated(client):
    client.put("/v1/articles/kimi", json=KIMI)
    given = client.post("/v1/answer", json={"question": "What did Kimi raise?"}).json()
    path = f"/v1/answers/{given['id']}/feedback"
    assert client.post(path, json={"thumbs": "up"}).status_code == 200
    rated = client.post(path, json={"thumbs": "down", "comment": "差 far off"})
    assert rated.json() == {"id": given["id"], "thumbs": "down", "comment": "差 far off"}
    [kept] = client.app_state["answers"].rated()
    assert (kept.question, kept.answer, kept.status, kept.seq) == (
        given["question"],
        given["answer"],
        given["status"],
        1,
    )
    assert [dict(citation) for citation in kept.citations] == [
        {**citation, "url": citation["url"] or "", "published_at": citation["published_at"] or ""}
        for citation in given["citations"]
    ]
    assert (kept.thumbs, kept.comment, kept.models["generator"]) == ("down", "差 far off", "scripted")
    assert client.post(path, json={"thumbs": "sideways"}).status_code == 422
    assert client.post("/v1/answers/ans_nobody/feedback", json={"thumbs": "up"}).status_code == 404


def test_a_streamed_answer_can_be_rated(client):
    client.put("/v1/articles/kimi", json=KIMI)
    stream = client.post("/v1/answer", json={"question": "What did Kimi raise?", "stream": True}).text
    [final] = [block for block in stream.split("\n\n") if block.startswith("event: final")]
    identity = json.loads(final.partition("data: ")[2])["id"]
    assert client.post(f"/v1/answers/{identity}/feedback", json={"thumbs": "up"}).status_code == 200


def test_only_so_many_answers_are_remembered_and_rated_ones_stay(client, monkeypatch):
    monkeypatch.setattr("service.answer_log.KEPT_ANSWERS", 2)
    client.put("/v1/articles/kimi", json=KIMI)
    ids = []
    for number in range(5):
        ids.append(
            client.post("/v1/answer", json={"question": f"What did Kimi raise {number}?"}).json()["id"]
        )
        if number == 0:
            assert client.post(f"/v1/answers/{ids[0]}/feedback", json={"thumbs": "up"}).status_code == 200
    statuses = [
        client.post(f"/v1/answers/{identity}/feedback", json={"thumbs": "up"}).status_code for identity in ids
    ]
    assert statuses == [200, 404, 404, 200, 200]
