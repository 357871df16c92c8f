"""Proof that a library is whole: rows against hashes, vectors against passages, caches against rows.

Only reads, so it may run while another process writes.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from index.canaries import check_model
from index.catalog import Catalog
from index.database import Database
from index.embed import Embedder
from index.errors import ModelError
from index.identity import content_sha256
from index.prepare import content_hash, stored_encoder_text
from index.rows import stored_article
from index.types import Article, KnownSpace, QAPair
from index.verify_caches import cache_faults, file_faults

Repair: TypeAlias = Literal["rebuild", "restore", "model", "remove"]

REMEDIES: dict[Repair, str] = {
    "rebuild": "`groundwire rebuild` makes it again from the catalog",
    "restore": "`groundwire restore` a backup, or remove the article and add it again",
    "model": "put back the model that made the vectors, or `groundwire rebuild --embedder NAME`",
    "remove": "nothing reads it; the next process that writes removes it",
}

_AT_ONCE = 500
_UNREADABLE = (ValueError, TypeError, IndexError)
Progress: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it must be, and what repairs it."""

    what: str
    repair: Repair


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was checked, by kind and count, and every fault that was found."""

    checked: dict[str, int]
    faults: tuple[Fault, ...]


def verify(
    folder: Path, embedder: Embedder | None, *, sample: int = 64, progress: Progress = lambda what: None
) -> Verdict:
    """Check the library of a folder; `sample` passages are embedded anew where an embedder is given.

    Raises `StoreError` where the catalog cannot be opened at all.
    """
    database = Database(folder / "library.sqlite3", writable=False)
    catalog = Catalog(database)
    checked: dict[str, int] = {}
    faults: list[Fault] = []
    try:
        with catalog.reading():
            for what, check in _checks(database, catalog, folder, embedder, sample):
                progress(what)
                count, found = check()
                checked[what] = count
                faults.extend(found)
    finally:
        catalog.close()
    return Verdict(checked, tuple(faults))


Found: TypeAlias = tuple[int, list[Fault]]


def _checks(
    database: Database, catalog: Catalog, folder: Path, embedder: Embedder | None, sample: int
) -> Iterator[tuple[str, Callable[[], Found]]]:
    connection = database.connection()
    space = catalog.active_space()
    yield "database pages", lambda: _pages(connection)
    yield "versions", lambda: _versions(connection)
    yield "passages", lambda: _passages(catalog)
    if space is not None:
        yield "vectors", lambda: _vectors(connection, space)
        if embedder is not None:
            yield "vectors made anew", lambda: _model(catalog, space, embedder, sample)
    yield "caches", lambda: _told(cache_faults(folder, catalog, space), "rebuild")
    yield "files", lambda: _told(file_faults(folder), "remove")


def _told(found: tuple[int, list[str]], repair: Repair) -> Found:
    return found[0], [Fault(what, repair) for what in found[1]]


def _pages(connection: sqlite3.Connection) -> Found:
    faults = [
        Fault(f"library.sqlite3: {row[0]}", "restore")
        for row in connection.execute("PRAGMA quick_check")
        if row[0] != "ok"
    ]
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    faults += [Fault(f"library.sqlite3: a row of {row[0]} refers to nothing", "restore") for row in broken]
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    return pages, faults


def _versions(connection: sqlite3.Connection) -> Found:
    rows = connection.execute(
        "SELECT v.*, a.id, a.version AS latest, v.article AS number"
        " FROM versions v JOIN articles a ON a.number = v.article"
    )
    count, faults = 0, []
    for row in rows:
        count += 1
        pairs = connection.execute(
            "SELECT question, answer FROM qa_pairs WHERE article = ? AND version = ? ORDER BY ordinal",
            (row["number"], row["version"]),
        )
        if not _hash_holds(row, [QAPair(*pair) for pair in pairs]):
            what = f"version {row['version']} of article {row['id']} is not what was stored: its hash differs"
            faults.append(Fault(what, "restore"))
    return count, faults


def _hash_holds(row: sqlite3.Row, pairs: list[QAPair]) -> bool:
    try:
        stored = stored_article(row)
    except (ValueError, TypeError):
        return False
    article = Article(
        title=stored.title,
        text=stored.text,
        source=stored.source,
        url=stored.url,
        language=stored.language,
        published_at=stored.published_at,
        updated_at=stored.updated_at,
        sections=stored.sections,
        qa_pairs=tuple(pairs),
        kind=stored.kind,
        metadata=stored.metadata,
    )
    return content_sha256(article) == bytes(row["content_sha256"])


def _passages(catalog: Catalog) -> Found:
    keys = iter(catalog.live_keys().tolist())
    count, faults = 0, []
    while batch := list(islice(keys, _AT_ONCE)):
        hashes = catalog.content_hashes(batch)
        count += len(batch)
        for key in batch:
            problem = _passage_problem(catalog, key, hashes[key])
            if problem:
                faults.append(Fault(f"passage {key}: {problem}", "restore"))
    return count, faults


def _passage_problem(catalog: Catalog, key: int, expected: bytes) -> str:
    try:
        passage = catalog.passages([key]).get(key)
    except _UNREADABLE:
        return "its sections or sentences are no ranges"
    if passage is None:
        return "its version is gone"
    ends = [passage.char_start, *(end for s in passage.sentences for end in (s.char_start, s.char_end))]
    if len(passage.text) != passage.char_end - passage.char_start or not passage.text:
        return "its offsets lie outside the article"
    if not passage.sentences or ends != sorted(ends) or ends[-1] > passage.char_end:
        return "its sentences are not ranges of it, in order"
    if content_hash(stored_encoder_text(passage)) != expected:
        return "its text is not the one that was embedded"
    return ""


def _vectors(connection: sqlite3.Connection, space: KnownSpace) -> Found:
    count, faults = 0, []
    for row in connection.execute("SELECT space, vector, vector_sha256, content_sha256 FROM vectors"):
        count += 1
        if hashlib.sha256(row["vector"]).digest() != row["vector_sha256"]:
            what = f"vector {row['content_sha256'].hex()[:12]} in {row['space']} is damaged"
            faults.append(Fault(what, "rebuild"))
        elif row["space"] == space.id and len(row["vector"]) != space.dimension * 2:
            what = f"vector {row['content_sha256'].hex()[:12]} has not {space.dimension} dimensions"
            faults.append(Fault(what, "rebuild"))
    (missing,) = connection.execute(
        "SELECT count(*) FROM passages p WHERE removed_seq IS NULL AND NOT EXISTS (SELECT 1 FROM vectors v"
        " WHERE v.content_sha256 = p.content_sha256 AND v.space = ?)",
        (space.id,),
    ).fetchone()
    (orphans,) = connection.execute(
        "SELECT count(*) FROM vectors WHERE content_sha256 NOT IN (SELECT content_sha256 FROM passages)"
    ).fetchone()
    if missing:
        faults.append(Fault(f"{missing} passages have no vector in {space.id}", "rebuild"))
    if orphans:
        faults.append(Fault(f"{orphans} vectors belong to no passage", "rebuild"))
    return count, faults


def _model(catalog: Catalog, space: KnownSpace, embedder: Embedder, sample: int) -> Found:
    if embedder.space.id != space.id:
        what = f"the library is in the space {space.id}, the model at hand is {embedder.space.id}"
        return 0, [Fault(what, "model")]
    keys = catalog.live_keys()
    keys = keys[np.unique(np.linspace(0, len(keys) - 1, min(sample, len(keys))).astype(np.int64))]
    stored = catalog.vectors_present(keys, space)
    texts = {key: text for key in stored if (text := _readable_text(catalog, key))}
    try:
        check_model(embedder, list(texts.values()), np.array([stored[key] for key in texts]))
    except ModelError as error:
        return len(texts), [Fault(str(error), "model")]
    return len(texts), []


def _readable_text(catalog: Catalog, key: int) -> str:
    """Give what the encoder saw of a passage; nothing where it cannot be read, which is told elsewhere."""
    try:
        passage = catalog.passages([key]).get(key)
    except _UNREADABLE:
        return ""
    return stored_encoder_text(passage) if passage else ""
