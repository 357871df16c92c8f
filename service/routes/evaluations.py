"""`/v1/evaluations`: run an evaluation as a job, read its report under the job's id."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from index.errors import NotFoundError
from service.access import JobsDep, KeyedRoute
from service.evaluation_jobs import KIND, SetName, report_file
from service.job_queue import Job, JobQueue
from service.routes.jobs import accepted, job_out
from service.settings import Settings
from service.system import Oracle

router = APIRouter(route_class=KeyedRoute)

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class EvaluationIn(BaseModel):
    """Which questions are to be asked, and how."""

    model_config = ConfigDict(extra="forbid")

    set: SetName = "library"
    sample: Annotated[int | None, Field(ge=1, le=100_000)] = None
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    oracle: Oracle = ""

    @model_validator(mode="after")
    def _whole(self) -> EvaluationIn:
        if self.set == "fixed" and (self.sample or self.oracle):
            raise ValueError("The fixed set is always asked whole and plainly. Leave out sample and oracle.")
        return self


@router.post("/v1/evaluations", status_code=202)
def run(body: EvaluationIn, jobs: JobsDep) -> Response:
    """Queue an evaluation."""
    return accepted(jobs.submit(KIND, body.model_dump()))


@router.get("/v1/evaluations")
def listed(
    jobs: JobsDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """List evaluations, the newest first, each with its headlines where it ended."""
    items, total, following = jobs.jobs(kind=KIND, status="", limit=limit, before=after)
    return JSONResponse({"items": [_out(job) for job in items], "total": total, "next": following})


@router.get("/v1/evaluations/{identity}", responses={200: {"content": {"text/html": {}}}})
def read(identity: str, request: Request, jobs: JobsDep) -> Response:
    """Give an evaluation with its report; the report as a page where HTML is asked for."""
    job = _evaluation(identity, jobs)
    if job.status != "succeeded":
        return JSONResponse(_out(job))
    settings: Settings = request.app.state.settings
    if "text/html" in request.headers.get("accept", ""):
        return _page(report_file(job.id, settings, ".html").read_text(encoding="utf-8"))
    report = json.loads(report_file(job.id, settings, ".json").read_bytes())
    return JSONResponse({**_out(job), "report": report})


def _page(text: str) -> Response:
    """Give a report as a page: its own style sheet, known by its hash, is all that it may use."""
    style = _STYLE.search(text)
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode() if style else ""
    allowed = f"style-src 'sha256-{digest}'; " if digest else ""
    policy = f"default-src 'none'; {allowed}base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})


def _evaluation(identity: str, jobs: JobQueue) -> Job:
    job = jobs.job(identity)
    if job.kind != KIND:
        raise NotFoundError(f"The job {identity!r} is no evaluation. GET /v1/evaluations lists them.")
    return job


def _out(job: Job) -> dict[str, Any]:
    return {**job_out(job), "asked": dict(job.params)}
