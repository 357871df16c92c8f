"""`/v1/articles`: add, list, read, replace, delete."""

import json

import pytest
from service_fakes import ARTICLES

NDJSON = {"Content-Type": "application/x-ndjson"}
NEW = {"title": "Lighthouse relit", "text": "The lighthouse shines again. It was dark for nine years."}


def ids(reply):
    return [item["id"] for item in reply.json()["items"]]


def test_an_article_is_created_updated_and_unchanged(client):
    created = client.post("/v1/articles", json=NEW)
    assert created.status_code == 201
    body = created.json()
    assert created.headers["location"] == f"/v1/articles/{body['id']}"
    assert body == {"id": body["id"], "version": 1, "status": "created", "seq": 4}
    unchanged = client.post("/v1/articles", json=NEW)
    assert (unchanged.status_code, unchanged.json()) == (200, {**body, "status": "unchanged"})
    updated = client.post("/v1/articles", json={**NEW, "text": "The lighthouse is dark again."})
    assert updated.status_code == 200
    assert updated.json() == {**body, "version": 2, "status": "updated", "seq": 5}


def test_a_created_article_is_found_at_once(client):
    client.post("/v1/articles", json=NEW)
    answer = client.post("/v1/answer", json={"question": "lighthouse shines"}).json()
    assert answer["citations"][0]["quote"] == "The lighthouse shines again."


def test_an_article_is_read_with_its_text_and_all_that_was_said_of_it(client):
    full = {
        **NEW,
        "id": "light",
        "source": "Coast Daily",
        "url": "https://coast.example/light?utm_source=x",
        "language": "en",
        "published_at": "10 May 2026",
        "desk": {"editor": "Ines", "page": 3},
    }
    assert client.post("/v1/articles", json=full).status_code == 201
    article = client.get("/v1/articles/light").json()
    assert (article["id"], article["version"], article["latest_version"]) == ("light", 1, 1)
    assert (article["title"], article["text"]) == (NEW["title"], NEW["text"])
    assert (article["source"], article["language"]) == ("Coast Daily", "en")
    assert article["published_at"] == "2026-05-10"
    assert article["metadata"] == {"desk": {"editor": "Ines", "page": 3}}


def test_what_an_article_does_not_say_is_null(client):
    identity = client.post("/v1/articles", json=NEW).json()["id"]
    article = client.get(f"/v1/articles/{identity}").json()
    assert (article["url"], article["published_at"]) == (None, None)
    assert article["language"] == "en"


def test_put_stores_under_the_id_of_the_path(client):
    assert client.put("/v1/articles/light", json=NEW).status_code == 201
    assert client.put("/v1/articles/light", json=NEW).json()["status"] == "unchanged"
    assert client.put("/v1/articles/light", json={**NEW, "text": "Dark."}).json()["status"] == "updated"
    versions = client.get("/v1/articles/light/versions").json()
    assert [item["version"] for item in versions["items"]] == [1, 2]
    assert client.get("/v1/articles/light?version=1").json()["text"] == NEW["text"]
    assert client.get("/v1/articles/light").json()["text"] == "Dark."


def test_put_refuses_another_id_in_the_body(client):
    response = client.put("/v1/articles/light", json={**NEW, "id": "dark"})
    assert (response.status_code, response.json()["errors"][0]["loc"]) == (422, "id")


def test_a_deleted_article_is_gone_for_good(client):
    deleted = client.delete("/v1/articles/harbour")
    assert (deleted.status_code, deleted.json()) == (200, {"id": "harbour", "status": "deleted", "seq": 4})
    assert client.get("/v1/articles/harbour").status_code == 404
    assert client.delete("/v1/articles/harbour").json() == deleted.json()
    assert client.get("/v1/index").json()["seq"] == 4
    assert ids(client.get("/v1/articles")) == ["orchard", "qiao"]
    answer = client.post("/v1/answer", json={"question": "harbour bridge opened Monday"}).json()
    assert answer["status"] == "abstained"
    assert "harbour" not in {hit["article_id"] for hit in answer["retrieval"]["hits"]}


