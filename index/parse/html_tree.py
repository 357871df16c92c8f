"""A page's bytes to a tree of what a reader can see; what is hidden goes and is counted."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_HEAD: Final = 4096
_CHARSET: Final = re.compile(
    rb"(?:charset|encoding)\s{0,5}=\s{0,5}[\"']?\s{0,5}([\w.:-]{2,40})", re.IGNORECASE
)
_SUPERSETS: Final = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs", "iso-8859-1": "cp1252",
    "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "iso-8859-9": "cp1254",
    "shift_jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "windows-874": "cp874", "tis-620": "cp874",
}  # fmt: skip
_GUESS_FROM: Final = 64 * 1024

_NEVER_SHOWN: Final = tuple(
    """
    script style template noscript iframe object svg canvas button select textarea input datalist audio video
    math
    """.split()
)
_ZERO: Final = r"0(?:\.0{1,3})?(?:px|em|rem|pt|%)?(?=\s*(?:!|;|$))"
_AWAY: Final = r"-\s?(?:[5-9][0-9]{2}|[0-9]{4,7})(?:\.[0-9]{1,3})?(?:px|em|rem|vw|vh|%)"
_HIDING: Final = re.compile(
    r"(?:^|[;{\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    rf"|opacity\s*:\s*{_ZERO}|font-size\s*:\s*{_ZERO}"
    rf"|text-indent\s*:\s*{_AWAY}|(?:left|top|right|margin-left|margin-top)\s*:\s*{_AWAY}"
    r"|clip\s*:\s*rect\(\s*[01](?:px)?[\s,]|clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)"
    r"|transform\s*:\s*scale\(\s*0\s*[,)]|color\s*:\s*transparent\b)",
    re.IGNORECASE,
)
_NO_ROOM: Final = re.compile(
    r"(?:^|[;{\s])(?:max-)?(?:width|height)\s*:\s*[01](?:px)?(?=\s*(?:!|;|$))", re.IGNORECASE
)
_CUT_OFF: Final = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
_COLOR: Final = re.compile(r"(?:^|[;{\s])color\s*:\s*([^;}]{2,40})", re.IGNORECASE)
_BACKGROUND: Final = re.compile(r"(?:^|[;{\s])background(?:-color)?\s*:\s*([^;}]{2,200})", re.IGNORECASE)
_WHITE: Final = re.compile(
    r"(?:#f{3,4}|#f{6}(?:f{2})?|white|rgba?\(\s*255\s*,\s*255\s*,\s*255\s*(?:,\s*1(?:\.0)?\s*)?\)"
    r"|hsl\(.{1,12},\s*100%\s*\))"
    r"(?:\s*!\s*important)?\s*",
    re.IGNORECASE,
)
_CSS_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SIMPLE_SELECTOR: Final = re.compile(
    r"(?:[a-z][a-z0-9]{0,9})?([.#])((?:[\w-]|[^\x00-\x7f]){1,80})", re.IGNORECASE
)
_LONGEST_CSS: Final = 512 * 1024


def decode(content: bytes) -> tuple[str, str, int]:
    """Return a page's text, the encoding where it had to be guessed, and how many bytes made no sense.

    UTF-8 wins over what a page says of itself where the bytes are valid UTF-8: other encodings hardly
    ever are by chance.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding, "")
    try:
        return content.decode("utf-8"), "", 0
    except UnicodeDecodeError:
        pass
    declared = _CHARSET.search(content[:_HEAD])
    label = declared[1].decode("ascii").lower() if declared else ""
    encoding = _SUPERSETS.get(label, label)
    if encoding and _is_known(encoding):
        return _decoded(content, encoding, "")
    guessed = _guess(content)
    return _decoded(content, guessed, guessed)


def _decoded(content: bytes, encoding: str, guessed: str) -> tuple[str, str, int]:
    text = content.decode(encoding, "replace")
    return text, guessed, text.count("\ufffd")


