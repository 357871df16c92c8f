"""Title, source, author, dates, address and language of a page, from what it says of itself.

Each field has its own order of witnesses; a value that cannot be read counts as not given, and the
next witness is asked. Nothing is taken from the file or guessed from the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from index.address import canonical_url
from index.dates import parse_date
from index.errors import InvalidInputError
from index.parse.html_pieces import text_of
from index.parse.json_ld import Node, article_of, plain, text_value, text_values

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LANGUAGE: Final = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8}){0,3}", re.IGNORECASE)
_EAST_ASIAN: Final = frozenset({"zh", "ja", "ko"})
_SEPARATORS: Final = re.compile(r"\s(?:[|–—·»•]|-{1,2}|::)\s|[_｜]")
_SITE: Final = (
    "og:site_name",
    "application-name",
    "source",
    "mediaid",
    "publisher",
    "dc.publisher",
    "copyright-holder",
)
_AUTHOR: Final = (
    "author",
    "article:author",
    "parsely-author",
    "dc.creator",
    "dcterms.creator",
    "sailthru.author",
    "byl",
)
_PUBLISHED: Final = tuple(
    """
    article:published_time og:published_time og:article:published_time article.published datepublished date
    pubdate publishdate publish_date parsely-pub-date sailthru.date dc.date.issued dcterms.created dc.date
    """.split()
)
_UPDATED: Final = tuple(
    """
    article:modified_time og:updated_time og:article:modified_time article.updated datemodified lastmod
    last-modified dcterms.modified
    """.split()
)
_UPDATE_WORDS: Final = re.compile(r"updat|modif|更新|修改|last.?edit|revis", re.IGNORECASE)
_ELSEWHERE: Final = re.compile(
    r"comment|related|recommend|sidebar|footer|trending|teaser|promo", re.IGNORECASE
)
_BY: Final = re.compile(
    r"\s*(?:(?:written by|by|von|par|por)\s?[:：]?\s+|(?:作者|撰文|文)\s?[:：/|｜]\s*)", re.IGNORECASE
)
_BYLINE: Final = re.compile(r"(?:^|[\s_-])(?:byline|author|authors|writer)(?=[\s_-]|$)", re.IGNORECASE)
_NO_NAME: Final = re.compile(r"https?://|@|www\.", re.IGNORECASE)
_DIGITS: Final = re.compile(r"[0-9]{2}")
_LONGEST_TITLE: Final = 400
_LONGEST_NAME: Final = 120
_LONGEST_URL: Final = 2000


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """What a page says of its article; `""` for what it does not say."""

    title: str
    source: str
    author: str
    published_at: str
    updated_at: str
    url: str
    language: str
    description: str


def read_metadata(tree: HtmlElement, nodes: list[Node]) -> PageMetadata:
    """Read a page's metadata from its tree and the objects of its JSON-LD."""
    meta = _meta(tree)
    headings = [text for text in (text_of(h) for h in tree.iter("h1")) if text]
    node = article_of(nodes, frozenset([*headings, meta.get("og:title", "")]))
    source = _first(
        [
            text_value(node, "publisher"),
            *(meta.get(key, "") for key in _SITE),
            *_properties(tree, "publisher"),
        ]
    )
    return PageMetadata(
        title=_title(tree, node, meta, headings, source),
        source=source if len(source) <= _LONGEST_NAME and not _NO_NAME.search(source) else "",
        author=_author(tree, node, meta),
        published_at=_first_date(_published(tree, node, meta)),
        updated_at=_first_date(_updated(tree, node, meta)),
        url=_url(tree, node, meta),
        language=_language(tree, node, meta),
        description=_first([meta.get("og:description", ""), meta.get("description", "")]),
    )


def judged_language(declared: str, detected: str) -> str:
    """Take the declared language, unless the letters of the text rule it out."""
    if not declared or (detected and (detected in _EAST_ASIAN) != (declared in _EAST_ASIAN)):
        return detected
    return declared


