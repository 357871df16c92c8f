"""Markdown with optional YAML front matter.

Blocks come from a CommonMark parser, so that code, links and nested lists are read by the
standard's rules and not by guesses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from html import unescape

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.dates import parse_date
from index.errors import RefusedDocumentError
from index.parse.hygiene import clean, merged
from index.parse.layout import compose, first_sentence, language_of, no_text, not_found
from index.parse.pieces import SOFT_BREAK, Piece, divide, without_title
from index.types import Article

FRONT_MATTER = re.compile(
    r"\s*---[ \t]*\n(?P<yaml>.*?)(?:\n|(?<=---\n))(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL
)
ATX_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+\S", re.MULTILINE)

_MAX_FRONT_MATTER = 64 * 1024
_KNOWN = ("title", "source", "published_at", "updated_at", "language", "url")
_DATES = ("published_at", "updated_at")
_ALSO_CALLED = {
    "published_at": ("published", "date", "publishDate", "pubDate"),
    "updated_at": ("updated", "lastmod", "modified", "last_modified_at"),
}
"""Names that static site generators give these fields; ours win where both are there."""

_LANGUAGE = re.compile(r"(?P<code>[a-z]{2,3})(?:[-_][a-z0-9]{2,8}){0,3}", re.IGNORECASE)

_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,24});")
# Each alternative consumes all that it has looked at, so that no input is read twice.
_HTML_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<tag>script|style)\b.*?(?:</(?P=tag)\s*>|\Z)|<[^<>]*>", re.DOTALL | re.IGNORECASE
)


def clean_references(text: str) -> tuple[str, dict[str, int]]:
    """Drop the character references of Markdown that stand for characters nobody sees, and count them."""
    counts: list[dict[str, int]] = []

    def judged(found: re.Match[str]) -> str:
        kept, removed = clean(unescape(found[0]))
        counts.append(removed)
        return "" if removed and not kept else found[0]

    text = _REFERENCE.sub(judged, text)
    return text, merged(*counts)


def parse_markdown(text: str, name: str) -> Article:
    """Read Markdown; front matter wins over what the body says."""
    front, body = _split_front_matter(text)
    fields, metadata = _read_front_matter(front, name) if front is not None else ({}, {})
    blocks = list(_blocks(body))
    title = fields.get("title", "") or next((block.text for block in blocks if block.level == 1), "")
    parts, pairs = divide(without_title(blocks, title))
    content, sections = compose(parts)
    if not sections:
        raise no_text(name)
    source, published_at = fields.get("source", ""), fields.get("published_at", "")
    language = fields.get("language", "") or language_of(content)
    return Article(
        title=" ".join((title or first_sentence(content[sections[0].char_start :])).split()),
        text=content,
        source=source,
        url=fields.get("url", ""),
        language=language,
        published_at=published_at,
        updated_at=fields.get("updated_at", ""),
        sections=sections,
        qa_pairs=pairs,
        metadata=metadata,
        missing=not_found(
            {"title": title, "source": source, "published_at": published_at, "language": language}
        ),
    )


class _TypedLoader(yaml.SafeLoader):
    """Values as YAML types them, but no aliases: a small file must not unfold into a large value."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)


# Dates stay text, so that they keep their precision and are judged by one parser.
_TypedLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _split_front_matter(text: str) -> tuple[str | None, str]:
    found = FRONT_MATTER.match(text)
    return (found["yaml"], text[found.end() :]) if found else (None, text)


def _read_front_matter(front: str, name: str) -> tuple[dict[str, str], dict[str, object]]:
    """Return the fields that an article has, as text, and all others as they are."""
    typed = _load_mapping(front, name)
    # As written: `language: no` is Norwegian here and not the YAML truth value.
    written = yaml.load(front, Loader=yaml.BaseLoader) if typed else {}
    fields = {key: _field(key, written[key], name) for key in _KNOWN if typed.get(key) is not None}
    taken = {key: _dated(written, names) for key, names in _ALSO_CALLED.items() if key not in fields}
    fields |= {key: date for key, (_, date) in taken.items() if date}
    used = {*_KNOWN, *(written_as for written_as, _ in taken.values())}
    metadata = {str(key): value for key, value in typed.items() if key not in used}
    try:
        json.dumps(metadata, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _bad(name, "It has a value that is not text, a number, a list or a mapping.") from error
    return fields, metadata


def _dated(written: Mapping[object, object], names: Sequence[str]) -> tuple[str, str]:
    """Give the first of the names that has a date, and the date; what means something else stays metadata."""
    for called in names:
        value = written.get(called)
        if isinstance(value, str):
            with suppress(ValueError):
                return called, parse_date(" ".join(clean(value)[0].split()))
    return "", ""


def _load_mapping(front: str, name: str) -> Mapping[object, object]:
    if len(front) > _MAX_FRONT_MATTER:
        raise _bad(name, f"It is longer than {_MAX_FRONT_MATTER // 1024} KiB.")
    try:
        typed = yaml.load(front, Loader=_TypedLoader)
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # PyYAML lets plain errors of Python through where a tag and its value disagree.
        raise _bad(name, f"It is not YAML{_line_of(error)}.") from error
    if typed is None:
        return {}
    if not isinstance(typed, dict):
        raise _bad(name, "It is not a mapping of names to values.")
    return typed


def _field(key: str, value: object, name: str) -> str:
    """Check one field of the front matter and return it in its canonical form."""
    if not isinstance(value, str):
        raise _bad(name, f"{key} is not a single value.", f"Give {key} one value.")
    cleaned = " ".join(clean(value)[0].split())
    if key in _DATES and cleaned:
        try:
            return parse_date(cleaned)
        except ValueError as error:
            raise _bad(name, f"{key} cannot be read.", str(error)) from error
    if key == "language" and cleaned:
        found = _LANGUAGE.fullmatch(cleaned)
        if found is None:
            raise _bad(name, f"language is {cleaned[:40]!r}.", "Write a code such as en or zh.")
        return found["code"].lower()
    return cleaned


def _line_of(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 2})" if mark else ""


def _bad(name: str, problem: str, remedy: str = "") -> RefusedDocumentError:
    remedy = remedy or "Correct the lines between the two --- marks, or remove them."
    return RefusedDocumentError(name, "bad-front-matter", f"The front matter is wrong: {problem}", remedy)


def _blocks(markdown: str) -> Iterator[Piece]:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    level = depth = group = 0
    row: list[str] | None = None
    for token in parser.parse(markdown):
        if token.type in ("bullet_list_open", "ordered_list_open", "table_open"):
            group += depth == 0
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close", "table_close"):
            depth -= 1
        elif token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "heading_close":
            level = 0
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            yield Piece(" | ".join(filter(None, row)), group=group)
            row = None
        elif text := _text_of(token).strip():
            if row is not None:
                row.append(text)
            else:
                yield Piece(text, level, group if depth else 0)


def _text_of(token: Token) -> str:
    if token.type == "inline":
        return "".join(_inline(token.children or ()))
    if token.type in ("fence", "code_block"):
        return token.content
    return _html_text(token.content) if token.type == "html_block" else ""


def _inline(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield what a reader sees; images and HTML tags go, the text between tags stays."""
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            yield token.content
        elif token.type == "softbreak":
            yield SOFT_BREAK
        elif token.type == "hardbreak" or (token.type == "html_inline" and token.content.startswith("<br")):
            yield "\n"


def _html_text(html: str) -> str:
    lines = (" ".join(line.split()) for line in unescape(_HTML_TAG.sub("", html)).split("\n"))
    return "\n".join(filter(None, lines))
