"""The problem of a question that a language model failed to answer, with the passages that were found."""

from __future__ import annotations

import json

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from service.engine import UnansweredError
from service.problems import problem_of
from service.wire import filters_out, hit_out


async def unanswered(request: Request, error: Exception) -> Response:
    """Give the problem of an `UnansweredError` with `retrieval`, the passages that were found."""
    assert isinstance(error, UnansweredError)
    plain = problem_of(request, error)
    retrieval = {
        "applied_filters": filters_out(error.question.filters),
        "hits": [hit_out(hit) for hit in error.hits],
    }
    body = {**json.loads(bytes(plain.body)), "retrieval": retrieval}
    return JSONResponse(body, plain.status_code, media_type=plain.media_type)
