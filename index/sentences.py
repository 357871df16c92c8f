"""Sentences of English, Chinese and mixed text, as ranges.

One pass over the places where a sentence could end: a run of end marks with the closing quotes
and brackets behind it, or a line break. Every look to the left or right is of bounded length, so
the time is linear in the text.
"""

from __future__ import annotations

import re

from index.types import Span

_BREAK = r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
_BREAKS = re.compile(_BREAK)
_CANDIDATE = re.compile(
    rf"(?P<mark>[.!?。！？｡…]+)(?P<close>(?:[\"'”’」』）)\]】》〉]|\[[0-9]{{1,3}}\])*)|{_BREAK}"
)
_SPACE = re.compile(r"\s+")
_NEXT_WORD = re.compile(r"[\"'“‘「『（(\[【《<$€£¥#@]{0,4}([^\W_]\.|[^\W_]{1,24})")
_DOTTED = re.compile(r"[A-Za-z](?:\.[A-Za-z]){1,5}")
_BRAND = re.compile(r"[a-z]{1,2}[A-Z]")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_ENUMERATOR = re.compile(
    r"[(（\[]?(?:[0-9]{1,3}(?:\.[0-9]{1,2})?|[IVXLC]{1,6}|[ivx]{1,5}|[A-Za-z])[)）\]]?\Z"
)
_ATTRIBUTION = re.compile(
    r"(?P<name>(?:[^\W\d_a-z][\w’'-]{0,23}\.?[ ]){1,4})(?:said|says|asked|asks|told|tells|wrote|writes"
    r"|replied|replies|added|adds|joked|exclaimed|wondered|recalled|recalls|declared|shouted|yelled|posted|tweeted"
    r"|responded|answered|remarked|quipped|continued|explained)\b"
)

