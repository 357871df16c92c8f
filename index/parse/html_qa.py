"""Q&A sections of a page, taken out of its tree before anybody looks for the body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from index.parse.html_pieces import pieces_of, text_of
from index.parse.pieces import read_questions
from index.parse.qa import is_qa_label, is_question
from index.types import QAPair

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_LABEL_TAGS: Final = frozenset(
    {*_HEADINGS, "p", "div", "strong", "b", "span", "legend", "summary", "dt", "header"}
)
_SECTION_NAME: Final = re.compile(
    r"(?:^|[\s_-])(?:faqs?|q-?and-?a|qna|q-a|qa-list|accordion-faq)(?=[\s_-]|$)", re.IGNORECASE
)
_SCHEMA_QUESTION: Final = re.compile(r"schema\.org/Question\b")
_LONGEST_LABEL: Final = 60
_MOST: Final = 0.6


def take_out_questions(tree: HtmlElement) -> tuple[QAPair, ...]:
    """Remove the page's Q&A sections from its tree and return their pairs."""
    pairs: list[QAPair] = []
    for finder in (_marked_up, _labelled, _named, _lists, _details):
        for elements, found in finder(tree):
            pairs.extend(pair for pair in found if pair not in pairs)
            for element in elements:
                if element.getparent() is not None:
                    element.drop_tree()
    return tuple(pairs)


_Found = Iterator[tuple[Sequence["HtmlElement"], tuple[QAPair, ...]]]


def _marked_up(tree: HtmlElement) -> _Found:
    """Find questions marked up in schema.org's words."""
    for question in list(tree.iter()):
        if not isinstance(question.tag, str) or not _SCHEMA_QUESTION.search(question.get("itemtype") or ""):
            continue
        name = _property(question, "name")
        answer = _property(question, "text")
        if name is not None and answer is not None and text_of(name) and text_of(answer):
            yield [question, *_label_before(question)], (QAPair(text_of(name), _answer_text(answer)),)


def _property(holder: HtmlElement, name: str) -> HtmlElement | None:
    return next(
        (e for e in holder.iter() if isinstance(e.tag, str) and name in (e.get("itemprop") or "").split()),
        None,
    )


def _answer_text(element: HtmlElement) -> str:
    return "\n".join(piece.text for piece in pieces_of(element))


def _labelled(tree: HtmlElement) -> _Found:
    """Find sections below a label; they end at the next heading that is not below the label's."""
    for label in list(tree.iter()):
        if (
            not isinstance(label.tag, str)
            or label.tag not in _LABEL_TAGS
            or label.getroottree().getroot() is not tree
        ):
            continue
        if len(own := text_of(label) if _is_small(label) else "") > _LONGEST_LABEL or not is_qa_label(own):
            continue
        region = _region(label)
        if pairs := _pairs_in(region):
            yield [label, *region], pairs


def _is_small(element: HtmlElement) -> bool:
    return sum(1 for _ in element.iter()) <= 5 and len(element.text or "") <= _LONGEST_LABEL


def _region(label: HtmlElement) -> list[HtmlElement]:
    """Return what follows a label up to its section's end, from where in the tree it has siblings."""
    holder = label
    while (
        (parent := holder.getparent()) is not None and parent.tag != "body" and not _has_content_after(holder)
    ):
        if (holder.tail or "").strip() or text_of(parent) != text_of(holder):
            break
        holder = parent
    level = _HEADINGS.index(label.tag) + 1 if label.tag in _HEADINGS else len(_HEADINGS) + 1
    region: list[HtmlElement] = []
    for sibling in holder.itersiblings():
        if not isinstance(sibling.tag, str):
            continue
        if _opens_section(sibling, level):
            break
        region.append(sibling)
    return region


def _has_content_after(element: HtmlElement) -> bool:
    return any(isinstance(sibling.tag, str) and text_of(sibling) for sibling in element.itersiblings())


def _opens_section(element: HtmlElement, level: int) -> bool:
    """Whether an element is, or begins with, a heading that ends the section of a label."""
    for inner in element.iter(*_HEADINGS):
        heading = text_of(inner)
        if _HEADINGS.index(inner.tag) + 1 <= level and not heading.endswith(("?", "？")):
            return text_of(element).startswith(heading) and not is_question(heading)
        return False
    return False


def _pairs_in(region: Iterable[HtmlElement]) -> tuple[QAPair, ...]:
    return read_questions([piece for element in region for piece in pieces_of(element, asking=True)])


def _named(tree: HtmlElement) -> _Found:
    """Find containers that a class or an id names as a Q&A section, unless they are most of the page."""
    whole = len(text_of(tree))
    for element in list(tree.iter("div", "section", "aside", "ul", "ol", "dl")):
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        if not _SECTION_NAME.search(name) or element.getroottree().getroot() is not tree:
            continue
        if len(text_of(element)) <= _MOST * whole and (pairs := _pairs_in([element])):
            yield [element, *_label_before(element)], pairs


def _lists(tree: HtmlElement) -> _Found:
    """Find lists of terms in which the terms are questions."""
    for terms in list(tree.iter("dl")):
        asked = [text_of(term) for term in terms.iter("dt")]
        if asked and all(term.endswith(("?", "？")) or is_question(term) for term in asked):
            yield [terms, *_label_before(terms)], _pairs_in([terms])


def _details(tree: HtmlElement) -> _Found:
    """Find questions that unfold to their answers."""
    for details in list(tree.iter("details")):
        summary = details.find("summary")
        if summary is not None and text_of(summary).endswith(("?", "？")) and (pairs := _pairs_in([details])):
            yield [details, *_label_before(details)], pairs


def _label_before(element: HtmlElement) -> list[HtmlElement]:
    """Return the label right above a section, or above the block that holds nothing else before it."""
    holder = element
    while holder is not None and holder.tag != "body":
        before = next((s for s in holder.itersiblings(preceding=True) if isinstance(s.tag, str)), None)
        if before is not None:
            return [before] if is_qa_label(text_of(before)) else []
        holder = holder.getparent()
    return []
