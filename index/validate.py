"""What an article must be to be stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from index.address import canonical_url
from index.dates import parse_date
from index.errors import InvalidInputError
from index.identity import checked_id
from index.language import detect
from index.types import Article

MAX_TEXT = 5 * 1024 * 1024
MAX_TITLE = 1000
MAX_NAME = 200
MAX_URL = 4000
MAX_METADATA = 1024 * 1024

_NO_TEXT = re.compile("[\\0\\ud800-\\udfff]")


def checked_article(article: Article) -> Article:
    """Give an article with dates in one form and its language known, else raise `InvalidInputError`."""
    for field, value, longest in _texts(article):
        _check_text(field, value, longest)
    for field, value in (("title", article.title), ("text", article.text)):
        if not value.strip():
            raise InvalidInputError(field, "is empty.", f"Give the article's {field}.")
    if article.article_id:
        checked_id(article.article_id)
    if article.url:
        canonical_url(article.url)
    for section in article.sections:
        if section.char_end > len(article.text):
            raise ValueError(f"section {section} ends behind the text's {len(article.text)} characters")
    return replace(
        article,
        published_at=checked_date("published_at", article.published_at),
        updated_at=checked_date("updated_at", article.updated_at),
        language=article.language or detect(article.text),
        metadata=_metadata(article.metadata),
    )


def _texts(article: Article) -> Iterator[tuple[str, str, int]]:
    """Give every text of an article with the name of its field and its limit."""
    yield "title", article.title, MAX_TITLE
    yield "text", article.text, MAX_TEXT
    yield "source", article.source, MAX_NAME
    yield "language", article.language, MAX_NAME
    yield "url", article.url, MAX_URL
    for section in article.sections:
        yield "sections", section.heading, MAX_TEXT
    for pair in article.qa_pairs:
        yield "qa_pairs", pair.question, MAX_TEXT
        yield "qa_pairs", pair.answer, MAX_TEXT


def _check_text(field: str, value: str, longest: int) -> None:
    if len(value) > longest:
        raise InvalidInputError(
            field, f"has {len(value)} characters, the limit is {longest}.", f"Shorten the {field}."
        )
    if bad := _NO_TEXT.search(value):
        raise InvalidInputError(
            field,
            f"has a character that is no text (U+{ord(bad[0]):04X}) at {bad.start()}.",
            "Remove it and send again.",
        )


def _metadata(metadata: Mapping[str, object]) -> dict[str, object]:
    """Give metadata as JSON reads it back."""
    try:
        written = json.dumps(dict(metadata), ensure_ascii=False, allow_nan=False)
        size = len(written.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(
            "metadata",
            f"cannot be written as JSON: {str(error).split(':')[0]}.",
            "Give text, finite numbers, true, false, null, lists and objects of these.",
        ) from error
    if size > MAX_METADATA:
        raise InvalidInputError(
            "metadata", f"has {size} bytes as JSON, the limit is {MAX_METADATA}.", "Leave some of it out."
        )
    read: dict[str, object] = json.loads(written)
    return read


def checked_date(field: str, value: str) -> str:
    """Give a date in one form, empty for empty, or raise `InvalidInputError` naming the field."""
    if not value:
        return ""
    try:
        return parse_date(value)
    except ValueError as error:
        remedy = "Give a day of the calendar as 2026-05-10, or a moment as 2026-05-10T09:41:00Z."
        raise InvalidInputError(field, "is not a date.", remedy) from error
