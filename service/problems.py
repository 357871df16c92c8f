"""Errors as `application/problem+json` (RFC 9457): a stable `type`, a status that means what it says.

No answer to an error repeats what was sent, and none tells paths, versions or traces.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from index.errors import (
    GroundwireError,
    InvalidInputError,
    ModelFailedError,
    ModelTimeoutError,
    NotFoundError,
    RefusedDocumentError,
    StoreError,
    StoreLockedError,
    StoreWriteError,
    printable,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_STATUS: tuple[tuple[type[GroundwireError], int, str], ...] = (
    (RefusedDocumentError, 422, "refused-document"),
    (InvalidInputError, 422, "invalid-input"),
    (NotFoundError, 404, "not-found"),
    (StoreLockedError, 503, "read-only"),
    (StoreWriteError, 507, "write-failed"),
    (StoreError, 503, "store-unavailable"),
    (ModelTimeoutError, 504, "model-timed-out"),
    (ModelFailedError, 502, "model-failed"),
    (GroundwireError, 500, "error"),
)
"""The most special class comes first."""

NOT_JSON = "The body is not JSON. Send one JSON object in UTF-8."
_NO_OBJECT = "is no JSON object. Send one, with the header Content-Type: application/json."
_NOT_FOUND = "Nothing is stored under this id. GET /v1/articles and GET /v1/jobs list what is."
_KINDS = {
    400: "malformed-body",
    401: "unauthorized",
    404: "not-found",
    405: "method-not-allowed",
    413: "content-too-large",
    415: "unsupported-media-type",
}
"""Types of errors that have a status alone; Python's phrases for them change between its versions."""
_DETAILS = {
    404: "There is no such route. GET /openapi.json lists the routes.",
    405: "This route does not take this method. The Allow header names those that it takes.",
}
"""What to say where a router gives no more than its status."""


class BusyError(GroundwireError):
    """All workers are taken and the queue is full."""


class ConflictError(GroundwireError):
    """A request contradicts one that was made before."""


def problem(
    request: Request,
    status: int,
    kind: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, Any]] | None = None,
) -> JSONResponse:
    """Give an error's response; `kind` is the stable last part of its type."""
    body: dict[str, Any] = {
        "type": f"urn:groundwire:problem:{kind}",
        "title": kind.replace("-", " ").capitalize().replace("json", "JSON"),
        "status": status,
        "detail": detail,
        "instance": f"urn:groundwire:request:{request.scope.get('state', {}).get('request_id', '')}",
    }
    if errors is not None:
        body["errors"] = errors
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Make every error of an app a problem."""
    app.add_exception_handler(GroundwireError, problem_of)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)


def problem_of(request: Request, error: Exception) -> JSONResponse:
    """Give the response for an error raised while a request was worked on; an unknown one is logged."""
    if not isinstance(error, GroundwireError):
        log.error("unexpected error", exc_info=error)
        detail = "Something went wrong here; the log has it under this instance."
        return problem(request, 500, "unexpected", detail)
    if isinstance(error, BusyError):
        return problem(request, 503, "busy", str(error), headers={"Retry-After": "1"})
    if isinstance(error, ConflictError):
        return problem(request, 409, "conflict", str(error))
    status, kind = next((status, kind) for cls, status, kind in _STATUS if isinstance(error, cls))
    errors = None
    if isinstance(error, InvalidInputError):
        errors = [{"loc": error.field, "msg": f"{error.problem} {error.remedy}"}]
    if status >= 500:
        log.error("%s", error)
    headers = {"Retry-After": "2"} if status == 503 else None
    detail = _NOT_FOUND if isinstance(error, NotFoundError) else str(error)
    return problem(request, status, kind, detail, headers=headers, errors=errors)


def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem(request, 400, "malformed-json", NOT_JSON)
    errors = [{"loc": _where(item["loc"]), "msg": _said(item)} for item in found]
    return problem(
        request,
        422,
        "invalid-input",
        "; ".join(f"{item['loc']}: {item['msg']}" for item in errors[:5]),
        errors=errors,
    )


def _said(item: Mapping[str, Any]) -> str:
    remedy = {
        "extra_forbidden": "is not a field of this request. Remove it or mend its name: see /openapi.json.",
        "missing": "is missing. Give it; /openapi.json has its form.",
        "finite_number": "is not a finite number. Give one.",
        "model_attributes_type": _NO_OBJECT,
        "dict_type": _NO_OBJECT,
    }
    return remedy.get(item["type"], str(item["msg"]).removeprefix("Value error, "))


def _where(loc: tuple[int | str, ...]) -> str:
    # A field name that a client invented could be of any length and hold what is no text.
    return printable(".".join(str(part)[:80] for part in loc if part != "body")) or "body"


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    # Bad UTF-8, endless numbers and deep nesting come as other errors than malformed JSON does.
    if error.status_code == 400 and isinstance(error.__cause__, ValueError | RecursionError):
        return problem(request, 400, "malformed-json", NOT_JSON)
    status, detail = error.status_code, str(error.detail)
    if detail == HTTPStatus(status).phrase:
        detail = _DETAILS.get(status, detail)
    return problem(request, status, _KINDS.get(status, "http-error"), detail, headers=error.headers)
