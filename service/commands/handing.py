"""Work that a command hands to the process that writes to the library, and follows to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from index.errors import StoreError, StoreLockedError
from index.lock import lock_holder
from service.changes import repeat_refusal
from service.job_queue import Job, JobQueue
from service.settings import Settings
from service.store import FILE_NAME, ServiceStore

TAKEN_WITHIN_S = 5.0
"""A service at work looks for jobs twice a second; another process that writes never does."""

_LOOK_EVERY_S = 0.1


def handed_over(
    settings: Settings, kind: str, params: Mapping[str, Any], progress: Callable[[float], None]
) -> dict[str, Any]:
    """Queue a job for the service that writes, wait for its end, and give its result.

    Raises `StoreLockedError` where no service works on jobs (another command writes), what the job refused,
    or `StoreError` where it failed or was cancelled.
    """
    with closing(ServiceStore(settings.data / FILE_NAME)) as store:
        queue = JobQueue(store)
        job = _ended(queue, queue.submit(kind, params), progress)
    if job.status == "cancelled" and job.started_at is None:
        raise StoreLockedError(
            f"Process {lock_holder(settings.data)} writes to this library and is no service that could do "
            "this for you. Wait for its end, or stop it, and try again."
        )
    if job.status != "succeeded":
        raise StoreError(job.error or f"The job {job.id} was cancelled.")
    result = dict(job.result or {})
    if "refusal" in result:
        repeat_refusal(result["refusal"])
    return result


def _ended(queue: JobQueue, job: Job, progress: Callable[[float], None]) -> Job:
    taken_by = time.monotonic() + TAKEN_WITHIN_S
    while not job.finished:
        time.sleep(_LOOK_EVERY_S)
        job = queue.job(job.id)
        progress(job.progress)
        if job.status == "queued" and time.monotonic() > taken_by and not queue.jobs(status="running")[0]:
            job = queue.cancel(job.id)
    return job
