"""The body of a page: what is plainly no article goes first, trafilatura finds it, and a check mends that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Final

from index.parse.html_pieces import pieces_of, text_of
from index.parse.pieces import Piece

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_ROLES: Final = frozenset(
    "navigation banner contentinfo complementary search dialog alertdialog menu menubar toolbar form".split()
)
_TAGS: Final = frozenset({"nav", "footer", "aside", "dialog", "menu", "figcaption", "label"})
_FURNITURE: Final = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|gdpr|cmp|newsletters?|subscri(?:be|ption)|signup|sign-up|paywall"
    r"|regwall|promo(?:tion)?s?|advert(?:s|isement)?s?"
    r"|ads?|adslot|sponsor(?:ed)?|related|recommend(?:ed|ations?|s)?|read-?more|more-(?:on|from|stories"
    r"|news)|trending|most-(?:read|popular)|popular"
    r"|shar(?:e|ing)|social|comments?|disqus|replies|breadcrumbs?|nav|navbar|navigation|menu|footer|sidebar"
    r"|toolbar|pagination|pager"
    r"|tags?|tag-?list|topics|author-(?:bio|box|card)|bio|byline|dateline|timestamp|credits?|caption"
    r"|copyright|toc|outbrain|taboola|widget"
    r"|banner|modal|popup|overlay|skip-(?:link|to)|see-also|also-read|teasers?|masthead|site-?header|ticker"
    r"|correction-form|print-only"
    r"|app-download|download-app|feedback|rating|survey|poll|next-article|prev-next|post-meta|article-meta"
    r"|entry-meta|meta-?data|sr-only"
    r"|screen-reader(?:-text)?|visually-?hidden)(?=[\s_-]|$)",
    re.IGNORECASE,
)
_STRONG: Final = re.compile(
    r"cookie|consent|comment|disqus|sr-only|screen-reader|visually-?hidden|taboola|outbrain", re.IGNORECASE
)
_BODY_NAMES: Final = re.compile(
    r"article-?body|story-?body|post-?content|entry-?content|articlebody|article__body|body-?copy",
    re.IGNORECASE,
)
_LINK_BLOCKS: Final = frozenset({"ul", "ol", "td", "div", "section", "table", "font", "center"})
_CONTAINERS: Final = ("article", "main")
_MOST: Final = 0.4
_LINKED: Final = 0.6
_FEW: Final = 0.75
_LONG_PARAGRAPH: Final = 60


def find_body(tree: HtmlElement) -> list[Piece]:
    """Return headings and paragraphs of the page's article; the tree is used up."""
    remove_furniture(tree)
    found = _extracted(tree)
    if not found:
        found = pieces_of(tree)
    own = _container(tree)
    if own is None:
        return found
    # An extractor that judges paragraph by paragraph loses short ones; a marked container tells.
    inside = pieces_of(own)
    covered = _size(piece for piece in found if piece.text in {p.text for p in inside})
    return inside if _size(inside) and covered >= _FEW * _size(found) else found


def _size(pieces: Iterable[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)


def remove_furniture(tree: HtmlElement) -> None:
    """Remove what surrounds an article: menus, notices, boxes of links, comments, captions."""
    body = _container(tree)
    # Where the page marks its body, no other block needs to be spared for being long.
    limit = _MOST * _prose_size(tree) if body is None else float("inf")
    protected = frozenset() if body is None else frozenset((body, *body.iterancestors()))
    for element in list(tree.iter()):
        if (
            not isinstance(element.tag, str)
            or element.tag in ("html", "body", "head")
            or element.getparent() is None
        ):
            continue
        if element.getroottree().getroot() is not tree:
            continue
        if element not in protected and (_is_furniture(element, limit) or _is_links(element)):
            element.drop_tree()


def _is_furniture(element: HtmlElement, limit: float) -> bool:
    names = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('data-component') or ''}"
    named = element.tag in _TAGS or element.get("role") in _ROLES or bool(_FURNITURE.search(names[:1000]))
    if element.tag == "header":
        named = named or element.getparent().tag == "body"
    if not named or element.get("itemprop") == "articleBody" or _BODY_NAMES.search(names[:1000]):
        return False
    if element.tag in ("article", "main") or next(element.iter("article", "main"), None) is not None:
        return bool(_STRONG.search(names[:1000]))
    return _prose_size(element) <= limit


def _prose_size(element: HtmlElement) -> int:
    return sum(len(text_of(p)) for p in element.iter("p", "li", "blockquote"))


def _is_links(element: HtmlElement) -> bool:
    """Whether a block is mostly links, two or more: a menu or a list of other stories, and no prose."""
    if element.tag not in _LINK_BLOCKS:
        return False
    linked = [len(text_of(link)) for link in element.iter("a")]
    few = 0 if element.tag in ("ul", "ol") else 1
    return len(linked) > few and sum(linked) > _LINKED * len(text_of(element))


def _extracted(tree: HtmlElement) -> list[Piece]:
    from trafilatura import bare_extraction

    document = bare_extraction(
        deepcopy(tree),
        # Without its two other extractors: over the pages of the tests they change nothing and cost most.
        fast=True,
        include_comments=False,
        include_tables=True,
        include_formatting=True,
        favor_recall=True,
        with_metadata=False,
    )
    body = getattr(document, "body", None)
    return [] if body is None else pieces_of(body)


def _container(tree: HtmlElement) -> HtmlElement | None:
    """Return the one element that a page marks as its article, where it does."""
    for candidates in (
        [
            e
            for e in tree.iter()
            if isinstance(e.tag, str) and "articleBody" in (e.get("itemprop") or "").split()
        ],
        [
            e
            for e in tree.iter("div", "section")
            if _BODY_NAMES.search(f"{e.get('class') or ''} {e.get('id') or ''}")
        ],
        *([e for e in tree.iter(tag)] for tag in _CONTAINERS),
    ):
        outer = [e for e in candidates if not any(ancestor in candidates for ancestor in e.iterancestors())]
        if len(outer) == 1 and any(len(text_of(p)) >= _LONG_PARAGRAPH for p in outer[0].iter("p")):
            return outer[0]
    return None
