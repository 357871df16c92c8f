"""Stories: articles that tell one thing in nearly the same words, linked and each kept as it is.

A MinHash signature of an article's runs of four words (of Chinese: characters) finds those that share
most of their text. Reports from one template share it too, a closing price a day, and differ in their
figures; so the figures of two articles have to agree as well. Articles are linked when they are stored.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.tokens import CHINESE
from index.types import Story

if TYPE_CHECKING:
    from datasketch import MinHash

SAME_WORDS = 0.5
"""Share of common runs from which on two texts can be one story; measured by `benchmarks/stories.py`."""

SAME_FIGURES = 0.5
"""Share of the figures of the text with fewer of them that the other one has too."""

_RUN = 4
_FEWEST_RUNS = 20
_FEWEST_FIGURES = 4
_MOST_FIGURES = 256
_PERMUTATIONS = 128
_ROWS = 4
"""Rows in a band: two texts that share half of their runs meet in one of 32 bands 9 times out of 10."""

_NEWEST = 64
"""Articles looked at for each band, newest first: copies appear within days, and the cost stays bounded."""

_CLOSEST = 32
_SQL_VARIABLES = 500
_WORD = re.compile(rf"[{CHINESE}]|[^\W_{CHINESE}]+")
_FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)*")

_Hashes = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Signature:
    """What is compared of a text: its MinHash and hashes of its figures, ascending."""

    minhash: _Hashes
    figures: _Hashes

    def bands(self) -> list[int]:
        """Give the keys under which texts that share most of their runs meet."""
        rows = self.minhash.reshape(-1, _ROWS)
        return [_key(band, row.tobytes()) for band, row in enumerate(rows)]


def signature(text: str) -> Signature | None:
    """Sign a text; nothing for one of a few words, where likeness says little."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = _WORD.findall(folded)
    runs = {" ".join(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)}
    if len(runs) < _FEWEST_RUNS:
        return None
    minhash = _empty().copy()
    minhash.update_batch(run.encode() for run in runs)
    figures = {zlib.crc32(figure.encode()) for figure in _FIGURE.findall(folded) if len(figure) > 1}
    kept = sorted(figures)[:_MOST_FIGURES]
    return Signature(minhash.hashvalues.astype(np.uint32), np.array(kept, dtype=np.uint32))


def common_words(a: Signature, b: Signature) -> float:
    """Estimate the share of runs that two texts have in common; the standard error is at most 0.045."""
    return float((a.minhash == b.minhash).mean())


def common_figures(a: Signature, b: Signature) -> float:
    """Give the share of figures of the text with fewer that the other has too, 1 where it has hardly any."""
    fewer = min(len(a.figures), len(b.figures))
    if fewer < _FEWEST_FIGURES:
        return 1.0
    return len(np.intersect1d(a.figures, b.figures, assume_unique=True)) / fewer


def is_same_story(a: Signature, b: Signature) -> bool:
    """Whether two texts are copies of one, perhaps edited, cut or framed by others' words."""
    return common_words(a, b) >= SAME_WORDS and common_figures(a, b) >= SAME_FIGURES


def link(connection: sqlite3.Connection, article: int, text: str) -> None:
    """Put an article into the story of the stored one most like it, or into one of its own."""
    unlink(connection, article)
    own = signature(text)
    if own is None:
        return
    bands = own.bands()
    story = _nearest_story(connection, own, bands)
    if story is None:
        story = connection.execute("INSERT INTO stories DEFAULT VALUES").lastrowid
    connection.execute(
        "INSERT INTO story_articles VALUES (?, ?, ?, ?)",
        (article, story, own.minhash.tobytes(), own.figures.tobytes()),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO story_bands VALUES (?, ?)", [(key, article) for key in bands]
    )


def unlink(connection: sqlite3.Connection, article: int) -> None:
    """Take an article out of its story; a story without articles is gone."""
    row = connection.execute("SELECT * FROM story_articles WHERE article = ?", (article,)).fetchone()
    if row is None:
        return
    connection.executemany(
        "DELETE FROM story_bands WHERE key = ? AND article = ?",
        [(key, article) for key in _stored(row).bands()],
    )
    connection.execute("DELETE FROM story_articles WHERE article = ?", (article,))
    connection.execute(
        "DELETE FROM stories WHERE number = ? AND NOT EXISTS (SELECT 1 FROM story_articles WHERE story = ?)",
        (row["story"], row["story"]),
    )


def stories_of(connection: sqlite3.Connection, article_ids: Sequence[str]) -> dict[str, Story]:
    """Give the stories of articles by id; left out are those too short to have one."""
    found: dict[str, Story] = {}
    wanted = list(article_ids)
    for start in range(0, len(wanted), _SQL_VARIABLES):
        part = wanted[start : start + _SQL_VARIABLES]
        rows = connection.execute(
            "SELECT a.id, s.story,"
            " (SELECT count(*) - 1 FROM story_articles o WHERE o.story = s.story) AS others"
            " FROM articles a JOIN story_articles s ON s.article = a.number"
            f" WHERE a.id IN ({','.join('?' * len(part))})",
            part,
        )
        found.update((row["id"], Story(f"story_{row['story']}", row["others"])) for row in rows)
    return found


def _nearest_story(connection: sqlite3.Connection, own: Signature, bands: Sequence[int]) -> int | None:
    met: Counter[int] = Counter()
    for key in bands:
        rows = connection.execute(
            "SELECT article FROM story_bands WHERE key = ? ORDER BY article DESC LIMIT ?", (key, _NEWEST)
        )
        met.update(row["article"] for row in rows)
    best, story = 0.0, None
    for article, _ in met.most_common(_CLOSEST):
        row = connection.execute("SELECT * FROM story_articles WHERE article = ?", (article,)).fetchone()
        other = _stored(row)
        if is_same_story(own, other) and common_words(own, other) > best:
            best, story = common_words(own, other), int(row["story"])
    return story


def _stored(row: sqlite3.Row) -> Signature:
    return Signature(
        np.frombuffer(row["minhash"], dtype=np.uint32), np.frombuffer(row["figures"], dtype=np.uint32)
    )


def _key(band: int, row: bytes) -> int:
    digest = hashlib.blake2b(band.to_bytes(2, "big") + row, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@cache
def _empty() -> MinHash:
    from datasketch import MinHash

    # Scheme, seed and hash are part of the stored format: signatures of two schemes never compare.
    return MinHash(_PERMUTATIONS, seed=1, hashfunc=zlib.crc32, scheme="affine32")
