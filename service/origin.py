"""Which pages in a user's browser may call: those of this service, and no others.

A service on one's own machine is open to everything that runs there, and a browser runs the pages of
strangers. Two of their ways are closed here: a form or script of another site that sends to
`http://127.0.0.1:8000`, and a stranger's host name that is made to point to 127.0.0.1.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.problems import problem

_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_OWN_SITE = ("same-origin", "none")


class OriginGuard:
    """Refuses what another site's page sends, and where `names_only` holds, foreign host names."""

    def __init__(self, app: ASGIApp, host: str, names_only: bool) -> None:
        self._app = app
        self._host = host
        self._names_only = names_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if self._names_only and not is_local_name(headers.get("host", ""), self._host):
                detail = (
                    f"This service is reached as http://{self._host}; the Host header names another place."
                )
                await problem(Request(scope), 421, "foreign-host", detail)(scope, receive, send)
                return
            if scope["method"] not in _SAFE and _is_foreign(headers):
                detail = (
                    "A page of another site may not send here. Use this service's own pages, or a program."
                )
                await problem(Request(scope), 403, "foreign-origin", detail)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_local_name(host: str, served: str) -> bool:
    """Tell whether a Host header can only mean this machine, or is the address that is served.

    A name without a dot is in no public directory, so that no stranger can make it point here.
    """
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name == served.lower() or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return "." not in name


def _is_foreign(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN_SITE
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
