"""Long work in the background: what kinds of jobs there are, and the threads that work on them.

A kind is a name with a function. Kinds that write to the library are worked on one at a time; so are those
that only read it, beside them, the short changes that other processes hand over, so that nobody waits for a
long load to change one article, and the library's own work on its caches. Only the process that may write
to the library works; any process of the data folder may queue a job, follow it and cancel it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal, TypeAlias

from filelock import FileLock, Timeout

from index.courtesy import stand_back
from index.errors import GroundwireError
from service.job_queue import Job, JobQueue

log = logging.getLogger(__name__)

Lane: TypeAlias = Literal["write", "read", "change", "upkeep"]

_LOOK_EVERY_S: dict[Lane, float] = {"write": 0.5, "read": 0.5, "change": 0.02, "upkeep": 0.5}
_REPORT_EVERY_S = 0.25
_STOP_PATIENCE_S = 30.0


def work_lock(folder: Path) -> FileLock:
    """Give the lock that a service holds while it works on the jobs of a data folder."""
    return FileLock(folder / "jobs.lock", thread_local=False)


def is_worked_on(folder: Path) -> bool:
    """Tell whether a service works on the jobs of a data folder."""
    lock = work_lock(folder)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


class JobStoppedError(Exception):
    """Raised inside a job's work to end it: it was cancelled, or the service stops."""


class JobRun:
    """A job at work, as its function sees it."""

    def __init__(self, job: Job, queue: JobQueue, stopping: Event) -> None:
        self.id = job.id
        self.params: Mapping[str, Any] = job.params
        self._queue = queue
        self._stopping = stopping
        self._first: tuple[float, float] | None = None
        self._reported_at = float("-inf")
        self.cancelled = False

    def progress(self, fraction: float) -> None:
        """Tell the share of the work that is done, 0 to 1; call it often, it costs next to nothing.

        Raises `JobStoppedError` where the job is to end; let it pass.
        """
        now = time.monotonic()
        self._first = self._first or (now, fraction)
        if now - self._reported_at >= _REPORT_EVERY_S:
            self._reported_at = now
            self.cancelled = self._queue.report(
                self.id, min(1.0, max(0.0, fraction)), self._eta(now, fraction)
            )
        if self.cancelled or self._stopping.is_set():
            raise JobStoppedError

    def _eta(self, now: float, fraction: float) -> float | None:
        # From the first report on: what a resumed job finds done already says nothing of its speed.
        assert self._first is not None
        began, at = self._first
        if fraction <= at or now <= began:
            return None
        return round((now - began) / (fraction - at) * (1 - fraction), 1)


@dataclass(frozen=True, slots=True)
class JobKind:
    """What is done for jobs of one name.

    `run` gives the job's result as a JSON object; what it raises fails the job with the message of a
    `GroundwireError`. A `resumable` kind may be started again with the same parameters after its process
    died, and carries on with what is committed.
    """

    name: str
    run: Callable[[JobRun], Mapping[str, Any]]
    lane: Lane = "write"
    resumable: bool = False


class JobRunner:
    """The threads that work on queued jobs, one a lane."""

    def __init__(self, queue: JobQueue, kinds: Iterable[JobKind]) -> None:
        self._queue = queue
        self._kinds = {kind.name: kind for kind in kinds}
        self._stopping = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Settle what a dead process left, then work until stopped."""
        self._queue.recover([kind.name for kind in self._kinds.values() if kind.resumable])
        for lane, pause in _LOOK_EVERY_S.items():
            names = [kind.name for kind in self._kinds.values() if kind.lane == lane]
            thread = Thread(target=self._work, args=(lane, names, pause), name=f"jobs-{lane}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the work in good order: a running job is queued again where it can be resumed."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(_STOP_PATIENCE_S)
            if thread.is_alive():
                log.warning("%s did not stop; its job is settled at the next start", thread.name)

    def _work(self, lane: Lane, names: list[str], pause: float) -> None:
        # Whoever handed over a change waits for it; for other jobs nobody does.
        if lane != "change":
            stand_back()
        while not self._stopping.is_set():
            try:
                job = self._queue.take(names)
                if job is not None:
                    self._run(job)
                    continue
            except GroundwireError as error:
                # The disk may be full: jobs wait, questions go on.
                log.error("jobs wait: %s", error)
            self._stopping.wait(pause)

    def _run(self, job: Job) -> None:
        kind = self._kinds[job.kind]
        run = JobRun(job, self._queue, self._stopping)
        try:
            result = kind.run(run)
        except JobStoppedError:
            self._stopped(job, kind, cancelled=run.cancelled)
        except GroundwireError as error:
            log.error("job %s (%s) failed: %s", job.id, job.kind, error)
            self._queue.finish(job.id, "failed", error=str(error))
        except Exception:
            # The thread is the last one to know, and must live for the jobs behind this one.
            log.exception("job %s (%s) failed", job.id, job.kind)
            message = "Something went wrong here. The log of the service has it under this job's id."
            self._queue.finish(job.id, "failed", error=message)
        else:
            self._queue.finish(job.id, "succeeded", result)

    def _stopped(self, job: Job, kind: JobKind, *, cancelled: bool) -> None:
        if cancelled:
            self._queue.finish(job.id, "cancelled")
        elif kind.resumable:
            self._queue.put_back(job.id)
        else:
            error = "The service was stopped before the job ended. Ask for the job again."
            self._queue.finish(job.id, "failed", error=error)
