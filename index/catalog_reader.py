"""Reading the catalog: articles, versions, passages, vectors and what changed between two states."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from index.catalog_spaces import SpaceReader, marks, parts
from index.dates import in_range
from index.errors import NotFoundError
from index.identity import article_id, content_sha256
from index.rows import stored_article, stored_passage, summary
from index.story import stories_of
from index.types import (
    Article,
    ArticleSummary,
    Filters,
    IntArray,
    PutResult,
    StoredArticle,
    StoredPassage,
    StoredQAPair,
    Story,
)

_BY_FILTER = "INDEXED BY versions_by_filter"
"""Keeps SQLite from reading the texts of all versions to look at what stands behind them."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Passages that came and went between two states of the library."""

    added: IntArray
    removed: IntArray


class CatalogReader(SpaceReader):
    """What is stored, read through one database; any number of threads at a time."""

    def close(self) -> None:
        """Close the connections of all threads."""
        self._database.close()

    @property
    def failure(self) -> str:
        """Why nothing can be written any more; empty where it can."""
        return self._database.failure

    def require_same_file(self) -> None:
        """Raise `StoreError` where another database was put in the place of the one that is open."""
        self._database.require_same_file()

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
        """Articles, versions, live passages and evaluation questions.

        Live passages are counted by those that are not: that reads indexes alone and no text.
        """
        row = (
            self._database.connection()
            .execute(
                "SELECT (SELECT count(*) FROM articles WHERE NOT deleted) AS articles,"
                " (SELECT count(*) FROM versions) AS versions,"
                " (SELECT count(*) FROM passages)"
                "  - (SELECT count(*) FROM passages WHERE removed_seq IS NOT NULL) AS passages,"
                " (SELECT count(*) FROM qa_pairs q JOIN articles a"
                "  ON a.number = q.article AND a.version = q.version) AS questions"
            )
            .fetchone()
        )
        return dict(row)

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
        condition, values = self._condition(filters)
        rows = self._database.connection().execute(
            f"SELECT a.number FROM articles a JOIN versions v {_BY_FILTER}"
            " ON v.article = a.number AND v.version = a.version"
            f" WHERE NOT a.deleted AND {condition} ORDER BY a.number",
            values,
        )
        return [row[0] for row in rows]

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
        for part in parts(list(keys)):
            rows = self._database.connection().execute(
                "SELECT p.*, a.id, v.title, v.source, v.url, v.language, v.published_at, v.kind, v.sections,"
                " substr(v.text, p.char_start + 1, p.char_end - p.char_start) AS text"
                " FROM passages p JOIN articles a ON a.number = p.article"
                " JOIN versions v ON v.article = p.article AND v.version = p.version"
                f" WHERE p.key IN ({marks(part)})",
                part,
            )
            found.update((row["key"], stored_passage(row)) for row in rows)
        return found

    def keys_before(self, keys: Sequence[int], seq: int) -> list[int]:
        """Give the keys of the passages, live at `seq`, that stand just before others in their articles."""
        found: list[int] = []
        for part in parts(list(keys)):
            rows = self._database.connection().execute(
                "SELECT b.key FROM passages p JOIN passages b"
                " ON b.article = p.article AND b.version = p.version AND b.ordinal = p.ordinal - 1"
                f" WHERE p.key IN ({marks(part)})"
                " AND b.added_seq <= ? AND (b.removed_seq IS NULL OR b.removed_seq > ?)",
                [*part, seq, seq],
            )
            found.extend(row[0] for row in rows)
        return found

    def article_ids(self, keys: Sequence[int]) -> dict[int, str]:
        """Give the articles of passages by key; keys whose article was deleted meanwhile are left out."""
        found: dict[int, str] = {}
        for part in parts(list(keys)):
            found.update(
                self._database.connection().execute(
                    "SELECT p.key, a.id FROM passages p JOIN articles a ON a.number = p.article"
                    " JOIN versions v ON v.article = p.article AND v.version = p.version"
                    f" WHERE p.key IN ({marks(part)})",
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
        cursor = self._database.connection().cursor()
        # Filters may allow a million passages: plain tuples and a sort outside SQL are several times cheaper.
        cursor.row_factory = None
        cursor.execute(*self._matching("p.key", filters, seq))
        return np.sort(np.fromiter((key for (key,) in cursor), dtype=np.int64))

    def any_matching(self, filters: Filters, seq: int) -> bool:
        """Tell whether `keys_matching` has any."""
        statement, values = self._matching("1", filters, seq)
        row = self._database.connection().execute(f"SELECT EXISTS ({statement})", values).fetchone()
        return bool(row[0])

    def _matching(self, column: str, filters: Filters, seq: int) -> tuple[str, list[object]]:
        """Give the statement that selects a column of the passages that pass the filters, and its values."""
        condition, values = self._condition(filters)
        # Left to itself SQLite begins with the passages, all of them: `CROSS` and `+` forbid it.
        chosen = (
            "articles a CROSS JOIN versions v ON v.article = a.number"
            if filters.article_ids
            else f"versions v {_BY_FILTER} CROSS JOIN articles a ON a.number = v.article"
        )
        statement = (
            f"SELECT {column} FROM {chosen}"
            " CROSS JOIN passages p ON p.article = v.article AND p.version = v.version"
            f" WHERE {condition} AND +p.added_seq <= ? AND (p.removed_seq IS NULL OR p.removed_seq > ?)"
        )
        return statement, [*values, seq, seq]

    def _condition(self, filters: Filters) -> tuple[str, list[object]]:
        """Give filters as a condition on versions `v` of articles `a`."""
        conditions, values = ["TRUE"], list[object]()
        for column, names in (
            ("a.id", filters.article_ids),
            ("v.source", filters.sources),
            ("v.language", filters.languages),
        ):
            if names:
                conditions.append(f"{column} IN (SELECT value FROM json_each(?))")
                values.append(json.dumps(names))
        if filters.published_after or filters.published_before:
            # Dates are of two precisions: which of those that occur lie in the range is not for SQL to say.
            dates = self._database.connection().execute(
                f"SELECT DISTINCT published_at FROM versions {_BY_FILTER}"
            )
            inside = [
                date for (date,) in dates if in_range(date, filters.published_after, filters.published_before)
            ]
            conditions.append("v.published_at IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(inside))
        return " AND ".join(conditions), values

    def live_keys(self) -> IntArray:
        """Give the keys of all live passages, ascending."""
        rows = self._database.connection().execute(
            "SELECT key FROM passages WHERE removed_seq IS NULL ORDER BY key"
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def spread_keys(self, count: int) -> IntArray:
        """Give at most so many keys of live passages, ascending, from all over the library.

        Reads that many rows and those of removed passages before each, not the whole table.
        """
        connection = self._database.connection()
        first, last = connection.execute(
            "SELECT (SELECT min(key) FROM passages), (SELECT max(key) FROM passages)"
        ).fetchone()
        if first is None:
            return np.empty(0, dtype=np.int64)
        found = set[int]()
        for start in np.linspace(first, last, count).astype(np.int64).tolist():
            row = connection.execute(
                "SELECT key FROM passages WHERE key >= ? AND removed_seq IS NULL ORDER BY key LIMIT 1",
                (start,),
            ).fetchone()
            if row is not None:
                found.add(row["key"])
        return np.array(sorted(found), dtype=np.int64)

    def keys_at(self, seq: int) -> IntArray:
        """Give the keys, ascending, of the passages that were live at `seq`."""
        rows = self._database.connection().execute(
            "SELECT key FROM passages WHERE added_seq <= ? AND (removed_seq IS NULL OR removed_seq > ?)"
            " ORDER BY key",
            (seq, seq),
        )
        return np.array([row[0] for row in rows], dtype=np.int64)

    def changes_after(self, seq: int) -> Changes:
        """Give the passages added after `seq` that are still live, and those removed after it."""
        connection = self._database.connection()
        # To have the keys in order SQLite would read the whole table, however few passages have changed.
        added = connection.execute(
            "SELECT key FROM passages INDEXED BY passages_by_added_seq"
            " WHERE added_seq > ? AND removed_seq IS NULL ORDER BY key",
            (seq,),
        )
        removed = connection.execute(
            "SELECT key FROM passages INDEXED BY passages_by_removed_seq"
            " WHERE removed_seq > ? AND added_seq <= ? ORDER BY key",
            (seq, seq),
        )
        return Changes(
            np.array([row[0] for row in added], dtype=np.int64),
            np.array([row[0] for row in removed], dtype=np.int64),
        )


def not_found(identity: str, version: int | None = None) -> NotFoundError:
    """Say that there is no such article or version."""
    what = f"article {identity!r}" if version is None else f"version {version} of article {identity!r}"
    return NotFoundError(
        f"There is no {what}. `groundwire articles` and GET /v1/articles list what is stored."
    )
