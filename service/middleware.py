"""What happens to every request before its route: an id, a size limit, safe headers."""

from __future__ import annotations

import logging
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics import REQUESTS
from service.problems import problem, problem_of

log = logging.getLogger(__name__)

MAX_HEADERS = 32 << 10
"""Most bytes of a request's headers."""

_CLIENT_LEFT = 499
"""Counted for a request whose client went away before it got a status."""

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Envelope:
    """Gives each request an id and each response that id and the safe headers; counts and logs both."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Clients may invent methods; only those of the contract become labels.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            log.info("%s: the client left in the middle of its request", request_id)
        except Exception as error:
            # Answered here and not further out, so that this response has its id and headers too.
            if status:
                raise
            await problem_of(Request(scope), error)(scope, receive, send_with_headers)
        finally:
            # The route's pattern, not the path: ids of articles are no labels.
            route = getattr(scope.get("route"), "path", "unknown")
            status = status or _CLIENT_LEFT
            REQUESTS.labels(method, route, str(status)).inc()
            spent = (time.perf_counter() - began) * 1000
            log.info("%s %s %d %.0f ms %s", method, route, status, spent, request_id)


class SizeLimit:
    """Refuses large headers with 431, and a body above a number of bytes with 413.

    The body's size may be told beforehand or be found while it is read.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        detail = (
            f"The body is larger than {self._limit >> 20} MiB. "
            "Send it in parts, or raise GROUNDWIRE_MAX_BODY_MIB."
        )
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
            headers_detail = (
                f"The headers are larger than {MAX_HEADERS >> 10} KiB. Send fewer or shorter ones."
            )
            response = problem(Request(scope), 431, "headers-too-large", headers_detail)
            await response(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > self._limit:
            response = problem(
                Request(scope), 413, "content-too-large", detail, headers={"Connection": "close"}
            )
            await response(scope, receive, send)
            return
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                # An HTTPException passes FastAPI's reading of the body unchanged, other errors do not.
                raise HTTPException(413, detail, {"Connection": "close"})
            return message

        await self._app(scope, receive_counted, send)
