"""The problem of a question that a language model failed to answer, with the passages that were found."""

from __future__ import annotations

import json

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from service.engine import UnansweredError
from service.problems import problem
from service.wire import filters_out, hit_out


async def unanswered(request: Request, error: Exception) -> Response:
    """Give the problem of an `UnansweredError`: 504 where time ran out, else 502, with `retrieval`."""
    assert isinstance(error, UnansweredError)
    status, kind = (504, "model-timed-out") if error.late else (502, "model-failed")
    plain = problem(request, status, kind, str(error))
    retrieval = {
        "applied_filters": filters_out(error.question.filters),
        "hits": [hit_out(hit) for hit in error.hits],
    }
    body = {**json.loads(bytes(plain.body)), "retrieval": retrieval}
    return JSONResponse(body, status, media_type=plain.media_type)
