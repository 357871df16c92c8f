"""`/v1/jobs`: follow and cancel long work."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from service.access import JobsDep, KeyedRoute
from service.job_queue import Job, JobStatus

router = APIRouter(route_class=KeyedRoute)


@router.get("/v1/jobs")
def listed(
    jobs: JobsDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    kind: Annotated[str, Query(max_length=100)] = "",
    status: JobStatus | None = None,
) -> Response:
    """List jobs, the newest first; `next` is the `after` of the next page."""
    items, total, following = jobs.jobs(kind=kind, status=status or "", limit=limit, before=after)
    return JSONResponse({"items": [job_out(job) for job in items], "total": total, "next": following})


@router.get("/v1/jobs/{job_id}")
def read(job_id: str, jobs: JobsDep) -> Response:
    """Tell how far a job is, or what came of it."""
    return JSONResponse(job_out(jobs.job(job_id)))


@router.delete("/v1/jobs/{job_id}", responses={202: {"description": "It runs, and will stop."}})
def cancel(job_id: str, jobs: JobsDep) -> Response:
    """Cancel a job: 200 with its last state where it ended, 202 where it is running and will stop."""
    job = jobs.cancel(job_id)
    return JSONResponse(job_out(job), 200 if job.finished else 202)


def accepted(job: Job) -> Response:
    """Answer a request that became a job."""
    return JSONResponse(job_out(job), 202, headers={"Location": f"/v1/jobs/{job.id}"})


def job_out(job: Job) -> dict[str, Any]:
    """Give a job as JSON."""
    return {
        "id": job.id,
        "kind": job.kind,
        "status": job.status,
        "progress": round(job.progress, 4),
        "eta_s": job.eta_s,
        "result": job.result,
        "error": job.error,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }
