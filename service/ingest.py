"""Files and lines of JSON to stored articles; what becomes of each is counted and refusals are listed.

JSON Lines is read line by line, plain or gzipped, whatever its size: one object per line in UTF-8 with
`title` and `text`, and where known `id`, `source`, `url`, `language`, `published_at` and `updated_at`, all
of them strings. A field of any other name is kept as metadata. A line that cannot be used is refused by its
number and costs no other line.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

from index.errors import InvalidInputError, RefusedDocumentError, printable
from index.library import Library
from index.parse import parse_all
from index.parse.refusals import damaged
from index.parse.sniff import HEAD, are_json_lines
from index.types import Article, PutResult
from service.remote import Reader, is_url

MAX_FILE = 20 * 1024 * 1024
MAX_LINE = 8 * 1024 * 1024
MAX_DEPTH = 32
KNOWN_FIELDS = frozenset({"id", "title", "text", "source", "published_at", "updated_at", "language", "url"})
_LINES = (".jsonl", ".ndjson", ".jsonl.gz")
_SUFFIXES = (
    *(".md", ".markdown", ".txt", ".text", ".html", ".htm", ".xhtml", ".xml"),
    *(".pdf", ".docx", ".rss", ".atom"),
    *_LINES,
)
_ADDRESS_WORK = 256 * 1024
"""Work that an address counts for beside the bytes of files: it takes seconds, not milliseconds."""
_MAX_REFUSALS = 1000
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One document that was not stored: its label, a stable reason code, and what to do."""

    name: str
    reason: str
    detail: str


