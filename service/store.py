"""What the service remembers beside the library, in one SQLite file: jobs, answers, feedback.

A file of its own, so that the progress of a job is no change of the library. Any process may read and
write it; every change is on disk when the call returns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from index.errors import StoreError, StoreVersionError, StoreWriteError

FILE_NAME = "service.sqlite3"
APPLICATION_ID = 0x67727376
"""`grsv`: marks an SQLite file as the memory of a Groundwire service."""

_MIGRATIONS = (
    """
    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        params TEXT NOT NULL,
        progress REAL NOT NULL DEFAULT 0,
        eta_s REAL,
        result TEXT,
        error TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        cancel INTEGER NOT NULL DEFAULT 0,
        request_key TEXT UNIQUE,
        created_at TEXT NOT NULL,
        started_at TEXT,
        finished_at TEXT
    );
    CREATE INDEX jobs_by_status ON jobs (status, kind);

    CREATE TABLE answers (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        question TEXT NOT NULL,
        status TEXT NOT NULL,
        answer TEXT NOT NULL,
        citations TEXT NOT NULL,
        seq INTEGER NOT NULL,
        models TEXT NOT NULL,
        answered_at TEXT NOT NULL,
        thumbs TEXT,
        comment TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX answers_with_feedback ON answers (number) WHERE thumbs IS NOT NULL;
    CREATE INDEX answers_without_feedback ON answers (number) WHERE thumbs IS NULL;
    """,
)
SCHEMA_VERSION = len(_MIGRATIONS)

Values = Sequence[object] | Mapping[str, object]


class ServiceStore:
    """One connection, taken by one thread at a time: statements are short."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._connection.close()
            raise self._unusable(error) from error
        except StoreError:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        connection = self._connection
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != APPLICATION_ID and tables:
            raise StoreError(
                f"The file {FILE_NAME} in the data folder was not written by Groundwire. "
                "Choose another folder in GROUNDWIRE_DATA."
            )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Two processes may open a new file at once: the version is read under the write lock.
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            connection.execute("ROLLBACK")
            raise StoreVersionError(
                f"The file {FILE_NAME} has format {version}, this Groundwire reads up to {SCHEMA_VERSION}. "
                "Install the newer Groundwire that wrote it, or choose another folder in GROUNDWIRE_DATA."
            )
        for migration in _MIGRATIONS[version:]:
            for statement in migration.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")

    def _unusable(self, error: Exception) -> StoreError:
        return StoreError(
            f"The file {self._path} cannot be opened: {error}. Check the folder's permissions, "
            "or choose another in GROUNDWIRE_DATA."
        )

    def rows(self, query: str, values: Values = ()) -> list[sqlite3.Row]:
        """Give the rows of a query."""
        with self._lock:
            found: list[sqlite3.Row] = self._connection.execute(query, values).fetchall()
            return found

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold a write transaction. Raises `StoreWriteError`; nothing of it is kept then."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._rollback()
                raise StoreWriteError(
                    f"{FILE_NAME} could not be written: {error}. Free disk space or mend permissions, "
                    "then try again."
                ) from error
            except BaseException:
                self._rollback()
                raise

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()
