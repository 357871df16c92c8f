"""RSS and Atom: each entry an article where it has the whole text, a teaser where it has a summary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from index.dates import parse_date
from index.parse.assemble import cleaned
from index.parse.furniture import without_furniture
from index.parse.html_metadata import is_address, judged_language
from index.parse.html_pieces import pieces_of
from index.parse.html_qa import take_out_questions
from index.parse.html_tree import build, remove_hidden
from index.parse.hygiene import clean, merged
from index.parse.layout import compose, language_of, no_text, not_found
from index.parse.pieces import divide, without_title
from index.parse.refusals import damaged
from index.types import Article

_ENTITY: Final = re.compile(rb"<!(?:ENTITY|DOCTYPE[^>\[]{0,500}\[)")
_MOST_ENTRIES: Final = 1000
_WHOLE: Final = 1000


def parse_feed(content: bytes, name: str) -> tuple[Article, ...]:
    """Read a feed; entries without any text of their own make nothing."""
    import feedparser

    if _ENTITY.search(content):
        raise damaged(name, "It defines entities of its own, which no feed needs.")
    feed = feedparser.parse(content, sanitize_html=False, resolve_relative_uris=False)
    if feed.bozo and not feed.entries:
        raise damaged(name, "It is not a feed that can be read.")
    channel = feed.feed
    source = _line(channel.get("title", ""))
    language = str(channel.get("language", "")).partition("-")[0].lower()
    entries = feed.entries[:_MOST_ENTRIES]
    articles = tuple(article for entry in entries for article in _articles(entry, source, language))
    if not articles:
        raise no_text(name)
    return articles


def _articles(entry: Mapping[str, Any], source: str, language: str) -> Iterator[Article]:
    title = _line(entry.get("title", ""))
    markup, whole = _markup(entry)
    tree = build(f"<html><body>{markup}</body></html>")
    if tree is None:
        return
    hidden = remove_hidden(tree)
    pairs = take_out_questions(tree)
    pieces, removed = cleaned(pieces_of(tree.find("body")))
    parts, found = divide(without_furniture(without_title(pieces, title)))
    text, sections = compose(parts)
    if not sections or not title:
        return
    own = _line((entry.get("source") or {}).get("title", ""))
    published = _date(entry.get("published", ""))
    # Asked for an update that is not there, feedparser answers with the publication.
    updated = _date(entry["updated"]) if "updated" in entry else ""
    values = {"source": own or source, "published_at": published, "url": _address(entry)}
    detected = judged_language(language, language_of(f"{title}\n{text}"))
    notes: dict[str, object] = {
        "author": _line(entry.get("author", ""))[:200],
        "removed": merged(hidden, removed),
    }
    yield Article(
        title=" ".join(title.split()),
        text=text,
        source=values["source"],
        url=values["url"],
        language=detected,
        published_at=published,
        updated_at=updated,
        sections=sections,
        qa_pairs=(*pairs, *found),
        kind="article" if whole else "teaser",
        metadata={key: value for key, value in notes.items() if value},
        missing=not_found({**values, "language": detected}),
    )


def _markup(entry: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the longest text of an entry, and whether it is the whole article."""
    contents: Sequence[Mapping[str, Any]] = entry.get("content") or ()
    given = max((str(content.get("value", "")) for content in contents), key=len, default="")
    summary = str(entry.get("summary", ""))
    return (given, True) if len(given) >= len(summary) and given else (summary, len(summary) >= _WHOLE)


def _line(text: object) -> str:
    """Take the tags out of a text that should have none, and put it on one line."""
    tree = build(f"<html><body><p>{text}</p></body></html>")
    words = "" if tree is None else "".join(tree.itertext())
    return " ".join(clean(words)[0].split())


def _address(entry: Mapping[str, Any]) -> str:
    given = str(entry.get("link", "")).strip()
    return given if is_address(given) else ""


def _date(given: object) -> str:
    """Read a date as feeds write them; `""` for one that says nothing."""
    try:
        return parse_date(str(given).strip())
    except ValueError:
        return ""
