"""Sentences of English, Chinese and mixed text, as ranges.

One pass over the places where a sentence could end: a run of end marks with the closing quotes
and brackets behind it, or a line break. Every look to the left or right is of bounded length, so
the time is linear in the text.
"""

from __future__ import annotations

import re

from index.types import Span

_BREAK = r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
_CANDIDATE = re.compile(
    rf"(?P<mark>[.!?。！？｡…]+)(?P<close>(?:[\"'”’」』）)\]】》〉]|\[[0-9]{{1,3}}\])*)|{_BREAK}"
)
_SPACE = re.compile(r"\s+")
_NEXT_WORD = re.compile(r"[\"'“‘「『（(\[【《<]{0,4}([^\W_]{1,24})")
_TOKEN_BEFORE = re.compile(r"[^\W_](?:[^\W_]|[.’'&-](?=[^\W_])){0,23}\Z")
_ENUMERATOR = re.compile(r"[(（\[]?(?:[0-9]{1,3}(?:\.[0-9]{1,2})*|[IVXLCivxl]{1,6}|[A-Za-z])[)）\]]?\Z")

_LOOK_BACK = 24
_CONTINUES = frozenset("，、；：,;:-–—/")
_EAST_ASIAN_MARKS = frozenset("。！？｡")

_ALWAYS_ABBREVIATED = frozenset(
    "mr mrs ms mx dr prof sen sens rep reps gov gen lt col sgt cpl pvt capt cmdr adm maj rev hon st mt ft "
    "messrs supt pres e.g i.e cf vs v viz al sgt det insp rt".split()
)
_ABBREVIATED_BEFORE_NUMBER = frozenset(
    "no nos vol vols p pp fig figs sec sect art ch nr ca approx est op "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_ABBREVIATED_BEFORE_NAME = frozenset(
    "inc corp ltd co cos llc plc bros jr sr dept univ assn ave blvd rd hwy esq ph.d m.d b.a m.a d.c "
    "ala ariz ark calif colo conn del fla ga ill ind kan ky la md mass mich minn miss mo mont neb nev okla "
    "ore pa penn tenn tex va vt wash wis wyo ont que jan feb mar apr jun jul aug sep sept oct nov dec "
    "mon tue tues wed thu thur thurs fri sat sun".split()
)
_STARTERS = frozenset(
    "A An The This That These Those He She It We They I You His Her Its Our Their My Your There Here But And "
    "Or So Yet If In On At By For From With Without As To Of After Before When While Where Why What Who How "
    "Which Since Until Although Though Because However Meanwhile Moreover Still Then Now Also Not No Yes Some "
    "Many Most Both Each Every All Once Even Only Just Such Another Other One Two Under Over Between During "
    "Despite Unlike Earlier Later Last Next Today Yesterday Tomorrow".split()
)


def sentence_spans(text: str, char_start: int = 0, char_end: int | None = None) -> tuple[Span, ...]:
    """Return the sentences of `text[char_start:char_end]`, in order and trimmed.

    Together they cover every character of the range that is not white space. A line break always
    ends a sentence, a Chinese semicolon never does, and no sentence is cut for its length.
    """
    end = len(text) if char_end is None else char_end
    spans: list[Span] = []
    start = _skip_space(text, char_start, end)
    for candidate in _CANDIDATE.finditer(text, char_start, end):
        stop = candidate.end()
        if stop <= start:
            continue
        if candidate["mark"] is None:
            stop = candidate.start()
        elif not _ends_sentence(text, start, candidate, end):
            continue
        spans.append(_trimmed(text, start, stop))
        start = _skip_space(text, stop, end)
    if start < end:
        spans.append(_trimmed(text, start, end))
    return tuple(spans)


def _skip_space(text: str, position: int, end: int) -> int:
    match = _SPACE.match(text, position, end)
    return match.end() if match else position


def _trimmed(text: str, start: int, stop: int) -> Span:
    return Span(start, start + len(text[start:stop].rstrip()))


def _ends_sentence(text: str, start: int, candidate: re.Match[str], end: int) -> bool:
    """Whether the marks of `candidate` end the sentence that began at `start`."""
    mark, close = candidate["mark"], candidate["close"]
    after = candidate.end()
    following = _skip_space(text, after, end)
    if following == end or _is_break(text, after, following):
        return True
    head = text[following]
    if head in _CONTINUES:
        # A dash after a full stop opens an attribution or a list, which is a line of thought of its own.
        return head in "-–—" and mark == "." and following > after and not _is_abbreviation(text, start, candidate, "")
    if _EAST_ASIAN_MARKS.intersection(mark):
        return "》" not in close and "〉" not in close
    word = _NEXT_WORD.match(text, following, end)
    next_word = word[1] if word else ""
    if following == after:
        return _ends_without_space(text, start, candidate, next_word)
    if next_word[:1].islower() and not _is_brand(next_word):
        return False
    if mark == "." and not close:
        return not _is_abbreviation(text, start, candidate, next_word)
    return True
