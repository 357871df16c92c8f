"""Bytes in, articles out; the content decides the type and a name is no more than a hint.

parse       one document, one article
parse_all   the same, with the teasers of other articles that a portal's page or a feed carries

Plain text and Markdown are read right here. Web pages, PDF, DOCX and feeds could be made to hurt their
reader, so they are read in processes of their own (`contained`).
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from index.parse.budget import MAX_TEXT_BYTES
from index.parse.contained import parse_contained
from index.parse.hygiene import clean, merged
from index.parse.layout import no_text
from index.parse.markdown import ATX_HEADING, FRONT_MATTER, clean_references, parse_markdown
from index.parse.portal import is_portal_page, parse_portal
from index.parse.refusals import encrypted, too_large, unsupported
from index.parse.sniff import ProtectedContentError, UnknownContentError, sniff
from index.parse.text import parse_text
from index.types import Article

__all__ = ["MAX_TEXT_BYTES", "parse", "parse_all"]

_MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".mdown"})


def parse(content: bytes, name: str) -> Article:
    """Return the article in a document; `name` is what errors call it.

    Raises `RefusedDocumentError` for a document that cannot become an article.
    """
    return parse_all(content, name)[0]


def parse_all(content: bytes, name: str) -> tuple[Article, ...]:
    """Return the article in a document and, behind it, the teasers of others (`kind="teaser"`)."""
    label = name or "document"
    try:
        kind = sniff(content)
    except ProtectedContentError as error:
        raise encrypted(label) from error
    except UnknownContentError as error:
        raise unsupported(label, str(error)) from error
    if kind == "html" or kind == "pdf" or kind == "docx" or kind == "feed":
        return parse_contained(kind, content, label)
    if kind == "gzip":
        raise unsupported(label, "It is a gzip file.")
    return _parse_plain(content, label, name)


def _parse_plain(content: bytes, label: str, name: str) -> tuple[Article, ...]:
    text, removed = _decode(content, label)
    if not text.strip():
        raise no_text(label)
    if is_portal_page(text) and not FRONT_MATTER.match(text):
        return _noted(parse_portal(text, label), removed)
    if FRONT_MATTER.match(text) or _is_markdown(text, name):
        text, referred = clean_references(text)
        return _noted((parse_markdown(text, label),), merged(removed, referred))
    return _noted((parse_text(text, label),), removed)


def _noted(articles: tuple[Article, ...], removed: Mapping[str, int]) -> tuple[Article, ...]:
    """Say in the first article's metadata what was taken out of the document."""
    if not removed:
        return articles
    first, *others = articles
    return (replace(first, metadata={**first.metadata, "removed": dict(removed)}), *others)


def _is_markdown(text: str, name: str) -> bool:
    """Whether to read a text as Markdown; one heading mark amid prose leaves it to the name."""
    headings = len(ATX_HEADING.findall(text))
    if headings > 1 or (headings and ATX_HEADING.match(text.lstrip())):
        return True
    suffix = PurePath(name).suffix.lower()
    return suffix in _MARKDOWN_SUFFIXES or (bool(headings) and suffix != ".txt")


def _decode(content: bytes, name: str) -> tuple[str, dict[str, int]]:
    """Return the text without characters that nobody sees, and how many of each kind went."""
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise unsupported(name, f"Its bytes are not UTF-8 text (at byte {error.start}).") from error
    if "\0" in text:
        raise unsupported(name, "It is a binary file.")
    if len(text) > MAX_TEXT_BYTES or len(text.encode()) > MAX_TEXT_BYTES:
        raise too_large(name, f"Its text is longer than {MAX_TEXT_BYTES >> 20} MiB.")
    return clean(text)
