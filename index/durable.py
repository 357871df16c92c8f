"""Folders on a disk: room, and names that survive a power loss.

A file's name is on the disk when its folder was written through.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from index.errors import StoreWriteError

log = logging.getLogger(__name__)

GOING = "tmp-going-"
"""Begins the names of folders that are being removed."""


def sync_folder(folder: Path) -> None:
    """Write the names of a folder's files through to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder where there is none, with those above it, and write their names through.

    Raises `OSError`.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(mode, parents=True, exist_ok=True)
    for path in reversed(missing):
        sync_folder(path.parent)


def remove_entries(folder: Path, entries: Iterable[Path]) -> None:
    """Remove entries of a folder: files, and folders whose names promise that they are whole.

    Such a folder loses its name first: none is ever found in part. What cannot be removed now is left for
    the next time.
    """
    going = []
    for entry in entries:
        try:
            if entry.is_symlink() or not entry.is_dir():
                entry.unlink()
            else:
                going.append(_without_its_name(entry))
        except OSError as error:
            log.warning("%s cannot be removed now: %s", entry, error)
    try:
        sync_folder(folder)
    except OSError as error:
        log.warning("%s could not be cleared of what it needs no more: %s", folder, error)
        return
    for draft in going:
        shutil.rmtree(draft, ignore_errors=True)


def _without_its_name(folder: Path) -> Path:
    # One that could not be removed the last time would have a longer name each time.
    if folder.name.startswith(GOING):
        return folder
    return folder.rename(folder.with_name(f"{GOING}{os.getpid()}-{folder.name}"))


def require_room(folder: Path, at_least: int) -> None:
    """Raise `StoreWriteError` where fewer bytes than that are free on the folder's disk."""
    free = shutil.disk_usage(folder).free
    if free < at_least:
        raise StoreWriteError(
            f"Only {free >> 20} MiB are free on the disk of {folder}. Nothing was stored; free "
            "disk space, then send it again. Questions and deletes go on."
        )
