"""Work that a command hands to the process that writes to the library, and follows to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console

from index.errors import StoreError, StoreLockedError
from index.lock import lock_holder, writer_is_free
from service.changes import repeat_refusal
from service.job_queue import Job, JobQueue
from service.jobs import is_worked_on
from service.settings import Settings
from service.store import FILE_NAME, ServiceStore

TAKEN_WITHIN_S = 5.0
"""What a service may take to come to work once it has the library; no other process that writes ever does."""

_LOOK_EVERY_S = 0.1
_LOOK_FOR_WRITER_EVERY_S = 1.0


def handed_over(
    settings: Settings,
    kind: str,
    params: Mapping[str, Any],
    progress: Callable[[float], None],
    *,
    remembered: bool = False,
) -> dict[str, Any]:
    """Queue a job for the service that writes, wait for its end, and give its result.

    Only a job that is `remembered` stays in the service's list of jobs: the others can name paths of this
    user, which are not for the service's clients to read.
    Raises `StoreLockedError` where no service works on jobs (another command writes), what the job refused,
    or `StoreError` where it failed, was cancelled, or the service ended before it.
    """
    with closing(ServiceStore(settings.data / FILE_NAME)) as store:
        queue = JobQueue(store)
        job = queue.submit(kind, params)
        try:
            job = _ended(settings.data, queue, job, progress)
        except KeyboardInterrupt:
            # It ends the work as it would end it here, and what nobody waits for is not done days later.
            if not queue.withdraw(job.id) and not queue.cancel(job.id).finished:
                Console(stderr=True).print("the service was asked to stop this; what is stored stays")
            raise
        except StoreError:
            queue.withdraw(job.id)
            raise
        if not remembered:
            queue.forget(job.id)
    if job.status != "succeeded":
        raise StoreError(job.error or f"The job {job.id} was cancelled.")
    result = dict(job.result or {})
    if "refusal" in result:
        repeat_refusal(result["refusal"])
    return result


def _ended(folder: Path, queue: JobQueue, job: Job, progress: Callable[[float], None]) -> Job:
    now = time.monotonic()
    taken_by, look_at = now + TAKEN_WITHIN_S, now + _LOOK_FOR_WRITER_EVERY_S
    while not job.finished:
        time.sleep(_LOOK_EVERY_S)
        job = queue.job(job.id)
        progress(job.progress)
        now = time.monotonic()
        if now > taken_by and not is_worked_on(folder) and queue.withdraw(job.id):
            raise StoreLockedError(
                f"Process {lock_holder(folder)} writes to this library and does not take up jobs: it is "
                "no service, or one that is still starting. Wait for it, or stop it, and try again."
            )
        if now > look_at:
            look_at = now + _LOOK_FOR_WRITER_EVERY_S
            if not job.finished and writer_is_free(folder):
                raise StoreError(
                    "The service ended before this was done. Start it again, which settles what it had "
                    "begun, or run this command without it."
                )
    return job
