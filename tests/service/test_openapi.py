"""What /openapi.json says is what the service does."""

import json

import pytest
from service_fakes import Service

ARTICLE = {"title": "Rain", "text": "Rain fell on Sunday."}
JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}
REQUESTS = [
    # method, path of the document, path, body, headers, status
    ("post", "/v1/articles", "", json.dumps(ARTICLE | {"id": "rain"}), JSON, 201),
    ("post", "/v1/articles", "", json.dumps(ARTICLE | {"id": "rain"}), JSON, 200),
    ("post", "/v1/articles", "", json.dumps(ARTICLE), LINES | {"Prefer": "respond-async"}, 202),
    ("post", "/v1/articles", "", "{", JSON, 400),
    ("post", "/v1/articles", "", json.dumps({"title": 7}), JSON, 422),
    ("post", "/v1/articles", "", json.dumps({"title": "x"}), LINES, 422),
    ("post", "/v1/articles", "", "x", {"Content-Type": "text/plain"}, 415),
    ("put", "/v1/articles/{article_id}", "/v1/articles/hail", json.dumps(ARTICLE), JSON, 201),
    ("put", "/v1/articles/{article_id}", "/v1/articles/hail", "[]", JSON, 422),
    ("get", "/v1/articles", "/v1/articles?limit=0", "", {}, 422),
    ("get", "/v1/articles/{article_id}", "/v1/articles/nobody", "", {}, 404),
    ("delete", "/v1/articles/{article_id}", "/v1/articles/hail", "", {}, 200),
    ("post", "/v1/answer", "", json.dumps({"question": "harbour bridge"}), JSON, 200),
    ("post", "/v1/answer", "", json.dumps({"question": "harbour bridge", "stream": True}), JSON, 200),
    ("post", "/v1/answer", "", json.dumps({"question": "x", "more": 1}), JSON, 422),
    ("post", "/v1/search", "", "\x00", JSON, 400),
    ("post", "/v1/answers/{answer_id}/feedback", "/v1/answers/no/feedback", '{"thumbs": "up"}', JSON, 404),
    ("post", "/v1/evaluations", "", "{}", JSON, 202),
    ("post", "/v1/evaluations", "", '{"sample": 0}', JSON, 422),
    ("get", "/v1/evaluations/{identity}", "/v1/evaluations/job_no", "", {}, 404),
    ("post", "/v1/index/rebuild", "", "{}", JSON, 202),
    ("get", "/v1/jobs", "/v1/jobs?status=asleep", "", {}, 422),
    ("delete", "/v1/jobs/{job_id}", "/v1/jobs/job_no", "", {}, 404),
    ("post", "/v1/chat/completions", "", "{}", JSON, 422),
    ("post", "/v1/chat/completions", "", "{", JSON, 400),
    ("get", "/metrics", "", "", {}, 200),
    ("get", "/readyz", "", "", {}, 200),
]


@pytest.fixture(scope="module")
def open_client(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("open")).client() as client:
        yield client


@pytest.fixture(scope="module")
def document(open_client):
    return open_client.get("/openapi.json").json()


def resolved(document, schema):
    name = schema["$ref"].removeprefix("#/components/schemas/")
    return document["components"]["schemas"][name]


def check(value, schema):
    """Hold a value to the few words of JSON Schema that the errors are described by."""
    kinds = {"string": str, "integer": int, "object": dict, "array": list, "null": type(None)}
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert isinstance(value, tuple(kinds[kind] for kind in allowed)), (value, schema)
    if isinstance(value, dict):
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])
        for name, inner in value.items():
            check(inner, schema["properties"][name])
    if isinstance(value, list):
        for item in value:
            check(item, schema["items"])


@pytest.mark.parametrize(
    ("method", "path", "asked", "body", "headers", "status"),
    REQUESTS,
    ids=lambda value: str(value)[:40] if isinstance(value, str | int) else "",
)
def test_every_reply_is_one_that_the_document_names(
    open_client, document, method, path, asked, body, headers, status
):
    response = open_client.request(method, asked or path, content=body.encode(), headers=headers)
    assert response.status_code == status, response.text
    responses = document["paths"][path][method]["responses"]
    declared = responses[str(status)] if str(status) in responses else responses["default"]
    media_type = response.headers["content-type"].partition(";")[0]
    if status < 400 and "content" not in declared:
        return
    assert media_type in declared["content"]
    schema = declared["content"][media_type].get("schema")
    if status >= 400 and schema:
        check(response.json(), resolved(document, schema))


def test_a_status_below_400_is_named_and_not_left_to_the_default(document):
    named = {(method, path, str(status)) for method, path, *_, status in REQUESTS if status < 400}
    for method, path, status in named:
        assert status in document["paths"][path][method]["responses"]


def test_nothing_is_said_of_errors_that_no_route_gives(document):
    assert "HTTPValidationError" not in json.dumps(document)
    assert "ValidationError" not in document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert "default" in operation["responses"], path
            assert ("401" in operation["responses"]) == path.startswith("/v1/")
            assert ("security" in operation) == path.startswith("/v1/")


def test_routes_that_answer_with_a_job_alone_do_not_promise_200(document):
    for path in ("/v1/evaluations", "/v1/index/rebuild"):
        responses = document["paths"][path]["post"]["responses"]
        assert "202" in responses
        assert "200" not in responses


def test_every_reference_leads_somewhere(document):
    def references(part):
        if isinstance(part, dict):
            yield from ([part["$ref"]] if "$ref" in part else [])
            part = list(part.values())
        if isinstance(part, list):
            for item in part:
                yield from references(item)

    found = set(references(document))
    assert found
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]
