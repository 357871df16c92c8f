"""Pages of other sites cannot use a browser to reach the service."""

import pytest
from service_fakes import Service

from service.origin import is_local_name

FORM = {"Content-Type": "multipart/form-data; boundary=x"}
HEAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n'
ARTICLE = HEAD + b"# Planted\n\nText here.\r\n--x--"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    ],
)
def test_a_form_of_another_site_stores_nothing(client, headers):
    response = client.post("/v1/articles", content=ARTICLE, headers={**FORM, **headers})
    assert response.status_code == 403
    assert response.json()["type"] == "urn:groundwire:problem:foreign-origin"
    assert "access-control-allow-origin" not in response.headers
    assert client.delete("/v1/articles/harbour", headers=headers).status_code == 403
    assert client.get("/v1/articles").json()["total"] == 3


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://testserver"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_the_own_page_and_programs_may_send(client, headers):
    response = client.post("/v1/articles", content=ARTICLE, headers={**FORM, **headers})
    assert response.status_code == 200, response.text


def test_a_strangers_name_that_points_here_reads_nothing(reading):
    response = reading.get("/v1/articles", headers={"Host": "rebound.evil.example:8000"})
    assert response.status_code == 421
    assert response.json()["type"] == "urn:groundwire:problem:foreign-host"
    assert "content-security-policy" in response.headers


def test_with_keys_the_service_may_have_any_name(tmp_path):
    service = Service(tmp_path, api_keys="k1", host="0.0.0.0")
    with service.client() as client:
        headers = {"Host": "news.example", "Authorization": "Bearer k1"}
        assert client.get("/v1/articles", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1:8000", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:8000", True),
        ("127.8.9.1", True),
        ("app.localhost:8000", True),
        ("workstation:8000", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("192.168.1.4", False),
        ("evil.example.", False),
        ("[::1", False),
        ("127.0.0.1@evil.example", False),
    ],
)
def test_names_that_can_only_mean_this_machine_are_local(host, local):
    assert is_local_name(host, "127.0.0.1") is local


def test_the_address_that_is_served_is_local():
    assert is_local_name("ip6.home.example:8000", "ip6.home.example")