@dataclass
class Summary:
    """What became of the documents of one call.

    `labels` name the document of each result; `work` is the call's size in bytes where that is known.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    results: list[PutResult] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    work: int = 0
    work_done: int = 0

    def count(self, result: PutResult, label: str) -> None:
        """Count a stored article of a document."""
        if result.status == "created":
            self.added += 1
        elif result.status == "updated":
            self.updated += 1
        else:
            self.unchanged += 1
        self.results.append(result)
        self.labels.append(label)

    def refuse(self, name: str, error: InvalidInputError) -> None:
        """Count a refusal; the first thousand are kept in words."""
        self.refused += 1
        reason = error.reason if isinstance(error, RefusedDocumentError) else "invalid"
        if len(self.refusals) < _MAX_REFUSALS:
            self.refusals.append(Refusal(printable(name), reason, str(error)))

    @property
    def seen(self) -> int:
        """Documents counted so far."""
        return self.added + self.updated + self.unchanged + self.refused


def add_paths(
    paths: Iterable[Path], library: Library, on_progress: Callable[[Summary], None] | None = None
) -> Summary:
    """Store the articles of files and folders; one bad file or line never stops the others."""
    summary = Summary()
    _store(_labelled(paths, summary), library, summary, on_progress)
    return summary


def add_sources(
    names: Sequence[str],
    library: Library,
    reader: Reader,
    on_progress: Callable[[Summary], None] | None = None,
) -> Summary:
    """Store the articles of files, folders, globs and addresses; one that is refused stops no other."""
    summary = Summary()
    paths = [path for name in names if not is_url(name) for path in paths_of(name)]
    addresses = [name for name in names if is_url(name)]
    files = list(files_below(paths))
    summary.work = sum(map(_size, files)) + _ADDRESS_WORK * len(addresses)
    _store(
        chain(_labelled(files, summary), _from_addresses(addresses, reader, summary)),
        library,
        summary,
        on_progress,
    )
    return summary


def paths_of(name: str) -> list[Path]:
    """Give the paths that a name stands for: itself, or what a pattern such as `news/**/*.md` finds.

    Raises `InvalidInputError` for a pattern that finds nothing.
    """
    path = Path(name)
    if path.exists() or not _PATTERN.search(name):
        return [path]
    root = Path(path.anchor)
    found = sorted(root.glob(str(path.relative_to(root)) if path.is_absolute() else name))
    if not found:
        raise InvalidInputError(name, "matches no file.", "Check the pattern, or give the files by name.")
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _from_addresses(
    addresses: Iterable[str], reader: Reader, summary: Summary
) -> Iterator[tuple[str, Article]]:
    for address in addresses:
        try:
            yield from ((address, article) for article in reader.read(address))
        except RefusedDocumentError as refusal:
            summary.refuse(address, refusal)
        summary.work_done += _ADDRESS_WORK


def add_contents(
    files: Iterable[tuple[str, bytes]],
    library: Library,
    on_progress: Callable[[Summary], None] | None = None,
) -> Summary:
    """Store the articles of files given as (label, content)."""
    summary = Summary()
    _store(
        (item for name, content in files for item in _from_bytes(name, content, summary)),
        library,
        summary,
        on_progress,
    )
    return summary


def add_lines(
    file: IO[bytes], library: Library, on_progress: Callable[[Summary], None] | None = None
) -> Summary:
    """Store the articles of a JSON Lines stream."""
    summary = Summary()
    _store(_from_lines("", file, summary), library, summary, on_progress)
    return summary


def add_articles(articles: Iterable[tuple[str, Article]], library: Library) -> Summary:
    """Store articles given with the label that refusals call them by."""
    summary = Summary()
    _store(articles, library, summary, None)
    return summary


def files_below(paths: Iterable[Path]) -> Iterator[Path]:
    """Give the files of a list of files and folders; in folders those that can be read, in order."""
    for path in paths:
        if path.is_dir():
            yield from (
                p for p in sorted(path.rglob("*")) if p.is_file() and p.name.lower().endswith(_SUFFIXES)
            )
        else:
            yield path


def _store(
    labelled: Iterable[tuple[str, Article]],
    library: Library,
    summary: Summary,
    on_progress: Callable[[Summary], None] | None,
) -> None:
    waiting: deque[str] = deque()  # labels of the articles that are read and not yet stored, in order

    def articles() -> Iterator[Article]:
        for label, article in labelled:
            waiting.append(label)
            yield article

    def stored(result: PutResult) -> None:
        summary.count(result, waiting.popleft())
        if on_progress:
            on_progress(summary)

    # An article is refused before the next one is read.
    library.put_many(articles(), stored, lambda _, error: summary.refuse(waiting.pop(), error))


def _labelled(paths: Iterable[Path], summary: Summary) -> Iterator[tuple[str, Article]]:
    for path in files_below(paths):
        done = summary.work_done
        try:
            with path.open("rb") as raw:
                if are_json_lines(raw.read(HEAD), named=path.name.endswith(_LINES)):
                    raw.seek(0)
                    for item in _from_lines(str(path), _unzipped(raw), summary):
                        summary.work_done = done + raw.tell()
                        yield item
                    summary.work_done = done + _size(path)
                    continue
            if path.stat().st_size > MAX_FILE:
                raise RefusedDocumentError(
                    str(path), "too-large", f"is larger than {MAX_FILE >> 20} MiB.", "Split the document."
                )
            content = path.read_bytes()
        except OSError as error:
            problem = f"cannot be read: {error.strerror or error}."
            summary.refuse(
                str(path),
                RefusedDocumentError(str(path), "unreadable", problem, "Check the path and its permissions."),
            )
            continue
        except RefusedDocumentError as refusal:
            summary.refuse(str(path), refusal)
            continue
        yield from _from_bytes(str(path), content, summary)
        summary.work_done = done + len(content)


def _unzipped(file: IO[bytes]) -> IO[bytes]:
    zipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.open(file, "rb") if zipped else file  # type: ignore[return-value]  # a GzipFile reads lines too


def _from_bytes(name: str, content: bytes, summary: Summary) -> Iterator[tuple[str, Article]]:
    if are_json_lines(content[:HEAD], named=name.endswith(_LINES)):
        yield from _from_lines(name, _unzipped(io.BytesIO(content)), summary)
        return
    try:
        yield from ((name, article) for article in parse_all(content, name))
    except RefusedDocumentError as refusal:
        summary.refuse(name, refusal)


def _from_lines(name: str, file: IO[bytes], summary: Summary) -> Iterator[tuple[str, Article]]:
    for number, line in enumerate(_lines(name, file, summary), 1):
        label = f"{name}:{number}" if name else f"line {number}"
        if len(line) > MAX_LINE:
            summary.refuse(
                label,
                RefusedDocumentError(
                    label, "too-large", f"is longer than {MAX_LINE >> 20} MiB.", "Split the article."
                ),
            )
        elif line.strip():
            try:
                yield label, article_from_json(_decoded(line, label))
            except InvalidInputError as refusal:
                summary.refuse(label, refusal)


def _lines(name: str, file: IO[bytes], summary: Summary) -> Iterator[bytes]:
    """Yield lines, of one that is too long no more than shows that it is; a torn archive ends them."""
    try:
        while line := file.readline(MAX_LINE + 1):
            yield line
            while len(line) > MAX_LINE and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        label = name or "lines"
        summary.refuse(label, damaged(label, "Its archive is torn; what came before was read."))


def _decoded(line: bytes, label: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RefusedDocumentError(
            label,
            "invalid",
            f"is not JSON in UTF-8 ({type(error).__name__}).",
            "Give one JSON object per line.",
        ) from error


def article_from_json(row: object) -> Article:
    """Read an article in the form of the HTTP contract; fields not named there become metadata.

    Raises `InvalidInputError` naming the field.
    """
    if not isinstance(row, dict):
        raise InvalidInputError("article", "is not a JSON object.", 'Give {"title": …, "text": …}.')
    values: dict[str, str] = {}
    for name in KNOWN_FIELDS:
        value = row.get(name)
        if value is not None and not isinstance(value, str):
            raise InvalidInputError(name, "is not a string.", f"Give {name} as a JSON string.")
        values[name] = value or ""
    for name in ("title", "text"):
        if name not in row:
            raise InvalidInputError(name, "is missing.", f"Give the article's {name}.")
    metadata = {key: value for key, value in row.items() if key not in KNOWN_FIELDS}
    _check_json("metadata", metadata)
    article_id = values.pop("id")
    return Article(
        title=values["title"].strip() or values["text"].strip()[:80],
        text=values["text"],
        source=values["source"],
        url=values["url"],
        language=values["language"],
        published_at=values["published_at"],
        updated_at=values["updated_at"],
        article_id=article_id,
        metadata=metadata,
    )


def _check_json(where: str, value: object, depth: int = 0) -> None:
    """Refuse what JSON in UTF-8 does not hold, and nesting that later steps could not follow."""
    if depth > MAX_DEPTH:
        raise InvalidInputError("metadata", f"is nested deeper than {MAX_DEPTH} levels.", "Flatten it.")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInputError(
            where, "is not a finite number.", "Replace NaN and Infinity by a number or null."
        )
    if isinstance(value, dict):
        for key, item in value.items():
            _check_json(f"{where}.{key[:80]}", item, depth + 1)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            _check_json(f"{where}[{position}]", item, depth + 1)
