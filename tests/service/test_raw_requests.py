"""What no HTTP library would send, under a real server."""

import json
import socket
import threading

import pytest
from service_fakes import Service, run_server

WAIT_S = 30
HOST = "Host: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("raw"), max_body_mib=1)
    with run_server(service) as address:
        yield address


def exchange(address, *parts):
    """Send bytes as they are and give the status and headers and body of the one reply."""
    with socket.create_connection(address, timeout=WAIT_S) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                break  # the server had seen enough
        return reply_of(connection)


def reply_of(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            break
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return int(lines[0].split()[1]), headers, body


def alive(address):
    return exchange(address, f"GET /healthz HTTP/1.1\r\n{HOST}\r\n".encode())[0] == 200


def assert_problem(reply, status):
    assert reply[0] == status, reply
    assert reply[1]["content-type"] == "application/problem+json"
    assert json.loads(reply[2])["status"] == status
    assert "server" not in reply[1]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9 nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/answer HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nNam\x00e: y\r\n\r\n",
    ],
    ids=["TLS", "version", "no host", "length many", "length -5", "length endless", "two hosts", "NUL"],
)
def test_what_is_no_request_is_refused_as_a_problem(address, request_bytes):
    assert_problem(exchange(address, request_bytes), 400)
    assert alive(address)


@pytest.mark.parametrize(
    "headers", [b"X-Big: " + b"a" * 200_000 + b"\r\n", b"X: yyyyy\r\n" * 20_000], ids=["one", "many"]
)
def test_huge_headers_are_refused_as_a_problem(address, headers):
    # Whether the server or the app sees them depends on how they are cut into packets.
    reply = exchange(address, b"GET / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
    assert_problem(reply, 431 if reply[0] == 431 else 400)
    assert alive(address)


@pytest.mark.parametrize("path", ["/v1/answer", "/v1/articles"])
def test_a_length_over_the_limit_is_refused_before_a_byte_is_sent(address, path):
    head = (
        f"POST {path} HTTP/1.1\r\n{HOST}Content-Type: application/json\r\nContent-Length: {1 << 40}\r\n\r\n"
    )
    reply = exchange(address, head.encode())
    assert_problem(reply, 413)
    assert reply[1]["connection"] == "close"
    assert alive(address)


@pytest.mark.parametrize("path", ["/v1/answer", "/v1/articles"])
def test_an_endless_chunked_body_is_cut_off_at_the_limit(address, path):
    head = (
        f"POST {path} HTTP/1.1\r\n{HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    reply = exchange(address, head.encode(), *([chunk] * 17))
    assert_problem(reply, 413)
    assert reply[1]["connection"] == "close"
    assert alive(address)


def test_a_broken_chunk_ends_the_connection_and_nothing_else(address):
    head = f"POST /v1/articles HTTP/1.1\r\n{HOST}Content-Type: application/json\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    assert_problem(exchange(address, head.encode(), b"zz\r\nnonsense"), 400)
    assert alive(address)


def test_a_client_that_leaves_in_the_middle_of_its_body_stores_nothing_and_raises_nothing(address, caplog):
    kinds = ("application/json", "application/x-ndjson", "multipart/form-data; boundary=x")
    body = b'{"title": "t", "text": "Half an art'
    for kind in kinds:
        head = f"POST /v1/articles HTTP/1.1\r\n{HOST}Content-Type: {kind}\r\nContent-Length: 5000\r\n\r\n"
        with socket.create_connection(address, timeout=WAIT_S) as connection:
            connection.sendall(head.encode() + body)
        assert alive(address)
    state = exchange(address, f"GET /v1/index HTTP/1.1\r\n{HOST}\r\n".encode())
    assert json.loads(state[2])["seq"] == 0
    assert "Traceback" not in caplog.text
    assert "unexpected" not in caplog.text


def test_silent_connections_keep_nobody_out(address):
    silent = [socket.create_connection(address, timeout=WAIT_S) for _ in range(50)]
    try:
        for connection in silent[::2]:
            connection.sendall(b"POST /v1/answer HTTP/1.1\r\nHost: x")
        assert alive(address)
    finally:
        for connection in silent:
            connection.close()


def test_an_upgrade_that_is_not_offered_is_answered_as_a_plain_request(address):
    head = f"GET /healthz HTTP/1.1\r\n{HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert exchange(address, head.encode())[0] == 200


def test_two_requests_in_one_packet_get_two_replies(address):
    one = f"GET /healthz HTTP/1.1\r\n{HOST}\r\n".encode()
    with socket.create_connection(address, timeout=WAIT_S) as connection:
        connection.sendall(one + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_requests_at_once_each_get_their_own_reply(address):
    replies = {}

    def ask(number):
        head = f"GET /v1/articles/none-{number}/versions HTTP/1.1\r\n{HOST}\r\n"
        replies[number] = exchange(address, head.encode())

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert {reply[0] for reply in replies.values()} == {404}
    assert len({reply[1]["x-request-id"] for reply in replies.values()}) == 20