@pytest.mark.parametrize(
    ("article", "loc"),
    [
        ({"title": "t"}, "text"),
        ({"text": "x."}, "title"),
        ({"title": "t", "text": ""}, "text"),
        ({"title": "t", "text": " \n\t "}, "text"),
        ({"title": "t", "text": 7}, "text"),
        ({"title": ["t"], "text": "x."}, "title"),
        ({"title": "t", "text": "a\0b"}, "text"),
        ({"title": "t", "text": "a\ud800b"}, "text"),
        ({"title": "t" * 1001, "text": "x."}, "title"),
        ({**NEW, "published_at": "soon"}, "published_at"),
        ({**NEW, "published_at": "2026-02-30"}, "published_at"),
        ({**NEW, "published_at": "\ud800"}, "published_at"),
        ({**NEW, "published_at": 20260510}, "published_at"),
        ({**NEW, "url": "javascript:alert(1)"}, "url"),
        ({**NEW, "url": "https://[::1"}, "url"),
        ({**NEW, "id": "../up"}, "id"),
        ({**NEW, "id": "a" * 129}, "id"),
        ({**NEW, "source": "s" * 201}, "source"),
        ({**NEW, "note": "\ud800"}, "metadata"),
        ({**NEW, "\ud800": 1}, "metadata"),
        ({**NEW, "note": "x" * 1_100_000}, "metadata"),
        ([NEW], "article"),
    ],
)
def test_an_article_that_cannot_be_stored_names_its_field(reading, send_json, article, loc):
    response = send_json(reading, "/v1/articles", article)
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    (error,) = response.json()["errors"]
    assert error["loc"].split(".")[0] == loc
    assert error["msg"]


@pytest.mark.parametrize("depth", [100, 400, 950])
def test_metadata_nested_beyond_reason_is_refused(reading, send_json, depth):
    nested = None
    for _ in range(depth):
        nested = {"a": nested}
    response = send_json(reading, "/v1/articles", {**NEW, "note": nested})
    assert (response.status_code, response.json()["errors"][0]["loc"]) == (422, "metadata")


def test_lines_are_loaded_and_each_bad_one_is_reported(client):
    lines = [
        json.dumps(NEW),
        "",
        "{not json",
        json.dumps({"title": "no text"}),
        json.dumps({**NEW, "id": "second", "extra": 1}),
        json.dumps(ARTICLES[0]),
        "7",
        '{"title": "t", "text": "x.", "score": NaN}',
        json.dumps({**NEW, "id": "third", "published_at": "never"}),
    ]
    response = client.post("/v1/articles", content="\n".join(lines).encode(), headers=NDJSON)
    assert response.status_code == 200
    summary = response.json()
    counts = {name: summary[name] for name in ("added", "updated", "unchanged", "refused_total")}
    assert counts == {"added": 2, "updated": 0, "unchanged": 1, "refused_total": 5}
    assert [refusal["name"] for refusal in summary["refused"]] == [f"line {n}" for n in (3, 4, 7, 8, 9)]
    assert all(refusal["detail"] for refusal in summary["refused"])
    assert client.get("/v1/articles").json()["total"] == 5


def test_lines_of_bad_utf_8_are_refused_alone(client):
    content = b'{"title": "\xff", "text": "x."}\n' + json.dumps(NEW).encode()
    summary = client.post("/v1/articles", content=content, headers=NDJSON).json()
    assert (summary["added"], summary["refused_total"]) == (1, 1)


def test_lines_of_which_none_is_stored_are_a_422(client):
    response = client.post("/v1/articles", content=b"x\ny\n", headers=NDJSON)
    assert response.status_code == 422
    assert response.json()["refused_total"] == 2


def test_no_lines_store_nothing(client):
    response = client.post("/v1/articles", content=b"\n\n", headers=NDJSON)
    assert (response.status_code, response.json()["added"]) == (200, 0)


