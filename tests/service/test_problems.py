"""Every error is a problem (RFC 9457), with a status that means what it says."""

import json
import logging

import pytest
from service_fakes import Service

from index.errors import StoreError, StoreWriteError

SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
JSON = {"Content-Type": "application/json"}


def assert_problem(response, status, kind):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:groundwire:problem:{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == f"urn:groundwire:request:{response.headers['x-request-id']}"
    assert SAFE_HEADERS.items() <= response.headers.items()
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    return body


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/v1",
        "/v1/answers",
        "/static/../app.py",
        "/static/",
        "/docs",
        "/v1/articles/",
        "/v1/articles/..%2f..%2fetc%2fpasswd",
    ],
)
def test_an_unknown_route_is_a_404(reading, path):
    assert_problem(reading.get(path, follow_redirects=False), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/answer"),
        ("DELETE", "/v1/articles"),
        ("POST", "/healthz"),
        ("PATCH", "/v1/articles/harbour"),
        ("BREW", "/"),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_ones(reading, method, path):
    response = reading.request(method, path)
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"]


@pytest.mark.parametrize("path", ["/v1/answer", "/v1/search", "/v1/articles"])
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"question",
        b'{"question": "\xff\xfe"}',
        b'{"a":' * 4000,
        b'{"question": 1' + b"0" * 5000 + b"}",
    ],
    ids=["cut off", "empty", "no JSON", "no UTF-8", "4,000 deep", "endless number"],
)
def test_a_body_that_is_no_json_is_refused_by_the_client_s_fault(reading, path, body):
    response = reading.post(path, content=body, headers=JSON)
    if not body and path != "/v1/articles":
        assert_problem(response, 422, "invalid-input")
    else:
        assert_problem(response, 400, "malformed-json")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/answer", '{"question": "bridge", "top_k": %s}'),
        ("/v1/search", '{"question": "bridge", "extra": %s}'),
        ("/v1/articles", '{"title": "t", "text": "x", "score": %s}'),
        ("/v1/articles", '{"title": "t", "text": "x", "deep": {"list": [%s]}}'),
        ("/v1/articles", '{"title": %s, "text": "x"}'),
        ("/v1/articles", "%s"),
    ],
)
def test_what_is_no_finite_number_is_a_422_that_names_the_field(reading, path, body, number):
    response = reading.post(path, content=body % number, headers=JSON)
    problem = assert_problem(response, 422, "invalid-input")
    assert problem["errors"][0]["loc"]
    assert number.strip("-") not in json.dumps(problem["errors"]).replace("NaN and Infinity", "")


@pytest.mark.parametrize("path", ["/v1/answer", "/v1/search", "/v1/articles"])
@pytest.mark.parametrize("body", ["[]", "null", '"text"', "7", "true"])
def test_json_of_another_kind_is_a_422(reading, path, body):
    assert_problem(reading.post(path, content=body, headers=JSON), 422, "invalid-input")


def test_a_body_without_its_content_type_is_a_422_that_names_the_header(reading):
    response = reading.post("/v1/answer", content=b'{"question": "Which port opened?"}')
    problem = assert_problem(response, 422, "invalid-input")
    assert "Content-Type: application/json" in problem["detail"]


def test_nothing_that_was_sent_is_repeated_in_an_error(reading):
    body = json.dumps({"question": "x" * 2500 + "canary", "top_k": "canary", "as_of": "canary" * 50})
    response = reading.post("/v1/answer", content=body, headers=JSON)
    assert response.status_code == 422
    assert "canary" not in response.text


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("identity", ["art_0", "%00", "%ED%A0%80", "a" * 5000, "..%5c..%5cetc", "'; --"])
def test_an_unknown_id_is_a_404_that_is_the_same_for_all(reading, method, identity):
    response = reading.request(method, f"/v1/articles/{identity}")
    problem = assert_problem(response, 404, "not-found")
    assert (
        problem["detail"]
        == "Nothing is stored under this id. GET /v1/articles and GET /v1/jobs list what is."
    )


@pytest.mark.parametrize("path", ["/v1/articles/harbour?version=9", "/v1/articles/gone/versions"])
def test_an_unknown_version_is_a_404(reading, path):
    assert_problem(reading.get(path), 404, "not-found")


def test_a_body_that_says_it_is_too_large_is_refused_unread(tmp_path):
    service = Service(tmp_path, max_body_mib=1)
    with service.client(articles=False) as client:
        response = client.post("/v1/articles", content=b" " * (1 << 20) + b"x", headers=JSON)
        body = assert_problem(response, 413, "content-too-large")
        assert "1 MiB" in body["detail"]
        assert response.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/answer", "application/json"),
        ("/v1/search", "application/json"),
        ("/v1/articles", "application/json"),
        ("/v1/articles", "application/x-ndjson"),
        ("/v1/articles", "multipart/form-data; boundary=x"),
    ],
)
def test_a_body_that_proves_too_large_is_refused_while_it_is_read(tmp_path, path, kind):

    def parts():
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(64):
            yield b" " * (64 << 10)

    service = Service(tmp_path, max_body_mib=1)
    with service.client(articles=False) as client:
        response = client.post(path, content=parts(), headers={"Content-Type": kind})
        assert_problem(response, 413, "content-too-large")
        assert client.get("/v1/index").json()["seq"] == 0


def test_a_failure_of_the_house_tells_nothing_and_is_logged(service, client, caplog):
    def broken(evidence):
        raise ZeroDivisionError("secret of the house")

    service.generator.script = broken
    with caplog.at_level(logging.ERROR):
        response = client.post("/v1/answer", json={"question": "harbour bridge opened"})
    assert_problem(response, 500, "unexpected")
    assert "secret" not in response.text
    assert "secret of the house" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (StoreWriteError("The disk is full. Free some space."), 507, "write-failed"),
        (StoreError("The library is damaged. Rebuild it."), 503, "store-unavailable"),
    ],
)
def test_a_store_that_fails_says_so(service, client, monkeypatch, error, status, kind):
    def failing(articles, vectors, space):
        raise error

    monkeypatch.setattr(service.engine.library.catalog, "put", failing)
    response = client.post("/v1/articles", json={"title": "t", "text": "New text."})
    assert_problem(response, status, kind)
    assert (response.headers.get("retry-after") is not None) == (status == 503)
    assert client.post("/v1/answer", json={"question": "harbour bridge"}).status_code == 200


def test_a_second_process_reads_and_hands_its_changes_to_the_first(service, client):
    second = Service(service.settings.data)
    with second.client(articles=False) as reader:
        assert reader.get("/readyz").json()["writable"] is False
        assert reader.post("/v1/answer", json={"question": "harbour bridge opened"}).json()["statements"]
        assert reader.post("/v1/articles", json={"title": "t", "text": "x."}).status_code == 201
        assert reader.delete("/v1/articles/harbour").status_code == 200
        assert client.get("/v1/articles/harbour").status_code == 404
        assert_problem(reader.post("/v1/articles", json={"title": "t", "text": ""}), 422, "invalid-input")
