import gzip
import time
import zlib

import pytest
from loopback import Request, Send, Site, answer, dripping, endless, serving

from index.errors import RefusedDocumentError
from service.fetch import MAX_BYTES, Fetcher

ANY = Fetcher(("*",), resolve=lambda host, port: ["127.0.0.1"])


@pytest.fixture
def site():
    with serving() as running:
        yield running


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(("127.0.0.1",), loopback=True, seconds=5)


def refusal(fetcher: Fetcher, url: str) -> RefusedDocumentError:
    with pytest.raises(RefusedDocumentError) as caught:
        fetcher.fetch(url)
    assert caught.value.field == url
    return caught.value


def test_a_page_comes_with_what_tells_its_next_change(site: Site, fetcher: Fetcher):
    site.put("/a?b=1", "Ünï", ETag='"1"', Last_Modified="Sun, 10 May 2026 09:41:00 GMT")
    fetched = fetcher.fetch(site.url("/a?b=1") + "#part")
    assert fetched.content == "Ünï".encode()
    assert (fetched.etag, fetched.last_modified) == ('"1"', "Sun, 10 May 2026 09:41:00 GMT")
    assert fetched.url == site.url("/a?b=1")
    assert not fetched.unchanged


def test_a_condition_is_sent_and_no_change_is_told(site: Site, fetcher: Fetcher):
    site.put("/feed", b"", status="304 Not Modified", ETag='"1"')
    fetched = fetcher.fetch(site.url("/feed"), '"1"', "Sun, 10 May 2026 09:41:00 GMT")
    assert fetched.unchanged
    sent = site.requests[0].headers
    assert sent["if-none-match"] == '"1"'
    assert sent["if-modified-since"] == "Sun, 10 May 2026 09:41:00 GMT"


def test_no_credential_and_no_cookie_is_ever_sent(site: Site, fetcher: Fetcher, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://user:secret@127.0.0.1:9")
    site.put("/", b"x", Set_Cookie="a=b")
    fetcher.fetch(site.url())
    fetcher.fetch(site.url())
    for request in site.requests:
        assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_compressed_pages_are_read(site: Site, fetcher: Fetcher):
    site.put("/", gzip.compress(b"page " * 1000), Content_Encoding="gzip")
    assert fetcher.fetch(site.url()).content == b"page " * 1000


@pytest.mark.parametrize("hops", [0, 1, 3])
def test_redirects_are_followed_and_relative_ones_understood(site: Site, fetcher: Fetcher, hops):
    for hop in range(hops):
        site.put(f"/{hop}", b"", status="302 Found", Location=f"{hop + 1}")
    site.put(f"/{hops}", b"there")
    assert fetcher.fetch(site.url("/0")).content == b"there"


def test_a_chain_of_redirects_ends(site: Site, fetcher: Fetcher):
    site.put("/", b"", status="301 Moved", Location="/")
    assert refusal(fetcher, site.url()).reason == "http-status"
    assert len(site.requests) == 4


def test_nothing_is_fetched_until_a_host_is_allowed(site: Site):
    refused = refusal(Fetcher((), loopback=True), site.url())
    assert refused.reason == "network-off"
    assert "GROUNDWIRE_FETCH_HOSTS" in refused.remedy
    assert site.requests == []


@pytest.mark.parametrize(
    ("allowed", "host", "passes"),
    [
        ("example.com", "example.com", True),
        ("example.com", "www.example.com", False),
        (".example.com", "www.example.com", True),
        (".example.com", "example.com", True),
        (".example.com", "badexample.com", False),
        ("*", "anything.org", True),
    ],
)
def test_allowed_hosts_are_matched_whole_or_with_all_below_them(allowed, host, passes):
    fetcher = Fetcher((allowed,), resolve=lambda host, port: ["93.184.215.14"])
    if passes:
        assert fetcher.checked(f"https://{host}/x", "l").address == "93.184.215.14"
    else:
        with pytest.raises(RefusedDocumentError, match="not among the hosts"):
            fetcher.checked(f"https://{host}/x", "l")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2001:db8::1",
    ],
)
def test_an_address_that_is_not_on_the_public_network_is_never_connected_to(address):
    fetcher = Fetcher(("*",), resolve=lambda host, port: ["93.184.215.14", address])
    assert refusal(fetcher, "https://news.example.com/").reason == "forbidden-address"


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14"])
def test_public_addresses_pass(address):
    fetcher = Fetcher(("*",), resolve=lambda host, port: [address])
    assert fetcher.checked("https://news.example.com/", "l").address == address


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://0/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
    ],
)
def test_every_spelling_of_this_machine_is_refused(url):
    assert refusal(Fetcher(("*",)), url).reason in ("forbidden-address", "unreachable")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "http://user:secret@example.com/",
        "http://example.com@127.0.0.1/",
        "http://example.com\\@127.0.0.1/",
        "http://exa mple.com/",
        "http://example.com/\r\nX: y",
        "http://example.com:22/",
        "https://example.com:80/",
        "http:///x",
        "http://[::1",
        "http://example.com:99999/",
        "http://ex%61mple.com/",
        "https://example.com/" + "a" * 5000,
    ],
)
def test_what_is_no_plain_address_of_a_page_is_refused(url):
    assert refusal(ANY, url).reason == "forbidden-address"


