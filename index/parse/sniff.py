"""What a document is, told from its bytes; a name decides nothing here."""

from __future__ import annotations

import codecs
import re
import zlib
from typing import Final, Literal, TypeAlias

Format: TypeAlias = Literal["text", "html", "pdf", "docx", "feed", "json-lines", "gzip"]

HEAD: Final = 4096
"""Bytes of a document's beginning that tell whether it is JSON Lines."""

_PDF_HEAD: Final = 1024
_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an office document of the old kind"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"RIFF", "an image, a sound or a film"),
    (b"{\\rtf", "an RTF document"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"%!PS", "a PostScript file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
_OTHER_ZIP: Final[tuple[tuple[bytes, str], ...]] = (
    (b"xl/workbook", "a spreadsheet"),
    (b"ppt/presentation", "a presentation"),
    (b"mimetypeapplication/vnd.oasis", "an OpenDocument file"),
    (b"mimetypeapplication/epub", "an EPUB book"),
)
_PROLOGUE: Final = re.compile(
    rb"(?:\s|<!--.{0,2000}?-->|<\?xml[^>]{0,200}\?>|<\?xml-stylesheet[^>]{0,300}\?>)*", re.DOTALL
)
_HTML: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|title|meta|link|script|article|main|div)\b", re.IGNORECASE
)
_FEED: Final = re.compile(rb"<(?:rss|feed|rdf:RDF)\b")
_DOCTYPE_FEED: Final = re.compile(rb"<!DOCTYPE\s+(?:rss|feed)\b", re.IGNORECASE)
_XML: Final = re.compile(rb"<\?xml\b")
_MARKUP_TAG: Final = re.compile(
    rb"</(?:p|div|article|section|html|body|h[1-6]|span|ul|table)>", re.IGNORECASE
)
_ENOUGH_TAGS: Final = 3
_JSON_OBJECT: Final = re.compile(rb'\s*\{\s*"(?:[^"\\\n]|\\.){1,80}"\s*:')


class ProtectedContentError(ValueError):
    """An office document behind a password."""


class UnknownContentError(ValueError):
    """Bytes of a type that no parser reads; the message says what they are."""


def sniff(content: bytes) -> Format:
    """Tell the format of a document.

    Raises `UnknownContentError` for bytes that are known to be something else, and
    `ProtectedContentError` for an office document that is encrypted as a whole.
    """
    if _is_pdf(content):
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _zip_kind(content)
    if content.startswith(b"\x1f\x8b"):
        return "gzip"
    if content.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in content:
        raise ProtectedContentError("It is protected.")
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            raise UnknownContentError(f"It is {kind}.")
    head = _ascii_head(content)
    start = head[_end_of(_PROLOGUE, head) :]
    if _FEED.match(start) or _DOCTYPE_FEED.match(start):
        return "feed"
    if _is_html(start, head):
        return "html"
    if _XML.match(head.lstrip()) or start[:9].upper() == b"<!DOCTYPE":
        raise UnknownContentError("It is XML, but neither a feed nor a web page.")
    return "json-lines" if _JSON_OBJECT.match(head) else "text"


def are_json_lines(head: bytes, *, named: bool) -> bool:
    """Whether a document, by its first bytes, is JSON Lines, zipped or not; `named` where its name says so.

    The name counts only for what could be lines of text: their first one may be the one that is broken.
    """
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, HEAD)
        except zlib.error:
            return named
    try:
        kind = sniff(head)
    except ValueError:
        return False
    return kind == "json-lines" or (named and kind == "text")


def _is_pdf(content: bytes) -> bool:
    """Whether a PDF begins here; some writers put bytes of their own before it."""
    place = content.find(b"%PDF-", 0, _PDF_HEAD)
    return place == 0 or (place > 0 and b"startxref" in content[-_PDF_HEAD:] and b"obj" in content)


def _zip_kind(content: bytes) -> Format:
    if b"word/document" in content:
        return "docx"
    for mark, kind in _OTHER_ZIP:
        if mark in content:
            raise UnknownContentError(f"It is {kind}.")
    raise UnknownContentError("It is a ZIP archive.")


def _ascii_head(content: bytes) -> bytes:
    """Return the first bytes with what UTF-16 puts between them taken out."""
    for mark, step in ((codecs.BOM_UTF16_LE, 0), (codecs.BOM_UTF16_BE, 1)):
        if content.startswith(mark):
            return content[2 + step : 2 * HEAD : 2]
    return content.removeprefix(codecs.BOM_UTF8)[:HEAD]


def _end_of(pattern: re.Pattern[bytes], head: bytes) -> int:
    found = pattern.match(head)
    return found.end() if found else 0


def _is_html(start: bytes, head: bytes) -> bool:
    """Whether a text is a page; a fragment has to show more than one pair of tags."""
    if _HTML.match(start):
        return True
    return start.startswith(b"<") and len(_MARKUP_TAG.findall(head)) >= _ENOUGH_TAGS
