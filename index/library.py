"""The library: the one object that owns the catalog, the embedder and the caches."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock

from filelock import FileLock

from index.canaries import check_model, stored_canaries
from index.catalog import Catalog, PreparedArticle
from index.courtesy import Askers, embedded_beside
from index.database import Database
from index.dense import DenseCache
from index.durable import make_folder, require_room
from index.embed import Embedder, load_embedder
from index.errors import InvalidInputError, StoreError, StoreLockedError, StoreWriteError
from index.lexical import LexicalCache
from index.lock import lock_holder, writer_lock
from index.prepare import prepared, texts_by_hash
from index.snapshot import Snapshot
from index.types import Article, FloatArray, IndexState, PutResult
from index.upkeep import Upkeep, leave_out_what_lacks_much, tidy_up
from index.validate import checked_article

log = logging.getLogger(__name__)

BATCH_PASSAGES = 256
"""Passages embedded and committed together when many articles are added."""

STEP_ASIDE_S = 0.2
"""Longest wait for those who ask before each few passages: an article is to be found within a second."""

FREE_BYTES_AT_LEAST = 64 << 20
"""Free space on the disk below which nothing more is stored."""


class Library:
    """Articles in, snapshots for searching out.

    Any number of threads may read; writes are taken one at a time. Use `open_library`.
    """

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        embedder: Embedder,
        lock: FileLock | None,
        load: Callable[[str], Embedder],
    ) -> None:
        self.catalog = catalog
        self.embedder = embedder
        self.askers = Askers()
        self._folder = folder
        self._lock = lock
        self._load = load
        self._dense = self.dense_cache(embedder)
        self._lexical = LexicalCache(folder / "lexical", catalog, writable=self.writable)
        self._changing = Lock()
        self._rebuilding = Lock()
        self.upkeep = Upkeep({"merge": self._merge, "mend": self._mend})
        self._model_checked = False
        self._fault = ""
        if self.writable:
            leave_out_what_lacks_much(self._dense, self._lexical, catalog, embedder.space)
        self._snapshot = self._caught_up()
        # Whether the snapshot holds every change that was acknowledged.
        self._leads = self.writable

    def dense_cache(self, embedder: Embedder) -> DenseCache:
        """Open the dense cache of the embedder's space."""
        return DenseCache(self._folder / "dense", self.catalog, embedder.space, writable=self.writable)

    @property
    def writable(self) -> bool:
        """Whether this process holds the writer's lock."""
        return self._lock is not None

    def snapshot(self) -> Snapshot:
        """Give the newest state; what another process committed is caught up with first.

        A change of this process that is under way is not waited for: nobody was told of it yet. Where a cache
        cannot be written questions go on with the state before.
        """
        if self.catalog.seq() != self._snapshot.seq or self._lexical.is_behind:
            if self._changing.acquire(blocking=not self._leads):
                try:
                    self._catch_up_or_tell()
                finally:
                    self._changing.release()
        elif self._dense.fault or self._lexical.fault:
            self._keep_up()
        return self._snapshot

    def _catch_up_or_tell(self) -> None:
        try:
            self._catch_up()
        except StoreWriteError as error:
            log.error("questions are answered from change %d: %s", self._snapshot.seq, error)
        except StoreError:
            # The process that should have brought the index forward may be gone.
            if self.writable or not self._became_writer():
                raise

    def _catch_up(self) -> None:
        if not self.writable:
            self._follow_space()
        try:
            self._snapshot = self._caught_up()
        except StoreWriteError:
            self._fault = (
                f"what came after change {self._snapshot.seq} is stored and not found yet: "
                "a cache cannot be written"
            )
            raise
        self._fault, self._leads = "", self.writable
        self._keep_up()

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

    def _follow_space(self) -> None:
        """Load the model of the space that the writing process has switched to."""
        active = self.catalog.active_space()
        if active is not None and active.id != self.embedder.space.id:
            log.info("the library is now in the space %s", active.id)
            self.embedder = self._load(active.model)
            self._dense = self.dense_cache(self.embedder)

    def _keep_up(self) -> None:
        # The cost of a change must not depend on the size of the library.
        if self._dense.merge_is_due:
            self.upkeep.begin("merge")
        if self._dense.left_out or self._lexical.left_out:
            self.upkeep.begin("mend")

    def _merge(self, progress: Callable[[float], None]) -> None:
        if self._dense.merge_is_due:
            self._on_caches(lambda: self._dense.merge(progress))

    def _mend(self, progress: Callable[[float], None]) -> None:
        cache = self._dense if self._dense.left_out else self._lexical
        if cache.left_out:
            self._on_caches(lambda: cache.rebuild(progress))

    def _on_caches(self, work: Callable[[], None]) -> None:
        """Take what came of work that was done beside changes."""
        try:
            work()
        finally:
            with self._changing:
                self._catch_up_or_tell()

    def rebuild(self, progress: Callable[[float], None] = lambda fraction: None) -> None:
        """Make both caches anew from the catalog beside those that are served, then switch.

        Raises `StoreWriteError` where they cannot be written; those before are kept. What `progress` (told
        the share done) raises ends the work.
        """
        self._require_writable()
        with self._rebuilding:
            self._dense.rebuild(lambda fraction: progress(fraction / 2))
            self._lexical.rebuild(lambda fraction: progress((1 + fraction) / 2))
            with self._changing:
                self._snapshot = self._caught_up()

    def switch(self, embedder: Embedder, dense: DenseCache, caught_up: Callable[[], bool]) -> int:
        """Search in another space from the returned `seq` on.

        `caught_up` brings `dense` to the newest state while no change is taken, and tells whether it has
        every passage; where it has not, the library stays as it was and `StoreError` is raised.
        """
        self._require_writable()
        with self._dense.resting(), self._changing:
            if not caught_up():
                raise StoreError(
                    f"The index in the space {embedder.space.id} does not hold every passage. "
                    "The library stays as it was; run `groundwire verify`, then try again."
                )
            seq = self.catalog.activate(embedder.space)
            self._dense.retire()
            self.embedder, self._dense = embedder, dense
            self._model_checked = True
            self._snapshot = self._caught_up()
        self.checkpoint()
        return seq

    def check_model(self) -> None:
        """Prove on some passages that the model is the one that made the stored vectors.

        Raises `ModelError`. Costs a fraction of a second and loads the model.
        """
        check_model(self.embedder, *stored_canaries(self.catalog, self.embedder.space))
        self._model_checked = True

    def put(self, article: Article) -> PutResult:
        """Store one article and make it searchable.

        Raises `InvalidInputError` for an article that cannot be stored as it is.
        """
        return self._commit([prepared(checked_article(article))])[0]

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
                batch.append(prepared(checked_article(article)))
            except InvalidInputError as refusal:
                on_refusal(position, refusal)
            if sum(len(item.passages) for item in batch) >= BATCH_PASSAGES:
                self._commit_and_tell(batch, on_result)
        self._commit_and_tell(batch, on_result)
        self.checkpoint(wait=False)

    def _commit_and_tell(self, batch: list[PreparedArticle], on_result: Callable[[PutResult], None]) -> None:
        for result in self._commit(batch):
            on_result(result)
        batch.clear()

    def _commit(self, batch: Sequence[PreparedArticle]) -> list[PutResult]:
        self._require_writable()
        if not batch:
            return []
        # SQLite's log, the caches and a delete need room: what is left is for them.
        require_room(self._folder, FREE_BYTES_AT_LEAST)
        known = [self.catalog.unchanged(item.article) for item in batch]
        if all(known):
            if self.catalog.seq() != self._snapshot.seq:
                # What is acknowledged can be found, also where the first try stored it and then failed.
                with self._changing:
                    self._catch_up()
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
            self._catch_up()
        return results

    def _new_vectors(
        self, batch: Sequence[PreparedArticle], made: Container[bytes] = ()
    ) -> dict[bytes, FloatArray]:
        texts = texts_by_hash(batch)
        missing = self.catalog.missing_vectors(list(texts), self.embedder.space)
        wanted = [key for key in texts if key in missing and key not in made]
        if not wanted:
            return {}
        if not self._model_checked:
            # Before the first vector of this process stands beside those of another.
            self.check_model()
        rows = embedded_beside(self.askers, self.embedder, [texts[key] for key in wanted], STEP_ASIDE_S)
        return dict(zip(wanted, rows, strict=True))

    def delete(self, identity: str) -> int:
        """Remove an article for good; gives the `seq` from which no question finds it."""
        self._require_writable()
        with self._changing:
            seq = self.catalog.delete(identity)
            self._catch_up()
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
            degraded=tuple(
                filter(None, (self.catalog.failure, self._fault, self._dense.fault, self._lexical.fault))
            ),
        )

    def checkpoint(self, *, wait: bool = True) -> None:
        """Write the dense cache beside changes, so that the next opening has little to replay.

        Without `wait` it is left where one is being made. Where it cannot be written the log and `state` say
        so: every article is safe without it.
        """
        if wait:
            self.upkeep.wait("merge")
        if self.writable:
            try:
                if self._dense.checkpoint(wait=wait):
                    with self._changing:
                        self._snapshot = self._caught_up()
            except StoreWriteError as error:
                log.error("%s", error)

    def close(self) -> None:
        """Write the caches, mended where they were damaged, and release the lock; once."""
        if self.upkeep.closed:
            return
        self.upkeep.wait("mend")
        self.checkpoint()
        self.upkeep.close()
        # A rebuild under way would find its connection closed while it reads from it.
        with self._rebuilding:
            self.catalog.close()
        if self._lock is not None:
            self._lock.release()

    def take_over(self) -> bool:
        """Become the process that writes where none is; tells whether this one is.

        Raises `StoreError` where another library was put in the place of the one that is open here.
        """
        with self._changing:
            return self.writable or self._became_writer()

    def _became_writer(self) -> bool:
        lock = writer_lock(self._folder)
        if lock is None:
            return False
        try:
            self.catalog.require_same_file()
            tidy_up(self._folder, self.catalog)
            self._follow_space()
            dense = DenseCache(self._folder / "dense", self.catalog, self.embedder.space)
            lexical = LexicalCache(self._folder / "lexical", self.catalog, writable=True)
            leave_out_what_lacks_much(dense, lexical, self.catalog, self.embedder.space)
        except BaseException:
            lock.release()
            raise
        self._dense, self._lexical, self._lock = dense, lexical, lock
        self._catch_up_or_tell()
        log.info("this process writes to the library from change %d on", self._snapshot.seq)
        return True

    def _require_writable(self) -> None:
        if not self.writable and not self.take_over():
            raise StoreLockedError(
                f"Another process ({lock_holder(self._folder)}) writes to this library, so this one cannot "
                "change it. Send the change to that process (POST /v1/articles), or stop it first."
            )


def open_library(
    folder: Path, embedder: Embedder, load: Callable[[str], Embedder] = load_embedder
) -> Library:
    """Open or create the library in a folder.

    The first process to open it may write; while it lives, others read and catch up with it, and `load`
    the model by name when it moves the library to another space. Raises `StoreError` where the folder
    cannot be used, `StoreVersionError` where a newer Groundwire wrote it.
    """
    try:
        make_folder(folder, 0o700)
    except OSError as error:
        raise StoreError(
            f"The data folder {folder} cannot be made: {error}. Choose another in GROUNDWIRE_DATA."
        ) from error
    with ExitStack() as undo:
        lock = writer_lock(folder)
        if lock is not None:
            undo.callback(lock.release)
        catalog = Catalog(Database(folder / "library.sqlite3", writable=lock is not None))
        undo.callback(catalog.close)
        if lock is not None:
            tidy_up(folder, catalog)
        library = Library(folder, catalog, embedder, lock, load)
        undo.pop_all()
    return library
