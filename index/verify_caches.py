"""Proof that the caches on disk are what the catalog held at their `seq`, and that no file is left over."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from index.backup import BEFORE
from index.canaries import replay_dense
from index.catalog import Catalog
from index.dense_index import FlatPart, read_part
from index.generations import MANIFEST, verified_manifest
from index.lexical import KEPT
from index.lexical_index import analyzer, missing_canaries, open_index
from index.types import IntArray, KnownSpace

KNOWN_NAMES = {
    "library.sqlite3",
    "library.sqlite3-wal",
    "library.sqlite3-shm",
    "service.sqlite3",
    "service.sqlite3-wal",
    "service.sqlite3-shm",
    "writer.lock",
    "writer.pid",
    "jobs.lock",
    "dense",
    "lexical",
    "uploads",
    "evaluations",
}
"""What stands in a data folder."""

_VECTOR_TOLERANCE = 1e-3


def cache_faults(folder: Path, catalog: Catalog, space: KnownSpace | None) -> tuple[int, list[str]]:
    """Give the number of passages in the caches, and what is wrong with them."""
    count, faults = 0, []
    for place in sorted((folder / "dense").glob("g*")):
        found, problem = _dense(place, catalog, space)
        count += found
        faults += [f"dense/{place.name}: {problem}"] if problem else []
    places = sorted((folder / "lexical").glob("index-*"))
    for place in places:
        found, problem = _lexical(place, catalog)
        count += found
        faults += [f"lexical/{place.name}: {problem}"] if problem else []
    if catalog.seq() and not places:
        faults.append("lexical: there is no index")
    return count, faults


def _dense(place: Path, catalog: Catalog, space: KnownSpace | None) -> tuple[int, str]:
    manifest = verified_manifest(place)
    if manifest is None:
        return 0, "it is damaged: its files are not those of its manifest"
    if space is None and not manifest["seq"]:
        # The catalog learns its space with the first article: until then an index of nothing is right.
        return 0, ""
    if space is None or manifest["space"] != space.id:
        return 0, f"it is of the space {manifest['space']}"
    keys = np.frombuffer((place / "keys.bin").read_bytes(), dtype=np.int64)
    try:
        with (place / "index.faiss").open("rb") as file:
            part = read_part(keys, file, (place / "index.faiss").stat().st_size, manifest)
        replay_dense(manifest["canaries"], part)
    except (ValueError, KeyError) as error:
        return 0, str(error)
    expected = catalog.keys_at(int(manifest["seq"]))
    if not np.array_equal(np.sort(part.keys), expected):
        return len(keys), f"it holds {len(keys)} passages, the catalog held {len(expected)} at its change"
    if isinstance(part, FlatPart):
        return len(keys), _vector_problem(part, catalog, space)
    return len(keys), ""


def _vector_problem(part: FlatPart, catalog: Catalog, space: KnownSpace) -> str:
    # What is gone from the catalog, or lacks a vector there, is told elsewhere.
    stored = catalog.vectors_present(part.keys, space)
    rows = np.searchsorted(part.keys, np.array(sorted(stored), dtype=np.int64))
    expected = [stored[int(part.keys[row])] for row in rows]
    vectors = part.vectors[rows]
    wrong = sum(
        len(there) != space.dimension or float(np.abs(row - there).max()) > _VECTOR_TOLERANCE
        for row, there in zip(vectors, expected, strict=True)
    )
    return f"{wrong} of its vectors are not those of the catalog" if wrong else ""


def _lexical(place: Path, catalog: Catalog) -> tuple[int, str]:
    manifest = verified_manifest(place)
    if manifest is None:
        return 0, "it is damaged: its files are not those of its manifest"
    index = open_index(place, analyzer())
    count = index.searcher().num_docs
    expected: IntArray = catalog.keys_at(int(manifest["seq"]))
    if count != len(expected):
        return count, f"it holds {count} passages, the catalog held {len(expected)} at its change"
    try:
        missing = missing_canaries(index, catalog, manifest["canaries"])
    except (ValueError, TypeError, IndexError):
        return count, "a passage that proves it cannot be read"
    return count, f"passages {missing} are not found by their own words" if missing else ""


def file_faults(folder: Path) -> tuple[int, list[str]]:
    """Give the number of files of a data folder, and those that nothing reads."""
    names = (path.name for path in folder.iterdir())
    faults = [name for name in names if name not in KNOWN_NAMES and not name.startswith(BEFORE)]
    for cache, beginning in (("dense", "g"), ("lexical", "index-")):
        for path in (folder / cache).glob("*"):
            if (cache, path.name) == ("lexical", KEPT):
                continue
            if not path.name.startswith(beginning) or not (path / MANIFEST).is_file():
                faults.append(f"{cache}/{path.name}")
    count = sum(path.is_file() for path in folder.rglob("*"))
    return count, [f"{name} belongs to nothing" for name in sorted(faults)]
