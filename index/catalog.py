"""The catalog: articles, versions, passages and vectors in one SQLite file.

It is the truth of the library. Every change is one transaction that takes the next `seq`; when
the call returns the change is on disk (WAL, `synchronous=FULL`).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.catalog_reader import CatalogReader, not_found
from index.identity import article_id, content_sha256
from index.rows import article_row, passage_row
from index.story import link, unlink
from index.types import Article, FloatArray, Passage, PutResult, Space

_DROPPED_AT_ONCE = 2000
"""Vectors removed in one transaction: few enough that articles need not wait for long."""


@dataclass(frozen=True, slots=True)
class PreparedArticle:
    """An article ready to be written: its passages and the hash of what the encoder sees of each."""

    article: Article
    passages: tuple[Passage, ...]
    content_hashes: tuple[bytes, ...]


class Catalog(CatalogReader):
    """What is stored, read and written; writes take turns."""

    def put(
        self, prepared: Sequence[PreparedArticle], vectors: dict[bytes, FloatArray], space: Space
    ) -> list[PutResult]:
        """Write articles with their passages and new vectors in one transaction.

        `vectors` maps content hashes to unit rows of the space. An article whose id is known gets a
        new version; one that says nothing new stays as it is.
        """
        with self._database.transaction() as change:
            connection, seq, now = change.connection, change.seq, change.now
            connection.executemany(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?, ?)",
                [(key, space.id, *_packed(vector)) for key, vector in vectors.items()],
            )
            if vectors:
                connection.execute(
                    "INSERT OR IGNORE INTO spaces VALUES (?, ?, ?, NOT EXISTS (SELECT 1 FROM spaces), NULL)",
                    (space.id, space.model, space.dimension),
                )
            return [self._put_one(connection, item, seq, now) for item in prepared]

    def _put_one(
        self, connection: sqlite3.Connection, item: PreparedArticle, seq: int, now: str
    ) -> PutResult:
        known = self.unchanged(item.article)
        if known:
            return known
        identity = article_id(item.article)
        row = connection.execute("SELECT * FROM articles WHERE id = ?", (identity,)).fetchone()
        if row is None:
            number = connection.execute(
                "INSERT INTO articles (id, version, seq) VALUES (?, 1, ?)", (identity, seq)
            ).lastrowid
            version = 1
        else:
            number, version = row["number"], row["version"] + 1
            connection.execute(
                "UPDATE articles SET version = ?, seq = ?, deleted = 0 WHERE number = ?",
                (version, seq, number),
            )
            connection.execute(
                "UPDATE passages SET removed_seq = ? WHERE article = ? AND removed_seq IS NULL", (seq, number)
            )
        assert number is not None
        connection.execute(
            *article_row(number, version, item.article, content_sha256(item.article), now, seq)
        )
        connection.executemany(
            "INSERT INTO qa_pairs VALUES (?, ?, ?, ?, ?)",
            [
                (number, version, i, pair.question, pair.answer)
                for i, pair in enumerate(item.article.qa_pairs)
            ],
        )
        for passage, content_hash in zip(item.passages, item.content_hashes, strict=True):
            connection.execute(*passage_row(number, version, passage, content_hash, seq))
        if item.article.kind == "article":
            link(connection, number, item.article.text)
        created = row is None or row["deleted"]
        return PutResult(identity, version, "created" if created else "updated", seq)

    def add_vectors(self, vectors: Mapping[bytes, FloatArray], space: Space) -> None:
        """Store vectors of live passages in a space beside the active one: no change of the library."""
        with self._database.transaction(counted=False) as change:
            change.connection.executemany(
                # What was deleted while it was embedded must not come back.
                "INSERT OR IGNORE INTO vectors SELECT :key, :space, :vector, :sha256 WHERE EXISTS"
                " (SELECT 1 FROM passages WHERE content_sha256 = :key AND removed_seq IS NULL)",
                [
                    {"key": key, "space": space.id, "vector": vector, "sha256": sha256}
                    for key, (vector, sha256) in ((key, _packed(row)) for key, row in vectors.items())
                ],
            )

    def drop_bad_vectors(self, space: Space) -> None:
        """Remove vectors that are not what was stored, and those of no passage."""
        with self._database.transaction(counted=False) as change:
            connection = change.connection
            connection.create_function("sha256", 1, _sha256, deterministic=True)
            connection.execute(
                "DELETE FROM vectors WHERE sha256(vector) != vector_sha256"
                " OR (space = ? AND length(vector) != ?)"
                " OR content_sha256 NOT IN (SELECT content_sha256 FROM passages)",
                (space.id, space.dimension * 2),
            )

    def activate(self, space: Space) -> int:
        """Search the library in another space from the returned `seq` on; the one left is remembered."""
        with self._database.transaction() as change:
            connection = change.connection
            connection.execute("UPDATE spaces SET active = 0, left_seq = ? WHERE active", (change.seq,))
            connection.execute(
                "INSERT INTO spaces VALUES (?, ?, ?, 1, NULL)"
                " ON CONFLICT (id) DO UPDATE SET active = 1, left_seq = NULL",
                (space.id, space.model, space.dimension),
            )
            return change.seq

    def drop_other_spaces(self, progress: Callable[[float], None] = lambda fraction: None) -> int:
        """Remove the vectors of every space but the active one; gives how many they were.

        The file keeps its size: what is stored next takes the room. There is no way back to those spaces.
        """
        dropped, last = 0, b""
        while True:
            with self._database.transaction(counted=False) as change:
                connection = change.connection
                batch = connection.execute(
                    "SELECT content_sha256, space FROM vectors WHERE content_sha256 >= ?"
                    " AND space != (SELECT id FROM spaces WHERE active) ORDER BY content_sha256 LIMIT ?",
                    (last, _DROPPED_AT_ONCE),
                ).fetchall()
                if len(batch) < _DROPPED_AT_ONCE:
                    connection.execute("DELETE FROM spaces WHERE NOT active")
                connection.executemany("DELETE FROM vectors WHERE content_sha256 = ? AND space = ?", batch)
            dropped += len(batch)
            if len(batch) < _DROPPED_AT_ONCE:
                return dropped
            # Not behind it: a text may have vectors in several of the spaces.
            last = batch[-1]["content_sha256"]
            # Hashes are spread evenly, so that the first bytes tell how far it is.
            progress(int.from_bytes(last[:2], "big") / 0x10000)

    def delete(self, identity: str) -> int:
        """Remove an article, all its versions and their texts; gives the `seq` from which it is gone.

        Deleting again gives that `seq` again. Raises `NotFoundError` for an id never stored.
        """
        with self._database.transaction() as change:
            connection, seq = change.connection, change.seq
            row = connection.execute("SELECT * FROM articles WHERE id = ?", (identity,)).fetchone()
            if row is None:
                raise not_found(identity)
            if row["deleted"]:
                return int(row["seq"])
            number = row["number"]
            connection.execute(
                # Asked for each text of the article: a list of all others would be the whole library.
                "DELETE FROM vectors WHERE content_sha256 IN"
                " (SELECT content_sha256 FROM passages WHERE article = ?) AND NOT EXISTS"
                " (SELECT 1 FROM passages p INDEXED BY passages_by_content"
                "  WHERE p.content_sha256 = vectors.content_sha256 AND p.article != ?"
                "  AND p.removed_seq IS NULL)",
                (number, number),
            )
            connection.execute(
                "UPDATE passages SET removed_seq = ? WHERE article = ? AND removed_seq IS NULL", (seq, number)
            )
            connection.execute("DELETE FROM versions WHERE article = ?", (number,))
            unlink(connection, number)
            connection.execute("UPDATE articles SET deleted = 1, seq = ? WHERE number = ?", (seq, number))
            return seq


def _packed(vector: FloatArray) -> tuple[bytes, bytes]:
    # Half precision moves a cosine by less than 0.001 and halves the file.
    packed = vector.astype(np.float16).tobytes()
    return packed, _sha256(packed)


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
