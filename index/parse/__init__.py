"""Bytes in, articles out; the content decides the type and a name is no more than a hint.

parse       one document, one article
parse_all   the same, with the teasers of other articles that a portal's page carries
"""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath

from index.errors import RefusedDocumentError
from index.parse.layout import no_text
from index.parse.markdown import ATX_HEADING, FRONT_MATTER, parse_markdown
from index.parse.portal import is_portal_page, parse_portal
from index.parse.text import parse_text
from index.types import Article

__all__ = ["MAX_TEXT_BYTES", "parse", "parse_all"]

MAX_TEXT_BYTES = 5 * 1024 * 1024
"""The longest text of one document, in bytes of UTF-8."""

_MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".mdown"})
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"{\\rtf", "an RTF document"),
)
_MARKUP = re.compile(
    r"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html|\?xml|rss|feed)\b", re.IGNORECASE | re.DOTALL
)
_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2060\ufeff]")


def parse(content: bytes, name: str) -> Article:
    """Return the article in a document; `name` is what errors call it.

    Raises `RefusedDocumentError` for a document that cannot become an article.
    """
    return parse_all(content, name)[0]


def parse_all(content: bytes, name: str) -> tuple[Article, ...]:
    """Return the article in a document and, behind it, the teasers of others (`kind="teaser"`)."""
    label = name or "document"
    text = _decode(content, label)
    if not text.strip():
        raise no_text(label)
    if FRONT_MATTER.match(text):
        return (parse_markdown(text, label),)
    if is_portal_page(text):
        return parse_portal(text, label)
    return ((parse_markdown if _is_markdown(text, name) else parse_text)(text, label),)


def _is_markdown(text: str, name: str) -> bool:
    """Whether to read a text as Markdown; one heading mark amid prose leaves it to the name."""
    headings = len(ATX_HEADING.findall(text))
    if headings > 1 or (headings and ATX_HEADING.match(text.lstrip())):
        return True
    suffix = PurePath(name).suffix.lower()
    return suffix in _MARKDOWN_SUFFIXES or (bool(headings) and suffix != ".txt")


def _decode(content: bytes, name: str) -> str:
    """Return the text with `\\n` as its only line break and without characters that nobody sees."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            raise _unsupported(name, f"It is {kind}.")
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unsupported(name, f"Its bytes are not UTF-8 text (at byte {error.start}).") from error
    if "\0" in text:
        raise _unsupported(name, "It is a binary file.")
    if len(text) > MAX_TEXT_BYTES or len(text.encode()) > MAX_TEXT_BYTES:
        raise RefusedDocumentError(
            name,
            "too-large",
            "Its text is longer than 5 MiB.",
            "Split it into one document for each article.",
        )
    if _MARKUP.match(text):
        raise _unsupported(name, "It is a page of HTML or XML.")
    return _INVISIBLE.sub("", _LINE_BREAKS.sub("\n", text)).replace("\u00a0", " ")


def _unsupported(name: str, problem: str) -> RefusedDocumentError:
    return RefusedDocumentError(
        name,
        "unsupported-type",
        problem,
        "Give plain text or Markdown in UTF-8, or in UTF-16 with its byte order mark.",
    )
