"""One telling of each story, and with it the first other telling that says otherwise.

Near copies crowd out everything else, so one is enough; but a copy in which a name, an amount or a date was
exchanged is a correction, an error or a lie, and a reader has to see both.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from index.tokens import CHINESE
from index.types import StoredPassage, Story

COMPARED = 6
"""Pairs of passages that are compared for each story, best first, and four times as many in all: the cost
stays bounded."""

COPIED = 0.7
"""Share of the shorter text from which on two texts are copies whose differences mean something."""

LONGEST = 8
"""Words (of Chinese: characters) of an exchanged value at most; more of them are a passage put otherwise."""

_FEWEST = 6
_SHARED = 0.5
_WORD = re.compile(rf"[{CHINESE}]|\d+(?:[.,]\d+)*|[^\W\d_{CHINESE}]+(?:['’-][^\W\d_{CHINESE}]+)*")
_FIGURE = re.compile(rf"[\d{CHINESE}]")
_OPENS = re.compile(r"(?:\A|[.!?:;…]\s|\n)\W*\Z")


def one_per_story(
    fused: Sequence[tuple[int, float]],
    passages: Mapping[int, StoredPassage],
    stories: Mapping[str, Story],
) -> list[tuple[int, float]]:
    """Keep of each story the passages of the article that comes first, and one of another that says
    otherwise.

    `fused` has passage keys with their scores, best first; keys without a passage are left out.
    """
    teller: dict[str, str] = {}
    told: defaultdict[str, list[str]] = defaultdict(list)
    compared: Counter[str] = Counter()
    differing: set[str] = set()
    kept = []
    for key, score in fused:
        passage = passages.get(key)
        if passage is None:
            continue
        story = stories.get(passage.article_id)
        if story is None:
            kept.append((key, score))
        elif teller.setdefault(story.id, passage.article_id) == passage.article_id:
            told[story.id].append(passage.text)
            kept.append((key, score))
        elif story.id not in differing:
            room = min(COMPARED - compared[story.id], 4 * COMPARED - compared.total())
            alike = [text for text in told[story.id] if _may_be_copies(passage.text, text)][: max(0, room)]
            compared[story.id] += len(alike)
            if any(says_otherwise(passage.text, text) for text in alike):
                differing.add(story.id)
                kept.append((key, score))
    return kept


def _may_be_copies(one: str, other: str) -> bool:
    """Tell in passing what cannot be a copy with another value: the same text, or one of other words."""
    if one == other:
        return False
    words, others = set(_WORD.findall(one)), set(_WORD.findall(other))
    return len(words & others) >= _SHARED * min(len(words), len(others))


def says_otherwise(one: str, other: str) -> bool:
    """Whether two texts are copies but for a value: a figure, a name or, in Chinese, a few characters."""
    left, right = list(_WORD.finditer(one)), list(_WORD.finditer(other))
    matcher = SequenceMatcher(
        None, [word[0].casefold() for word in left], [word[0].casefold() for word in right], autojunk=False
    )
    changes = matcher.get_opcodes()
    common = sum(end - start for kind, start, end, _, _ in changes if kind == "equal")
    if common < max(_FEWEST, COPIED * min(len(left), len(right))):
        return False
    return any(
        kind == "replace"
        and max(left_end - left_start, right_end - right_start) <= LONGEST
        and _has_value(left[left_start:left_end])
        and _has_value(right[right_start:right_end])
        for kind, left_start, left_end, right_start, right_end in changes
    )


def _has_value(words: Sequence[re.Match[str]]) -> bool:
    """Whether a figure, a Chinese character or a capitalised word stands there that does not open a
    sentence.
    """
    return any(
        _FIGURE.match(word[0]) or (word[0][0].isupper() and not _OPENS.search(word.string[: word.start()]))
        for word in words
    )
