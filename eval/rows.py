"""Rows of question sets from JSON Lines files, plain or gzipped, with a fault for each bad line."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TypeVar, cast

from pydantic import BaseModel, ValidationError

from eval.errors import Fault, QuestionSetError

Row = TypeVar("Row", bound=BaseModel)


class Faults:
    """Faults as they are found, to be raised as one error."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, path: Path, line: int, problem: str, remedy: str) -> None:
        """Note a fault."""
        self._found.append(Fault(str(path), line, problem, remedy))

    def lines(self, path: Path) -> frozenset[int]:
        """Give the lines of a file that have faults."""
        return frozenset(fault.line for fault in self._found if fault.path == str(path) and fault.line)

    def raise_if_any(self, *, but_rows: bool = False) -> None:
        """Raise `QuestionSetError` with all faults, or with those of whole files alone."""
        raised = [fault for fault in self._found if not (but_rows and fault.line)]
        if raised:
            raise QuestionSetError(raised)


def read_rows(folder: Path, stem: str, row: type[Row], faults: Faults) -> Iterator[tuple[int, Row]]:
    """Yield the rows of `stem.jsonl.gz` or `stem.jsonl` with their line numbers, one in memory at a time.

    Lines that are no such row are left out and noted in `faults`, as is what keeps the file from
    being read to its end.
    """
    path = data_file(folder, stem)
    if path is None:
        faults.add(folder / f"{stem}.jsonl.gz", 0, "does not exist.", "Give the folder that holds the set.")
        return
    yield from read_file(path, row, faults)


def read_file(path: Path, row: type[Row], faults: Faults) -> Iterator[tuple[int, Row]]:
    """Yield the rows of one file as `read_rows` does."""
    number = 0
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    parsed = row.model_validate_json(line)
                except ValidationError as error:
                    add_validation_faults(path, number, error, faults)
                    continue
                yield number, parsed
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        faults.add(
            path, 0, f"cannot be unpacked behind line {number} ({error}).", "Copy the file again: it is torn."
        )
    except OSError as error:
        faults.add(path, 0, f"cannot be read ({error.strerror}).", "Check that the file may be read.")


def data_file(folder: Path, stem: str) -> Path | None:
    """Give the file of this name that exists, gzipped or not."""
    return next((p for p in (folder / f"{stem}.jsonl.gz", folder / f"{stem}.jsonl") if p.is_file()), None)


def add_validation_faults(path: Path, line: int, error: ValidationError, faults: Faults) -> None:
    """Note each of the things that are wrong with one row."""
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ").rstrip(".")
        if item["type"] == "json_invalid":
            faults.add(path, line, f"{message}.", "Write one JSON object a line, in UTF-8.")
        else:
            faults.add(
                path, line, f"{where}: {message}." if where else f"{message}.", "Correct or remove the row."
            )


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