def _is_known(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        return False


def _guess(content: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(content[:_GUESS_FROM]).best()
    return best.encoding if best else "cp1252"


def build(text: str) -> HtmlElement | None:
    """Build the tree of a page, however broken; None where there is no element at all."""
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_pis=True)
    try:
        return html.document_fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None


def remove_hidden(tree: HtmlElement) -> dict[str, int]:
    """Take out what a browser does not show; return how many comments and hidden elements went."""
    from lxml import etree

    counts: Counter[str] = Counter()
    hidden_classes, hidden_ids, dark = _rules_of(tree)
    etree.strip_elements(tree, *_NEVER_SHOWN, with_tail=False)
    for comment in list(tree.iter(etree.Comment)):
        counts["comment"] += bool((comment.text or "").strip())
        comment.drop_tree()
    for element in list(tree.iter(etree.Element)):
        if _is_hidden(element, hidden_classes, hidden_ids, dark=dark) and element.getparent() is not None:
            counts["hidden"] += bool("".join(element.itertext()).strip())
            element.drop_tree()
    return {name: count for name, count in counts.items() if count}


def _is_hidden(element: HtmlElement, classes: frozenset[str], ids: frozenset[str], *, dark: bool) -> bool:
    if element.tag in ("html", "body"):
        return False
    if element.get("hidden") is not None and element.get("hidden") != "until-found":
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    if element.get("id") in ids or not classes.isdisjoint((element.get("class") or "").split()):
        return True
    style = element.get("style")
    return bool(style) and (_hides(style) or (not dark and _is_white_on_white(element, style)))


def _hides(style: str) -> bool:
    style = style[:4096]
    return bool(_HIDING.search(style)) or bool(_NO_ROOM.search(style) and _CUT_OFF.search(style))


def _is_white_on_white(element: HtmlElement, style: str) -> bool:
    """Whether text is white and nothing around it says that the ground is not."""
    color = _COLOR.search(style)
    if not color or not _WHITE.fullmatch(color[1].strip()):
        return False
    for holder in (element, *element.iterancestors()):
        ground = _BACKGROUND.search(holder.get("style") or "")
        given = ground[1].strip() if ground else (holder.get("bgcolor") or "")
        if given:
            return bool(_WHITE.fullmatch(given))
    return True


def _rules_of(tree: HtmlElement) -> tuple[frozenset[str], frozenset[str], bool]:
    """Read the page's own style sheets: classes and ids that hide, and whether anything colours a ground.

    Where a style sheet is somewhere else, any ground can be dark.
    """
    classes: set[str] = set()
    ids: set[str] = set()
    dark = any("stylesheet" in (link.get("rel") or "").lower() for link in tree.iter("link"))
    for sheet in tree.iter("style"):
        css = _CSS_COMMENT.sub("", (sheet.text or "")[:_LONGEST_CSS])
        for selectors, declarations in _top_rules(css):
            dark = dark or any(
                not _WHITE.fullmatch(found.strip()) for found in _BACKGROUND.findall(declarations)
            )
            if not _hides(declarations):
                continue
            for selector in selectors.split(","):
                if found := _SIMPLE_SELECTOR.fullmatch(selector.strip()):
                    (classes if found[1] == "." else ids).add(found[2])
    return frozenset(classes), frozenset(ids), dark


def _top_rules(css: str) -> list[tuple[str, str]]:
    """Return selectors and declarations of the rules outside of `@media` and its like."""
    rules: list[tuple[str, str]] = []
    depth, start, selectors = 0, 0, ""
    for brace in re.finditer(r"[{}]", css):
        if brace[0] == "{":
            if depth == 0:
                selectors = css[start : brace.start()].rpartition(";")[2].strip()
                start = brace.end()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                if not selectors.startswith("@"):
                    rules.append((selectors, css[start : brace.start()]))
                start = brace.end()
    return rules