def test_files_are_stored_and_each_bad_one_is_reported(client):
    files = [
        (
            "files",
            ("relit.md", b"---\ntitle: Relit\nsource: Coast Daily\n---\n\nThe lighthouse shines again.\n"),
        ),
        ("files", ("plain.txt", "灯塔重新亮起。\n\n它熄灭了九年。".encode())),
        ("files", ("many.jsonl", b"\n".join([json.dumps({**NEW, "id": "a"}).encode(), b"broken"]))),
        ("files", ("scan.pdf", b"%PDF-1.7 \x00\x01")),
        ("files", ("empty.txt", b"  \n")),
        ("files", ("../../etc/passwd\x1b[2J", b"\x00\x01\x02")),
    ]
    response = client.post("/v1/articles", files=files)
    assert response.status_code == 200
    summary = response.json()
    assert (summary["added"], summary["refused_total"]) == (3, 4)
    assert {refusal["reason"] for refusal in summary["refused"]} >= {"unsupported-type", "no-text"}
    relit = next(item for item in client.get("/v1/articles").json()["items"] if item["title"] == "Relit")
    assert relit["source"] == "Coast Daily"


def test_a_form_without_a_file_is_refused(client):
    response = client.post("/v1/articles", files={"files": (None, "text")})
    assert (response.status_code, response.json()["errors"][0]["loc"]) == (422, "files")


@pytest.mark.parametrize("body", [b"", b"--x", b"no boundary anywhere", b"--x\r\n\r\n--x--"])
def test_a_broken_form_is_refused_by_the_client_s_fault(reading, body):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = reading.post("/v1/articles", content=body, headers=headers)
    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"] == "application/problem+json"


def test_too_many_files_are_refused(client):
    files = [("files", (f"{n}.txt", b"Some text.")) for n in range(101)]
    response = client.post("/v1/articles", files=files)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert client.get("/v1/articles").json()["total"] == 3


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_a_415_that_names_the_right_ones(reading, kind):
    response = reading.post("/v1/articles", content=b"{}", headers={"Content-Type": kind})
    assert response.status_code == 415
    assert response.json()["type"] == "urn:groundwire:problem:unsupported-media-type"
    assert "application/x-ndjson" in response.headers["accept-post"]


def test_the_list_has_a_line_for_each_article_in_the_order_of_arrival(reading):
    reply = reading.get("/v1/articles").json()
    assert [item["id"] for item in reply["items"]] == [article["id"] for article in ARTICLES]
    assert (reply["total"], reply["next"]) == (3, None)
    first = reply["items"][0]
    assert (first["title"], first["source"]) == (ARTICLES[0]["title"], "Coast Daily")
    assert first["characters"] == len(ARTICLES[0]["text"])
    assert first["passages"] >= 1
    assert "text" not in first


def test_pages_of_the_list_join_to_the_whole(reading):
    seen, after = [], 0
    while after is not None:
        reply = reading.get("/v1/articles", params={"limit": 2, "after": after})
        assert reply.json()["total"] == 3
        assert len(ids(reply)) <= 2
        seen += ids(reply)
        after = reply.json()["next"]
    assert seen == [article["id"] for article in ARTICLES]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("source=Coast Daily", ["harbour"]),
        ("source=Coast Daily&source=Field Notes", ["harbour", "orchard"]),
        ("source=nobody", []),
        ("language=zh", ["qiao"]),
        ("language=en&published_after=2026-05-01", ["harbour"]),
        ("published_after=2026-04-02&published_before=2026-05-10", ["harbour", "orchard"]),
        ("published_before=2026-04-02T08:00:00Z", []),
    ],
)
def test_the_list_keeps_to_filters(reading, query, found):
    reply = reading.get(f"/v1/articles?{query}")
    assert (ids(reply), reply.json()["total"]) == (found, len(found))


@pytest.mark.parametrize(
    ("query", "loc"),
    [
        ("limit=0", "query.limit"),
        ("limit=501", "query.limit"),
        ("limit=many", "query.limit"),
        ("after=-1", "query.after"),
        ("after=99999999999999999999", "query.after"),
        ("published_after=soon", "published_after"),
        ("source=%00", "query.source.0"),
    ],
)
def test_a_query_that_cannot_be_used_is_named(reading, query, loc):
    response = reading.get(f"/v1/articles?{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["loc"] == loc
