"""`/v1/articles`: add, list, read, delete."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from index.errors import InvalidInputError
from index.types import Filters
from index.validate import checked_date
from service.access import ChangesDep, EngineDep, KeyedRoute
from service.changes import Changes
from service.job_queue import Job
from service.routes.jobs import accepted
from service.uploads import LINES
from service.wire import Text, article_out, listed_out, parse_json, put_out

router = APIRouter(route_class=KeyedRoute)

_MAX_FILES = 100
_SPOOL_BYTES = 1 << 20
_LONGEST_KEY = 200
_ACCEPTED = ("application/json", "application/x-ndjson", "multipart/form-data")
_QUEUED: dict[int | str, dict[str, Any]] = {202: {"description": "A job that does it."}}
_STORED = {201: {"description": "The article is new."}, **_QUEUED}
_ALL_REFUSED = {
    "description": "What became of each, where nothing was stored.",
    "content": {"application/json": {}},
}


def _body(*media_types: str) -> dict[str, Any]:
    """Describe the body of a route that reads it by itself."""
    return {"requestBody": {"required": True, "content": {kind: {} for kind in media_types}}}


@router.post("/v1/articles", openapi_extra=_body(*_ACCEPTED), responses={**_STORED, 422: _ALL_REFUSED})
async def add(request: Request, changes: ChangesDep) -> Response:
    """Add one article as JSON, many as JSON Lines, or files as multipart.

    Many become a job (202) where they are long, where `Prefer: respond-async` asks for it, or where an
    Idempotency-Key comes with them: the same key again gives the same job.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        body = await request.body()
        return await changes.aside(_add_one, body, changes, "")
    if kind in ("application/x-ndjson", "application/jsonl"):
        return await _add_lines(request, changes)
    if kind == "multipart/form-data":
        return await _add_files(request, changes)
    raise HTTPException(
        415,
        "Send an article as application/json, many as application/x-ndjson, or files as multipart/form-data.",
        {"Accept-Post": ", ".join(_ACCEPTED)},
    )


@router.put("/v1/articles/{article_id}", openapi_extra=_body("application/json"), responses=_STORED)
async def upsert(article_id: str, request: Request, changes: ChangesDep) -> Response:
    """Store an article under an id: 201 where it is new, 200 where it was updated or says nothing new."""
    body = await request.body()
    return await changes.aside(_add_one, body, changes, article_id)


def _add_one(body: bytes, changes: Changes, article_id: str) -> Response:
    row = parse_json(body)
    if article_id and isinstance(row, dict) and row.setdefault("id", article_id) != article_id:
        raise InvalidInputError("id", "differs from the id in the path.", "Leave it out of the body.")
    result = changes.put(row)
    if isinstance(result, Job):
        return accepted(result)
    created = result.status == "created"
    return JSONResponse(
        put_out(result), 201 if created else 200, headers={"Location": f"/v1/articles/{result.article_id}"}
    )


async def _add_lines(request: Request, changes: Changes) -> Response:
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as file:
        async for part in request.stream():
            file.write(part)
        file.seek(0)
        return await changes.aside(_add_many, request, changes, [(LINES, file)])


async def _add_files(request: Request, changes: Changes) -> Response:
    async with request.form(max_files=_MAX_FILES, max_fields=10) as form:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if not files:
            raise InvalidInputError("files", "has no file.", "Send each file as a part named files.")
        labelled = [(file.filename or "file", file.file) for file in files]
        return await changes.aside(_add_many, request, changes, labelled)


def _add_many(request: Request, changes: Changes, files: Sequence[tuple[str, IO[bytes]]]) -> Response:
    preferences = request.headers.get("prefer", "").lower().replace(" ", "").split(",")
    request_key = request.headers.get("idempotency-key", "")
    if len(request_key) > _LONGEST_KEY:
        raise InvalidInputError(
            "Idempotency-Key", f"is longer than {_LONGEST_KEY} characters.", "Use a UUID, for example."
        )
    done = changes.add(files, later="respond-async" in preferences, request_key=request_key)
    if isinstance(done, Job):
        return accepted(done)
    stored = done["added"] + done["updated"] + done["unchanged"]
    return JSONResponse(done, 200 if stored or not done["refused_total"] else 422)


@router.get("/v1/articles")
def listed(
    engine: EngineDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    source: Annotated[list[Text], Query()] = [],  # noqa: B006 FastAPI copies it
    language: Annotated[list[Text], Query()] = [],  # noqa: B006 FastAPI copies it
    published_after: Text = "",
    published_before: Text = "",
) -> Response:
    """List articles in the order of their arrival; `next` is the `after` of the next page."""
    filters = Filters(
        published_after=checked_date("published_after", published_after),
        published_before=checked_date("published_before", published_before),
        sources=tuple(source),
        languages=tuple(language),
    )
    items, total, following = engine.library.catalog.articles(filters, limit=limit, after=after)
    body: dict[str, Any] = {"items": [listed_out(item) for item in items], "total": total, "next": following}
    return JSONResponse(body)


@router.get("/v1/articles/{article_id}")
def read(
    article_id: str, engine: EngineDep, version: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> Response:
    """Read one version of an article, the newest where none is named."""
    return JSONResponse(article_out(engine.library.catalog.article(article_id, version)))


@router.get("/v1/articles/{article_id}/versions")
def versions(
    article_id: str, engine: EngineDep, version: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> Response:
    """List the versions of an article, oldest first; one that is named is given whole."""
    if version is not None:
        return JSONResponse(article_out(engine.library.catalog.article(article_id, version)))
    found = engine.library.catalog.versions(article_id)
    items = [
        {"version": item.version, "title": item.title, "added_at": item.added_at, "seq": item.seq}
        for item in found
    ]
    return JSONResponse({"items": items, "total": len(items), "next": None})


@router.delete("/v1/articles/{article_id}", responses=_QUEUED)
async def delete(article_id: str, changes: ChangesDep) -> Response:
    """Delete an article for good; from the `seq` in the reply on no question finds it."""
    seq = await changes.aside(changes.delete, article_id)
    if isinstance(seq, Job):
        return accepted(seq)
    return JSONResponse({"id": article_id, "status": "deleted", "seq": seq})
