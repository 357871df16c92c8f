"""The library: the one object that owns the catalog, the embedder and the caches."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout

from index.catalog import Catalog, PreparedArticle
from index.chunk import chunk, context
from index.database import Database
from index.dense import DenseCache, DenseSnapshot
from index.embed import Embedder
from index.errors import InvalidInputError, StoreError, StoreLockedError, StoreWriteError
from index.generations import tidy
from index.lexical import LexicalCache, LexicalSnapshot
from index.types import (
    Article,
    Filters,
    FloatArray,
    IndexState,
    IntArray,
    Passage,
    PutResult,
    ScoredKey,
    StoredPassage,
    Story,
)
from index.validate import checked_article

log = logging.getLogger(__name__)

BATCH_PASSAGES = 256
"""Passages embedded and committed together when many articles are added."""


@dataclass(frozen=True)
class Snapshot:
    """One state of the library; a question holds it from start to end."""

    seq: int
    changed_at: str
    embedder: Embedder
    catalog: Catalog
    dense_leg: DenseSnapshot
    lexical_leg: LexicalSnapshot

    @property
    def passage_count(self) -> int:
        """Number of passages that can be found."""
        return len(self.dense_leg.main.keys) - len(self.dense_leg.removed) + len(self.dense_leg.delta.keys)

    def dense(self, question: str, k: int, allowed: IntArray | None = None) -> list[ScoredKey]:
        """Give the k passages nearest to the question in meaning."""
        return self.dense_leg.search(self.embedder.embed_queries([question])[0], k, allowed)

    def lexical(self, question: str, k: int, allowed: IntArray | None = None) -> list[ScoredKey]:
        """Give the k passages nearest to the question in words."""
        return self.lexical_leg.search(question, k, allowed)

    def article_ids(self, keys: Sequence[int]) -> dict[int, str]:
        """Give the articles of passages; passages deleted since are left out."""
        return self.catalog.article_ids(keys)

    def stories_of(self, article_ids: Sequence[str]) -> dict[str, Story]:
        """Give the stories that articles tell; articles too short to have one are left out."""
        return self.catalog.stories_of(article_ids)

    def passages(self, keys: Sequence[int]) -> dict[int, StoredPassage]:
        """Give passages by key; those deleted since are left out."""
        return self.catalog.passages(keys)

    def keys_matching(self, filters: Filters) -> IntArray | None:
        """Give the keys that filters allow; nothing where they allow all."""
        return self.catalog.keys_matching(filters, self.seq) if filters else None


class Library:
    """Articles in, snapshots for searching out.

    Any number of threads may read; writes are taken one at a time. Use `open_library`.
    """

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder,
        dense: DenseCache,
        lexical: LexicalCache,
        lock: FileLock | None,
    ) -> None:
        self.catalog = catalog
        self.embedder = embedder
        self._dense = dense
        self._lexical = lexical
        self._lock = lock
        self._changing = Lock()
        self._snapshot = self._caught_up()

    @property
    def writable(self) -> bool:
        """Whether this process holds the writer's lock."""
        return self._lock is not None

    def snapshot(self) -> Snapshot:
        """Give the newest state; what another process committed is caught up with first.

        Where a cache cannot be written questions go on with the state before.
        """
        if self.catalog.seq() != self._snapshot.seq:
            with self._changing:
                try:
                    self._snapshot = self._caught_up()
                except StoreWriteError as error:
                    log.error("questions are answered from change %d: %s", self._snapshot.seq, error)
        return self._snapshot

    def _caught_up(self) -> Snapshot:
        with self.catalog.reading():
            seq = self.catalog.seq()
            self._dense.catch_up(seq)
            self._lexical.catch_up(seq)
            return Snapshot(
                seq,
                self.catalog.changed_at(),
                self.embedder,
                self.catalog,
                self._dense.snapshot,
                self._lexical.snapshot,
            )

    def put(self, article: Article) -> PutResult:
        """Store one article and make it searchable.

        Raises `InvalidInputError` for an article that cannot be stored as it is.
        """
        return self._commit([self._prepared(checked_article(article))])[0]

    def put_many(
        self,
        articles: Iterable[Article],
        on_result: Callable[[PutResult], None],
        on_refusal: Callable[[int, InvalidInputError], None],
    ) -> None:
        """Store many articles in batches; each batch is on disk before its results are told.

        A refused article is told with its position (from 0) and the others go on.
        """
        batch: list[PreparedArticle] = []
        for position, article in enumerate(articles):
            try:
                batch.append(self._prepared(checked_article(article)))
            except InvalidInputError as refusal:
                on_refusal(position, refusal)
            if sum(len(item.passages) for item in batch) >= BATCH_PASSAGES:
                self._commit_and_tell(batch, on_result)
        self._commit_and_tell(batch, on_result)
        self.checkpoint()

    def _commit_and_tell(self, batch: list[PreparedArticle], on_result: Callable[[PutResult], None]) -> None:
        for result in self._commit(batch):
            on_result(result)
        batch.clear()

    def _prepared(self, article: Article) -> PreparedArticle:
        passages = chunk(article)
        return PreparedArticle(
            article, passages, tuple(_content_hash(_encoder_text(article, passage)) for passage in passages)
        )

    def _commit(self, batch: Sequence[PreparedArticle]) -> list[PutResult]:
        self._require_writable()
        if not batch:
            return []
        known = [self.catalog.unchanged(item.article) for item in batch]
        if all(known):
            return [result for result in known if result is not None]
        vectors = self._new_vectors(
            [item for item, result in zip(batch, known, strict=True) if result is None]
        )
        with self._changing:
            # A delete since may have taken vectors that were there.
            vectors |= self._new_vectors(
                [item for item in batch if self.catalog.unchanged(item.article) is None], vectors
            )
            results = self.catalog.put(batch, vectors, self.embedder.space)
            self._snapshot = self._caught_up()
        return results

    def _new_vectors(
        self, batch: Sequence[PreparedArticle], made: Container[bytes] = ()
    ) -> dict[bytes, FloatArray]:
        texts = {
            content_hash: _encoder_text(item.article, passage)
            for item in batch
            for passage, content_hash in zip(item.passages, item.content_hashes, strict=True)
        }
        missing = self.catalog.missing_vectors(list(texts), self.embedder.space)
        wanted = [
            content_hash for content_hash in texts if content_hash in missing and content_hash not in made
        ]
        if not wanted:
            return {}
        rows = self.embedder.embed_passages([texts[content_hash] for content_hash in wanted])
        return dict(zip(wanted, rows, strict=True))

    def delete(self, identity: str) -> int:
        """Remove an article for good; gives the `seq` from which no question finds it."""
        self._require_writable()
        with self._changing:
            seq = self.catalog.delete(identity)
            self._snapshot = self._caught_up()
        return seq

    def state(self) -> IndexState:
        """Tell what is stored and what the caches reflect."""
        snapshot = self.snapshot()
        counts = self.catalog.counts()
        return IndexState(
            seq=snapshot.seq,
            indexed_through=snapshot.changed_at,
            space=self.embedder.space.id,
            articles=counts["articles"],
            passages=counts["passages"],
            versions=counts["versions"],
            questions=counts["questions"],
            dense_seq=snapshot.dense_leg.seq,
            lexical_seq=snapshot.lexical_leg.seq,
        )

    def checkpoint(self) -> None:
        """Write the dense cache, so that the next opening has nothing to replay."""
        if self.writable:
            with self._changing:
                self._dense.checkpoint()

    def close(self) -> None:
        """Write the caches and release the lock."""
        self.checkpoint()
        self.catalog.close()
        if self._lock is not None:
            self._lock.release()

    def _require_writable(self) -> None:
        if self._lock is None:
            raise StoreLockedError(
                "Another process writes to this library, so this one cannot change it. "
                "Send the change to that process (POST /v1/articles), or stop it first."
            )


