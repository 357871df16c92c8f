"""The writer's lock of a library: one process writes, and others can tell which."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import StoreError


def writer_lock(folder: Path) -> FileLock | None:
    """Take the writer's lock of a folder and write down who holds it; nothing where another does.

    The kernel frees it when the process ends, however it ends. Raises `StoreError`.
    """
    # Whichever thread closes the library releases the lock.
    lock = FileLock(folder / "writer.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
        (folder / "writer.pid").write_text(f"{os.getpid()}\n")
    except Timeout:
        return None
    except OSError as error:
        raise StoreError(
            f"The data folder {folder} cannot be written: {error}. Mend its permissions, or choose another "
            "in GROUNDWIRE_DATA."
        ) from error
    return lock


def lock_holder(folder: Path) -> str:
    """Name the process that holds the writer's lock, as it wrote itself down; empty for none."""
    try:
        return (folder / "writer.pid").read_text().strip()
    except FileNotFoundError:
        return ""


def writer_is_free(folder: Path) -> bool:
    """Tell whether no process holds the writer's lock."""
    if not folder.is_dir():
        return True
    lock = writer_lock(folder)
    if lock is None:
        return False
    lock.release()
    return True
