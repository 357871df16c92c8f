"""Keys: who may call, and what those who may not are told."""

import pytest
from pydantic import SecretStr, ValidationError
from service_fakes import Service

from index.courtesy import Askers
from service.access import KeyRing, Workers
from service.problems import BusyError
from service.settings import Settings

OPEN = {"/", "/static/{name}", "/healthz", "/readyz", "/metrics", "/openapi.json"}
CREDENTIALS = [None, "", "Bearer", "Bearer ", "Bearer wrong", "Bearer key-on", "Basic key-one", "key-one",
               "Bearer key-one key-two", "Bearer key-on\xe9"]  # fmt: skip


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("locked"), api_keys="key-one, key-two").client() as client:
        yield client


def closed_routes(app):
    """Every (method, path) of the contract that is not open; the paths are those that OpenAPI lists."""
    for path, methods in app.openapi()["paths"].items():
        if path not in OPEN:
            yield from ((method.upper(), path.replace("{article_id}", "harbour")) for method in methods)


def test_every_route_but_a_few_is_closed(locked):
    routes = list(closed_routes(locked.app))
    assert len(routes) > 6
    replies = set()
    for method, path in routes:
        for credentials in CREDENTIALS:
            headers = {} if credentials is None else {"Authorization": credentials.encode("latin-1")}
            response = locked.request(method, path, headers=headers)
            assert response.status_code == 401, (method, path, credentials)
            assert response.headers["www-authenticate"] == "Bearer"
            body = response.json()
            if path == "/v1/chat/completions":
                assert body["error"]["type"] == "authentication_error"
                continue
            del body["instance"]
            replies.add(str(body))
    assert len(replies) == 1, "the refusal is the same whatever was sent"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/answer",
        "/v1/search",
        "/v1/articles",
        "/v1/evaluations",
        "/v1/index/rebuild",
        "/v1/answers/a/feedback",
    ],
)
@pytest.mark.parametrize("body", [b"{", b'{"question": 7}', b"\xff"])
def test_a_key_is_asked_for_before_the_body_is_read(locked, path, body):
    headers = {"Content-Type": "application/json"}
    assert locked.post(path, content=body, headers=headers).status_code == 401


def test_both_keys_open_every_route(locked):
    for key in ("key-one", "key-two"):
        headers = {"Authorization": f"bearer {key}"}
        assert locked.get("/v1/articles", headers=headers).json()["total"] == 3
        assert locked.get("/v1/index", headers=headers).status_code == 200
        answer = locked.post("/v1/answer", json={"question": "harbour bridge opened"}, headers=headers)
        assert answer.json()["status"] == "answered"


def test_what_is_open_stays_open_and_holds_no_key(locked):
    for path in ("/", "/static/main.js", "/healthz", "/readyz", "/metrics", "/openapi.json"):
        response = locked.get(path)
        assert response.status_code == 200
        assert "key-one" not in response.text


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_a_ring_of_keys_admits_only_its_keys(credentials):
    assert not KeyRing((SecretStr("key-one"),)).admits(credentials or "")


def test_a_ring_without_keys_admits_everybody():
    assert KeyRing(()).admits("")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org"])
def test_without_a_key_the_service_is_closed_to_other_machines(host):
    with pytest.raises(ValidationError, match="without a key"):
        Settings(host=host)
    assert Settings(host=host, api_keys="k").host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_this_machine_needs_no_key(host):
    assert Settings(host=host).host == host


def test_keys_stay_secret_in_what_settings_print():
    settings = Settings(api_keys="key-one")
    assert "key-one" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_places_at_work_are_given_back():
    workers = Workers(1, Askers())
    for _ in range(20):
        with workers.place():
            pass
        with pytest.raises(ZeroDivisionError), workers.place():
            raise ZeroDivisionError


def test_a_place_that_does_not_come_free_is_waited_for_and_no_longer(monkeypatch):
    monkeypatch.setattr("service.access._WAIT_S", 0.01)
    workers = Workers(1, Askers())
    with workers.place(), pytest.raises(BusyError), workers.place():
        pass
