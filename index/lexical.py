"""The lexical leg: BM25 by Tantivy over English and Chinese tokens, a cache of the catalog.

Tantivy appends segments and commits; after each commit a manifest certifies the folder with the
`seq` that it reflects. A folder that does not verify at open is thrown away and replayed whole; a rebuilt
index stands in a folder of its own until it is complete.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.catalog import Catalog
from index.catalog_reader import CatalogReader, Changes
from index.chunk import context
from index.errors import StoreError, StoreNotReadyError, StoreWriteError
from index.generations import MANIFEST, certify, read_seq, verified_manifest
from index.tokens import lexical_tokens, query_weights
from index.types import IntArray, ScoredKey

if TYPE_CHECKING:
    import tantivy

log = logging.getLogger(__name__)

_FIELDS = {"body": 1.0, "context": 0.4}
"""Weight of a term found in the passage, and in its title or heading."""

_ANALYZER = "groundwire"
_PLACE = "index-"
_CANARIES = 8
_HEAP_BYTES = 50_000_000
_READ_AT_ONCE = 2000
_READER_PATIENCE_S = 5.0


@dataclass(frozen=True)
class LexicalSnapshot:
    """One immutable state of the lexical leg."""

    seq: int
    index: tantivy.Index
    searcher: tantivy.Searcher
    analyzer: tantivy.TextAnalyzer

    def search(self, text: str, k: int, allowed: IntArray | None) -> list[ScoredKey]:
        """Give the k passages with the highest BM25 for the words of `text`, best first; ties by key.

        `allowed` restricts the result to these keys (ascending). Formula: Robertson and Zaragoza 2009,
        k1 1.2 and b 0.75 as Tantivy fixes them, over passage and context as two weighted fields.
        """
        weights = query_weights(text)
        if not weights or not self.searcher.num_docs:
            return []
        # Tokens hold no white space, so that the stems come back one for one.
        stems = self.analyzer.analyze(" ".join(weights))
        query = self._query(dict(zip(stems, weights.values(), strict=True)))
        limit = k
        while True:
            hits = self.searcher.search(query, limit).hits
            keys = np.array(
                self.searcher.fast_field_values("key", [address for _, address in hits]), np.int64
            )
            found = [ScoredKey(int(key), float(score)) for key, (score, _) in zip(keys, hits, strict=True)]
            if allowed is not None:
                inside = np.isin(keys, allowed)
                found = [hit for hit, keep in zip(found, inside, strict=True) if keep]
            if len(found) >= k or len(hits) < limit:
                return sorted(found, key=lambda hit: (-hit.score, hit.key))[:k]
            limit *= 8

    def _query(self, weights: Mapping[str, float]) -> tantivy.Query:
        import tantivy

        clauses = []
        for term, weight in weights.items():
            for field, share in _FIELDS.items():
                query = tantivy.Query.term_query(self.index.schema, field, term, "freq")
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight * share)))
        return tantivy.Query.boolean_query(clauses)


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
        self._ready: Path | None = None
        self._analyzer = analyzer()
        self._place = self._place_to_write() if writable else self._place_to_read()
        self._index = open_index(self._place, self._analyzer)
        if writable and not (self._place / MANIFEST).is_file():
            # A reader may open the library before its first change.
            self._certify(self._place, self._index, [], 0, self._known_hashes)
        self.snapshot = self._snapshot()

    def _place_to_write(self) -> Path:
        """Give the newest index that proves right, else an empty folder; everything else is removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        places = sorted(self._folder.iterdir(), reverse=True)
        kept = next(
            (place for place in places if place.name.startswith(_PLACE) and self._proves(place)), None
        )
        for place in places:
            if place != kept:
                log.warning("removing %s; the lexical index is made from the catalog", place)
                shutil.rmtree(place) if place.is_dir() else place.unlink()
        if kept is None:
            kept = self._folder / f"{_PLACE}{_place_number(places) + 1:06d}"
            kept.mkdir()
        return kept

    def _proves(self, place: Path) -> bool:
        manifest = verified_manifest(place)
        # Where an older catalog was restored its next changes take numbers that the cache has seen.
        if manifest is None or manifest["seq"] > self._catalog.seq():
            return False
        self._canaries = list(manifest["canaries"])
        return not missing_canaries(open_index(place, self._analyzer), self._catalog, self._canaries)

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
        if self._ready is not None:
            self._take(self._ready)
            for place in self._folder.glob(_PLACE + "*"):
                if place != self._place:
                    shutil.rmtree(place, ignore_errors=True)
            self._ready = None
        if self.snapshot.seq >= seq:
            return
        if self._writable:
            self._replay(self._catalog.changes_after(self.snapshot.seq), seq)
            self.snapshot = self._snapshot()
        else:
            self._wait_for(seq)

    def _take(self, place: Path) -> None:
        index = open_index(place, self._analyzer)
        self._place, self._index, self._known_hashes = place, index, {}
        self.snapshot = self._snapshot()

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
            except (FileNotFoundError, ValueError, StoreError) as error:
                # The writer may have put a new index in its place at this moment: look again.
                log.info("the lexical index cannot be read yet: %s", error)

    def _replay(self, changes: Changes, seq: int) -> None:
        try:
            _write(self._index, self._catalog, changes)
        except ValueError as error:
            raise StoreWriteError(
                f"The lexical index {self._place} could not be written: {error}. Free disk space or mend "
                "permissions; no article is lost, the index is brought forward from the catalog."
            ) from error
        removed = set(changes.removed.tolist())
        kept = [key for key in self._canaries if key not in removed]
        self._canaries = [*kept, *changes.added[: _CANARIES - len(kept)].tolist()]
        self._certify(self._place, self._index, self._canaries, seq, self._known_hashes)

    def _certify(
        self, place: Path, index: tantivy.Index, canaries: list[int], seq: int, known: dict[str, str]
    ) -> None:
        names = [path.name for path in place.iterdir() if _is_index_file(path.name)]
        facts = {"passages": index.searcher().num_docs, "canaries": canaries}
        certify(place, names, facts, seq, known)

    def rebuild(self, progress: Callable[[float], None]) -> None:
        """Make the index anew beside the one that is served; the next `catch_up` takes it."""
        number = _place_number(self._folder.glob(_PLACE + "*")) + 1
        draft = self._folder / f"tmp-{os.getpid()}-{number}"
        try:
            draft.mkdir()
            index = open_index(draft, self._analyzer)
            with self._catalog.reading():
                seq, keys = self._catalog.seq(), self._catalog.live_keys()
                _write(index, self._catalog, Changes(keys, np.empty(0, dtype=np.int64)), progress)
                index.reload()
                canaries = keys[:: max(1, len(keys) // _CANARIES)][:_CANARIES].tolist()
                if missing_canaries(index, self._catalog, canaries):
                    raise StoreWriteError(
                        "The rebuilt lexical index does not find its own passages. The one before is kept."
                    )
                self._certify(draft, index, canaries, seq, {})
            final = self._folder / f"{_PLACE}{number:06d}"
            draft.rename(final)
        except (OSError, ValueError) as error:
            raise StoreWriteError(
                f"The lexical index could not be rebuilt: {error}. Free disk space or mend permissions; "
                "the one before is kept."
            ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self._canaries = canaries
        self._ready = final


def open_index(place: Path, stemmer: tantivy.TextAnalyzer) -> tantivy.Index:
    """Open the Tantivy index of a folder, or make an empty one there."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("key", stored=False, indexed=True, fast=True)
    builder.add_text_field("body", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field("context", tokenizer_name=_ANALYZER, index_option="freq")
    index = tantivy.Index(builder.build(), path=str(place))
    index.register_tokenizer(_ANALYZER, stemmer)
    return index


def missing_canaries(index: tantivy.Index, catalog: CatalogReader, keys: Sequence[int]) -> list[int]:
    """Give those of the passages that are not found by all of their own words.

    It shows that words are cut today as they were when the index was written. Passages deleted since say
    nothing.
    """
    import tantivy

    stemmer = analyzer()
    searcher = index.searcher()
    missing = []
    for key, passage in catalog.passages(keys).items():
        words = set(lexical_tokens(passage.text))
        stems = stemmer.analyze(" ".join(words))
        terms = [("key", key), *(("body", stem) for stem in stems)]
        clauses = [
            (tantivy.Occur.Must, tantivy.Query.term_query(index.schema, field, term)) for field, term in terms
        ]
        if not searcher.search(tantivy.Query.boolean_query(clauses), 1).hits:
            missing.append(key)
    return missing


def analyzer() -> tantivy.TextAnalyzer:
    """Give what cuts text at white space and stems English words."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.stemmer("english")).build()


def _write(
    index: tantivy.Index,
    catalog: CatalogReader,
    changes: Changes,
    progress: Callable[[float], None] = lambda fraction: None,
) -> None:
    writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
    # A replay that was cut off may have left passages of this change: remove, then add.
    for key in np.concatenate([changes.removed, changes.added]):
        writer.delete_documents_by_term("key", int(key))
    for start in range(0, len(changes.added), _READ_AT_ONCE):
        _add(writer, catalog, changes.added[start : start + _READ_AT_ONCE])
        progress(min(1.0, (start + _READ_AT_ONCE) / len(changes.added)))
    writer.commit()
    # Merges end before the folder is certified, so that no file of the manifest vanishes later.
    writer.wait_merging_threads()


def _add(writer: tantivy.IndexWriter, catalog: CatalogReader, keys: IntArray) -> None:
    import tantivy

    for key, passage in catalog.passages([int(key) for key in keys]).items():
        document = tantivy.Document()
        document.add_integer("key", key)
        document.add_text("body", " ".join(lexical_tokens(passage.text)))
        document.add_text("context", " ".join(lexical_tokens(context(passage.title, passage.heading))))
        writer.add_document(document)


def _place_number(places: Iterable[Path]) -> int:
    return max((int(p.name[len(_PLACE) :]) for p in places if p.name.startswith(_PLACE)), default=0)


def _is_index_file(name: str) -> bool:
    return not name.startswith(MANIFEST) and not name.endswith(".lock")