_LOOK_BACK = 24
_SHORTEST_LEFT_OPEN = 8
_ENUMERATOR_LENGTH = 10
_OPENERS = frozenset("“‘「『（(【《")
_CONTINUES = frozenset("，、；：,;:/.…。-–—")
_BEFORE_AMOUNTS = frozenset("$€£¥￥.,")
_DASHES = frozenset("-–—")
_EAST_ASIAN_MARKS = frozenset("。！？｡")


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_TITLES_AND_LATIN = _words(
    "mr mrs ms mx dr prof sen sens rep reps gov gen lt col sgt cpl pvt capt cmdr adm maj rev hon messrs supt "
    "pres det insp e.g i.e cf vs v viz al"
)
_BEFORE_NUMBER = _words(
    "no nos vol vols p pp fig figs sec sect art ch nr ca approx est op "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
_BEFORE_NAME = _words(
    "inc corp ltd co cos llc plc bros jr sr dept univ assn st mt ft ave blvd rd hwy rt esq ph.d m.d "
    "ala ariz ark calif colo conn del fla ga ill ind kan ky la md mass mich minn miss mo mont neb nev okla "
    "ore pa penn tenn tex va vt wash wis wyo ont que jan feb mar apr jun jul aug sep sept oct nov dec "
    "mon tue tues wed thu thur thurs fri sat"
)
_STARTERS = _words(
    "A An The This That These Those He She It We They I You His Her Its Our Their My Your There Here But And "
    "Or So Yet If In On At By For From With Without As To Of After Before When While Where Why What Who How "
    "Which Since Until Although Though Because However Meanwhile Moreover Still Then Now Also Not No Yes "
    "Some Many Most Both Each Every All Once Even Only Just Such Another Other One Two Under Over Between "
    "During Despite Unlike Earlier Later Last Next Today Yesterday Tomorrow"
)


def sentence_spans(text: str, char_start: int = 0, char_end: int | None = None) -> tuple[Span, ...]:
    """Return the sentences of `text[char_start:char_end]`, in order and trimmed.

    Together they cover every character of the range that is not white space. A line break always
    ends a sentence, a Chinese semicolon never does, and no sentence is cut for its length.
    """
    end = len(text) if char_end is None else min(char_end, len(text))
    spans: list[Span] = []
    start = _skip_space(text, char_start, end)
    for candidate in _CANDIDATE.finditer(text, char_start, end):
        stop = candidate.end()
        if stop <= start:
            continue
        if candidate["mark"] is not None and not _ends_sentence(text, start, candidate, end):
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
    mark, close, after = candidate["mark"], candidate["close"], candidate.end()
    following = _skip_space(text, after, end)
    if following == end or _BREAKS.search(text, after, following):
        return True
    if mark[0] in "…." and _is_only_quoted(text, start, candidate.start()):
        return False
    if text[following] in _CONTINUES:
        return _ends_before_dash(mark, close, text[following])
    if not _EAST_ASIAN_MARKS.isdisjoint(mark):
        # A mark inside 《》 belongs to the title of a work, which the sentence goes on to speak of.
        return "》" not in close and "〉" not in close
    word = _NEXT_WORD.match(text, following, end)
    next_word = word[1] if word else ""
    if following == after:
        return _ends_without_space(text, start, candidate, next_word)
    if next_word[:1].islower() and not _BRAND.match(next_word):
        return False
    if close and mark != ".":
        return not _is_attributed(text, following, end)
    return mark != "." or bool(close) or not _is_abbreviated(text, start, candidate.start(), next_word)


def _is_only_quoted(text: str, start: int, position: int) -> bool:
    """Whether nothing but opening quotes stands before the marks: an ellipsis that begins a quotation."""
    return position - start <= 2 and not text[start:position].strip("\"'“‘「『（(")


def _is_attributed(text: str, following: int, end: int) -> bool:
    """Whether a name and a verb of speaking follow, as in `“Why?” Ms. Chen asked.`"""
    found = _ATTRIBUTION.match(text, following, end)
    return found is not None and found["name"].split()[0] not in _STARTERS


def _ends_before_dash(mark: str, close: str, following: str) -> bool:
    """Whether a sentence ends before a character that continues most others.

    Chinese lists hang their items on dashes (`取代不锈钢。——电池容量提升。`), and an ellipsis behind a full
    stop opens a paragraph.
    """
    if following == "…":
        return not _EAST_ASIAN_MARKS.isdisjoint(mark)
    return mark == "。" and not close and following in _DASHES


def _ends_without_space(text: str, start: int, candidate: re.Match[str], next_word: str) -> bool:
    """Judge marks with the next character right behind them, as in `billion.接着` or `said.The`."""
    mark, close, position = candidate["mark"], candidate["close"], candidate.start()
    following = text[candidate.end()]
    if following in _OPENERS or _EAST_ASIAN.match(following):
        if close or "?" in mark or "!" in mark:
            return True
        if mark != ".":
            # Six dots close a Chinese sentence that is left open; behind a word or two they are a pause.
            left_open = mark.startswith("……") and position - start >= _SHORTEST_LEFT_OPEN
            return following in _OPENERS or left_open
        return not (
            _is_list_number(text, start, position) or _is_abbreviated(text, start, position, next_word)
        )
    if not next_word[:1].isupper() or mark[0] == "…":
        return False
    if mark != "." or close:
        return not mark.startswith("..")
    # A space is missing where a longer lower-case word meets a capitalised one; `U.S.A` and
    # `www.Subaru-SIA.com` look different.
    token = _token_before(text, start, position)
    return len(token) >= 3 and token.isalpha() and token.islower() and not _is_host(token, next_word)


def _is_host(token: str, next_word: str) -> bool:
    return token == "www" or next_word.casefold() in {"com", "org", "net", "io", "ai", "cn"}


def _is_list_number(text: str, start: int, position: int) -> bool:
    """Whether the full stop follows a number that counts items, as in `1.统计范围2.采集渠道`."""
    token = _digits_before(text, start, position)
    before = position - len(token) - 1
    return 0 < len(token) <= 2 and (before < start or text[before] not in _BEFORE_AMOUNTS)


def _digits_before(text: str, start: int, position: int) -> str:
    first = position
    while first > max(start, position - 3) and text[first - 1].isdecimal():
        first -= 1
    return text[first:position]


def _is_abbreviated(text: str, start: int, position: int, next_word: str) -> bool:
    """Whether the full stop at `position` belongs to the word before it and ends nothing."""
    if position - start <= _ENUMERATOR_LENGTH and _ENUMERATOR.match(text, start, position):
        return True
    token = _token_before(text, start, position)
    folded = token.casefold()
    if folded in _TITLES_AND_LATIN or (folded in _BEFORE_NUMBER and next_word[:1].isdecimal()):
        return True
    if next_word in _STARTERS:
        return False
    initial = len(token) == 1 and token.isupper()
    named = token[:1].isupper() and folded in _BEFORE_NAME
    return initial or named or bool(_DOTTED.fullmatch(token))


def _token_before(text: str, start: int, position: int) -> str:
    """Return the word that ends at `position`, with the dots inside it: `U.S`, `Inc`, `p.m`."""
    lowest = max(start, position - _LOOK_BACK)
    first = position
    while first > lowest and (text[first - 1].isalnum() or text[first - 1] in ".&"):
        first -= 1
    return text[first:position].lstrip(".&")
