"""Reading the vectors of a catalog: its spaces, who has a vector in them and who has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from index.database import Database
from index.errors import StoreError
from index.types import FloatArray, IntArray, KnownSpace, Space

_SQL_VARIABLES = 500
"""Keys in one query; SQLite's default limit is far above, older builds stop at 999."""

_WITHOUT_VECTOR = (
    "p.removed_seq IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM vectors v WHERE v.content_sha256 = p.content_sha256 AND v.space = ?)"
)


class SpaceReader:
    """What is stored of spaces and vectors; any number of threads read at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

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

    def left_spaces(self) -> list[KnownSpace]:
        """Give the spaces that were left and whose vectors are still there, the last left first."""
        rows = self._database.connection().execute(
            "SELECT id, model, dimension FROM spaces WHERE NOT active ORDER BY left_seq DESC"
        )
        return [KnownSpace(*row) for row in rows]

    def droppable_bytes(self) -> int:
        """Tell how much the vectors in spaces that were left take at most, without reading them."""
        connection = self._database.connection()
        # Half precision, and a hash of the text and one of the vector.
        (width,) = connection.execute(
            "SELECT coalesce(sum(2 * dimension + 64), 0) FROM spaces WHERE NOT active"
        ).fetchone()
        if not width:
            return 0
        (passages,) = connection.execute("SELECT count(*) FROM passages WHERE removed_seq IS NULL").fetchone()
        return int(passages * width)

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

    def missing_vectors(self, hashes: Sequence[bytes], space: Space) -> set[bytes]:
        """Give those of the content hashes that have no vector in the space."""
        missing = set(hashes)
        for part in parts(list(missing)):
            rows = self._database.connection().execute(
                f"SELECT content_sha256 FROM vectors WHERE space = ? AND content_sha256 IN ({marks(part)})",
                (space.id, *part),
            )
            missing.difference_update(row[0] for row in rows)
        return missing

    def content_hashes(self, keys: Sequence[int]) -> dict[int, bytes]:
        """Give the hashes of what was embedded of passages."""
        found: dict[int, bytes] = {}
        for part in parts(list(keys)):
            found.update(
                self._database.connection().execute(
                    f"SELECT key, content_sha256 FROM passages WHERE key IN ({marks(part)})", part
                )
            )
        return found

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
        for part in parts([int(key) for key in keys]):
            rows.update(
                self._database.connection().execute(
                    "SELECT p.key, v.vector FROM passages p JOIN vectors v"
                    " ON v.content_sha256 = p.content_sha256 AND v.space = ?"
                    f" WHERE p.key IN ({marks(part)})",
                    (space, *part),
                )
            )
        return rows


def active_space(folder: Path) -> KnownSpace | None:
    """Tell the space that the library of a folder is searched in; nothing where there is no library yet.

    Raises `StoreError` where it cannot be read.
    """
    path = folder / "library.sqlite3"
    if not path.is_file():
        return None
    database = Database(path, writable=False, checked=False)
    try:
        reader = SpaceReader(database)
        return reader.active_space() if reader.has_spaces() else None
    finally:
        database.close()


def parts(keys: list[int] | list[bytes]) -> Iterator[list[int] | list[bytes]]:
    """Cut keys into lists that one query takes."""
    for start in range(0, len(keys), _SQL_VARIABLES):
        yield keys[start : start + _SQL_VARIABLES]


def marks(part: Sequence[object]) -> str:
    """Give a question mark for each value."""
    return ",".join("?" * len(part))
