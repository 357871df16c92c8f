"""The passages as a Tantivy index: opened, searched, written, proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.catalog_reader import CatalogReader, Changes
from index.chunk import context
from index.tokens import lexical_tokens, query_weights
from index.types import IntArray, ScoredKey

if TYPE_CHECKING:
    import tantivy

_FIELDS = {"body": 1.0, "context": 0.4}
"""Weight of a term found in the passage, and in its title or heading."""

_ANALYZER = "groundwire"
_HEAP_BYTES = 50_000_000
_READ_AT_ONCE = 2000


@dataclass(frozen=True)
class LexicalSnapshot:
    """One immutable state of the lexical leg."""

    seq: int
    index: tantivy.Index
    searcher: tantivy.Searcher
    analyzer: tantivy.TextAnalyzer

    @property
    def count(self) -> int:
        """Number of passages that can be found."""
        return int(self.searcher.num_docs)

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


def write(
    index: tantivy.Index,
    catalog: CatalogReader,
    changes: Changes,
    progress: Callable[[float], None] = lambda fraction: None,
) -> None:
    """Remove and add the passages of changes in one commit. Raises `ValueError` where it cannot be."""
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
