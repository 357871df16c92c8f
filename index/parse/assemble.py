"""Headings and paragraphs of a document without a page's metadata to an article: PDF and DOCX share this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.errors import RefusedDocumentError
from index.parse.budget import MAX_TEXT_BYTES
from index.parse.hygiene import clean, merged
from index.parse.layout import Block, compose, find_headings, first_sentence, language_of, no_text, not_found
from index.parse.pieces import Piece, divide, without_title
from index.parse.refusals import too_large
from index.parse.stamps import labelled_stamps
from index.types import Article

_TOP_LINES = 6
_GUESSED_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Document:
    """What was read of a document; `title` is `""` where it does not tell."""

    pieces: Sequence[Piece]
    title: str
    notes: Mapping[str, object]
    removed: Mapping[str, int]
    empty: RefusedDocumentError | None = None


def article_of(document: Document, name: str) -> Article:
    """Put an article together; only lines that say what they are become source, author and dates."""
    pieces, removed = cleaned(document.pieces)
    title = " ".join(clean(document.title)[0].split())
    pieces, values = _without_labelled(without_title(pieces, title))
    parts, pairs = divide(with_guessed_headings(pieces))
    text, sections = compose(parts)
    if not sections:
        raise document.empty or no_text(name)
    if len(text) > MAX_TEXT_BYTES or len(text.encode()) > MAX_TEXT_BYTES:
        raise too_large(name, f"Its text is longer than {MAX_TEXT_BYTES >> 20} MiB.")
    found = {"title": title, "language": language_of(f"{title}\n{text}")}
    found |= {key: values.get(key, "") for key in ("source", "author", "published_at")}
    counts = merged(document.removed, removed)
    notes = {**document.notes, "author": found["author"], "removed": counts}
    return Article(
        title=" ".join((title or first_sentence(text[sections[0].char_start :])).split()),
        text=text,
        source=found["source"],
        language=found["language"],
        published_at=found["published_at"],
        updated_at=values.get("updated_at", ""),
        sections=sections,
        qa_pairs=pairs,
        metadata={key: value for key, value in notes.items() if value},
        missing=not_found(found),
    )


def cleaned(pieces: Sequence[Piece]) -> tuple[list[Piece], dict[str, int]]:
    """Return pieces without invisible characters, and how many went."""
    kept: list[Piece] = []
    counts: list[dict[str, int]] = []
    for piece in pieces:
        text, removed = clean(piece.text)
        counts.append(removed)
        if text.strip():
            kept.append(Piece(text.strip(), piece.level, piece.group))
    return kept, merged(*counts)


def with_guessed_headings(pieces: Sequence[Piece]) -> list[Piece]:
    """Find headings by their looks where a document marks none below its title."""
    if any(piece.level for piece in pieces):
        return list(pieces)
    headings = find_headings([Block(piece.text, alone=not piece.group) for piece in pieces])
    return [
        Piece(piece.text, _GUESSED_LEVEL, 0) if number in headings and not piece.level else piece
        for number, piece in enumerate(pieces)
    ]


def _without_labelled(pieces: Sequence[Piece]) -> tuple[list[Piece], dict[str, str]]:
    top = [piece.text for piece in pieces[:_TOP_LINES] if not piece.level and not piece.group]
    numbers = [n for n, piece in enumerate(pieces[:_TOP_LINES]) if not piece.level and not piece.group]
    values, used = labelled_stamps(top)
    dropped = {numbers[line] for line in used}
    return [piece for number, piece in enumerate(pieces) if number not in dropped], values
