"""The calls of a recorded run, done again to a disk that may lose power.

A run is recorded with `strace`, so that what SQLite and Tantivy write themselves is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from lossy_disk import Disk, File, Folder, Node

CALLS = (
    "openat,close,dup,fcntl,lseek,write,pwrite64,writev,pwritev,sendfile,copy_file_range,fallocate,ftruncate,"
    "truncate,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,"
    "mkdirat,rmdir,symlink,symlinkat"
)
OPTIONS = ["-f", "-qq", "-xx", "-s16777216", "-esignal=none", f"-etrace={CALLS}"]


@dataclass(frozen=True)
class Call:
    """A system call: when it began and ended (lines of the trace), what it was given and gave."""

    began: int
    ended: int
    name: str
    given: str
    result: int


_LINE = re.compile(r"(\d+) +(\w+)\((.*)$", re.DOTALL)
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)$", re.DOTALL)
_RESULT = re.compile(r"^(.*)\) += (-?\d+)", re.DOTALL)
_UNFINISHED = " <unfinished ...>"
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


def calls(trace: Iterable[str]) -> Iterator[Call]:
    """Read a trace; calls come in the order in which they ended, closes in that in which they began."""
    begun: dict[str, tuple[int, str, str]] = {}
    for number, line in enumerate(trace):
        line = line.rstrip("\n")
        if found := _LINE.match(line):
            process, name, rest = found.groups()
            if rest.endswith(_UNFINISHED):
                begun[process] = number, name, rest.removesuffix(_UNFINISHED)
                if name == "close":
                    # Another thread may be given the number before the end is noted.
                    yield Call(number, number, name, begun[process][2].strip(), 0)
                continue
            began, given = number, rest
        elif found := _RESUMED.match(line):
            process, name, rest = found.groups()
            began, _, given = begun.pop(process)
            given += rest
            if name == "close":
                continue
        else:
            continue
        if ended := _RESULT.match(given):
            yield Call(began, number, name, ended[1], int(ended[2]))


@dataclass
class Handle:
    """An open file of the process: where the next write goes."""

    node: Node
    offset: int = 0
    append: bool = False


class Replay:
    """What a recorded process did to a disk, call by call."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.handles: dict[int, Handle] = {}
        self.said: list[str] = []

    def do(self, call: Call) -> bool:
        """Do what a call did; tells whether the disk may be another one than before."""
        if call.result < 0:
            return False
        work = getattr(self, f"_{call.name}", None)
        return bool(work(call)) if work else self._unknown(call)

    def _unknown(self, call: Call) -> bool:
        touched = [self.handles.get(number) for number in numbers(call.given)[:2]]
        paths = [self.disk.find(PurePosixPath(text)) for text in texts(call.given)]
        assert not any([*touched, *paths]), f"{call.name} is not simulated"
        return False

    def _openat(self, call: Call) -> bool:
        base, _, rest = call.given.partition(", ")
        path = self._path(base, texts(call.given)[0])
        if not path.is_relative_to(self.disk.root):
            self.handles.pop(call.result, None)
            return False
        node, changed = self.disk.find(path), False
        if node is None:
            node, changed = File(), True
            self.disk.name(call.ended, [(*self.disk.place(path), node)])
        elif "O_TRUNC" in rest and isinstance(node, File):
            self.disk.cut(call.ended, node, 0)
            changed = True
        self.handles[call.result] = Handle(node, append="O_APPEND" in rest)
        return changed

    def _path(self, base: str, text: str) -> PurePosixPath:
        """Give the path that a call names, below the folder that it has open or by itself."""
        if text.startswith("/") or base == "AT_FDCWD":
            return PurePosixPath(text)
        handle = self.handles.get(int(base))
        return self._path_of(handle.node) / text if handle else PurePosixPath(text)

    def _path_of(self, node: Node) -> PurePosixPath:
        waiting: list[tuple[PurePosixPath, Node]] = [(PurePosixPath(self.disk.root), self.disk.top)]
        for path, found in waiting:
            if found is node:
                return path
            if isinstance(found, Folder):
                waiting += [(path / name, below) for name, below in found.names.items()]
        raise AssertionError("a folder that is gone was used")

    def _close(self, call: Call) -> None:
        self.handles.pop(numbers(call.given)[0], None)

    def _dup(self, call: Call) -> None:
        self._copy_handle(numbers(call.given)[0], call.result)

    def _fcntl(self, call: Call) -> None:
        if "F_DUPFD" in call.given:
            self._copy_handle(numbers(call.given)[0], call.result)

    def _copy_handle(self, number: int, copy: int) -> None:
        if number in self.handles:
            self.handles[copy] = self.handles[number]
        else:
            self.handles.pop(copy, None)

    def _lseek(self, call: Call) -> None:
        if handle := self.handles.get(numbers(call.given)[0]):
            handle.offset = call.result

    def _write(self, call: Call) -> bool:
        number = numbers(call.given)[0]
        if number == 1:
            self.said += content(call.given).decode().splitlines()
        handle = self.handles.get(number)
        if handle is None:
            return False
        assert isinstance(handle.node, File)
        start = handle.node.size if handle.append else handle.offset
        self.disk.write(call.ended, handle.node, start, content(call.given)[: call.result])
        handle.offset = start + call.result
        return True

    def _pwrite64(self, call: Call) -> bool:
        handle = self.handles.get(numbers(call.given)[0])
        if handle is None:
            return False
        assert isinstance(handle.node, File)
        offset = int(call.given.rpartition(", ")[2])
        self.disk.write(call.ended, handle.node, offset, content(call.given)[: call.result])
        return True

    def _ftruncate(self, call: Call) -> bool:
        number, size = numbers(call.given)[:2]
        handle = self.handles.get(number)
        if handle is None:
            return False
        assert isinstance(handle.node, File)
        self.disk.cut(call.ended, handle.node, size)
        return True

    def _fsync(self, call: Call) -> bool:
        handle = self.handles.get(numbers(call.given)[0])
        if handle is not None:
            self.disk.write_through(handle.node, call.began)
        return handle is not None

    _fdatasync = _fsync

    def _mkdir(self, call: Call) -> bool:
        return self._put(call, PurePosixPath(texts(call.given)[0]), Folder())

    def _link(self, call: Call) -> bool:
        old, new = map(PurePosixPath, texts(call.given))
        return self._put(call, new, self.disk.find(old))

    def _put(self, call: Call, path: PurePosixPath, node: Node | None) -> bool:
        if node is None or not path.is_relative_to(self.disk.root):
            return False
        self.disk.name(call.ended, [(*self.disk.place(path), node)])
        return True

    def _unlink(self, call: Call) -> bool:
        return self._remove(call, PurePosixPath(texts(call.given)[0]))

    _rmdir = _unlink

    def _unlinkat(self, call: Call) -> bool:
        return self._remove(call, self._path(call.given.partition(", ")[0], texts(call.given)[0]))

    def _remove(self, call: Call, path: PurePosixPath) -> bool:
        if self.disk.find(path) is None:
            return False
        self.disk.name(call.ended, [(*self.disk.place(path), None)])
        return True

    def _rename(self, call: Call) -> bool:
        old, new = map(PurePosixPath, texts(call.given))
        node = self.disk.find(old)
        if node is None:
            return False
        self.disk.name(call.ended, [(*self.disk.place(old), None), (*self.disk.place(new), node)])
        return True

    _renameat = _renameat2 = _rename


def texts(given: str) -> list[str]:
    return [bytes.fromhex(found[1].replace("\\x", "")).decode() for found in _TEXT.finditer(given)]


def content(given: str) -> bytes:
    found = _TEXT.search(given)
    assert found and not found[2], "the trace has not all of what was written"
    return bytes.fromhex(found[1].replace("\\x", ""))


def numbers(given: str) -> list[int]:
    return [int(number) for number in re.findall(r"(?:^|, )(-?\d+)(?=, |$|\))", given.split('"')[0])]
