"""No request body makes the service fail: whatever JSON comes, the client gets an answer or a problem."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_fakes import Service

CHARACTERS = st.characters(codec=None)  # lone surrogates and NUL as well
TEXT = st.text(CHARACTERS, max_size=30)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
WORDS = st.sampled_from(["bridge", "大桥", "apples", "2026-05-10", "en", "harbour", "", "?"])
ANYTHING = WORDS | JSON
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        name: ANYTHING | st.lists(ANYTHING, max_size=3)
        for name in ("published_after", "published_before", "sources", "languages", "article_ids", "other")
    },
)
QUESTION = {"question": WORDS | TEXT}
ASKED = {"as_of": ANYTHING, "filters": FILTERS | ANYTHING, "top_k": st.integers(-2, 25) | ANYTHING}
BODIES = {
    "/v1/search": st.fixed_dictionaries(QUESTION, optional=ASKED),
    "/v1/answer": st.fixed_dictionaries(
        QUESTION,
        optional={
            **ASKED,
            "stream": st.booleans() | ANYTHING,
            "generator": st.just("scripted") | ANYTHING,
            "unsupported": st.sampled_from(["drop", "mark"]) | ANYTHING,
        },
    ),
    "/v1/articles": st.fixed_dictionaries(
        {"title": WORDS | TEXT, "text": WORDS | TEXT},
        optional={
            **{name: ANYTHING for name in ("id", "source", "url", "language", "published_at", "sections")},
            "note": JSON,
        },
    ),
}
FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("fuzzed"))
    with service.client() as client:
        yield client


def assert_no_failure(client, path, content, kind):
    response = client.post(path, content=content, headers={"Content-Type": kind})
    assert response.status_code < 500, response.text
    if response.status_code >= 400 and "refused_total" not in response.text:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"]


@pytest.mark.parametrize("path", BODIES)
@FEW
@given(data=st.data())
def test_a_body_with_the_right_fields_and_any_values_makes_no_failure(fuzzed, path, data):
    body = json.dumps(data.draw(BODIES[path]))
    assert_no_failure(fuzzed, path, body.encode(), "application/json")


@pytest.mark.parametrize("path", BODIES)
@FEW
@given(body=JSON)
def test_any_json_makes_no_failure(fuzzed, path, body):
    assert_no_failure(fuzzed, path, json.dumps(body).encode(), "application/json")


@pytest.mark.parametrize("path", BODIES)
@FEW
@given(content=st.binary(max_size=200))
def test_any_bytes_make_no_failure(fuzzed, path, content):
    assert_no_failure(fuzzed, path, content, "application/json")


@FEW
@given(bodies=st.lists(BODIES["/v1/articles"] | JSON, max_size=4))
def test_any_lines_make_no_failure(fuzzed, bodies):
    content = "\n".join(json.dumps(body) for body in bodies).encode()
    assert_no_failure(fuzzed, "/v1/articles", content, "application/x-ndjson")


@FEW
@given(name=TEXT, content=st.binary(max_size=200), tail=st.binary(max_size=20))
def test_any_file_makes_no_failure(fuzzed, name, content, tail):
    label = name.encode("utf-8", "replace").replace(b'"', b"'")
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="' + label + b'"\r\n\r\n'
    body = head + content + b"\r\n--x--" + tail
    assert_no_failure(fuzzed, "/v1/articles", body, "multipart/form-data; boundary=x")


@FEW
@given(
    query=st.dictionaries(st.sampled_from(["limit", "after", "source", "language", "published_after"]), TEXT)
)
def test_any_query_makes_no_failure(fuzzed, query):
    given_ = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
    assert fuzzed.get("/v1/articles", params=given_).status_code in (200, 422)
