"""Immutable cache generations: folders of files with a manifest that certifies them.

A generation is written under a temporary name, each file fsynced, and renamed into place, so that
what stands under a final name is complete. At open the newest generation whose manifest verifies is
taken, else the one before it, which is kept for that; a cache can always be made again from the catalog.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from index.durable import make_folder, remove_entries, sync_folder
from index.errors import StoreWriteError

log = logging.getLogger(__name__)

MANIFEST = "MANIFEST.json"
FORMAT = 2

Content: TypeAlias = bytes | Callable[[Callable[[bytes], object]], object]
"""What a file is to hold, or a function that writes it piece by piece."""

_NAME = re.compile(r"g(\d{12})(-\d+)?")


def write_generation(
    folder: Path, files: Mapping[str, Content], facts: Mapping[str, object], seq: int
) -> Path:
    """Write files and a manifest with their hashes as the newest generation; gives its folder.

    `facts` are kept in the manifest beside format, `seq`, sizes and SHA-256. Raises `StoreWriteError`.
    """
    draft = folder / f"tmp-{os.getpid()}-{seq}"
    try:
        make_folder(folder)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        hashes = {name: _write_durably(draft / name, content) for name, content in files.items()}
        _write_durably(draft / MANIFEST, _manifest(draft, hashes, facts, seq))
        sync_folder(draft)
        final = _free_name(folder, seq)
        draft.rename(final)
        sync_folder(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise StoreWriteError(
            f"The cache in {folder} could not be written: {error}. Free disk space or mend permissions; "
            "no article is lost, caches are rebuilt from the catalog."
        ) from error
    kept = _newest_of(folder, final, facts.get("space"))
    remove_entries(folder, [older for older in folder.iterdir() if older not in (final, kept)])
    return final


def _newest_of(folder: Path, final: Path, space: object) -> Path | None:
    """Give the generation before the last of the same space, to go back to where the last is damaged."""
    for path in _newest_first(folder):
        if path != final and unproved_manifest(path).get("space") == space:
            return path
    return None


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("g*"), key=lambda path: (_seq(path), _number(path)), reverse=True)


def unproved_manifest(generation: Path) -> dict[str, Any]:
    """Read a generation's manifest without proving its files; an empty one where there is none."""
    try:
        found = json.loads((generation / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _free_name(folder: Path, seq: int) -> Path:
    # A rebuild may be of the same change: it never stands in the place of what is served.
    taken = [_number(path) for path in folder.glob("g*") if _seq(path) == seq]
    return folder / (f"g{seq:012d}-{max(taken) + 1}" if taken else f"g{seq:012d}")


def _seq(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else -1


def _number(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    return -int(found[2] or 0) if found else -1


def tidy(folder: Path, seq: int, space: str | None) -> None:
    """Remove what a cut-off write left, and generations that are none of the catalog.

    Those of a later `seq` stand where an older catalog was restored: its next changes take the same numbers.
    Those of another space than the active one stand where a switch was cut off.
    """
    if not folder.is_dir():
        return
    foreign = [
        path
        for path in folder.iterdir()
        if not 0 <= _seq(path) <= seq or (space and unproved_manifest(path).get("space", space) != space)
    ]
    for path in foreign:
        log.warning("removing %s, which is no cache of the catalog at change %d", path, seq)
    remove_entries(folder, foreign)


def newest_seq(folder: Path) -> int | None:
    """Give the `seq` of the newest generation by its name; nothing where there is none."""
    return max((_seq(path) for path in folder.glob("g*")), default=None)


def generations(folder: Path) -> Iterator[tuple[Path, dict[str, Any] | None]]:
    """Give the generations, newest first, each with its manifest; nothing for one that does not verify."""
    for candidate in _newest_first(folder):
        yield candidate, verified_manifest(candidate)


def verified_manifest(generation: Path) -> dict[str, Any] | None:
    """Read a generation's manifest and prove its files against it; nothing where they differ."""
    try:
        manifest: dict[str, Any] = json.loads((generation / MANIFEST).read_bytes())
        # Nothing else would show that a digit of `seq` was damaged.
        if manifest.pop("manifest_sha256") != _digest(manifest) or manifest["format"] != FORMAT:
            return None
        for name, expected in manifest["files"].items():
            path = generation / name
            if path.stat().st_size != expected["size"] or _sha256(path) != expected["sha256"]:
                return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return manifest


def certify(
    folder: Path, names: list[str], facts: Mapping[str, object], seq: int, known_hashes: dict[str, str]
) -> None:
    """Write the manifest of files that another library wrote into a folder (Tantivy's segments).

    `known_hashes` remembers the files hashed so far: segment files are never rewritten under their
    names, so that a change costs what it added. Raises `StoreWriteError`.
    """
    draft = folder / (MANIFEST + ".tmp")
    try:
        for name in names:
            if name.endswith(".json") or name not in known_hashes:
                known_hashes[name] = _sha256(folder / name)
        _write_durably(draft, _manifest(folder, {name: known_hashes[name] for name in names}, facts, seq))
        draft.replace(folder / MANIFEST)
        sync_folder(folder)
    except OSError as error:
        raise StoreWriteError(
            f"The cache {folder} could not be certified: {error}. Free disk space or mend permissions."
        ) from error


def read_seq(folder: Path) -> int:
    """Read the `seq` of a folder's manifest without proving its files; 0 where there is none."""
    try:
        return int(json.loads((folder / MANIFEST).read_bytes())["seq"])
    except FileNotFoundError:
        return 0


def certified_names(folder: Path) -> list[str]:
    """Name the files of a folder's manifest without proving them. Raises `OSError`."""
    return list(json.loads((folder / MANIFEST).read_bytes())["files"])


def _manifest(folder: Path, hashes: Mapping[str, str], facts: Mapping[str, object], seq: int) -> bytes:
    files = {
        name: {"size": (folder / name).stat().st_size, "sha256": sha256} for name, sha256 in hashes.items()
    }
    content = {"format": FORMAT, "seq": seq, **facts, "files": files}
    return json.dumps({**content, "manifest_sha256": _digest(content)}, indent=1, sort_keys=True).encode()


def _digest(content: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_durably(path: Path, content: Content) -> str:
    """Write a file through to the disk; gives its SHA-256."""
    digest = hashlib.sha256()

    def write(piece: bytes) -> None:
        digest.update(piece)
        file.write(piece)

    with path.open("wb") as file:
        if isinstance(content, bytes):
            write(content)
        else:
            content(write)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()
