"""Keeps a library current: files of folders as they change, feeds as often as they may be asked.

A file that is new or has changed is read; one that was refused is not read again until it changes. A
file that is gone takes nothing with it, for news stays news, unless `forget` says that its articles go
too. What is known of files and feeds survives a restart in `watch.json` of the data folder.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from pydantic import BaseModel, ValidationError

from index.errors import InvalidInputError, NotFoundError, RefusedDocumentError
from index.library import Library
from service.ingest import Summary, add_articles, add_paths, files_below
from service.remote import Reader

log = logging.getLogger(__name__)

FEED_SECONDS = 900.0
"""Time between two looks at a feed that answers."""

LONGEST_BACK_OFF = 24 * 3600.0
STATE_FILE = "watch.json"

_FILES_AT_ONCE = 200
_FOLDER_SECONDS = 600.0
"""A folder is looked through this often even where the system tells of no change, as on a network drive."""


class FileState(BaseModel):
    """A file as it was when it was last read, and the articles that it gave."""

    mtime_ns: int
    size: int
    articles: list[str] = []

    def is_as(self, known: FileState | None) -> bool:
        """Whether the file is as it was when it was last read."""
        return known is not None and (self.mtime_ns, self.size) == (known.mtime_ns, known.size)


class FeedState(BaseModel):
    """What a feed said last, and when it may be asked again (seconds since 1970)."""

    etag: str = ""
    last_modified: str = ""
    failures: int = 0
    next_at: float = 0.0


class WatchState(BaseModel):
    """All that is known of what is watched."""

    files: dict[str, FileState] = {}
    feeds: dict[str, FeedState] = {}


def load_state(path: Path) -> WatchState:
    """Read the state; without a file, or with one that cannot be read, everything is looked at anew."""
    try:
        return WatchState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return WatchState()
    except ValidationError as error:
        log.warning("%s is damaged, all files and feeds are read again: %s", path, error.errors()[0]["msg"])
        return WatchState()


def save_state(state: WatchState, path: Path) -> None:
    """Write the state whole or not at all."""
    written = path.with_name(f"{path.name}.new")
    with written.open("w", encoding="utf-8") as file:
        file.write(state.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)


@dataclass
class Watcher:
    """Folders and feeds with the library they feed; `tell` hears of each round that changed something."""

    library: Library
    reader: Reader
    state_path: Path
    folders: Sequence[Path] = ()
    feeds: Sequence[str] = ()
    forget: bool = False
    feed_seconds: float = FEED_SECONDS
    tell: Callable[[str, Summary], None] = lambda what, summary: None
    clock: Callable[[], float] = time.time
    state: WatchState = field(init=False)

    def __post_init__(self) -> None:
        self.state = load_state(self.state_path)

    def run(self, stop: Event) -> None:
        """Look through everything, then at what changes, until `stop` is set."""
        for _ in self._wakings(stop):
            self.look_through()

    def look_through(self) -> None:
        """Bring the library up to the folders, and to the feeds that are due."""
        for folder in self.folders:
            self.look_at_folder(folder)
        for feed in self.feeds:
            if self.state.feeds.get(feed, FeedState()).next_at <= self.clock():
                self.look_at_feed(feed)

    def _wakings(self, stop: Event) -> Iterator[None]:
        """Give a turn at the start, at each change of a folder, and whenever a feed is due."""
        from watchfiles import watch

        if not self.folders:
            yield
            while not stop.wait(min(self._seconds_to_feed(), _FOLDER_SECONDS)):
                yield
            return
        # The first turn comes when the folders are being watched: no change falls between the two.
        last = float("-inf")
        changes_of = watch(
            *self.folders, stop_event=stop, rust_timeout=1000, yield_on_timeout=True, raise_interrupt=False
        )
        for changes in changes_of:
            due = self._seconds_to_feed() <= 0 or self.clock() - last >= _FOLDER_SECONDS
            if changes or due:
                last = self.clock()
                yield

    def _seconds_to_feed(self) -> float:
        due = [self.state.feeds.get(feed, FeedState()).next_at for feed in self.feeds]
        return max(0.0, min(due) - self.clock()) if due else float("inf")

    def look_at_folder(self, folder: Path) -> None:
        """Read the files that are new or changed since they were last read."""
        there = dict(_files_with_state(folder))
        changed = [path for path, now in there.items() if not now.is_as(self.state.files.get(str(path)))]
        for start in range(0, len(changed), _FILES_AT_ONCE):
            self._read(changed[start : start + _FILES_AT_ONCE], there)
        known = [Path(name) for name in self.state.files if Path(name).is_relative_to(folder)]
        for path in known:
            if path not in there:
                self._file_gone(str(path))

    def _read(self, paths: Sequence[Path], there: Mapping[Path, FileState]) -> None:
        summary = add_paths(paths, self.library)
        # As they were before they were read: one that changed meanwhile is read again.
        for path in paths:
            self.state.files[str(path)] = there[path]
        for label, result in zip(summary.labels, summary.results, strict=True):
            name = label if label in self.state.files else label.rpartition(":")[0]
            self.state.files[name].articles.append(result.article_id)
        self._tell(str(paths[0]) if len(paths) == 1 else f"{len(paths)} files", summary)

    def _file_gone(self, name: str) -> None:
        gone = self.state.files.pop(name)
        still_given = {identity for file in self.state.files.values() for identity in file.articles}
        for identity in gone.articles if self.forget else ():
            if identity not in still_given:
                try:
                    self.library.delete(identity)
                except NotFoundError:
                    log.info("%s of %s was removed before", identity, name)
        log.info("%s is gone, its articles %s", name, "are removed" if self.forget else "stay")
        save_state(self.state, self.state_path)

    def look_at_feed(self, url: str) -> None:
        """Ask a feed for what is new; where it fails the next look is later and later."""
        known = self.state.feeds.get(url, FeedState())
        summary = Summary()
        try:
            fetched = self.reader.fetcher.fetch(url, known.etag, known.last_modified)
            if not fetched.unchanged:
                entries = self.reader.articles_in(fetched, url)
                summary = add_articles(((url, entry) for entry in entries), self.library)
        except RefusedDocumentError as refusal:
            failures = known.failures + 1
            wait = min(self.feed_seconds * 2**failures, LONGEST_BACK_OFF)
            self.state.feeds[url] = known.model_copy(
                update={"failures": failures, "next_at": self.clock() + wait}
            )
            summary.refuse(url, refusal)
            log.warning("next look at %s in %d s: %s", url, wait, refusal)
        else:
            self.state.feeds[url] = FeedState(
                etag=fetched.etag or known.etag,
                last_modified=fetched.last_modified or known.last_modified,
                next_at=self.clock() + self.feed_seconds,
            )
        self._tell(url, summary)

    def _tell(self, what: str, summary: Summary) -> None:
        # Only now: a change that was not stored must be seen again after a crash.
        save_state(self.state, self.state_path)
        if summary.seen > summary.unchanged:
            self.tell(what, summary)


def _files_with_state(folder: Path) -> Iterator[tuple[Path, FileState]]:
    for path in files_below([folder]):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue  # gone since it was listed: the next look sees it as gone
        yield path, FileState(mtime_ns=stat.st_mtime_ns, size=stat.st_size)


def checked_folder(name: str) -> Path:
    """Give a folder that can be watched. Raises `InvalidInputError`."""
    path = Path(name).absolute()
    if not path.is_dir():
        raise InvalidInputError(name, "is no folder.", "Name a folder, or a feed by its http(s) address.")
    return path