def test_a_redirect_is_checked_like_a_first_address(site: Site):
    answers = {"news.example": ["127.0.0.1"], "inside.example": ["10.0.0.1"]}
    fetcher = Fetcher(("*",), loopback=True, resolve=lambda host, port: answers[host])
    start = f"http://news.example:{site.port}/"
    for location in (
        "http://inside.example/",
        "http://169.254.169.254/x",
        "file:///etc/passwd",
        "//inside.example",
    ):
        answers["169.254.169.254"] = ["169.254.169.254"]
        site.put("/", b"", status="302 Found", Location=location)
        assert refusal(fetcher, start).reason == "forbidden-address"


def test_a_name_is_looked_up_once_and_its_checked_address_is_used(site: Site):
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    site.put("/", b"first")
    fetcher = Fetcher(("*",), loopback=True, resolve=rebinding)
    assert fetcher.fetch(f"http://news.example:{site.port}/").content == b"first"
    assert asked == ["news.example"]
    assert site.requests[0].headers["host"] == f"news.example:{site.port}"


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_drips_is_left_at_the_deadline(site: Site, head):
    def page(request: Request, send: Send) -> None:
        send(head)
        dripping(request, send)

    site.pages["/"] = page
    assert refusal(Fetcher(("*",), loopback=True, seconds=0.5), site.url()).reason == "timeout"


def test_a_silent_server_is_left_at_the_deadline(site: Site):
    site.pages["/"] = lambda request, send: time.sleep(3)
    assert refusal(Fetcher(("*",), loopback=True, seconds=0.3), site.url()).reason == "timeout"


def test_a_body_beyond_the_limit_is_refused_while_it_comes(site: Site, fetcher: Fetcher):
    site.pages["/endless"] = endless
    site.put("/bomb", zlib.compress(bytes(MAX_BYTES + 1), wbits=31), Content_Encoding="gzip")
    assert refusal(fetcher, site.url("/endless")).reason == "too-large"
    assert refusal(fetcher, site.url("/bomb")).reason == "too-large"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "unreachable"),
        (answer(b"whole")[:-2], "unreachable"),
        (answer(gzip.compress(b"x" * 99)[:-4], Content_Encoding="gzip"), "unreachable"),
        (answer(b"no gzip", Content_Encoding="gzip"), "unreachable"),
        (answer(b"x", Content_Encoding="br"), "http-status"),
        (answer(b"", "410 Gone"), "http-status"),
        (b"", "unreachable"),
    ],
)
def test_a_broken_answer_is_a_refusal(site: Site, fetcher: Fetcher, page, reason):
    site.pages["/"] = lambda request, send: send(page)
    assert refusal(fetcher, site.url()).reason == reason


def test_a_host_without_an_address_is_unreachable():
    def unknown(host: str, port: int) -> list[str]:
        raise OSError

    assert refusal(Fetcher(("*",), resolve=unknown), "https://nowhere.example/").reason == "unreachable"
