"""One page or feed from the network, guarded: only from hosts that are allowed, never from inside.

A name is resolved once, every address it has is checked, and the connection goes to an address that was
checked; each redirect is a new address and passes the same checks. Nothing is sent but the request:
no cookies, no credentials, no proxy of the environment.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from threading import Timer
from urllib.parse import urljoin, urlsplit

from index.errors import RefusedDocumentError

MAX_BYTES = 10 * 1024 * 1024
"""The longest body, as sent and when decompressed."""

MAX_SECONDS = 10.0
"""From the first look-up to the last byte, redirects included."""

MAX_REDIRECTS = 3

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PORTS = {"http": 80, "https": 443}
_CHUNK = 64 * 1024
_LONGEST_URL = 4000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: the body, empty where `unchanged`, and what to send to hear whether it changed."""

    url: str
    content: bytes
    unchanged: bool
    etag: str
    last_modified: str


@dataclass(frozen=True, slots=True)
class Target:
    """One hop: an address of the net, checked, with the name it was found under."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them."""
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"


def resolve(host: str, port: int) -> list[str]:
    """Give the addresses of a host. Raises `OSError`."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True)
class Fetcher:
    """Fetches from allowed hosts: `example.com`, `.example.com` with all below it, `*` for any.

    `loopback` lets it reach servers on this machine, on any port; it is for tests.
    """

    hosts: tuple[str, ...]
    loopback: bool = False
    resolve: Resolve = resolve
    seconds: float = MAX_SECONDS

    def fetch(self, url: str, etag: str = "", last_modified: str = "") -> Fetched:
        """Fetch a page, or hear that it did not change since.

        Raises `RefusedDocumentError` with one of the reasons `network-off`, `forbidden-address`,
        `unreachable`, `timeout`, `too-large`, `http-status`.
        """
        deadline = time.monotonic() + self.seconds
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        here = url
        for _ in range(MAX_REDIRECTS + 1):
            answer = _Exchange(url, self.checked(here, url), deadline).run(conditions)
            if not isinstance(answer, str):
                return answer
            following = urljoin(here, answer)
            if here.startswith("https:") and not following.startswith("https:"):
                raise _forbidden(url, "is redirected from https to an address without it")
            here = following
        raise _refused(url, "http-status", f"is redirected more than {MAX_REDIRECTS} times.")

    def checked(self, url: str, label: str) -> Target:
        """Give the one address that may be connected to for a URL. Raises `RefusedDocumentError`."""
        scheme, host, port, path = _parts(url, label)
        if not self._is_allowed(host):
            raise RefusedDocumentError(
                label,
                "network-off",
                f"is on {host}, which is not among the hosts that may be fetched from.",
                "Add the host to GROUNDWIRE_FETCH_HOSTS, or save the page and add the file.",
            )
        if port != _PORTS[scheme] and not self.loopback:
            raise _forbidden(label, f"names port {port}")
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise _refused(label, "unreachable", f"is on {host}, which has no address.") from error
        for address in addresses:
            if not self._is_outside(ipaddress.ip_address(address.partition("%")[0])):
                raise _forbidden(label, f"is on {host}, an address that is not on the public network")
        if not addresses:
            raise _refused(label, "unreachable", f"is on {host}, which has no address.")
        return Target(scheme, host, port, path, addresses[0])

    def _is_allowed(self, host: str) -> bool:
        return any(
            allowed in ("*", host) or (allowed.startswith(".") and f".{host}".endswith(allowed))
            for allowed in self.hosts
        )

    def _is_outside(self, address: _Address) -> bool:
        if self.loopback and address.is_loopback:
            return True
        return all(one.is_global and not one.is_multicast and not one.is_reserved for one in _all_of(address))


def _all_of(address: _Address) -> list[_Address]:
    """Give the addresses that an address leads to: its own, and one of IPv4 inside it."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    inside = address.sixtofour
    if address in _NAT64:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return [address, inside] if inside else [address]


def _parts(url: str, label: str) -> tuple[str, str, int, str]:
    """Take a URL apart, once, for the checks and for the request alike."""
    if len(url) > _LONGEST_URL or any(ord(c) <= 32 or ord(c) == 127 or c == "\\" for c in url):
        raise _forbidden(label, "is no plain http or https address")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        port = parts.port
        host = host if host.isascii() else host.encode("idna").decode("ascii")
        path = (parts.path or "/").encode("utf-8")
        query = parts.query.encode("utf-8")
    except ValueError as error:
        raise _forbidden(label, "is no plain http or https address") from error
    host = f"[{host}]" if ":" in host else host
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not _HOST.fullmatch(host) or "@" in parts.netloc:
        raise _forbidden(label, "is no plain http or https address")
    target = _ascii(path) + (f"?{_ascii(query)}" if query else "")
    return scheme, host, port if port is not None else _PORTS[scheme], target


