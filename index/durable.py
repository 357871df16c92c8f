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


def remove_folders(folder: Path, places: Iterable[Path]) -> None:
    """Remove folders of a folder whose names promise that they are whole: none is ever found in part.

    What cannot be removed now is left for the next time.
    """
    going = []
    try:
        for place in places:
            going.append(place.rename(folder / f"{GOING}{os.getpid()}-{place.name}"))
        sync_folder(folder)
    except OSError as error:
        log.warning("%s could not be cleared of what it needs no more: %s", folder, error)
        return
    for draft in going:
        shutil.rmtree(draft, ignore_errors=True)


def require_room(folder: Path, at_least: int) -> None:
    """Raise `StoreWriteError` where fewer bytes than that are free on the folder's disk."""
    free = shutil.disk_usage(folder).free
    if free < at_least:
        raise StoreWriteError(
            f"Only {free >> 20} MiB are free on the disk of {folder}. Nothing was stored; free "
            "disk space, then send it again. Questions and deletes go on."
        )
