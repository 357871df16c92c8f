"""What a chat asks: one question out of its turns, and the requests that chat programs make for themselves.

The rule is simple and its result is shown: the last message of the user is the question. Where it leans
on what was said before (it begins with "and", refers by a pronoun to a name that it does not give, or
has hardly a word), the last message that stands alone is added behind it in brackets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.errors import InvalidInputError
from rag.understand import MAX_QUESTION

_FOLLOWS = re.compile(
    r"\s*(?:(?:and|or|but|so|also|then)\b|(?:what|how) about\b|(?:那么?|还有|然后|而且?|再|以及))",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers)\b|\b(?:this|that|these|those)\W*\Z",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=\s)[A-Z]\w|[0-9]")
_CHINESE_PRONOUN = re.compile(r"\A.{0,6}(?:它|他|她|这家|那家|该公司|这个|那个|这些|那些|两者|其)")
_CHINESE_PARTICLE = re.compile(r"呢\W*\Z")
_WORD = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FEW_WORDS = 2
_FEW_CHARACTERS = 4

_TASK = re.compile(r"\s*#{2,3}\s?Task:")
_TITLE = re.compile(
    r"\b(?:generate|create|write|provide|give)\b.{0,80}\b(?:title|topic)\b.{0,200}\b(?:conversation|chat|dialog)",
    re.IGNORECASE | re.DOTALL,
)
_KEY = re.compile(r"[\"'](title|tags|follow_ups|queries|text)[\"']\s*:")
_SPOKEN = re.compile(r"^\s*(?:user|human)\s*:\s*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a chat."""

    role: str
    text: str


def question_of(turns: Sequence[Turn]) -> str:
    """Give the question that a chat ends with. Raises `InvalidInputError` where no user says anything."""
    asked = [turn.text.strip() for turn in turns if turn.role == "user" and turn.text.strip()]
    if not asked:
        raise InvalidInputError("messages", "has no text of a user.", "End it with a question.")
    *earlier, last = asked
    if not earlier or not _leans_on_others(last):
        return last
    alone = (text for text in reversed(earlier) if not _leans_on_others(text))
    context = next(alone, earlier[0]).rstrip(".?!。？！ ")
    left, right = ("（", "）") if _CHINESE.search(last) else (" (", ")")
    room = MAX_QUESTION - len(last) - len(left) - len(right)
    return f"{last}{left}{context[:room]}{right}" if room > 0 else last


def _leans_on_others(text: str) -> bool:
    words = _WORD.findall(text)
    characters = _CHINESE.findall(text)
    few = len(characters) <= _FEW_CHARACTERS if characters else len(words) <= _FEW_WORDS
    if few or _FOLLOWS.match(text) or _CHINESE_PARTICLE.search(text) or _CHINESE_PRONOUN.match(text):
        return True
    pronoun = _PRONOUN.search(text)
    return pronoun is not None and not _NAME.search(text, 0, pronoun.start())


def side_answer(turns: Sequence[Turn]) -> str | None:
    """Answer what a chat program asks for itself (a title, tags, follow-up questions), else give None.

    The title is the chat's first question, shortened; of the others there are none.
    """
    last = turns[-1].text if turns else ""
    if not _TASK.match(last) and not (len(last) > _TITLE_LENGTH and _TITLE.search(last)):
        return None
    key = _KEY.search(last)
    if key is None:
        return _title(turns)
    values = {"title": _title(turns), "text": ""}
    return json.dumps({key[1]: values.get(key[1], [])}, ensure_ascii=False)


def _title(turns: Sequence[Turn]) -> str:
    spoken = _SPOKEN.search(turns[-1].text)
    earlier = [turn.text for turn in turns[:-1] if turn.role == "user"]
    text = " ".join((spoken[1] if spoken else next(iter(earlier), "News")).split())
    if len(text) <= _TITLE_LENGTH:
        return text
    return text[:_TITLE_LENGTH].rpartition(" ")[0] or text[:_TITLE_LENGTH]
