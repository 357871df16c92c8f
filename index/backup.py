"""Backups of a library: taken while it is in use, proved before they are trusted."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from index.durable import make_folder, sync_folder
from index.errors import InvalidInputError, StoreError, StoreLockedError, StoreWriteError
from index.lock import lock_holder, writer_lock
from index.schema import check

CATALOG = "library.sqlite3"
BEFORE = "before-restore-"
"""Begins the names of the folders that keep what a restore replaced."""


def back_up(folder: Path, target: Path, others: Sequence[str] = ()) -> None:
    """Write the databases of a library, each in one consistent state, into a new folder.

    `others` names databases beside the catalog that go with it where they are there. Caches are left out:
    they are made again from the catalog. Raises `StoreError`.
    """
    if not (folder / CATALOG).is_file():
        raise StoreError(f"There is no library in {folder}. Set GROUNDWIRE_DATA to the folder that has it.")
    if target.exists():
        raise InvalidInputError(str(target), "is there already.", "Name a folder that is not there yet.")
    draft = target.with_name(f"{target.name}.tmp-{os.getpid()}")
    try:
        make_folder(draft, 0o700)
        for name in (CATALOG, *(name for name in others if (folder / name).is_file())):
            _copy(folder / name, draft / name)
            _prove(draft / name)
        sync_folder(draft)
        draft.rename(target)
        sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreWriteError(
            f"The backup {target} could not be written: {error}. Free disk space or name another folder."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def restore(source: Path, folder: Path) -> Path | None:
    """Put a backup in the place of a library; gives the folder that keeps what stood there, if anything did.

    Caches are removed: the next opening makes them again. Raises `StoreLockedError` where a process writes
    to the library, and `StoreError` where the backup is none.
    """
    if not (source / CATALOG).is_file():
        raise InvalidInputError(str(source), "is not a backup of a library.", "Name the folder of one.")
    if (source / f"{CATALOG}-wal").exists():
        raise InvalidInputError(
            str(source), "is a library in use, not a backup.", "Take one of it with `groundwire backup`."
        )
    names = [path.name for path in sorted(source.glob("*.sqlite3"))]
    try:
        for name in names:
            _prove(source / name)
        make_folder(folder, 0o700)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"The backup {source} cannot be used: {error}. Take another.") from error
    lock = writer_lock(folder)
    if lock is None:
        raise StoreLockedError(
            f"Process {lock_holder(folder)} writes to the library in {folder}. Stop it, then restore."
        )
    try:
        return _replace(source, folder, names)
    except OSError as error:
        raise StoreWriteError(
            f"The backup could not be put in place: {error}. Free disk space or mend permissions, then "
            "restore again; what stood there before is in the folders named before-restore."
        ) from error
    finally:
        lock.release()


def _replace(source: Path, folder: Path, names: Sequence[str]) -> Path | None:
    drafts = [(folder / f"{name}.tmp-restore", folder / name) for name in names]
    for (draft, _), name in zip(drafts, names, strict=True):
        shutil.copyfile(source / name, draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
    for cache in ("dense", "lexical"):
        shutil.rmtree(folder / cache, ignore_errors=True)
    before = _free_name(folder)
    for draft, final in drafts:
        for path in (final, *(final.with_name(final.name + end) for end in ("-wal", "-shm"))):
            if path.exists():
                make_folder(before, 0o700)
                path.rename(before / path.name)
        draft.rename(final)
    kept = before if before.exists() else None
    if kept is not None:
        sync_folder(kept)
    sync_folder(folder)
    return kept


def _free_name(folder: Path) -> Path:
    number = 1
    while (place := folder / f"{BEFORE}{number}").exists():
        number += 1
    return place


def _copy(source: Path, target: Path) -> None:
    origin = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=10)
    try:
        origin.execute("VACUUM INTO ?", (str(target),))
    finally:
        origin.close()
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _prove(path: Path) -> None:
    """Raise `StoreError` where a database is damaged, or not one of this Groundwire."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        if path.name == CATALOG and not check(connection):
            raise StoreError(f"{path} holds no library. Take another backup.")
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    finally:
        connection.close()
    if verdict != "ok":
        raise StoreError(f"{path} is damaged: {verdict}. Take another backup.")
