"""The changes that requests ask for, in the process that may write or in another.

A process that only reads hands a change to the writing one as a job, waits a while for it, and answers
as if it had made the change itself; where that takes long the client gets the job.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import IO, Any, NoReturn, TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread

from index.courtesy import stand_back
from index.errors import InvalidInputError, NotFoundError, StoreWriteError
from index.library import Library
from index.types import PutResult
from service.ingest import Summary, add_contents, add_lines, article_from_json
from service.job_queue import Job, JobQueue
from service.jobs import JobKind, JobRun
from service.problems import ConflictError
from service.uploads import LINES, Uploads, ingest
from service.wire import summary_out

LONG_BYTES = 512 * 1024
"""Size of what is sent from which on its articles are stored by a job: half a minute's work, roughly."""

_AT_ONCE = 4
_WAITING = 16
"""Changes that have a thread to wait in; further ones wait for such a thread, and no question for them."""

_HAND_OVER_S = 10.0
_LOOK_EVERY_S = 0.02

Json = dict[str, Any]
T = TypeVar("T")
Given = TypeVarTuple("Given")


class Changes:
    """Stores and deletes articles for requests."""

    def __init__(self, library: Library, queue: JobQueue, uploads: Uploads) -> None:
        self._library = library
        self._queue = queue
        self._uploads = uploads
        # Embedding takes every processor: it is done behind the threads that answer questions.
        self._behind = ThreadPoolExecutor(_AT_ONCE, "changes", initializer=stand_back)
        self._threads = CapacityLimiter(_WAITING)

    async def aside(self, change: Callable[[*Given], T], *given: *Given) -> T:
        """Make a change in a thread that is none of those that answer: many at once take none of these."""
        return await to_thread.run_sync(change, *given, limiter=self._threads)

    def close(self) -> None:
        """End the threads that store articles, behind what they are at."""
        self._behind.shutdown()

    def put(self, row: object) -> PutResult | Job:
        """Store an article in the form of the HTTP contract. Raises `InvalidInputError`."""
        article = article_from_json(row)
        if self._library.writable:
            return self._behind.submit(self._library.put, article).result()
        done = self._hand_over("put", {"row": row})
        return done if isinstance(done, Job) else PutResult(**done)

    def delete(self, identity: str) -> int | Job:
        """Delete an article; gives the `seq` from which it is gone. Raises `NotFoundError`."""
        if self._library.writable:
            return self._library.delete(identity)
        done = self._hand_over("delete", {"id": identity})
        return done if isinstance(done, Job) else int(done["seq"])

    def add(
        self, files: Sequence[tuple[str, IO[bytes]]], *, later: bool, request_key: str = ""
    ) -> Json | Job:
        """Store the articles of files given as (label, content); JSON Lines are the one label `LINES`.

        `later` makes it a job in any case. The same `request_key` again gives the job of the first time;
        with other content it raises `ConflictError`.
        """
        if self._library.writable and not later and not request_key and sum(map(_size, files)) < LONG_BYTES:
            return summary_out(self._behind.submit(self._stored, files).result())
        digest = _digest(files) if request_key else ""
        upload = self._uploads.keep(files)
        job = self._queue.submit(
            "ingest", {"upload": upload, "sha256": digest}, f"articles {request_key}" if request_key else None
        )
        if job.params["upload"] != upload:
            self._uploads.remove(upload)
            if job.params["sha256"] != digest:
                raise ConflictError(
                    "The Idempotency-Key was used before with another body. Use a new key for a new request."
                )
        if later or self._library.writable:
            return job
        done = self._ended(job)
        return done if not done.result else dict(done.result)

    def _stored(self, files: Sequence[tuple[str, IO[bytes]]]) -> Summary:
        if [label for label, _ in files] == [LINES]:
            return add_lines(files[0][1], self._library)
        return add_contents(((label, content.read()) for label, content in files), self._library)

    def _hand_over(self, kind: str, params: Mapping[str, Any]) -> Json | Job:
        job = self._ended(self._queue.submit(kind, params))
        if job.status == "failed":
            raise StoreWriteError(job.error or "The change failed. Send it again.")
        if job.result is None:
            return job
        self._queue.forget(job.id)
        if "refusal" in job.result:
            repeat_refusal(job.result["refusal"])
        return dict(job.result)

    def _ended(self, job: Job) -> Job:
        """Wait a while for a job to end; gives its last state."""
        deadline = time.monotonic() + _HAND_OVER_S
        while not job.finished and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY_S)
            job = self._queue.job(job.id)
        return job


def change_kinds(library: Library, uploads: Uploads) -> list[JobKind]:
    """Give the jobs that store and delete articles."""
    return [
        JobKind("put", partial(refusable, partial(_put, library)), "change", resumable=True),
        JobKind("delete", partial(refusable, partial(_delete, library)), "change", resumable=True),
        JobKind("ingest", partial(ingest, library=library, uploads=uploads), resumable=True),
    ]


def _put(library: Library, run: JobRun) -> Json:
    return asdict(library.put(article_from_json(run.params["row"])))


def _delete(library: Library, run: JobRun) -> Json:
    return {"seq": library.delete(run.params["id"])}


def refusable(change: Callable[[JobRun], Mapping[str, Any]], run: JobRun) -> Mapping[str, Any]:
    """Make a change; a refusal is told as the job's result, so that the asking process can repeat it."""
    try:
        return change(run)
    except InvalidInputError as error:
        return {"refusal": {"field": error.field, "problem": error.problem, "remedy": error.remedy}}
    except NotFoundError as error:
        return {"refusal": {"not_found": str(error)}}


def repeat_refusal(refusal: Mapping[str, str]) -> NoReturn:
    """Raise what a job was refused with, in the process that asked for it."""
    if "not_found" in refusal:
        raise NotFoundError(refusal["not_found"])
    raise InvalidInputError(refusal["field"], refusal["problem"], refusal["remedy"])


def _size(file: tuple[str, IO[bytes]]) -> int:
    content = file[1]
    size = content.seek(0, 2)
    content.seek(0)
    return size


def _digest(files: Sequence[tuple[str, IO[bytes]]]) -> str:
    digest = hashlib.sha256()
    for label, content in files:
        # The label's length keeps it apart from the content behind it.
        digest.update(f"{len(label.encode())} {label}".encode())
        digest.update(hashlib.file_digest(content, "sha256").digest())  # type: ignore[arg-type]
        content.seek(0)
    return digest.hexdigest()
