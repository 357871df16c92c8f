"""What a language model writes to draft statements with marks, while it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from index.sentences import sentence_spans
from rag.generate.neutral import unmarked
from rag.generate.prompts import MARK, PARTIAL_MARK, PROMPTS
from rag.types import DraftStatement

_LOOKAHEAD = 40
"""Characters of the next sentence that must be there before the one before it is final: where a
sentence ends depends on the word that follows."""

_MAX_RANGE = 10
_THOUGHT_BEGINS, _THOUGHT_ENDS = "<think>", "</think>"
_LINE_START = re.compile(r"\s*(?:(?:[-*•·#>]{1,6}|\d{1,2}[.)])\s+|\d{1,2}[、）]\s*)?")
_EMPHASIS = re.compile(r"\*\*|__|`")
_SOURCES = re.compile(r"(?i)\W*(?:sources|references|citations|来源|参考(?:资料|来源|文献)?)\W*\Z")
_NUMBER = re.compile(r"\d+")
_RANGE = re.compile(r"(\d+)\s*[-–~]\s*(\d+)")
_WHITE = re.compile(r"\s+")
_LETTERS = re.compile(r"\W+")
_REFUSALS = frozenset(_LETTERS.sub("", prompt.refusal).casefold() for prompt in PROMPTS)
_STOPS = tuple(prompt.label for prompt in PROMPTS)


class DraftReader:
    """Reads a model's text piece by piece; gives each statement once, as soon as nothing can change it.

    However the text is cut into pieces, the statements are the same. A phrase of refusal is no
    statement. Marks are kept as they are written, those that name no evidence too.
    """

    def __init__(self) -> None:
        self._text = ""
        self._given = 0
        self._shown = 0

    def feed(self, piece: str) -> list[DraftStatement]:
        """Take the next piece of text and give the statements that it completes."""
        self._text += piece
        if _THOUGHT_ENDS in self._text:
            self._text = self._text.rpartition(_THOUGHT_ENDS)[2]
            self._given = self._shown = 0
        found = _statements(_settled(self._text))
        return self._new(found[: _final(found)])

    def finish(self, *, complete: bool) -> list[DraftStatement]:
        """Give what is left; the last sentence only where the model had come to its end (`complete`)."""
        found = _statements(_begun(self._text))
        return self._new(found if complete else found[:-1])

    def shown(self) -> str:
        """Give the text that was not shown yet, without marks and without what may become one."""
        text = _settled(self._text)
        letters = _LETTERS.sub("", text).casefold()
        if any(refusal.startswith(letters) for refusal in _REFUSALS):
            return ""
        text = unmarked(re.sub(rf"\s*{MARK.pattern}", "", text, flags=re.IGNORECASE)).rstrip()
        new, self._shown = text[self._shown :], max(self._shown, len(text))
        return new

    def _new(self, found: list[DraftStatement]) -> list[DraftStatement]:
        new, self._given = found[self._given :], max(self._given, len(found))
        return [draft for draft in new if not _is_refusal(draft.text)]


def read_drafts(text: str) -> list[DraftStatement]:
    """Give the statements of a text that is all there."""
    reader = DraftReader()
    return reader.feed(text) + reader.finish(complete=True)


def _begun(text: str) -> str:
    """Give the text behind a thought; nothing while the thought lasts or could be beginning."""
    start = text.lstrip()
    return "" if start and (start.startswith(_THOUGHT_BEGINS) or _THOUGHT_BEGINS.startswith(start)) else text


def _settled(text: str) -> str:
    return PARTIAL_MARK.sub("", _begun(text)).rstrip()


def _final(found: list[DraftStatement]) -> int:
    """Count the statements that enough text stands behind."""
    behind = 0
    for index in range(len(found) - 1, -1, -1):
        if behind >= _LOOKAHEAD:
            return index + 1
        behind += len(found[index].text)
    return 0


def _statements(text: str) -> list[DraftStatement]:
    found: list[DraftStatement] = []
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        unnumbered = MARK.sub("", line).strip()
        if unnumbered.startswith(_STOPS) or (number < len(lines) and _SOURCES.match(unnumbered)):
            break
        if unnumbered:
            found.extend(_sentences(line))
        elif found:
            # Marks that stand alone belong to what the line before them says.
            marks = (number for match in MARK.finditer(line) for number in _numbers(match))
            found[-1] = _statement(found[-1].text, (*found[-1].marks, *marks))
    return found


def _sentences(line: str) -> list[DraftStatement]:
    """Give the statements of a line.

    A mark belongs to the sentence before it; in a line that begins with a mark, to the one behind it.
    """
    body = line[_line_start(line) :]
    leading = bool(MARK.match(body.lstrip()))
    plain, marks = _apart(body)
    spans = sentence_spans(plain)
    collected: list[list[int]] = [[] for _ in spans]
    for place, numbers in marks:
        owner = sum(s.char_end <= place if leading else s.char_start < place for s in spans)
        if spans:
            collected[min(owner, len(spans) - 1) if leading else max(owner - 1, 0)].extend(numbers)
    return [
        _statement(plain[span.char_start : span.char_end], numbers)
        for span, numbers in zip(spans, collected, strict=True)
    ]


def _line_start(line: str) -> int:
    match = _LINE_START.match(line)
    return match.end() if match else 0


def _apart(body: str) -> tuple[str, list[tuple[int, list[int]]]]:
    """Take the marks out of a text: the text without them, and each mark's place in it."""
    plain = ""
    marks: list[tuple[int, list[int]]] = []
    end = 0
    for match in MARK.finditer(body):
        plain = (plain + body[end : match.start()]).rstrip()
        marks.append((len(plain), _numbers(match)))
        end = match.end()
    return plain + body[end:], marks


def _numbers(match: re.Match[str]) -> list[int]:
    return [int(number) for number in _NUMBER.findall(_RANGE.sub(_spelled_out, match["numbers"]))]


def _spelled_out(match: re.Match[str]) -> str:
    first, last = int(match[1]), int(match[2])
    if not first <= last < first + _MAX_RANGE:
        return match[0]
    return ",".join(str(number) for number in range(first, last + 1))


def _statement(text: str, marks: Iterable[int]) -> DraftStatement:
    cleaned = _WHITE.sub(" ", _EMPHASIS.sub("", unmarked(text))).strip()
    return DraftStatement(cleaned, tuple(dict.fromkeys(marks)))


def _is_refusal(text: str) -> bool:
    letters = _LETTERS.sub("", text).casefold()
    return not letters or letters in _REFUSALS
