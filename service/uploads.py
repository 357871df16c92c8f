"""What was sent to be added, kept in the data folder until a job has stored its articles.

An upload is a folder: `order.json` with the labels of its files, and the files by number. What a client
calls a file is a label only.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from index.errors import StoreError, StoreWriteError
from index.library import Library
from service.ingest import Summary, add_contents, add_lines
from service.jobs import JobRun
from service.wire import summary_out

LINES = "lines"
"""Label of an upload that is one stream of JSON Lines."""

_ORDER = "order.json"
_LEFT_ALONE_S = 3600.0
_BLOCK = 1 << 20


class Uploads:
    """The uploads of a data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "uploads"

    def keep(self, files: Sequence[tuple[str, IO[bytes]]]) -> str:
        """Write files given as (label, content) to disk; gives the name of the upload.

        Raises `StoreWriteError` where they cannot be written; nothing of them is kept then.
        """
        name = uuid.uuid4().hex
        place = self._folder / name
        try:
            place.mkdir(parents=True, mode=0o700)
            for number, (_, content) in enumerate(files):
                with (place / str(number)).open("wb") as file:
                    shutil.copyfileobj(content, file, _BLOCK)
                    file.flush()
                    os.fsync(file.fileno())
            (place / _ORDER).write_text(json.dumps([label for label, _ in files], ensure_ascii=False))
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)
            raise StoreWriteError(
                f"What was sent could not be kept: {error}. Free disk space or mend permissions, "
                "then send it again."
            ) from error
        return name

    def remove(self, name: str) -> None:
        """Remove an upload."""
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def tidy(self, wanted: set[str]) -> None:
        """Remove uploads that no job will read; one that is an hour young may still get its job."""
        if not self._folder.is_dir():
            return
        for place in self._folder.iterdir():
            if place.name not in wanted and time.time() - place.stat().st_mtime > _LEFT_ALONE_S:
                shutil.rmtree(place, ignore_errors=True)

    def store(self, name: str, library: Library, progress: Callable[[float], None]) -> Summary:
        """Store the articles of an upload. What an earlier try stored is found unchanged.

        Raises `StoreError` where the upload is gone.
        """
        place = self._folder / name
        try:
            labels: list[str] = json.loads((place / _ORDER).read_text())
            sizes = [(place / str(number)).stat().st_size for number in range(len(labels))]
        except OSError as error:
            raise StoreError("What was sent is no longer there. Send it again.") from error
        total = sum(sizes) or 1
        if labels == [LINES]:
            with (place / "0").open("rb") as file:
                return add_lines(file, library, lambda summary: progress(file.tell() / total))
        done = 0

        def contents() -> Iterator[tuple[str, bytes]]:
            nonlocal done
            for number, label in enumerate(labels):
                yield label, (place / str(number)).read_bytes()
                done += sizes[number]

        return add_contents(contents(), library, lambda summary: progress(done / total))


def ingest(run: JobRun, library: Library, uploads: Uploads) -> Mapping[str, Any]:
    """Store the upload that a job names, as the job's work."""
    name = str(run.params["upload"])
    summary = uploads.store(name, library, run.progress)
    uploads.remove(name)
    return summary_out(summary)
