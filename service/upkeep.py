"""The library's own work on its caches as jobs, so that people see it, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from index.errors import NotFoundError
from index.library import Library
from index.upkeep import Ask, UpkeepKind
from service.job_queue import JobQueue
from service.jobs import JobKind, JobRun

KINDS: tuple[UpkeepKind, ...] = ("merge", "mend")
"""A merge puts what came lately into the main dense index; mending makes a damaged index anew."""


def upkeep_kinds(library: Library) -> list[JobKind]:
    """Give the jobs that work on the caches, beside those that write articles."""
    return [JobKind(kind, partial(_run, library, kind), "upkeep", resumable=True) for kind in KINDS]


def queued_in(queue: JobQueue) -> Ask:
    """Give what queues a job for work that is due, unless one is waiting or running.

    The work is put off where the last job was cancelled before it began.
    """
    last: dict[UpkeepKind, str] = {}

    def ask(kind: UpkeepKind) -> bool:
        if waiting := queue.waiting(kind):
            last[kind] = waiting[-1].id
            return True
        if (before := last.pop(kind, None)) and _was_never_begun(queue, before):
            return False
        last[kind] = queue.submit(kind, {}).id
        return True

    return ask


def _was_never_begun(queue: JobQueue, identity: str) -> bool:
    try:
        job = queue.job(identity)
    except NotFoundError:
        return False
    return job.status == "cancelled" and job.started_at is None


def _run(library: Library, kind: UpkeepKind, job: JobRun) -> Mapping[str, Any]:
    library.upkeep.run(kind, job.progress)
    state = library.state()
    return {"dense_seq": state.dense_seq, "lexical_seq": state.lexical_seq}
