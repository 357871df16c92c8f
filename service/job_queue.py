"""Jobs as rows: what was asked for, how far it is, what came of it. Any process may ask; one works."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from index.errors import NotFoundError
from service.store import ServiceStore

JobStatus: TypeAlias = Literal["queued", "running", "succeeded", "failed", "cancelled"]

KEPT_JOBS = 1000
"""Finished jobs that are remembered."""

MAX_ATTEMPTS = 3
"""Starts of one job; a job whose process died this often is the likely cause."""


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work: its number, what it is to do, and its state."""

    number: int
    id: str
    kind: str
    status: JobStatus
    params: Mapping[str, Any]
    progress: float
    eta_s: float | None
    result: Mapping[str, Any] | None
    error: str | None
    cancel_asked: bool
    created_at: str
    started_at: str | None
    finished_at: str | None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ("succeeded", "failed", "cancelled")


class JobQueue:
    """The jobs of a data folder, oldest first to be worked on."""

    def __init__(self, store: ServiceStore) -> None:
        self._store = store

    def submit(self, kind: str, params: Mapping[str, Any], request_key: str | None = None) -> Job:
        """Queue a job; the same `request_key` again gives the job that it made the first time."""
        identity = f"job_{uuid.uuid4().hex}"
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO jobs (id, kind, status, params, request_key, created_at)"
                " VALUES (?, ?, 'queued', ?, ?, ?)",
                (identity, kind, json.dumps(dict(params), ensure_ascii=False), request_key, _now()),
            )
            connection.execute(
                "DELETE FROM jobs WHERE finished_at IS NOT NULL AND number <="
                " (SELECT number FROM jobs WHERE finished_at IS NOT NULL ORDER BY number DESC"
                "  LIMIT 1 OFFSET ?)",
                (KEPT_JOBS,),
            )
            row = connection.execute(
                "SELECT * FROM jobs WHERE id = ? OR request_key = ?", (identity, request_key)
            ).fetchone()
        return _job(row)

    def job(self, identity: str) -> Job:
        """Give a job. Raises `NotFoundError`."""
        rows = self._store.rows("SELECT * FROM jobs WHERE id = ?", (identity,))
        if not rows:
            raise NotFoundError(
                f"There is no job {identity!r}. GET /v1/jobs lists those that are remembered."
            )
        return _job(rows[0])

    def jobs(
        self, *, kind: str = "", status: str = "", limit: int = 50, before: int | None = None
    ) -> tuple[list[Job], int, int | None]:
        """Give a page of jobs, newest first, the total, and where the next page begins."""
        where = "(:kind = '' OR kind = :kind) AND (:status = '' OR status = :status)"
        values = {"kind": kind, "status": status, "before": before, "limit": limit + 1}
        (total,) = self._store.rows(f"SELECT count(*) FROM jobs WHERE {where}", values)[0]
        rows = self._store.rows(
            f"SELECT * FROM jobs WHERE {where} AND (:before IS NULL OR number < :before)"
            " ORDER BY number DESC LIMIT :limit",
            values,
        )
        page = [_job(row) for row in rows[:limit]]
        return page, total, page[-1].number if len(rows) > limit else None

    def cancel(self, identity: str) -> Job:
        """Cancel a queued job, ask a running one to stop; a finished one stays as it is."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET status = 'cancelled', finished_at = ? WHERE id = ? AND status = 'queued'",
                (_now(), identity),
            )
            connection.execute("UPDATE jobs SET cancel = 1 WHERE id = ? AND status = 'running'", (identity,))
        return self.job(identity)

    def withdraw(self, identity: str) -> bool:
        """Forget a job that nobody has begun; tells whether it was such a one."""
        with self._store.transaction() as connection:
            gone = connection.execute(
                "DELETE FROM jobs WHERE id = ? AND status = 'queued' AND started_at IS NULL", (identity,)
            )
        return gone.rowcount == 1

    def forget(self, identity: str) -> None:
        """Forget a job that ended, where whoever asked for it has its result."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ? AND finished_at IS NOT NULL", (identity,))

    def waiting(self, kind: str) -> list[Job]:
        """Give the jobs of a kind that have not ended."""
        rows = self._store.rows(
            "SELECT * FROM jobs WHERE kind = ? AND status IN ('queued', 'running') ORDER BY number", (kind,)
        )
        return [_job(row) for row in rows]

    def take(self, kinds: Sequence[str]) -> Job | None:
        """Mark the oldest queued job of these kinds as running and give it."""
        marks = ",".join("?" * len(kinds))
        waiting = f"SELECT min(number) FROM jobs WHERE status = 'queued' AND kind IN ({marks})"
        if self._store.rows(waiting, kinds)[0][0] is None:
            return None
        with self._store.transaction() as connection:
            row = connection.execute(
                "UPDATE jobs SET status = 'running', attempts = attempts + 1, progress = 0, eta_s = NULL,"
                f" started_at = coalesce(started_at, ?) WHERE number = ({waiting}) RETURNING *",
                (_now(), *kinds),
            ).fetchone()
        return _job(row) if row else None

    def report(self, identity: str, progress: float, eta_s: float | None) -> bool:
        """Note how far a running job is; gives whether it was asked to stop."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "UPDATE jobs SET progress = ?, eta_s = ? WHERE id = ? RETURNING cancel",
                (progress, eta_s, identity),
            ).fetchone()
        return bool(row["cancel"])

    def finish(
        self,
        identity: str,
        status: JobStatus,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Note what came of a job."""
        written = None if result is None else json.dumps(dict(result), ensure_ascii=False)
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET status = ?, result = ?, error = ?, finished_at = ?, eta_s = NULL,"
                " progress = CASE ? WHEN 'succeeded' THEN 1.0 ELSE progress END WHERE id = ?",
                (status, written, error, _now(), status, identity),
            )

    def put_back(self, identity: str) -> None:
        """Queue a running job again that was stopped in good order; the start does not count."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET status = 'queued', eta_s = NULL, attempts = attempts - 1"
                " WHERE id = ? AND status = 'running'",
                (identity,),
            )

    def recover(self, resumable: Sequence[str]) -> None:
        """Settle what was running when its process died: queued again where that can be, else failed.

        To be called by the process that works, before it takes a job.
        """
        marks = ",".join("?" * len(resumable))
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET status = 'cancelled', finished_at = ? WHERE status = 'running' AND cancel",
                (_now(),),
            )
            connection.execute(
                "UPDATE jobs SET status = 'queued', eta_s = NULL WHERE status = 'running'"
                f" AND attempts < ? AND kind IN ({marks})",
                (MAX_ATTEMPTS, *resumable),
            )
            connection.execute(
                "UPDATE jobs SET status = 'failed', finished_at = ?, eta_s = NULL, error ="
                " 'The process that worked on this job ended before it, at start ' || attempts ||"
                " '. What it had committed is kept; ask for the job again.' WHERE status = 'running'",
                (_now(),),
            )


def _job(row: sqlite3.Row) -> Job:
    return Job(
        number=row["number"],
        id=row["id"],
        kind=row["kind"],
        status=row["status"],
        params=json.loads(row["params"]),
        progress=row["progress"],
        eta_s=row["eta_s"],
        result=json.loads(row["result"]) if row["result"] else None,
        error=row["error"],
        cancel_asked=bool(row["cancel"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
