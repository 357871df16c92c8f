"""The rows of a run as they are made, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from pydantic import TypeAdapter, ValidationError

from eval.types import CaseResult

_ROW = TypeAdapter(CaseResult)


class Journal:
    """A file of JSON Lines: the key of a run, then a row a question.

    A file of another key is begun anew; a last line that was torn is dropped. Made to be used in a
    `with` statement; one process at a time.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self.rows: dict[tuple[str, str], CaseResult] = {}

    def __enter__(self) -> Journal:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        sound = self._read()
        self._file = self._path.open("ab")
        self._file.truncate(sound)
        if not sound:
            self._write(json.dumps({"key": self._key}).encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, row: CaseResult) -> None:
        """Write one row and hand it to the operating system."""
        self._write(_ROW.dump_json(row))

    def remove(self) -> None:
        """Delete the file of a run whose report is written."""
        self._path.unlink(missing_ok=True)

    def _write(self, line: bytes) -> None:
        self._file.write(line + b"\n")
        self._file.flush()

    def _read(self) -> int:
        """Read the rows there are; gives the length of the part of the file that is sound."""
        if not self._path.is_file():
            return 0
        sound = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                if not line.endswith(b"\n"):
                    break
                if number == 0:
                    if line != json.dumps({"key": self._key}).encode() + b"\n":
                        return 0
                else:
                    try:
                        row = _ROW.validate_json(line)
                    except ValidationError:
                        break
                    self.rows[row.set_name, row.case_id] = row
                sound += len(line)
        return sound


def run_key(parts: Mapping[str, object]) -> str:
    """Give the hash of what makes two runs the same: set, sample, seed, system, program."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def program_hash(root: Path, patterns: Iterable[str]) -> str:
    """Give the hash of the files that a program is made of: a changed one does not go on with old rows."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
        digest.update(os.fsencode(path.relative_to(root)) + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
