"""Whether a statement denies what its evidence affirms, or the other way round."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from rag.alignment import Reading, read
from rag.idioms import denies, idioms

_EXPLICIT = re.compile(
    r"not|no|never|neither|nor|without|cannot|none|nobody|nothing|nowhere|\w+n['’]t|dont|doesnt|didnt"
)
_SOFT = re.compile(
    r"fail\w*|refus\w*|den(?:y|ies|ied|ying|ial)|unable|inab\w*|lack\w*|reject\w*|prevent\w*|stop\w*|avoid\w*"
    r"|hardly|barely|rarely|seldom|scarce\w*|few|fewer|fewest|little|less|least|instead|rather|unless|until"
    r"|ban|bans|banned|banning|prohibit\w*|forb\w+|bar|bars|barred|block\w*|against|oppos\w*|declin\w*|only"
    r"|miss(?:ing|ed)|absen\w*|non\w*|ceas\w*|halt\w*|end(?:s|ed|ing)?|remov\w*|exclu\w*|merely|zero|except"
    r"|impossib\w*|dis\w{4,}|in(?:complete|sufficient|accurate|effective|valid|adequate|significant)\w*"
    r"|il(?:legal|licit)\w*|ir(?:regular|relevant|responsible)\w*|un(?!der|til|ion|it|iv|iq|less|cle|ify|ifo)\w{4,}"
    r"|free|lose|lost|loss\w*|doubt\w*|reluctan\w*|skip\w*|drop\w*|cancel\w*|forgo\w*|false\w*|wrong\w*|myth"
)
_CHINESE_EXPLICIT = re.compile(
    r"不|没|未|(?<![并毫暂从均])无(?=[法需须])|(?<=[并毫暂从均])无|(?:[绝而]|并(?!非法))非|勿|别(?=再|把|让)|(?<=[以得拒])否"
)
_CHINESE_SOFT = re.compile(r"[不没未无否难拒免禁停缺失反避防止罕少零误除绝消杜弱勿]|而是|并非|绝非|而非|非法")
_JOINS = frozenset("and but while whereas because although so since which who".split())
"""Words behind which a denial no longer bears."""

_REACH, _REACH_CHINESE = 5, 9
"""How far a denial of the statement bears: content words in English, characters in Chinese."""

_BACK, _BACK_CHINESE = 1, 2
"""The same for a denial of the evidence, of which a statement may leave out more."""

_NEEDED, _NEEDED_BACK = 1, 3
"""More words than this must stand around both places, in the same two cases."""

_NEAR, _NEAR_CHINESE = (9, 5), (14, 8)
"""Tokens before and behind a place in which other words can deny it."""

_CLOSE = 4
_BESIDE = 3


def polarity_differs(statement: str, evidence: str) -> bool:
    """Whether what one of the texts denies, the other says without any denial at the place that matches.

    Only a plain denial ("not", "never", 不, 没有) starts a comparison; in the other text anything that could
    deny in other words ("fails to", "unable", 拒绝, 难以) ends it.
    """
    stated, known = read(statement), read(evidence)
    return _denied_anew(stated, known, _NEEDED) or _denied_anew(known, stated, _NEEDED_BACK, back=True)


def _denied_anew(one: Reading, other: Reading, needed: int, *, back: bool = False) -> bool:
    """Whether one text denies something that the other says at its best matching place without denial."""
    for place in _negators(one):
        keys = [one.tokens[p].key for p in _scope(one, place, back=back)]
        spoken_of = next((key for key in keys if key in other.places), "")
        found = other.nearest([spoken_of], one.around(place))
        if found is None:
            continue
        match, score = found
        if not denies(one.text, one.tokens[place].start, _clause_at(other, match)):
            continue
        if score > needed and not may_deny(other, match, keys) and not _said_elsewhere(one, other, match):
            return True
    return False


def _said_elsewhere(one: Reading, other: Reading, match: int) -> bool:
    """Whether a place of the other text says rather what the first says elsewhere without denial."""
    best = one.nearest([other.tokens[match].key], other.around(match))
    return best is not None and not may_deny(one, best[0])


def _clause_at(text: Reading, place: int) -> str:
    spans = [(t.start, t.start + len(t.word)) for t in text.tokens if t.clause == text.tokens[place].clause]
    return text.text[spans[0][0] : spans[-1][1]]


def explicit(text: Reading) -> tuple[int, ...]:
    """Give the places of plain denials."""
    inside = idioms(text.text)
    return tuple(place for place in _negators(text) if text.tokens[place].start not in inside)


@lru_cache(maxsize=512)
def _negators(text: Reading) -> tuple[int, ...]:
    """Give the places of words of denial, of those too that stand in an idiom."""
    starts = {m.start() for m in _CHINESE_EXPLICIT.finditer(text.text)}
    return tuple(
        place
        for place, token in enumerate(text.tokens)
        if token.start in starts or (token.word.isascii() and _EXPLICIT.fullmatch(token.word))
    )


def _scope(text: Reading, place: int, *, back: bool) -> list[int]:
    """Give the places of the content words that a denial bears on: those behind it, else those before."""
    reach = _REACH_CHINESE if text.is_chinese else _REACH
    if back:
        reach = _BACK_CHINESE if text.is_chinese else _BACK
    clause = text.tokens[place].clause
    after: list[int] = []
    for p in range(place + 1, min(len(text.tokens), place + (reach + 1 if text.is_chinese else 14))):
        token = text.tokens[p]
        if token.clause != clause or (after and token.word in _JOINS):
            break
        if token.key:
            after.append(p)
    if after or back:
        return after[:reach]
    before = range(max(0, place - 5), place)
    return [p for p in before if text.tokens[p].clause == clause and text.tokens[p].key][-2:]


def may_deny(text: Reading, place: int, scope: Collection[str] = ()) -> bool:
    """Whether anything near a place could deny what stands there; the words of a scope are left out."""
    before, behind = _NEAR_CHINESE if text.is_chinese else _NEAR
    return _deny_in_other_words(text, range(place - before, place + behind + 1), place, scope)


def _deny_in_other_words(text: Reading, places: Iterable[int], place: int, scope: Collection[str]) -> bool:
    clause = text.tokens[place].clause
    near = [text.tokens[p] for p in places if 0 <= p < len(text.tokens) and text.tokens[p].clause == clause]
    if text.is_chinese:
        return any(_CHINESE_SOFT.match(text.text, token.start) for token in near)
    return any(_EXPLICIT.fullmatch(t.word) or (t.key not in scope and _SOFT.fullmatch(t.word)) for t in near)


def denial(text: Reading, place: int, length: int = 1) -> bool | None:
    """Tell whether a word is plainly denied in its clause; None where other words close by may deny it."""
    tokens = text.tokens
    clause = tokens[place].clause
    if any(place - _CLOSE <= p < place and tokens[p].clause == clause for p in explicit(text)):
        return True
    close = (*range(place - _BESIDE, place), place + length)
    return None if _deny_in_other_words(text, close, place, ()) else False