def open_library(folder: Path, embedder: Embedder) -> Library:
    """Open or create the library in a folder.

    The first process to open it may write; while it lives, others read and catch up with it. Raises
    `StoreError` where the folder cannot be used, `StoreVersionError` where a newer Groundwire wrote it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"The data folder {folder} cannot be made: {error}. Choose another in GROUNDWIRE_DATA."
        ) from error
    with ExitStack() as undo:
        lock = _writer_lock(folder)
        if lock is not None:
            undo.callback(lock.release)
        catalog = Catalog(Database(folder / "library.sqlite3", writable=lock is not None))
        undo.callback(catalog.close)
        if lock is not None:
            tidy(folder / "dense", catalog.seq())
        dense = DenseCache(folder / "dense", catalog, embedder.space)
        lexical = LexicalCache(folder / "lexical", catalog, writable=lock is not None)
        library = Library(catalog, embedder, dense, lexical, lock)
        undo.pop_all()
    return library


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
    lock = _writer_lock(folder)
    if lock is None:
        return False
    lock.release()
    return True


def _writer_lock(folder: Path) -> FileLock | None:
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


def _encoder_text(article: Article, passage: Passage) -> str:
    heading = article.sections[passage.section].heading if article.sections else ""
    return f"{context(article.title, heading)}\n{article.text[passage.char_start : passage.char_end]}"


def _content_hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
