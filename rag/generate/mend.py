"""What extraction breaks: words that lean on the sentence before, quotations cut in two, and lists cut from
their introduction.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Literal, TypeAlias

from rag.names import names_in

Leaning: TypeAlias = Literal["", "pronoun", "demonstrative"]

_CONNECTIVE = re.compile(
    r"(?:but|and|so|yet|or|nor|however|meanwhile|moreover|furthermore|additionally|in addition|also|"
    r"still|besides|"
    r"nevertheless|nonetheless|instead|as a result|for example|for instance|in fact|of course|then|"
    r"therefore|thus|hence)"
    r"(?:,\s*|\s+(?=[a-z]))",
    re.IGNORECASE,
)
_CONNECTIVE_NEEDS_COMMA = re.compile(r"(?:also|still|so|then|instead|or|yet|nor)\s", re.IGNORECASE)
_CHINESE_CONNECTIVE = re.compile(
    r"(?:但是|但|而且|不过|然而|因此|所以|于是|同时|此外|另外|并且|与此同时|其次|另一方面|当然|事实上|可是|接着|随后)[，,]"
    r"|(?:但是|但|不过|然而|因此|所以|可是)(?=[^，,]{2})"
)
_PRONOUN = re.compile(
    r"(?:He|She|It|They|His|Her|Its|Their)\b(?!['’]s been)(?! is (?:also )?(?:clear|unclear|not clear|"
    r"important|possible))"
)
_DEMONSTRATIVE = re.compile(
    r"(?:This|That|These|Those|Such)\b(?!\s+(?:week|month|year|summer|winter|spring|fall|autumn|time|morning|season)\b)"
)
_CHINESE_PRONOUN = re.compile(r"(?:他|她|它)们?(?!人)")
_CHINESE_DEMONSTRATIVE = re.compile(r"(?:这|此[次外举类]|对此|那[是就])(?!次[^，。]{0,4}[会赛展])")
_CONSEQUENCE = re.compile(
    r"(?:(?:so|thus)(?! far\b|-|,? called| many\b| much\b| long\b)|therefore|hence|consequently|accordingly"
    r"|as a result(?! of)|for (?:this|that|these|those) reasons?|because of (?:this|that|these|those)"
    r"|(?:this|that|which) is why|that['’]s why)\b"
    r"|因此(?![次前番举类外时处])|所以|因而|于是|故而|故此|为此(?![次前番])|正因(?:为)?(?:如此|这样)|由此"
    r"|这(?:也)?(?:就)?是(?:为什么|.{0,12}的原因)",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|thanks to|as a result of|result(?:s|ed|ing)? (?:in|from)|reasons?"
    r"|caus(?:e|es|ed|ing)|so that|in order|so as|aim(?:s|ed|ing)?|driven by|prompt(?:s|ed|ing)"
    r"|led to|lead(?:s|ing)? to|amid)\b"
    r"|(?<![基原病成诱内外死起])因(?![素子果特缘])|由于|为了|为的是|旨在|以便|以免|导致|造成|引发|出于|鉴于|原因|理由",
    re.IGNORECASE,
)
_SPAN = r"(?:days?|weeks?|months?|years?|seasons?|hours?)"
_RELATIVE_TIME = re.compile(
    r"(?:then(?!-)|afterwards?|later(?! this| next)|by then|since then"
    r"|soon after(?:wards)?|shortly after(?:wards)?"
    rf"|(?:on|in|during|by|at)?\s?the (?:same|following|next|previous) (?:{_SPAN}|time|morning|evening|night)"
    rf"|(?:that|at that) (?:{_SPAN}|time|spring|summer|autumn|fall|winter|morning|evening|night)"
    rf"|(?:[\w-]+ ){{1,3}}(?:and a half )?{_SPAN} (?:later|earlier|after that|before that))\b"
    r"|[赛会事战婚此其之随]后|[同翌][年月日天]|次[年日](?!本)|当[年日天](?![轻气])|当时|不久|后来"
    r"|(?:[几数两半一二三四五六七八九十百]+|\d+)多?(?:天|日|周|个?多?月|年)(?:之?后|之?前)",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\s*(?:[-–—•·*▪●◆]|\(?\d{1,2}[.)、）]|[（(][一二三四五六七八九十\d]+[)）]|[①-⑳])\s*")
_MAX_ITEMS = 5
_ITEM_LENGTH = 320


def leaning(text: str) -> Leaning:
    """Tell whether a sentence begins with a word whose meaning stands in the sentence before it."""
    stripped = without_connective(text).lstrip("\"'“‘「『")
    if _PRONOUN.match(stripped) or _CHINESE_PRONOUN.match(stripped):
        return "pronoun"
    if _DEMONSTRATIVE.match(stripped) or _CHINESE_DEMONSTRATIVE.match(stripped):
        return "demonstrative"
    return ""


def is_consequence(text: str) -> bool:
    """Whether a sentence begins by saying that what stands before it is the reason: "Therefore", "因此"."""
    return bool(_CONSEQUENCE.match(text) or _CONSEQUENCE.match(without_connective(text)))


def counts_from_before(text: str) -> bool:
    """Whether a sentence begins with a time that is counted from what stands before it: "Two days later",
    "赛后".
    """
    return bool(_RELATIVE_TIME.match(text) or _RELATIVE_TIME.match(without_connective(text)))


def gives_reason(text: str) -> bool:
    """Whether a sentence has a word that joins something to its reason or purpose: "because", "由于"."""
    return bool(_REASON.search(text))


def needs_before(text: str, *, why: bool) -> bool:
    """Whether the sentence before may be needed beside one: it leans on it, or, where a reason is asked, it
    gives none.
    """
    return (
        bool(leaning(text))
        or is_consequence(text)
        or counts_from_before(text)
        or (why and not gives_reason(text))
    )


def without_connective(text: str) -> str:
    """Take a leading `But`, `However` or `但` away; the sentence stays what it says."""
    found = _CHINESE_CONNECTIVE.match(text)
    if found:
        return text[found.end() :]
    found = _CONNECTIVE.match(text)
    if not found or (_CONNECTIVE_NEEDS_COMMA.match(found.group()) and "," not in found.group()):
        return text
    rest = text[found.end() :]
    return rest[:1].upper() + rest[1:]


def antecedent(text: str, before: str) -> str:
    """Name what a leading pronoun means, where the sentence before leaves no doubt; else nothing.

    The name that opens the sentence before is its subject; failing that, its only name.
    """
    stripped = without_connective(text).lstrip("\"'“‘「『")
    if _CHINESE_PRONOUN.match(stripped):
        return ""
    pronoun = stripped.split()[0].strip(",.;:’'").casefold() if stripped.split() else ""
    # A name in brackets would stand inside "It's", and "they" may be several.
    if pronoun in ("they", "their") or "'" in pronoun or "’" in pronoun:
        return ""
    names = [name for name in dict.fromkeys(names_in(before)) if _could_be_subject(name, before)]
    if pronoun in ("it", "its"):
        names = [name for name in names if not _speaks(name, before)]
    if not names:
        return ""
    if pronoun in ("he", "she", "his", "her"):
        names = [name for name in names if _could_be_person(name)]
    first = names[0] if names else ""
    opens = bool(first) and before.lstrip("\"'“‘").startswith(first)
    return first if first and (opens or len(names) == 1) else ""


def with_name(text: str, name: str) -> str:
    """Put a name in brackets behind the leading pronoun, as an editor would: `It [Kimi] raised`."""
    found = re.match(r"([\"'“‘]?\w+)(.*)\Z", text, re.DOTALL)
    return f"{found[1]} [{name}]{found[2]}" if found else text


def with_whole_quotes(text: str) -> str:
    """Close a quotation that goes on in the next sentence, or open one that began before: what somebody said
    is not told as the article's own words. Where it is not plain which mark is missing, none is put in.
    """
    for opening, closing in (("“", "”"), ("「", "」")):
        begun, ended = _unmatched(text[::-1], closing, opening), _unmatched(text, opening, closing)
        if max(begun, ended) == 1 and "„" not in text:
            text = opening * ended + text + closing * begun
    begun, ended = _unmatched_straight(text)
    return '"' * ended + text + '"' * begun if max(begun, ended) == 1 else text


def _unmatched(text: str, opening: str, closing: str) -> int:
    """Tell how many marks close in a text what was not opened in it."""
    steps = accumulate((character == opening) - (character == closing) for character in text)
    return max(0, -min(steps, default=0))


def _unmatched_straight(text: str) -> tuple[int, int]:
    """Tell how many straight marks open without closing, and close without opening; inches are neither."""
    is_open, ended = False, 0
    for match in re.finditer('"', text):
        before, after = text[: match.start()][-1:], text[match.end() :][:1]
        if is_open:
            is_open = False
        elif not before.isdigit() and (not before or before.isspace() or before in "([—-"):
            is_open = True
        elif not before.isdigit() and not after.isalnum():
            ended += 1
    return int(is_open), ended


def introduces_list(text: str) -> bool:
    """Whether a sentence ends in the colon of a list."""
    return text.rstrip().endswith((":", "："))


def is_item(text: str) -> bool:
    """Whether a text can be an item of a list: marked as one, or a short line."""
    return bool(_ITEM.match(text)) or len(text) <= _ITEM_LENGTH


def items_of(following: list[str]) -> int:
    """Tell how many of the sentences behind a list's introduction are its items."""
    marked = 0
    for text in following[:_MAX_ITEMS]:
        if not _ITEM.match(text):
            break
        marked += 1
    if marked:
        return marked
    count = 0
    for text in following[:_MAX_ITEMS]:
        if not is_item(text) or introduces_list(text):
            break
        count += 1
        if text.rstrip().endswith((".", "。", "!", "！")) and not text.rstrip().endswith(("；", ";")):
            break
    return count


