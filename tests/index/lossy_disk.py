"""A disk that may lose power: which states it can be found in, after what was done to it.

What was written through (`fsync`, `fdatasync`) is certain. Anything else may have reached the disk, not have
reached it, or have reached it in part and in any order: bytes of files in sectors, names in folders one by
one.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

SECTOR = 512
NAMES_SURVIVE = ("all", "none", "first", "all but one", "some")
BYTES_SURVIVE = ("all", "none", "first", "some", "zeros", "mixed")


@dataclass(eq=False)
class File:
    """Bytes that are certain, and what was done to them since, oldest first: `(time, offset, bytes)`.

    An offset of -1 cuts or grows the file to the number that stands in the place of the bytes.
    """

    certain: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, int, bytes | int]] = field(default_factory=list)
    size: int = 0


@dataclass(eq=False)
class Folder:
    """Names that are certain, and the names as a process sees them."""

    certain: dict[str, Node] = field(default_factory=dict)
    names: dict[str, Node] = field(default_factory=dict)


Node = File | Folder
Naming = list[tuple[Folder, str, Node | None]]
"""What one call does to names, all of it or nothing: a name in a folder, and what it names from then on."""


class Disk:
    """The files below a root as a traced process changes them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.top = Folder()
        self.namings: list[tuple[int, Naming]] = []
        if root.is_dir():
            self._load(root, self.top)

    def _load(self, place: Path, folder: Folder) -> None:
        known: dict[int, Node] = {}
        for path in place.iterdir():
            if path.is_dir():
                node: Node = Folder()
                self._load(path, node)
            else:
                content = path.read_bytes()
                node = known.setdefault(path.stat().st_ino, File(bytearray(content), size=len(content)))
            folder.certain[path.name] = folder.names[path.name] = node

    def find(self, path: PurePosixPath | None) -> Node | None:
        """Give what a path names; nothing where it names nothing or lies elsewhere."""
        if path is None or not path.is_relative_to(self.root):
            return None
        node: Node | None = self.top
        for name in path.relative_to(self.root).parts:
            node = node.names.get(name) if isinstance(node, Folder) else None
        return node

    def place(self, path: PurePosixPath) -> tuple[Folder, str]:
        parent = self.find(path.parent)
        assert isinstance(parent, Folder), path
        return parent, path.name

    def name(self, time: int, naming: Naming) -> None:
        for folder, name, node in naming:
            if node is None:
                del folder.names[name]
            else:
                folder.names[name] = node
        self.namings.append((time, naming))

    def write(self, time: int, file: File, offset: int, content: bytes) -> None:
        file.since.append((time, offset, content))
        file.size = max(file.size, offset + len(content))

    def cut(self, time: int, file: File, size: int) -> None:
        file.since.append((time, -1, size))
        file.size = size

    def write_through(self, node: Node, before: int) -> None:
        """Make certain what was done to a file or a folder's names before the call began."""
        if isinstance(node, File):
            for _, offset, content in (change for change in node.since if change[0] < before):
                apply(node.certain, offset, content)
            node.since = [change for change in node.since if change[0] >= before]
            return
        left = []
        for time, naming in self.namings:
            if time < before and any(folder is node for folder, _, _ in naming):
                rename(naming, {id(folder): folder.certain for folder, _, _ in naming})
            else:
                left.append((time, naming))
        self.namings = left

    def lose_power(self, chance: random.Random, names: str, content: str, into: Path) -> None:
        """Write down one of the states that the disk may have after a power loss at this moment."""
        folders: dict[int, dict[str, Node]] = {}
        for naming in survivors([naming for _, naming in self.namings], names, chance):
            for folder, _, _ in naming:
                folders.setdefault(id(folder), dict(folder.certain))
            rename(naming, folders)
        self._write_down(self.top, folders, into, {}, lambda file: left_of(file, content, chance))

    def _write_down(self, folder, folders, into: Path, written: dict[int, Path], left) -> None:
        into.mkdir(parents=True)
        for name, node in folders.get(id(folder), folder.certain).items():
            if isinstance(node, Folder):
                self._write_down(node, folders, into / name, written, left)
            elif id(node) in written:
                os.link(written[id(node)], into / name)
            else:
                written[id(node)] = into / name
                (into / name).write_bytes(left(node))


def rename(naming: Naming, folders: dict[int, dict[str, Node]]) -> None:
    for folder, name, node in naming:
        if node is None:
            folders[id(folder)].pop(name, None)
        else:
            folders[id(folder)][name] = node


def apply(content: bytearray, offset: int, change: bytes | int) -> None:
    if isinstance(change, int):
        del content[change:]
        content.extend(bytes(change - len(content)))
        return
    content.extend(bytes(max(0, offset + len(change) - len(content))))
    content[offset : offset + len(change)] = change


def survivors(done: list, way: str, chance: random.Random) -> list:
    """Choose what of things done one after the other has reached the disk."""
    if way == "all":
        return done
    if way == "none" or not done:
        return []
    if way == "first":
        return done[: chance.randrange(len(done) + 1)]
    if way == "all but one":
        missing = chance.randrange(len(done))
        return done[:missing] + done[missing + 1 :]
    return [one for one in done if chance.random() < 0.5]


def left_of(file: File, way: str, chance: random.Random) -> bytes:
    """Give the bytes of a file after a power loss."""
    content = bytearray(file.certain)
    if way == "mixed":
        way = chance.choice(BYTES_SURVIVE[:-1])
    if way == "zeros":
        # The size is a matter of the folder's side of things: it may arrive before the bytes.
        apply(content, -1, max(len(content), file.size))
        return bytes(content)
    kept = survivors(file.since, way, chance)
    for number, (_, offset, change) in enumerate(kept):
        last = number == len(kept) - 1
        if isinstance(change, int) or not (way == "some" or (way == "first" and last)):
            apply(content, offset, change)
            continue
        for start, piece in sectors(offset, change):
            if chance.random() < 0.5:
                apply(content, start, piece)
    return bytes(content)


def sectors(offset: int, content: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut a write at the borders of sectors, which a disk writes whole."""
    end = offset + len(content)
    while offset < end:
        border = min(end, (offset // SECTOR + 1) * SECTOR)
        yield offset, content[len(content) - (end - offset) : len(content) - (end - border)]
        offset = border
