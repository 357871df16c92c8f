"""The last certified state of a folder that another library writes into, kept by hard links.

Tantivy replaces and removes files as it commits, so that a commit that was cut off before its certificate
leaves a folder which nothing certifies. Links to the files of the certificate before cost next to nothing,
and what is named by it can be proved and taken up again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from index.durable import make_folder, sync_folder
from index.generations import MANIFEST


def keep(place: Path, kept: Path, names: Collection[str]) -> None:
    """Make `kept` hold these files of a place, and its manifest, and no others.

    Raises `OSError`, where the file system has no links for one; what is there then certifies nothing.
    """
    make_folder(kept)
    # Taken away first and put there last: what is half linked has no manifest.
    (kept / MANIFEST).unlink(missing_ok=True)
    there = {path.name for path in kept.iterdir()}
    for name in there.difference(names):
        (kept / name).unlink()
    for name in names:
        if name not in there:
            os.link(place / name, kept / name)
        elif not (kept / name).samefile(place / name):
            (kept / name).unlink()
            os.link(place / name, kept / name)
    os.link(place / MANIFEST, kept / MANIFEST)
    # The next commit takes the certificate from the place: this one must be on the disk by then.
    sync_folder(kept)


def take_up(kept: Path, place: Path, names: Collection[str]) -> None:
    """Make a new folder of what is kept under these names. Raises `OSError`; there is no such folder then."""
    draft = place.with_name(f"tmp-{os.getpid()}-{place.name}")
    try:
        draft.mkdir()
        for name in (*names, MANIFEST):
            os.link(kept / name, draft / name)
        sync_folder(draft)
        draft.rename(place)
        sync_folder(place.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