def as_list(introduction: str, items: list[str]) -> str:
    """Join an introduction with its items to one sentence."""
    chinese = introduction.rstrip().endswith("：")
    cleaned = [_ITEM.sub("", item, count=1).strip().rstrip(".。;；,，") for item in items]
    joined = ("；" if chinese else "; ").join(item for item in cleaned if item)
    return f"{introduction.rstrip()}{'' if chinese else ' '}{joined}{'。' if chinese else '.'}"


_TIMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june "
    "july august"
    " september october november december christmas easter".split()
)
_AFTER_PREPOSITION = re.compile(
    r"\b(?:in|at|on|for|with|by|from|to|of|near|into|against|between|like)(?: the)? \Z"
)
_PARTICIPLE = re.compile(r"\s[a-z]+ing\b")


def _could_be_subject(name: str, text: str) -> bool:
    """Whether a name is of someone or something that acts: no day, nothing behind a preposition or in a
    sentence cut short ("ARR growing, users leaving").
    """
    at = text.find(name)
    return (
        name.casefold().split()[0] not in _TIMES
        and not _AFTER_PREPOSITION.search(text[:at])
        and not _PARTICIPLE.match(text, at + len(name))
    )


_SPEAKS = r"(?:say|tell|report|write|add|note|explain)(?:s|ed)?|said|told|wrote"


def _speaks(name: str, text: str) -> bool:
    """Whether a name is of who says it, not of what it is about: ", Ann Lee said", "according to Reuters"."""
    who = re.escape(name)
    said = rf"{who}(?:,[^,.]{{1,60}},)? (?:{_SPEAKS})\b"
    return bool(re.search(rf"{said}|\b(?:{_SPEAKS}|according to) (?:the )?{who}", text, re.IGNORECASE))


def _could_be_person(name: str) -> bool:
    words = name.split()
    return 1 <= len(words) <= 4 and not any(word.isupper() and len(word) > 1 for word in words)
