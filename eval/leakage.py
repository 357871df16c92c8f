"""Guard against an index that holds the answers: Q&A pairs that stand in an article's text.

A case leaks where its question stands in an article and one of its answers comes close behind it, or
where its reference answer stands there word for word from the beginning of a sentence, as it does when
only the answers of a Q&A section were taken for prose. Short answers alone are no leak: an article that
answers a question holds them; nor is a reference that quotes the case's own evidence, as an answer does
that a reader judged right. Text is compared by its letters and digits alone, so that marks, spaces
and case do not hide a pair.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from eval.types import Case, Leak

BEHIND = 300
"""Letters behind a question in which its answer makes the two a pair."""

_HEAD = 16
"""Letters that texts are searched by; shorter needles are left out."""

_PROSE = 24
"""Letters from which a reference answer that stands in a text word for word is a leak of its own."""

_SHOWN = 120
_NO_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class _Needle:
    case: Case
    letters: str
    answers: tuple[str, ...]
    """What must follow; nothing where the needle is an answer itself."""


def find_leaks(cases: Iterable[Case], texts: Iterable[tuple[str, str]]) -> tuple[Leak, ...]:
    """Give the cases whose answers stand as Q&A in `texts`, pairs of article id and text; each once."""
    heads: dict[str, list[_Needle]] = defaultdict(list)
    for case in cases:
        for needle in _needles(case):
            heads[needle.letters[:_HEAD]].append(needle)
    found: dict[tuple[str, str], Leak] = {}
    for article_id, text in texts:
        for needle, leak in _in_text(heads, article_id, text):
            found.setdefault((needle.case.set_name, needle.case.case_id), leak)
    return tuple(found.values())


def _needles(case: Case) -> Iterator[_Needle]:
    reference = _letters(case.reference_answer)
    golds = (*case.answers, *(text for group in case.answers_all_of for text in group))
    answers = tuple(letters for text in golds if (letters := _letters(text)))
    question = _letters(case.question)
    if len(question) >= _HEAD and (answers or reference):
        yield _Needle(case, question, answers or (reference[:_PROSE],))
    if len(reference) >= _PROSE and not _quotes_evidence(case, reference):
        yield _Needle(case, reference, ())


def _quotes_evidence(case: Case, reference: str) -> bool:
    """Tell whether a reference begins as its own gold evidence does: then it was taken from there."""
    quotes = (_letters(gold.quote) for gold in case.evidence)
    return any(reference.startswith(quote) or quote.startswith(reference) for quote in quotes if quote)


def _in_text(
    heads: Mapping[str, list[_Needle]], article_id: str, text: str
) -> Iterator[tuple[_Needle, Leak]]:
    letters = _letters(text)
    for start in range(len(letters) - _HEAD + 1):
        for needle in heads.get(letters[start : start + _HEAD], ()):
            if not letters.startswith(needle.letters, start):
                continue
            end = start + len(needle.letters)
            behind = letters[end : end + BEHIND]
            at = _place(text, start)
            pair = any(answer in behind for answer in needle.answers)
            if pair or (not needle.answers and _begins(text, at)):
                yield needle, Leak(needle.case.case_id, article_id, at, text[at : at + _SHOWN])


def _begins(text: str, place: int) -> bool:
    """Tell whether a sentence, a line or an answer behind its mark begins at a place."""
    before = text[:place].rstrip(" \t*“\"'「")
    return not before or before[-1] in "\n.!?:。！？："


def _letters(text: str) -> str:
    """Give the letters and digits of a text, folded."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _place(text: str, letter: int) -> int:
    """Give the place in a text of one of its letters, counted from 0."""
    seen = 0
    for place, character in enumerate(text):
        seen += len(_letters(character))
        if seen > letter:
            return place
    return len(text)
