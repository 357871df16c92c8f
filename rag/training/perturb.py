"""Questions and passages changed so that the answer is no longer there."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from index.types import Span
from rag.training.types import Candidate

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-zA-Z]+(?: [A-Z][a-zA-Z]+)*")
_OPPOSITES = {
    "first": "last", "before": "after", "most": "least", "more": "fewer", "highest": "lowest",
    "largest": "smallest", "increase": "decrease", "rise": "fall", "won": "lost", "best": "worst",
    "older": "younger", "north": "south", "east": "west", "early": "late", "start": "end", "male": "female",
    "最大": "最小", "最高": "最低", "最早": "最晚", "第一": "第三", "之前": "之后", "增加": "减少",
    "上升": "下降", "男": "女", "首次": "最后一次", "南": "北", "东": "西",
}  # fmt: skip
_SWAPS = {**_OPPOSITES, **{value: key for key, value in _OPPOSITES.items()}}
_SWAPPED = re.compile(
    "|".join(rf"\b{w}\b" if w.isascii() else w for w in sorted(_SWAPS, key=len, reverse=True))
)


def other_question(question: str, others: str, random: Random) -> str:
    """Change one number, name or opposite in a question; empty where nothing can be changed.

    `others` is text that names and numbers are taken from.
    """
    ways = [_other_number, _other_name, _opposite]
    random.shuffle(ways)
    for way in ways:
        changed = way(question, others, random)
        if changed and changed != question:
            return changed
    return ""


def without_answer(candidate: Candidate) -> Candidate | None:
    """Give a passage without the sentences that answer; none where fewer than two are left."""
    kept = [place for place, label in enumerate(candidate.labels) if label == 0]
    if len(kept) < 2 or len(kept) == len(candidate.labels):
        return None
    text, spans = "", []
    for place in kept:
        span = candidate.sentences[place]
        start = len(text)
        text += candidate.text[span.char_start : span.char_end]
        spans.append(Span(start, len(text)))
        text += " "
    return replace(candidate, text=text, sentences=tuple(spans), labels=(0,) * len(kept))


def _other_number(question: str, others: str, random: Random) -> str:
    found = list(_NUMBER.finditer(question))
    if not found:
        return ""
    chosen = random.choice(found)
    known = sorted({n for n in _NUMBER.findall(others) if len(n) == len(chosen[0]) and n != chosen[0]})
    digits = "".join(str((int(c) + random.randint(1, 8)) % 10) if c.isdigit() else c for c in chosen[0])
    return _put(question, chosen, random.choice(known) if known else digits)


def _other_name(question: str, others: str, random: Random) -> str:
    found = list(_NAME.finditer(question))
    known = sorted({name for name in _NAME.findall(others) if name not in question})
    if not found or not known:
        return ""
    return _put(question, random.choice(found), random.choice(known))


def _opposite(question: str, others: str, random: Random) -> str:
    found = list(_SWAPPED.finditer(question))
    if not found:
        return ""
    chosen = random.choice(found)
    return _put(question, chosen, _SWAPS[chosen[0]])


def _put(text: str, match: re.Match[str], new: str) -> str:
    return text[: match.start()] + new + text[match.end() :]
