"""The lexical leg: BM25 by Tantivy over English and Chinese tokens, a cache of the catalog.

Tantivy appends segments and commits; after each commit a manifest certifies the folder with the
`seq` that it reflects. A commit that was cut off or failed before its certificate is never built on: the
state of the certificate before is taken up again, and what came since is replayed. Where that does not
verify either, the index is made anew from the catalog. A rebuilt index stands in a folder of its own until
it is complete.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from index.catalog import Catalog
from index.catalog_reader import Changes
from index.durable import make_folder, remove_entries, sync_folder
from index.errors import StoreError, StoreNotReadyError, StoreWriteError
from index.generations import (
    MANIFEST,
    certified_names,
    certify,
    read_seq,
    unproved_manifest,
    verified_manifest,
)
from index.kept import keep, take_up
from index.lexical_index import LexicalSnapshot, analyzer, missing_canaries, open_index, write

if TYPE_CHECKING:
    import tantivy

log = logging.getLogger(__name__)

_PLACE = "index-"
KEPT = "certified"
"""Folder of links to the files of the last certificate."""

_CANARIES = 8
_MARK = "left_out"
"""Stands in the manifest of an index that is empty because the one that counts is being made."""

_LEFT_OUT = "the lexical index is being made anew; until then questions are answered by meaning alone"
_READER_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class _Rebuilt:
    """A new index: its folder, the passages that prove it, and the hashes of its files."""

    place: Path
    canaries: list[int]
    hashes: dict[str, str]


class LexicalCache:
    """Keeps a Tantivy index equal to the catalog.

    `catch_up` is called by one thread at a time; `rebuild` may run beside it. A process that does not hold
    the writer's lock opens the index with `writable=False` and waits for the writer to bring it forward.
    """

    def __init__(self, folder: Path, catalog: Catalog, *, writable: bool) -> None:
        self._folder = folder
        self._catalog = catalog
        self._writable = writable
        self._known_hashes: dict[str, str] = {}
        self._canaries: list[int] = []
        self._ready: _Rebuilt | None = None
        self._placing = Lock()
        self._torn = False
        self._links = True
        self.left_out = False
        self._rebuilding = Lock()
        self.fault = ""
        self._analyzer = analyzer()
        try:
            self._place = self._place_to_write() if writable else self._place_to_read()
            self._index = open_index(self._place, self._analyzer)
            if writable:
                self._keep()
            self.snapshot = self._snapshot()
        except (OSError, ValueError) as error:
            raise StoreError(
                f"The lexical index in {folder} cannot be opened: {error}. Mend the disk or its permissions, "
                "or free disk space; no article is lost, the index is brought forward from the catalog."
            ) from error

    def _place_to_write(self) -> Path:
        """Give the newest index that proves right, else what is kept of one, else an empty folder.

        Everything else is removed.
        """
        make_folder(self._folder)
        places = sorted(self._folder.iterdir(), reverse=True)
        proven = next(
            (place for place in places if place.name.startswith(_PLACE) and self._proves(place)), None
        )
        foreign = [place for place in places if place not in (proven, self._folder / KEPT)]
        for place in foreign:
            log.warning("removing %s; what the lexical index lacks is made from the catalog", place)
        remove_entries(self._folder, foreign)
        for place in self._folder.glob(_PLACE + "*"):
            if place != proven:
                # Readers take the last that has a manifest.
                raise OSError(f"{place} cannot be removed")
        if proven is None:
            return self._new_place(_place_number(places) + 1)
        self._clear(proven)
        return proven

    def _clear(self, place: Path) -> None:
        """Remove what a commit that was cut off left: Tantivy makes no file where one of that name stands."""
        for path in place.iterdir():
            if _is_index_file(path.name) and path.name not in self._known_hashes:
                log.warning("removing %s, which no certificate names", path)
                path.unlink()

    def _new_place(self, number: int) -> Path:
        """Make a folder that holds the last certified state, or nothing where it does not prove right."""
        place, kept = self._folder / f"{_PLACE}{number:06d}", self._folder / KEPT
        if self._proves(kept):
            take_up(kept, place, list(self._known_hashes))
            log.warning(
                "the lexical index goes on from the last change that is certified: %d", read_seq(place)
            )
        else:
            self._make_empty(place)
        return place

    def _proves(self, place: Path) -> bool:
        manifest = verified_manifest(place)
        # Where an older catalog was restored its next changes take numbers that the cache has seen.
        if manifest is None or manifest["seq"] > self._catalog.seq():
            return False
        canaries = list(manifest["canaries"])
        if missing_canaries(open_index(place, self._analyzer), self._catalog, canaries):
            return False
        self._canaries = canaries
        self._known_hashes = {name: file["sha256"] for name, file in manifest["files"].items()}
        return True

    def _place_to_read(self) -> Path:
        places = [place for place in self._folder.glob(_PLACE + "*") if (place / MANIFEST).is_file()]
        if not places:
            raise StoreNotReadyError(
                "Another process is still preparing this library. Ask again in a moment, or ask that process."
            )
        return max(places)

    def _snapshot(self) -> LexicalSnapshot:
        # The seq is read before the reload: a snapshot may hold more than it says, never less.
        seq = read_seq(self._place)
        self._index.reload()
        return LexicalSnapshot(seq, self._index, self._index.searcher(), self._analyzer)

    def catch_up(self, seq: int) -> None:
        """Bring the index to `seq`: replay as the writer, wait for the writer as a reader.

        Raises `StoreError` where a reader waited in vain.
        """
        try:
            with self._placing:
                self._settle()
        except (OSError, ValueError) as error:
            raise _unwritten(self._place, error) from error
        if self.left_out or self.snapshot.seq >= seq:
            return
        if self._writable:
            self._replay(self._catalog.changes_after(self.snapshot.seq), seq)
            self.snapshot = self._snapshot()
        else:
            self._wait_for(seq)

    def leave_out(self) -> None:
        """Find nothing until `rebuild` has made the index anew, instead of making it at once.

        Raises `StoreWriteError`.
        """
        with self._placing:
            number = _place_number(self._folder.glob(_PLACE + "*")) + 1
            place = self._folder / f"{_PLACE}{number:06d}"
            try:
                self._make_empty(place, left_out=True)
                self._move_to(place)
            except (OSError, ValueError) as error:
                raise _unwritten(place, error) from error
        self.left_out, self.fault = True, _LEFT_OUT
        log.error("%s", self.fault)

    def _make_empty(self, place: Path, *, left_out: bool = False) -> None:
        self._canaries, self._known_hashes = [], {}
        make_folder(place)
        # A reader may open the library before its first change.
        index = open_index(place, self._analyzer)
        self._certify(place, index, [], 0, self._known_hashes, left_out=left_out)

    @property
    def is_behind(self) -> bool:
        """Whether a reader may find more by now than when it last caught up, though nothing has changed."""
        return bool(self.fault) and not self._writable and not self._is_left_out()

    def _is_left_out(self) -> bool:
        return bool(unproved_manifest(self._place_to_read()).get(_MARK))

    def _settle(self) -> None:
        """Leave a folder for a rebuilt one, or because a commit in it was not certified."""
        if self._ready is not None:
            ready, self._ready = self._ready, None
            self._canaries, self._known_hashes = ready.canaries, ready.hashes
            self._move_to(ready.place)
            self.left_out, self.fault = False, ""
        elif self._torn:
            self._move_to(self._new_place(_place_number(self._folder.glob(_PLACE + "*")) + 1))

    def _move_to(self, place: Path) -> None:
        """Go on in another folder and remove the others; readers keep the files that they have open."""
        self._take(place)
        self._torn = False
        remove_entries(self._folder, [other for other in self._folder.glob(_PLACE + "*") if other != place])
        self._keep()

    def _take(self, place: Path) -> None:
        index = open_index(place, self._analyzer)
        self._place, self._index = place, index
        self.snapshot = self._snapshot()

    def _keep(self) -> None:
        """Keep what was certified to go back to; without links a cut-off commit costs a whole index."""
        try:
            keep(self._place, self._folder / KEPT, certified_names(self._place))
            self._links = True
        except OSError as error:
            if self._links:
                log.warning("the certified state of the lexical index cannot be kept: %s", error)
            self._links = False

    def _wait_for(self, seq: int) -> None:
        deadline = time.monotonic() + _READER_PATIENCE_S
        while self.snapshot.seq < seq:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"The lexical index has stood at change {self.snapshot.seq} of {seq} for "
                    f"{_READER_PATIENCE_S:.0f} s. The writing process may have stopped: "
                    "run `groundwire status`."
                )
            time.sleep(0.02)
            try:
                place = self._place_to_read()
                if place != self._place:
                    self._take(place)
                else:
                    self.snapshot = self._snapshot()
                self.fault = _LEFT_OUT if self._is_left_out() else ""
                if self.fault:
                    return
            except (FileNotFoundError, ValueError, StoreError) as error:
                # The writer may have put a new index in its place at this moment: look again.
                log.info("the lexical index cannot be read yet: %s", error)

    def _replay(self, changes: Changes, seq: int) -> None:
        self._torn = True
        try:
            write(self._index, self._catalog, changes)
        except ValueError as error:
            raise _unwritten(self._place, error) from error
        removed = set(changes.removed.tolist())
        kept = [key for key in self._canaries if key not in removed]
        self._canaries = [*kept, *changes.added[: _CANARIES - len(kept)].tolist()]
        self._certify(self._place, self._index, self._canaries, seq, self._known_hashes)
        self._torn = False
        self._keep()

    def _certify(
        self,
        place: Path,
        index: tantivy.Index,
        canaries: list[int],
        seq: int,
        known: dict[str, str],
        *,
        left_out: bool = False,
    ) -> None:
        names = [path.name for path in place.iterdir() if _is_index_file(path.name)]
        facts = {"passages": index.searcher().num_docs, "canaries": canaries, _MARK: left_out}
        certify(place, names, facts, seq, known)

    def rebuild(self, progress: Callable[[float], None]) -> None:
        """Make the index anew beside the one that is served; the next `catch_up` takes it."""
        with self._rebuilding:
            self._rebuild(progress)

    def _rebuild(self, progress: Callable[[float], None]) -> None:
        draft = self._folder / f"tmp-{os.getpid()}-rebuilt"
        try:
            draft.mkdir()
            index = open_index(draft, self._analyzer)
            with self._catalog.reading():
                seq, keys = self._catalog.seq(), self._catalog.live_keys()
                write(index, self._catalog, Changes(keys, np.empty(0, dtype=np.int64)), progress)
                index.reload()
                canaries = keys[:: max(1, len(keys) // _CANARIES)][:_CANARIES].tolist()
                if missing_canaries(index, self._catalog, canaries):
                    raise StoreWriteError(
                        "The rebuilt lexical index does not find its own passages. The one before is kept."
                    )
                hashes: dict[str, str] = {}
                self._certify(draft, index, canaries, seq, hashes)
            with self._placing:
                number = _place_number(self._folder.glob(_PLACE + "*")) + 1
                final = self._folder / f"{_PLACE}{number:06d}"
                draft.rename(final)
                sync_folder(self._folder)
                self._ready = _Rebuilt(final, canaries, hashes)
        except (OSError, ValueError) as error:
            raise StoreWriteError(
                f"The lexical index could not be rebuilt: {error}. Free disk space or mend permissions; "
                "the one before is kept."
            ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _unwritten(place: Path, error: Exception) -> StoreWriteError:
    return StoreWriteError(
        f"The lexical index {place} could not be written: {error}. Free disk space or mend "
        "permissions; no article is lost, the index is brought forward from the catalog."
    )


def _place_number(places: Iterable[Path]) -> int:
    return max((int(p.name[len(_PLACE) :]) for p in places if p.name.startswith(_PLACE)), default=0)


def _is_index_file(name: str) -> bool:
    return not name.startswith(MANIFEST) and not name.endswith(".lock")
