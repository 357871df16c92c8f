"""Reading the catalog: articles, versions, passages, vectors and what changed between two states."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from index.database import Database
from index.dates import in_range
from index.errors import NotFoundError, StoreError
from index.identity import article_id, content_sha256
from index.rows import stored_article, stored_passage, summary
from index.story import stories_of
from index.types import (
    Article,
    ArticleSummary,
    Filters,
    FloatArray,
    IntArray,
    KnownSpace,
    PutResult,
    Space,
    StoredArticle,
    StoredPassage,
    StoredQAPair,
    Story,
)

_SQL_VARIABLES = 500
"""Keys in one query; SQLite's default limit is far above, older builds stop at 999."""


_WITHOUT_VECTOR = (
    "p.removed_seq IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM vectors v WHERE v.content_sha256 = p.content_sha256 AND v.space = ?)"
)


@dataclass(frozen=True, slots=True)
class Changes:
    """Passages that came and went between two states of the library."""

    added: IntArray
    removed: IntArray


class CatalogReader:
    """What is stored, read through one database; any number of threads at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        """Close the connections of all threads."""
        self._database.close()

    def reading(self) -> AbstractContextManager[None]:
        """Hold one state of the catalog for all reads of this thread inside the block."""
        return self._database.reading()

    def seq(self) -> int:
        """Number of the last committed change."""
        (seq,) = self._database.connection().execute("SELECT seq FROM state").fetchone()
        return int(seq)

    def changed_at(self) -> str:
        """Time of the last committed change, ISO 8601 in UTC; empty where nothing was ever added."""
        (when,) = self._database.connection().execute("SELECT changed_at FROM state").fetchone()
        return str(when)

    def counts(self) -> dict[str, int]:
        """Articles, versions, live passages and evaluation questions."""
        row = (
            self._database.connection()
            .execute(
                "SELECT (SELECT count(*) FROM articles WHERE NOT deleted) AS articles,"
                " (SELECT count(*) FROM versions) AS versions,"
                " (SELECT count(*) FROM passages WHERE removed_seq IS NULL) AS passages,"
                " (SELECT count(*) FROM qa_pairs q JOIN articles a"
                "  ON a.number = q.article AND a.version = q.version) AS questions"
            )
            .fetchone()
        )
        return dict(row)

    def has_spaces(self) -> bool:
        """Tell whether the database is of a format that names its spaces."""
        found = self._database.connection().execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'spaces'"
        )
        return found.fetchone() is not None

    def active_space(self) -> KnownSpace | None:
        """Give the space that the library is searched in; nothing where nothing was ever added."""
        row = (
            self._database.connection()
            .execute("SELECT id, model, dimension FROM spaces WHERE active")
            .fetchone()
        )
        return KnownSpace(*row) if row else None

    def left_space(self) -> KnownSpace | None:
        """Give the space that was left last, whose vectors are still there."""
        row = (
            self._database.connection()
            .execute(
                "SELECT id, model, dimension FROM spaces WHERE NOT active ORDER BY left_seq DESC LIMIT 1"
            )
            .fetchone()
        )
        return KnownSpace(*row) if row else None

    def count_without_vector(self, space: Space) -> int:
        """Count the live passages that have no vector in a space."""
        (count,) = (
            self._database.connection()
            .execute(f"SELECT count(*) FROM passages p WHERE {_WITHOUT_VECTOR}", (space.id,))
            .fetchone()
        )
        return int(count)

    def without_vector(self, space: Space, *, after: int, limit: int) -> dict[int, bytes]:
        """Give live passages that have no vector in a space, by key, with the hash of what is embedded."""
        rows = self._database.connection().execute(
            f"SELECT key, content_sha256 FROM passages p WHERE {_WITHOUT_VECTOR} AND key > ?"
            " ORDER BY key LIMIT ?",
            (space.id, after, limit),
        )
        return {key: content_hash for key, content_hash in rows}

    def unchanged(self, article: Article) -> PutResult | None:
        """Give the stored state of an article that says nothing new, else nothing.

        A teaser says nothing new where the full article is stored.
        """
        row = (
            self._database.connection()
            .execute(
                "SELECT a.id, a.version, a.seq FROM articles a"
                " JOIN versions v ON v.article = a.number AND v.version = a.version"
                " WHERE a.id = ? AND NOT a.deleted"
                " AND (v.content_sha256 = ? OR (v.kind = 'article' AND ? = 'teaser'))",
                (article_id(article), content_sha256(article), article.kind),
            )
            .fetchone()
        )
        return PutResult(row["id"], row["version"], "unchanged", row["seq"]) if row else None

    def missing_vectors(self, hashes: Sequence[bytes], space: Space) -> set[bytes]:
        """Give those of the content hashes that have no vector in the space."""
        missing = set(hashes)
        for part in _parts(list(missing)):
            rows = self._database.connection().execute(
                f"SELECT content_sha256 FROM vectors WHERE space = ? AND content_sha256 IN ({_marks(part)})",
                (space.id, *part),
            )
            missing.difference_update(row[0] for row in rows)
        return missing

    def article(self, identity: str, version: int | None = None) -> StoredArticle:
        """Give one version of an article, the newest where none is named.

        Raises `NotFoundError` where there is no such article or version.
        """
        row = (
            self._database.connection()
            .execute(
                "SELECT v.*, a.id, a.version AS latest"
                " FROM articles a JOIN versions v ON v.article = a.number"
                " WHERE a.id = ? AND NOT a.deleted AND v.version = coalesce(?, a.version)",
                (identity, version),
            )
            .fetchone()
        )
        if row is None:
            raise not_found(identity, version)
        return stored_article(row)

    def versions(self, identity: str) -> list[StoredArticle]:
        """Give all versions of an article, oldest first. Raises `NotFoundError`."""
        latest = self.article(identity).version
        return [
            self.article(identity, version)
            for version in range(1, latest + 1)
            if self._has(identity, version)
        ]

    def _has(self, identity: str, version: int) -> bool:
        # Versions from before a delete are gone while the numbering goes on.
        row = (
            self._database.connection()
            .execute(
                "SELECT 1 FROM articles a JOIN versions v ON v.article = a.number"
                " WHERE a.id = ? AND v.version = ?",
                (identity, version),
            )
            .fetchone()
        )
        return row is not None

    def articles(
        self, filters: Filters, *, limit: int, after: int
    ) -> tuple[list[ArticleSummary], int, int | None]:
        """Give a page of articles in order of arrival, the total, and where the next page begins."""
        numbers = self._article_numbers(filters)
        page = [number for number in numbers if number > after][: limit + 1]
        items = [self._summary(number) for number in page[:limit]]
        return items, len(numbers), page[limit - 1] if len(page) > limit else None

    def known_ids(self) -> frozenset[str]:
        """Give the ids of all articles that are stored."""
        return frozenset(
            row[0] for row in self._database.connection().execute("SELECT id FROM articles WHERE NOT deleted")
        )

    def _summary(self, number: int) -> ArticleSummary:
        row = (
            self._database.connection()
            .execute(
                "SELECT v.*, a.id, length(v.text) AS characters, (SELECT count(*) FROM passages p"
                "  WHERE p.article = a.number AND p.removed_seq IS NULL) AS passages"
                " FROM articles a JOIN versions v ON v.article = a.number AND v.version = a.version"
                " WHERE a.number = ?",
                (number,),
            )
            .fetchone()
        )
        return summary(row)

    def _article_numbers(self, filters: Filters) -> list[int]:
        rows = self._database.connection().execute(
            "SELECT a.number, a.id, v.source, v.language, v.published_at FROM articles a"
            " JOIN versions v ON v.article = a.number AND v.version = a.version"
            " WHERE NOT a.deleted ORDER BY a.number"
        )
        return [row["number"] for row in rows if _passes(row, filters)]

    def qa_pairs(self) -> list[StoredQAPair]:
        """Give the questions and answers that came with the newest versions, by article."""
        rows = self._database.connection().execute(
            "SELECT a.id, q.version, q.ordinal, q.question, q.answer, v.language FROM qa_pairs q"
            " JOIN articles a ON a.number = q.article AND a.version = q.version AND NOT a.deleted"
            " JOIN versions v ON v.article = q.article AND v.version = q.version ORDER BY a.number, q.ordinal"
        )
        return [StoredQAPair(*row) for row in rows]

    def passages(self, keys: Sequence[int]) -> dict[int, StoredPassage]:
        """Give passages by key; keys whose article was deleted meanwhile are left out."""
        found: dict[int, StoredPassage] = {}
        for part in _parts(list(keys)):
            rows = self._database.connection().execute(
                "SELECT p.*, a.id, v.title, v.source, v.url, v.language, v.published_at, v.kind, v.sections,"
                " substr(v.text, p.char_start + 1, p.char_end - p.char_start) AS text"
                " FROM passages p JOIN articles a ON a.number = p.article"
                " JOIN versions v ON v.article = p.article AND v.version = p.version"
                f" WHERE p.key IN ({_marks(part)})",
                part,
            )
            found.update((row["key"], stored_passage(row)) for row in rows)
        return found

    def article_ids(self, keys: Sequence[int]) -> dict[int, str]:
        """Give the articles of passages by key; keys whose article was deleted meanwhile are left out."""
        found: dict[int, str] = {}
        for part in _parts(list(keys)):
            found.update(
                self._database.connection().execute(
                    "SELECT p.key, a.id FROM passages p JOIN articles a ON a.number = p.article"
                    " JOIN versions v ON v.article = p.article AND v.version = p.version"
                    f" WHERE p.key IN ({_marks(part)})",
                    part,
                )
            )
        return found

    def stories_of(self, article_ids: Sequence[str]) -> dict[str, Story]:
        """Give the stories that articles tell; articles too short to have one are left out."""
        return stories_of(self._database.connection(), article_ids)

    def keys_matching(self, filters: Filters, seq: int) -> IntArray:
        """Give the keys, ascending, of the passages live at `seq` whose articles pass the filters.

        Articles deleted since are left out.
        """
        connection = self._database.connection()
        versions = connection.execute(
            "SELECT v.article, v.version, a.id, v.source, v.language, v.published_at"
            " FROM versions v JOIN articles a ON a.number = v.article"
        )
        passing = {(row["article"], row["version"]) for row in versions if _passes(row, filters)}
        live = connection.execute(
            "SELECT key, article, version FROM passages"
            " WHERE added_seq <= ? AND (removed_seq IS NULL OR removed_seq > ?) ORDER BY key",
            (seq, seq),
        )
        return np.array([key for key, *version in live if tuple(version) in passing], dtype=np.int64)

    def live_keys(self) -> IntArray:
        """Give the keys of all live passages, ascending."""
        rows = self._database.connection().execute(
            "SELECT key FROM passages WHERE removed_seq IS NULL ORDER BY key"
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def keys_at(self, seq: int) -> IntArray:
        """Give the keys, ascending, of the passages that were live at `seq`."""
        rows = self._database.connection().execute(
            "SELECT key FROM passages WHERE added_seq <= ? AND (removed_seq IS NULL OR removed_seq > ?)"
            " ORDER BY key",
            (seq, seq),
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def content_hashes(self, keys: Sequence[int]) -> dict[int, bytes]:
        """Give the hashes of what was embedded of passages."""
        found: dict[int, bytes] = {}
        for part in _parts(list(keys)):
            found.update(
                self._database.connection().execute(
                    f"SELECT key, content_sha256 FROM passages WHERE key IN ({_marks(part)})", part
                )
            )
        return found

    def changes_after(self, seq: int) -> Changes:
        """Give the passages added after `seq` that are still live, and those removed after it."""
        connection = self._database.connection()
        added = connection.execute(
            "SELECT key FROM passages WHERE added_seq > ? AND removed_seq IS NULL ORDER BY key", (seq,)
        )
        removed = connection.execute(
            "SELECT key FROM passages WHERE removed_seq > ? AND added_seq <= ? ORDER BY key", (seq, seq)
        )
        return Changes(
            np.array([row[0] for row in added], dtype=np.int64),
            np.array([row[0] for row in removed], dtype=np.int64),
        )

    def vectors(self, keys: IntArray, space: Space) -> FloatArray:
        """Give the vectors of passages, one row a key in the order of the keys.

        Raises `StoreError` where a passage has none in the space.
        """
        rows = self._vector_bytes(keys, space.id)
        lost = [int(key) for key in keys if int(key) not in rows]
        if lost:
            raise StoreError(
                f"{len(lost)} passages have no vector in the space {space.id}. "
                "The library was embedded with another model: set GROUNDWIRE_EMBEDDER to it, "
                "or use a new data folder."
            )
        flat = np.frombuffer(b"".join(rows[int(key)] for key in keys), dtype=np.float16)
        return flat.astype(np.float32).reshape(len(keys), space.dimension)

    def vectors_present(self, keys: IntArray, space: KnownSpace) -> dict[int, FloatArray]:
        """Give the vectors of those of the passages that have one, as they are stored."""
        return {
            key: np.frombuffer(vector, dtype=np.float16).astype(np.float32)
            for key, vector in self._vector_bytes(keys, space.id).items()
        }

    def _vector_bytes(self, keys: IntArray, space: str) -> dict[int, bytes]:
        rows: dict[int, bytes] = {}
        for part in _parts([int(key) for key in keys]):
            rows.update(
                self._database.connection().execute(
                    "SELECT p.key, v.vector FROM passages p JOIN vectors v"
                    " ON v.content_sha256 = p.content_sha256 AND v.space = ?"
                    f" WHERE p.key IN ({_marks(part)})",
                    (space, *part),
                )
            )
        return rows


def _passes(row: sqlite3.Row, filters: Filters) -> bool:
    return (
        (not filters.article_ids or row["id"] in filters.article_ids)
        and (not filters.sources or row["source"] in filters.sources)
        and (not filters.languages or row["language"] in filters.languages)
        and in_range(row["published_at"], filters.published_after, filters.published_before)
    )


def _parts(keys: list[int] | list[bytes]) -> Iterator[list[int] | list[bytes]]:
    for start in range(0, len(keys), _SQL_VARIABLES):
        yield keys[start : start + _SQL_VARIABLES]


def _marks(part: Sequence[object]) -> str:
    return ",".join("?" * len(part))


def not_found(identity: str, version: int | None = None) -> NotFoundError:
    """Say that there is no such article or version."""
    what = f"article {identity!r}" if version is None else f"version {version} of article {identity!r}"
    return NotFoundError(
        f"There is no {what}. `groundwire articles` and GET /v1/articles list what is stored."
    )
