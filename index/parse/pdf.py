"""A PDF file: text in reading order, with the page of every stretch of it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from index.errors import RefusedDocumentError
from index.parse.assemble import Document, article_of
from index.parse.budget import MAX_PAGES, MAX_TEXT_BYTES
from index.parse.hygiene import clean
from index.parse.pdf_lines import Line, lines_of
from index.parse.pdf_paragraphs import Paragraph, paragraphs_of, without_running_heads
from index.parse.pieces import Piece
from index.parse.refusals import damaged, encrypted, too_large, too_many_pages
from index.types import Article

if TYPE_CHECKING:
    from pypdf import PdfReader

_FEWEST_LETTERS: Final = 20
_LONGEST_TITLE: Final = 300


def parse_pdf(content: bytes, name: str) -> Article:
    """Read a PDF file; `metadata["pages"]` lists `[page, char_start, char_end]` over the article's text.

    When the file was made is kept as a note: it is no publication date.
    """
    reader = _opened(content, name)
    pages: list[list[Line]] = []
    across = size = 0
    for number, page in enumerate(reader.pages, 1):
        lines, turned = lines_of(page, number)
        pages.append(lines)
        across += turned
        size += sum(len(line.text) for line in lines)
        if size > MAX_TEXT_BYTES:
            raise too_large(name, f"Its text is longer than {MAX_TEXT_BYTES >> 20} MiB.")
    lines, heads = without_running_heads(pages)
    if sum(line.text.count("") for line in lines) < _FEWEST_LETTERS:
        raise _pictures(name)
    paragraphs = paragraphs_of(lines)
    said, notes = _information(reader)
    title = _title(paragraphs, said)
    counts = {key: count for key, count in (("running-head", heads), ("turned", across)) if count}
    document = Document(_pieces(paragraphs), title, {"file": notes}, counts, _pictures(name))
    article = article_of(document, name)
    found = page_ranges(article.text, paragraphs)
    return replace(article, metadata={**article.metadata, "pages": found})


def page_of(metadata: Mapping[str, object], position: int) -> int:
    """Return the page on which a position of an article's text stands; 0 where the article has no pages."""
    ranges = metadata.get("pages")
    if not isinstance(ranges, Sequence):
        return 0
    return next((page for page, start, end in ranges if start <= position < end), 0)


def page_ranges(text: str, paragraphs: Sequence[Paragraph]) -> list[list[int]]:
    """Find the paragraphs that became text again, and say which stretch stands on which page."""
    starts: list[tuple[int, int]] = []
    position = 0
    for paragraph in paragraphs:
        words = clean(paragraph.text)[0].strip()
        place = text.find(words, position)
        if place < 0 or not words:
            continue
        position = place + len(words)
        starts.extend((place + min(offset, len(words)), page) for offset, page in paragraph.pages)
    ranges: list[list[int]] = []
    for start, page in starts:
        if ranges and ranges[-1][0] == page:
            continue
        if ranges:
            ranges[-1][2] = start
        ranges.append([page, start if ranges else 0, len(text)])
    return ranges


def _opened(content: bytes, name: str) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise encrypted(name)
        pages = len(reader.pages)
    except (DependencyError, FileNotDecryptedError, NotImplementedError) as error:
        raise encrypted(name) from error
    except PyPdfError as error:
        raise damaged(name, "It is not a PDF that can be opened.") from error
    if pages > MAX_PAGES:
        raise too_many_pages(name, pages, MAX_PAGES)
    if not pages:
        raise damaged(name, "It has no pages.")
    return reader


def _pictures(name: str) -> RefusedDocumentError:
    return RefusedDocumentError(
        name,
        "no-text",
        "Its pages hold no text, as pictures of pages do.",
        "Recognise its text (OCR) and give the result.",
    )


def _information(reader: PdfReader) -> tuple[str, dict[str, str]]:
    """Return the title that the file gives itself, and what it says of its making."""
    said: Any = reader.metadata or {}
    texts = {
        key: str(said.get(key) or "").strip()[:_LONGEST_TITLE]
        for key in ("/Title", "/Author", "/CreationDate", "/ModDate")
    }
    notes = {"creator": texts["/Author"], "created": texts["/CreationDate"], "modified": texts["/ModDate"]}
    return " ".join(texts["/Title"].split()), {key: value for key, value in notes.items() if value}


def _title(paragraphs: Sequence[Paragraph], said: str) -> str:
    """Take the largest heading of the first page, unless the file's own title stands there in other words."""
    first = [p for p in paragraphs if p.pages[0][1] == paragraphs[0].pages[0][1]]
    if said and any(said.casefold() == p.text.casefold() for p in first):
        return next(p.text for p in first if p.text.casefold() == said.casefold())
    headings = [p for p in first if p.level]
    return min(headings, key=lambda p: p.level).text if headings else ""


def _pieces(paragraphs: Sequence[Paragraph]) -> list[Piece]:
    group = 0
    pieces: list[Piece] = []
    for before, paragraph in zip([None, *paragraphs[:-1]], paragraphs, strict=True):
        listed = paragraph.listed and not paragraph.level
        group += listed and not (before is not None and before.listed)
        pieces.append(Piece(paragraph.text, paragraph.level, group if listed else 0))
    return pieces
