"""A DOCX file: paragraphs by their styles, lists, tables; what Word hides or has struck out goes.

The archive is read in memory, part by part, within limits that its own headers cannot talk away.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from index.parse.assemble import Document, article_of
from index.parse.budget import MAX_ENTRIES, MAX_RATIO, MAX_UNPACKED_BYTES
from index.parse.pieces import Piece
from index.parse.refusals import damaged, encrypted, too_large
from index.types import Article

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_W: Final = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_TERMS: Final = "{http://purl.org/dc/terms/}"
_STRUCK: Final = frozenset(
    {f"{_W}{tag}" for tag in ("del", "moveFrom", "instrText", "delText", "pPr", "rPr", "footnoteReference")}
)
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT: Final = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_HEADING_NAME: Final = re.compile(r"(?:heading|überschrift|titre|título|标题)\s?([1-9])", re.IGNORECASE)
_TITLE_NAMES: Final = frozenset({"title", "titel", "titre", "título", "标题"})
_ENCRYPTED_BIT: Final = 0x1
_SMALL_ENTRY: Final = 1024 * 1024
_BODY_TEXT_LEVEL: Final = 9
_TINY: Final = 3
_LONGEST_TITLE: Final = 200


def parse_docx(content: bytes, name: str) -> Article:
    """Read a DOCX file. The clock of the file and who typed it are kept as notes, not as date and author."""
    with _opened(content, name) as archive:
        _check(archive, name)
        document = _xml(archive, "word/document.xml", name)
        if document is None:
            raise damaged(name, "Its main part is missing.")
        reader = _Reader(_styles(_xml(archive, "word/styles.xml", name)))
        pieces = list(reader.read(document))
        title, notes = _properties(_xml(archive, "docProps/core.xml", name))
    best = reader.title or _title(pieces, title)
    removed = {kind: count for kind, count in reader.removed.items() if count}
    return article_of(Document(pieces, best, {"file": notes}, removed), name)


def _title(pieces: list[Piece], said: str) -> str:
    """Find the title where no paragraph has its style: a heading at the top, or what the file says."""
    top = pieces[:3]
    heading = next((piece.text for piece in top if piece.level == 1), "")
    confirmed = said if any(piece.text == said for piece in top) else ""
    return heading or confirmed or _first_line(pieces) or said


def _opened(content: bytes, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError) as error:
        raise damaged(name, "Its archive cannot be opened.") from error


def _check(archive: zipfile.ZipFile, name: str) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise too_large(name, f"It holds {len(entries)} parts, the limit is {MAX_ENTRIES}.")
    if any(entry.flag_bits & _ENCRYPTED_BIT for entry in entries):
        raise encrypted(name)
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise too_large(name, f"It unfolds to more than {MAX_UNPACKED_BYTES >> 20} MiB.")
    for entry in entries:
        if entry.file_size > max(_SMALL_ENTRY, MAX_RATIO * entry.compress_size):
            raise too_large(name, f"A part of it unfolds to more than {MAX_RATIO} times its size.")


def _xml(archive: zipfile.ZipFile, part: str, name: str) -> Element | None:
    """Parse one part, without document types and entities; None where there is no such part."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        with archive.open(part) as file:
            content = file.read(MAX_UNPACKED_BYTES + 1)
    except KeyError:
        return None
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise damaged(name, f"Its part {part} cannot be unpacked.") from error
    except RuntimeError as error:
        raise encrypted(name) from error
    content = content.replace(_STRICT_W, _W[1:-1].encode())
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise damaged(name, f"Its part {part} is not the XML it should be.") from error
    return root


def _styles(root: Element | None) -> dict[str, int]:
    """Return the heading level of each paragraph style that has one; 0 is the title's."""
    if root is None:
        return {}
    levels: dict[str, int] = {}
    parents: dict[str, str] = {}
    for style in root.iter(f"{_W}style"):
        identity = style.get(f"{_W}styleId", "")
        parents[identity] = _value(style, "basedOn")
        level = _style_level(style)
        if level is not None:
            levels[identity] = level
    for identity in parents:
        holder, seen = identity, set[str]()
        while holder and holder not in levels and holder not in seen:
            seen.add(holder)
            holder = parents.get(holder, "")
        if holder in levels:
            levels.setdefault(identity, levels[holder])
    return levels


def _style_level(style: Element) -> int | None:
    name = _value(style, "name").strip().lower()
    if name in _TITLE_NAMES:
        return 0
    if found := _HEADING_NAME.fullmatch(name):
        return int(found[1])
    return _outline(style.find(f"{_W}pPr"))


def _outline(properties: Element | None) -> int | None:
    if properties is None:
        return None
    given = _value(properties, "outlineLvl")
    return int(given) + 1 if given.isdecimal() and int(given) < _BODY_TEXT_LEVEL else None


