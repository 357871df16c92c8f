"""The SQLite file of a library: connections, migrations, transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from index.errors import StoreError, StoreNotReadyError, StoreWriteError
from index.schema import SCHEMA_VERSION, check, migrate


@dataclass(frozen=True, slots=True)
class Change:
    """An open write transaction: where to write, its `seq`, and its time."""

    connection: sqlite3.Connection
    seq: int
    now: str


_LOST_WRITES = frozenset(
    (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)
)
"""Errors after which nobody knows what is on the disk; a full disk is none of them."""


class Database:
    """One connection a thread. One thread writes at a time, any number read.

    One that is not `checked` may be of any format; whoever reads it asks what it has.
    """

    def __init__(self, path: Path, *, writable: bool, checked: bool = True) -> None:
        self._path = path
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._open_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self.failure = ""
        try:
            self._prepare(writable, checked)
        except BaseException:
            self.close()
            raise

    def _prepare(self, writable: bool, checked: bool) -> None:
        connection = self.connection()
        try:
            # Before the first write, so that a file of another application stays as it is.
            version = check(connection)
            if writable:
                connection.execute("PRAGMA journal_mode = WAL")
                migrate(connection)
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        self._file = _identity(self._path)
        if checked and not writable and version < SCHEMA_VERSION:
            raise StoreNotReadyError(
                "This library is not prepared yet. Ask again in a moment where another process is preparing "
                "it, else run `groundwire status` once."
            )

    def require_same_file(self) -> None:
        """Raise `StoreError` where another database was put in the place of the one that is open."""
        if _identity(self._path) != self._file:
            raise StoreError(
                f"Another library was put in the place of {self._path} while this process had it open "
                "(`groundwire restore`?). Start this process again."
            )

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._open_lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def connection(self) -> sqlite3.Connection:
        """Give this thread's connection. Raises `StoreError`."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            try:
                connection = sqlite3.connect(
                    self._path, isolation_level=None, check_same_thread=False, timeout=10
                )
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                # What was deleted is overwritten, not only marked as free.
                connection.execute("PRAGMA secure_delete = ON")
            except sqlite3.Error as error:
                raise self._unusable(error) from error
            connection.row_factory = sqlite3.Row
            self._local.connection = connection
            with self._open_lock:
                self._open.append(connection)
        return connection

    def _unusable(self, error: sqlite3.Error) -> StoreError:
        return StoreError(
            f"The library {self._path} cannot be opened: {error}. Check the folder's permissions, "
            "or choose another in GROUNDWIRE_DATA."
        )

    @contextmanager
    def transaction(self, *, counted: bool = True) -> Iterator[Change]:
        """Hold a write transaction that takes the next `seq` if it changes anything.

        One that is not counted takes none: what it writes is no change of what questions find. Raises
        `StoreWriteError` where it cannot be written. Nothing of it is kept then, but where the disk itself
        failed: `failure` says so, and nothing is written from then on.
        """
        connection = self.connection()
        with self._write_lock:
            if self.failure:
                raise StoreWriteError(self.failure)
            try:
                connection.execute("BEGIN IMMEDIATE")
                now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
                (seq,) = connection.execute("SELECT seq + 1 FROM state").fetchone()
                before = connection.total_changes
                yield Change(connection, seq, now)
                if counted and connection.total_changes > before:
                    connection.execute("UPDATE state SET seq = ?, changed_at = ?", (seq, now))
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                _rollback(connection)
                raise self._unwritten(error) from error
            except BaseException:
                _rollback(connection)
                raise

    def _unwritten(self, error: sqlite3.Error) -> StoreWriteError:
        if getattr(error, "sqlite_errorcode", None) not in _LOST_WRITES:
            return StoreWriteError(
                f"The change could not be written: {error}. Nothing of it was kept; "
                "free disk space or mend permissions, then send it again."
            )
        # A second fsync of the same file can succeed although the first has lost what it was to write.
        self.failure = (
            f"The disk failed while the library was written ({error}), so nothing more is stored by this "
            "process; questions go on. Check the disk, start Groundwire again, then send again what was not "
            "acknowledged: what is there already is not stored twice."
        )
        return StoreWriteError(self.failure)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one state of the catalog for all reads of this thread inside the block."""
        connection = self.connection()
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("COMMIT")


def _identity(path: Path) -> tuple[int, int]:
    """Tell one file from another that has its name later."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return found.st_dev, found.st_ino


def _rollback(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