def _ascii(part: bytes) -> str:
    return "".join(chr(byte) if byte < 128 else f"%{byte:02X}" for byte in part)


class _Exchange:
    """One request to one checked address, ended at the deadline whatever the server does."""

    def __init__(self, label: str, target: Target, deadline: float) -> None:
        self._label = label
        self._target = target
        self._deadline = deadline

    def run(self, conditions: dict[str, str]) -> Fetched | str:
        """Give what came, or the address of a redirect."""
        try:
            connection = self._connected()
        except OSError as error:
            raise self._broken(error) from error
        # A server that sends a byte now and then would keep every single read within its time.
        watchdog = Timer(max(0.0, self._left()), _shut, [connection.sock])
        watchdog.start()
        try:
            return self._answer(connection, conditions)
        except (OSError, http.client.HTTPException, zlib.error) as error:
            raise self._broken(error) from error
        finally:
            watchdog.cancel()
            connection.close()

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _connected(self) -> http.client.HTTPConnection:
        target = self._target
        timeout = max(0.01, self._left())
        plain = socket.create_connection((target.address, target.port), timeout=timeout)
        connection = http.client.HTTPConnection(target.host, target.port, timeout=timeout)
        connection.sock = plain
        if target.scheme == "https":
            try:
                context = ssl.create_default_context()
                connection.sock = context.wrap_socket(plain, server_hostname=target.host.strip("[]"))
            except BaseException:
                plain.close()
                raise
        return connection

    def _answer(self, connection: http.client.HTTPConnection, conditions: dict[str, str]) -> Fetched | str:
        connection.putrequest("GET", self._target.path, skip_host=True, skip_accept_encoding=True)
        headers = {
            "Host": self._target.authority,
            "User-Agent": "Groundwire (reads news pages and feeds for its owner)",
            "Accept": "text/html, application/rss+xml, application/atom+xml, */*;q=0.5",
            "Accept-Encoding": "gzip",
            "Connection": "close",
            **{name: value for name, value in conditions.items() if value},
        }
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        with connection.getresponse() as response:
            return self._read(response)

    def _read(self, response: http.client.HTTPResponse) -> Fetched | str:
        etag, last_modified = response.getheader("ETag", ""), response.getheader("Last-Modified", "")
        if response.status in _REDIRECTS and (location := response.getheader("Location")):
            return location
        if response.status == 304:
            return Fetched(self._url(), b"", True, etag, last_modified)
        if response.status != 200:
            raise _refused(self._label, "http-status", f"was answered with status {response.status}.")
        return Fetched(self._url(), self._body(response), False, etag, last_modified)

    def _url(self) -> str:
        return f"{self._target.scheme}://{self._target.authority}{self._target.path}"

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        coding = response.getheader("Content-Encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip"):
            raise _refused(self._label, "http-status", f"is sent in the coding {coding[:20]!r}.")
        unpack = None if coding == "identity" else zlib.decompressobj(16 + zlib.MAX_WBITS)
        body = bytearray()
        sent = 0
        while chunk := response.read1(_CHUNK):
            sent += len(chunk)
            body += unpack.decompress(chunk, MAX_BYTES + 1 - len(body)) if unpack else chunk
            if max(sent, len(body)) > MAX_BYTES:
                raise _refused(self._label, "too-large", f"is larger than {MAX_BYTES >> 20} MiB.")
        if self._left() <= 0:
            raise TimeoutError
        if (unpack and not unpack.eof) or (response.length or 0) > 0:
            raise http.client.IncompleteRead(b"")
        return bytes(body)

    def _broken(self, error: Exception) -> RefusedDocumentError:
        if self._left() <= 0 or isinstance(error, TimeoutError):
            return _refused(self._label, "timeout", "was not sent in time.")
        return _refused(self._label, "unreachable", f"could not be fetched ({type(error).__name__}).")


def _shut(open_socket: socket.socket) -> None:
    try:
        # Not through TLS, which would wait for the other side.
        socket.socket.shutdown(open_socket, socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already, which is all that is wanted


def _forbidden(label: str, problem: str) -> RefusedDocumentError:
    return RefusedDocumentError(
        label, "forbidden-address", f"{problem}.", "Give the full public address of a page on the usual port."
    )


def _refused(label: str, reason: str, problem: str) -> RefusedDocumentError:
    return RefusedDocumentError(label, reason, problem, "Try again later, or save the page and add the file.")