def _value(holder: Element, tag: str) -> str:
    found = holder.find(f"{_W}{tag}")
    return "" if found is None else found.get(f"{_W}val", "")


def _properties(root: Element | None) -> tuple[str, dict[str, str]]:
    if root is None:
        return "", {}
    title = " ".join((root.findtext(f"{_DC}title") or "").split())
    fields = {
        "creator": root.findtext(f"{_DC}creator"),
        "created": root.findtext(f"{_TERMS}created"),
        "modified": root.findtext(f"{_TERMS}modified"),
    }
    return title, {
        key: value.strip()[:_LONGEST_TITLE] for key, value in fields.items() if value and value.strip()
    }


def _first_line(pieces: list[Piece]) -> str:
    """Take a short first line that does not end like a sentence for the title."""
    first = pieces[0].text if len(pieces) > 1 else ""
    return (
        first
        if len(first) <= _LONGEST_TITLE // 2 and not first.endswith((".", "。", "!", "！", "…", ":", "："))
        else ""
    )


class _Reader:
    """Walks the body once; `title` is the first paragraph in the title's style."""

    def __init__(self, styles: dict[str, int]) -> None:
        self._styles = styles
        self._group = 0
        self._in_list = False
        self.title = ""
        self.removed: Counter[str] = Counter()

    def read(self, root: Element) -> Iterator[Piece]:
        """Yield headings and paragraphs, and the rows of tables as lines of one group."""
        body = root.find(f"{_W}body")
        yield from self._blocks(root if body is None else body)

    def _blocks(self, holder: Element) -> Iterator[Piece]:
        for child in holder:
            if child.tag == f"{_W}p":
                yield from self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                self._in_list = False
                self._group += 1
                yield from self._rows(child)
            elif child.tag not in _STRUCK and child.tag != _FALLBACK:
                yield from self._blocks(child)

    def _rows(self, table: Element) -> Iterator[Piece]:
        group = self._group
        for row in table.iter(f"{_W}tr"):
            cells = (
                " ".join(" ".join(p.text for p in self._blocks(cell)).split())
                for cell in row.iterfind(f"{_W}tc")
            )
            if text := " | ".join(filter(None, cells)):
                yield Piece(text, group=group)

    def _paragraph(self, paragraph: Element) -> Iterator[Piece]:
        properties = paragraph.find(f"{_W}pPr")
        text = "".join(self._runs(paragraph))
        lines = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
        if lines:
            yield self._piece(lines, properties)
        for box in _boxes(paragraph):
            yield from self._blocks(box)

    def _piece(self, text: str, properties: Element | None) -> Piece:
        style = "" if properties is None else _value(properties, "pStyle")
        outline = _outline(properties)
        level = outline if outline is not None else self._styles.get(style)
        in_list = properties is not None and properties.find(f"{_W}numPr") is not None and level is None
        self._group += in_list and not self._in_list
        self._in_list = in_list
        if level == 0:
            self.title = self.title or " ".join(text.split())
            level = 1
        if level:
            return Piece(" ".join(text.split()), level)
        return Piece(text, group=self._group if in_list else 0)

    def _runs(self, holder: Element) -> Iterator[str]:
        """Yield the text of the runs below an element, and leave out what nobody sees."""
        for child in holder:
            if child.tag in _STRUCK or child.tag in (_FALLBACK, f"{_W}txbxContent"):
                continue
            if child.tag == f"{_W}t":
                yield child.text or ""
            elif child.tag == f"{_W}br" and child.get(f"{_W}type") in ("page", "column"):
                yield " "
            elif child.tag in _TEXT:
                yield _TEXT[child.tag]
            elif child.tag == f"{_W}r" and _is_hidden(child.find(f"{_W}rPr")):
                self.removed["hidden"] += 1
            else:
                yield from self._runs(child)


def _boxes(holder: Element) -> Iterator[Element]:
    """Yield the text boxes anchored below an element, once: the fallback repeats them for old readers."""
    for child in holder:
        if child.tag == f"{_W}txbxContent":
            yield child
        elif child.tag != _FALLBACK:
            yield from _boxes(child)


def _is_hidden(properties: Element | None) -> bool:
    """Whether a run is hidden, white on no ground of its own, or too small to be read."""
    if properties is None:
        return False
    vanish = properties.find(f"{_W}vanish")
    if vanish is not None and vanish.get(f"{_W}val", "true") not in ("0", "false", "off"):
        return True
    size = _value(properties, "sz")
    if size.isdecimal() and int(size) <= _TINY:
        return True
    grounds = (properties.find(f"{_W}{tag}") for tag in ("shd", "highlight"))
    return _value(properties, "color").upper() == "FFFFFF" and all(ground is None for ground in grounds)
