"""What a page says of itself in JSON-LD: its article and its questions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from index.types import QAPair

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LONGEST: Final = 1024 * 1024
_MOST_NODES: Final = 2000
_ARTICLE: Final = re.compile(
    r"(?:News|Reportage|ReportageNews|AnalysisNews|AskPublicNews|BackgroundNews|OpinionNews|ReviewNews|Tech"
    r"|Report|Scholarly)?"
    r"Article|(?:Live)?Blog(?:Posting)?|LiveBlogPosting|SocialMediaPosting"
)
_FRAMES: Final = re.compile(r"\A\s*(?:<!--|//<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\]\]>|\]\]>)\s*\Z")
_TAGS: Final = re.compile(r"<[^<>]{0,500}>")

Node = Mapping[str, object]


def read_nodes(tree: HtmlElement) -> list[Node]:
    """Return all objects of a page's JSON-LD, flat; what cannot be read is left out."""
    nodes: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        text = _FRAMES.sub("", (script.text or "")[:_LONGEST])
        try:
            nodes.extend(_flat(json.loads(text, strict=False)))
        except (ValueError, RecursionError):
            continue
    return nodes[:_MOST_NODES]


def _flat(root: object) -> Iterator[Node]:
    """Yield every object below a value."""
    waiting = [root]
    seen = 0
    while waiting and seen < 10 * _MOST_NODES:
        value = waiting.pop(0)
        seen += 1
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            yield value
            waiting.extend(inner for inner in value.values() if isinstance(inner, dict | list))


def article_of(nodes: list[Node], titles: frozenset[str]) -> Node:
    """Return the object that is the page's article: the one whose headline the page shows, else the first."""
    found = [node for node in nodes if any(_ARTICLE.fullmatch(kind) for kind in types_of(node))]
    shown = [node for node in found if text_value(node, "headline") in titles]
    dated = [node for node in found if text_value(node, "datePublished")]
    return next(iter([*shown, *dated, *found]), {})


def types_of(node: Node) -> tuple[str, ...]:
    """Names of an object's types, without the vocabulary's address."""
    given = node.get("@type")
    kinds = given if isinstance(given, list) else [given]
    return tuple(kind.rpartition("/")[2] for kind in kinds if isinstance(kind, str))


def text_value(node: Node, key: str) -> str:
    """Return a property as one line of text: itself, its name, its address, or those of its first value."""
    return next(iter(text_values(node, key)), "")


def text_values(node: Node, key: str) -> list[str]:
    """Return the texts of all values of a property."""
    given = node.get(key)
    texts: list[str] = []
    for value in given if isinstance(given, list) else [given]:
        if isinstance(value, dict):
            value = next(
                (value[k] for k in ("name", "@id", "url", "@value") if isinstance(value.get(k), str)), None
            )
        if isinstance(value, str) and value.strip():
            texts.append(" ".join(value.split()))
    return texts


def questions_of(nodes: list[Node]) -> tuple[QAPair, ...]:
    """Return the questions with an accepted answer."""
    pairs: list[QAPair] = []
    for node in nodes:
        answer = node.get("acceptedAnswer") or node.get("suggestedAnswer")
        first = answer[0] if isinstance(answer, list) and answer else answer
        question = plain(text_value(node, "name") or text_value(node, "text"))
        if "Question" in types_of(node) and isinstance(first, dict) and question:
            given = first.get("text")
            if isinstance(given, str) and plain(given) and QAPair(question, plain(given)) not in pairs:
                pairs.append(QAPair(question, plain(given)))
    return tuple(pairs)


def plain(text: str) -> str:
    """Turn a value that may hold HTML into text."""
    from html import unescape

    broken = re.sub(r"</(?:p|li|div|h[1-6])>|<br\s{0,3}/?>", "\n", text, flags=re.IGNORECASE)
    lines = (" ".join(line.split()) for line in unescape(_TAGS.sub("", broken)).split("\n"))
    return "\n".join(filter(None, lines))
