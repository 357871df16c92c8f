"""The lexical leg: BM25 by Tantivy over English and Chinese tokens, a cache of the catalog.

Tantivy appends segments and commits; after each commit a manifest certifies the folder with the
`seq` that it reflects. A folder that does not verify at open is thrown away and replayed whole.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.catalog import Catalog, Changes
from index.chunk import context
from index.errors import StoreError, StoreWriteError
from index.generations import MANIFEST, certify, read_seq, verified_manifest
from index.tokens import lexical_tokens, query_weights
from index.types import IntArray, ScoredKey

if TYPE_CHECKING:
    import tantivy

log = logging.getLogger(__name__)

_FIELDS = {"body": 1.0, "context": 0.4}
"""Weight of a term found in the passage, and in its title or heading."""

_ANALYZER = "groundwire"
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
    """Keeps a Tantivy index equal to the catalog. Used by one thread at a time.

    A process that does not hold the writer's lock opens it with `writable=False` and waits for the
    writer to bring it forward.
    """

    def __init__(self, folder: Path, catalog: Catalog, *, writable: bool) -> None:
        import tantivy

        self._folder = folder
        self._catalog = catalog
        self._writable = writable
        self._known_hashes: dict[str, str] = {}
        builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
        self._analyzer = builder.filter(tantivy.Filter.stemmer("english")).build()
        if writable:
            self._start_over_unless_verified()
        self._index = self._opened()
        self.snapshot = self._snapshot()

    def _start_over_unless_verified(self) -> None:
        manifest = verified_manifest(self._folder)
        # Where an older catalog was restored its next changes take numbers that the cache has seen.
        if self._folder.is_dir() and (manifest is None or read_seq(self._folder) > self._catalog.seq()):
            if any(self._folder.iterdir()):
                log.warning("the cache %s does not verify and is rebuilt from the catalog", self._folder)
            shutil.rmtree(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)

    def _opened(self) -> tantivy.Index:
        import tantivy

        if not self._writable and not tantivy.Index.exists(str(self._folder)):
            raise StoreError(
                "Another process is still preparing this library. Ask again in a moment, or ask that process."
            )
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("key", stored=False, indexed=True, fast=True)
        builder.add_text_field("body", tokenizer_name=_ANALYZER, index_option="freq")
        builder.add_text_field("context", tokenizer_name=_ANALYZER, index_option="freq")
        index = tantivy.Index(builder.build(), path=str(self._folder))
        index.register_tokenizer(_ANALYZER, self._analyzer)
        return index

    def _snapshot(self) -> LexicalSnapshot:
        # The seq is read before the reload: a snapshot may hold more than it says, never less.
        seq = read_seq(self._folder)
        self._index.reload()
        return LexicalSnapshot(seq, self._index, self._index.searcher(), self._analyzer)

    def catch_up(self, seq: int) -> None:
        """Bring the index to `seq`: replay as the writer, wait for the writer as a reader.

        Raises `StoreError` where a reader waited in vain.
        """
        if self.snapshot.seq >= seq:
            return
        if self._writable:
            self._replay(self._catalog.changes_after(self.snapshot.seq), seq)
            self.snapshot = self._snapshot()
            return
        deadline = time.monotonic() + _READER_PATIENCE_S
        while self.snapshot.seq < seq:
            if time.monotonic() > deadline:
                raise StoreError(
                    f"The lexical index has stood at change {self.snapshot.seq} of {seq} for "
                    f"{_READER_PATIENCE_S:.0f} s. The writing process may have stopped: "
                    "run `groundwire status`."
                )
            time.sleep(0.02)
            self.snapshot = self._snapshot()

    def _replay(self, changes: Changes, seq: int) -> None:
        try:
            self._write(changes)
        except ValueError as error:
            raise StoreWriteError(
                f"The lexical index {self._folder} could not be written: {error}. Free disk space or mend "
                "permissions; no article is lost, the index is brought forward from the catalog."
            ) from error
        names = [path.name for path in self._folder.iterdir() if _is_index_file(path.name)]
        certify(self._folder, names, {"passages": self._index.searcher().num_docs}, seq, self._known_hashes)

    def _write(self, changes: Changes) -> None:
        writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        # A replay that was cut off may have left passages of this change: remove, then add.
        for key in np.concatenate([changes.removed, changes.added]):
            writer.delete_documents_by_term("key", int(key))
        for start in range(0, len(changes.added), _READ_AT_ONCE):
            self._add(writer, changes.added[start : start + _READ_AT_ONCE])
        writer.commit()
        # Merges end before the folder is certified, so that no file of the manifest vanishes later.
        writer.wait_merging_threads()

    def _add(self, writer: tantivy.IndexWriter, keys: IntArray) -> None:
        import tantivy

        passages = self._catalog.passages([int(key) for key in keys])
        for key, passage in passages.items():
            document = tantivy.Document()
            document.add_integer("key", key)
            document.add_text("body", " ".join(lexical_tokens(passage.text)))
            document.add_text("context", " ".join(lexical_tokens(context(passage.title, passage.heading))))
            writer.add_document(document)


def _is_index_file(name: str) -> bool:
    return not name.startswith(MANIFEST) and not name.endswith(".lock")
