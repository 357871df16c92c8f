"""Q&A sections: their labels, and the pairs in their lines.

The pairs go to evaluation and never into an article's text, so that a question of the set cannot
be answered by looking up its own answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal, TypeAlias

from index.types import QAPair

_Role: TypeAlias = Literal["question", "answer", "more"]

_LABEL = re.compile(
    r"(?:q ?(?:&|and|/) ?as?(?: section)?|faqs?|frequently asked questions|questions? (?:and|&) answers?"
    r"|相关问答|相關問答|常见问题(?:解答)?|常見問題(?:解答)?|常见问答|问答|問答|问与答)",
    re.IGNORECASE,
)
_FEWEST_PAIRS = 2
_LONGEST_PAUSE = 3
_LEAD = r"\s*(?:[-*•]\s+|[0-9]{1,3}[.)、]\s*)?(?:\*\*|__)?\s*"
_TAIL = r"\s?[0-9]{0,3}\s?(?:\*\*|__)?\s?[:：.、．]\s*(?:\*\*|__)?\s*"
_QUESTION = re.compile(rf"{_LEAD}(?:question|q|问题?|問題?|提问){_TAIL}", re.IGNORECASE)
_ANSWER = re.compile(rf"{_LEAD}(?:answer|a|答案?|回答){_TAIL}", re.IGNORECASE)
_ANSWER_IN_LINE = re.compile(
    r"(?<=[?？])\s{0,3}(?:\*\*|__)?\s?(?:A|Answer|答)\s?(?:\*\*|__)?[:：]\s{0,3}(?:\*\*|__)?"
)


def is_qa_label(line: str) -> bool:
    """Whether a line or heading is the label of a Q&A section and nothing more."""
    bare = line.strip().strip("*_#").strip().rstrip(":：").strip()
    return len(bare) <= 40 and _LABEL.fullmatch(bare) is not None


def is_question(line: str) -> bool:
    """Whether a line opens with the mark of a question, such as `Q:` or `问：`."""
    return _QUESTION.match(line) is not None


def is_marked(line: str) -> bool:
    """Whether a line opens with the mark of a question or of an answer."""
    return is_question(line) or _ANSWER.match(line) is not None


def read_pairs(lines: Sequence[str], *, glued: bool = False) -> tuple[QAPair, ...]:
    """Return the pairs of a Q&A section; `glued` reads the letters Q and A set right before the text.

    Lines without a mark continue the question or answer before them. A question without an answer,
    and lines before the first question, make no pair.
    """
    pairs: list[QAPair] = []
    question: list[str] = []
    answer: list[str] = []
    asked = answered = False
    for role, text, _ in [*_roles(lines, glued=glued), ("question", "", 0)]:
        if role == "question":
            if question and answer:
                pairs.append(QAPair(" ".join(question), "\n".join(answer)))
            question, answer = [], []
        asked, answered = asked or role == "question", role == "answer" or (answered and role == "more")
        if asked and text:
            (answer if answered else question).append(text)
    return tuple(pairs)


def find_unlabelled(texts: Sequence[str], headings: Collection[int]) -> range:
    """Find the pairs that a document sets, marked as such, without a label above them.

    They are a section of their own where there are two or more and they are the smaller part of the
    text; an article that is all questions and answers is an interview.
    """
    opening = next((n for n, text in enumerate(texts) if n not in headings and is_question(text)), len(texts))
    end = last = opening
    while end < len(texts) and end not in headings and end - last <= _LONGEST_PAUSE:
        last = end if is_marked(texts[end]) else last
        end += 1
    run = range(opening, min(last + 1, len(texts)))
    lines = [line for n in run for line in texts[n].split("\n")]
    size = sum(len(texts[n]) for n in run)
    if len(read_pairs(lines)) < _FEWEST_PAIRS or 2 * size > sum(map(len, texts)):
        return range(0)
    return run


def end_of_last_answer(lines: Sequence[str], *, glued: bool = False) -> int:
    """Return the number of the line after the first line of the last answer; 0 without answers."""
    answers = [number for role, _, number in _roles(lines, glued=glued) if role == "answer"]
    return max(answers, default=-1) + 1


def _roles(lines: Sequence[str], *, glued: bool) -> list[tuple[_Role, str, int]]:
    """Say of each line what it is, with its mark taken off, and which line it was."""
    found: list[tuple[_Role, str, int]] = []
    asked = False
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        role, text = _role(line.strip(), following.strip(), asked=asked, glued=glued)
        asked = role == "question" or (asked and role == "more")
        halves = _ANSWER_IN_LINE.split(text, maxsplit=1) if role == "question" else [text]
        found.append((role, _bare(halves[0]), number))
        if len(halves) == 2:
            found.append(("answer", _bare(halves[1]), number))
            asked = False
    return found


def _role(line: str, following: str, *, asked: bool, glued: bool) -> tuple[_Role, str]:
    if mark := _QUESTION.match(line):
        return "question", line[mark.end() :]
    if mark := _ANSWER.match(line):
        return ("answer" if asked else "more"), line[mark.end() :]
    if glued and asked and line.startswith("A"):
        return "answer", line[1:]
    if glued and is_glued_question(line, following):
        return "question", line[1:]
    return "more", line


def is_glued_question(line: str, following: str) -> bool:
    """Tell `QAccording to …?` from an answer's paragraph that begins with Qwen or Quarterly."""
    if not line.startswith("Q") or len(line) < 3:
        return False
    if line.endswith(("?", "？")):
        return True
    return not line[1].islower() and following.startswith("A")


def _bare(text: str) -> str:
    return text.strip().removesuffix("**").removesuffix("__").strip()
