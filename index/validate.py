"""What an article must be to be stored."""

from __future__ import annotations

from dataclasses import replace

from index.dates import parse_date
from index.errors import InvalidInputError
from index.identity import canonical_url, checked_id
from index.language import detect
from index.types import Article

MAX_TEXT = 5 * 1024 * 1024
MAX_TITLE = 1000


def checked_article(article: Article) -> Article:
    """Give an article with dates in one form and its language known, else raise `InvalidInputError`."""
    _check_text("title", article.title, MAX_TITLE)
    _check_text("text", article.text, MAX_TEXT)
    if article.article_id:
        checked_id(article.article_id)
    if article.url:
        canonical_url(article.url)
    for section in article.sections:
        if section.char_end > len(article.text):
            raise ValueError(f"section {section} ends behind the text's {len(article.text)} characters")
    return replace(
        article,
        published_at=_date("published_at", article.published_at),
        updated_at=_date("updated_at", article.updated_at),
        language=article.language or detect(article.text),
    )


def _check_text(field: str, value: str, longest: int) -> None:
    if not value.strip():
        raise InvalidInputError(field, "is empty.", f"Give the article's {field}.")
    if len(value) > longest:
        raise InvalidInputError(
            field,
            f"has {len(value)} characters, the limit is {longest}.",
            "Split the document, or shorten it.",
        )
    bad = next(
        (i for i, character in enumerate(value) if character == "\0" or "\ud800" <= character <= "\udfff"), -1
    )
    if bad >= 0:
        raise InvalidInputError(
            field,
            f"has a character that is no text (U+{ord(value[bad]):04X}) at {bad}.",
            "Remove it and send again.",
        )


def _date(field: str, value: str) -> str:
    if not value:
        return ""
    try:
        return parse_date(value)
    except ValueError as error:
        raise InvalidInputError(
            field, str(error), "Give it as 2026-05-10 or 2026-05-10T09:41:00Z."
        ) from error