def _meta(tree: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        key = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = " ".join((element.get("content") or "").split())
        if key and content:
            found.setdefault(key.strip().lower(), content)
    return found


def _first(texts: Iterable[str]) -> str:
    return next((text.strip() for text in texts if text.strip()), "")


def _title(tree: HtmlElement, node: Node, meta: dict[str, str], headings: list[str], source: str) -> str:
    """Prefer the heading that the page shows, where another witness confirms it."""
    shown = next((text_of(element) for element in tree.iter("title")), "")
    said = [
        plain(text_value(node, "headline")),
        meta.get("og:title", ""),
        meta.get("twitter:title", ""),
        shown,
    ]
    for heading in headings:
        if len(heading) > 5 and any(
            _folded(heading) in _folded(text) or (len(text) > 10 and _folded(text) in _folded(heading))
            for text in said
            if text
        ):
            return heading[:_LONGEST_TITLE]
    candidates = [*said[:3], *headings[:1], *_properties(tree, "headline"), shown]
    return _without_site(_first(candidates), source)[:_LONGEST_TITLE]


def _folded(text: str) -> str:
    return "".join(text.casefold().split())


def _without_site(title: str, source: str) -> str:
    """Take the name of the site off the end of a title."""
    *before, last = _SEPARATORS.split(title)
    if (
        before
        and source
        and _folded(last)
        and (_folded(last) in _folded(source) or _folded(source) in _folded(last))
    ):
        return title[: title.rindex(last)].rstrip(" |–—·»•-:_｜")
    return title


def _properties(tree: HtmlElement, name: str) -> Iterator[str]:
    for element in tree.iter():
        if (
            isinstance(element.tag, str)
            and element.tag != "meta"
            and name in (element.get("itemprop") or "").split()
        ):
            named = next(
                (e for e in element.iter() if isinstance(e.tag, str) and e.get("itemprop") == "name"), element
            )
            yield (named.get("content") or text_of(named))[:_LONGEST_TITLE]


def _author(tree: HtmlElement, node: Node, meta: dict[str, str]) -> str:
    witnesses = [
        ", ".join(text_values(node, "author")),
        *(meta.get(key, "") for key in _AUTHOR),
        ", ".join(dict.fromkeys(_properties(tree, "author"))),
        ", ".join(
            dict.fromkeys(
                text_of(a) for a in tree.iter("a", "span") if "author" in (a.get("rel") or "").split()
            )
        ),
        *(
            text_of(e)
            for e in tree.iter("p", "div", "span", "a", "address")
            if _BYLINE.search(e.get("class") or "")
        ),
    ]
    names = (_without_by(name) for name in witnesses if name)
    return _first(
        name
        for name in names
        if len(name) <= _LONGEST_NAME and not _NO_NAME.search(name) and not _DIGITS.search(name)
    )


def _without_by(name: str) -> str:
    found = _BY.match(name)
    return name[found.end() :].strip() if found else name.strip()


def _published(tree: HtmlElement, node: Node, meta: dict[str, str]) -> Iterator[str]:
    yield text_value(node, "datePublished")
    yield from (meta.get(key, "") for key in _PUBLISHED)
    yield from _times(tree, "datePublished")
    yield from (_time_value(e) for e in _own_times(tree) if not _says_update(e))


def _updated(tree: HtmlElement, node: Node, meta: dict[str, str]) -> Iterator[str]:
    yield text_value(node, "dateModified")
    yield from (meta.get(key, "") for key in _UPDATED)
    yield from _times(tree, "dateModified")
    yield from (_time_value(e) for e in _own_times(tree) if _says_update(e))


def _times(tree: HtmlElement, name: str) -> Iterator[str]:
    for element in tree.iter():
        if isinstance(element.tag, str) and name in (element.get("itemprop") or "").split():
            yield _time_value(element)


def _time_value(element: HtmlElement) -> str:
    return element.get("datetime") or element.get("content") or text_of(element)


def _own_times(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the `<time>` elements of the article's head: those before its first long paragraph."""
    for element in tree.iter("time", "p"):
        if element.tag == "p":
            if len(text_of(element)) > 200:
                return
            continue
        around = [element, *element.iterancestors()]
        if not any(
            _ELSEWHERE.search(f"{e.get('class') or ''} {e.get('id') or ''}") or e.tag in ("aside", "nav")
            for e in around[:6]
        ):
            yield element


def _says_update(element: HtmlElement) -> bool:
    parent = element.getparent()
    before = (parent.text or "") if parent is not None and element.getprevious() is None else ""
    previous = element.getprevious()
    if previous is not None:
        before = (
            f"{text_of(previous)[-30:]} {previous.tail or ''}"
            if previous.tag != "time"
            else (previous.tail or "")
        )
    return bool(_UPDATE_WORDS.search(f"{element.get('class') or ''} {before[-60:]} {text_of(element)[:20]}"))


def _first_date(witnesses: Iterable[str]) -> str:
    for text in witnesses:
        if text.strip():
            try:
                return parse_date(text)
            except ValueError:
                continue
    return ""


def _url(tree: HtmlElement, node: Node, meta: dict[str, str]) -> str:
    canonical = (
        link.get("href") or ""
        for link in tree.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split()
    )
    for url in (
        *canonical,
        meta.get("og:url", ""),
        text_value(node, "mainEntityOfPage"),
        text_value(node, "url"),
    ):
        if is_address(url.strip()):
            return url.strip()
    return ""


def is_address(url: str) -> bool:
    """Whether a text is the whole address of a page."""
    try:
        return bool(canonical_url(url)) and "." in (urlsplit(url).hostname or "") and len(url) <= _LONGEST_URL
    except (InvalidInputError, ValueError):
        return False


def _language(tree: HtmlElement, node: Node, meta: dict[str, str]) -> str:
    root = tree.getroottree().getroot()
    witnesses = (
        root.get("lang")
        or root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or root.get("xml:lang")
        or "",
        text_value(node, "inLanguage"),
        meta.get("og:locale", ""),
        meta.get("content-language", ""),
    )
    for text in witnesses:
        if found := _LANGUAGE.fullmatch(text.strip()):
            return found[1].lower()
    return ""
