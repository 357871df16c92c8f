"""Evidence that disagrees: two sentences with different values for the same quantity of the same subject."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import combinations

from index.dates import day_of
from index.tokens import lexical_tokens, query_weights, stem
from index.types import StoredPassage
from rag.beside import Value, is_beside, is_given, is_hour
from rag.chinese_names import ordinary_words
from rag.dates import DateMention, date_mentions
from rag.names import looks_like_chinese_name, names_in
from rag.quantities import Quantity, quantities, same_value
from rag.types import DraftStatement, Evidence, Understanding

LOOKED_AT = 12
"""Sentences that are compared: the best ones. Far down the list agreement says nothing about the answer."""

RELEVANT = 0.25
"""A sentence with less than this share of the best one's probability speaks of something else."""

UPDATED_AFTER_DAYS = 7
"""Reports further apart than this tell of a change, not of a disagreement."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two places in the evidence with the values that they give; `change` where one report updates
    the other.
    """

    first: int
    second: int
    values: tuple[str, str]
    change: bool


def differences(
    question: Understanding, evidence: Sequence[Evidence], chosen: Sequence[int]
) -> list[Difference]:
    """Find where evidence disagrees with a sentence that the answer uses; the side to believe first
    comes first.

    `chosen` are the places of the sentences that the answer cites.
    """
    best = max((item.score for item in evidence), default=0.0)
    looked_at = [i for i, item in enumerate(evidence) if not item.context and item.score >= RELEVANT * best][
        :LOOKED_AT
    ]
    used = [i for i in chosen if not evidence[i].context]
    looked_at += _summaries_of(evidence, used)
    found: list[Difference] = []
    told: list[frozenset[str]] = []
    for a, b in combinations(dict.fromkeys([*used, *looked_at]), 2):
        if a not in used and b not in used:
            continue
        values = _disagreement(question, evidence[a], evidence[b])
        plain = frozenset(_QUALIFIER.sub("", value) for value in values or ())
        if values and plain not in told:
            told.append(plain)
            found.append(_ordered(evidence, a, b, values))
    return found[:2]


_QUALIFIER = re.compile(
    r"^(?:over|more than|nearly|almost|about|around|at least|some|roughly|approximately|up to)\s+"
    r"|^(?:逾|超过?|大?约|将?近|至少)",
    re.IGNORECASE,
)
"""What does not make a value another one: that it is over 7 or 7 need not be told twice."""


def _summaries_of(evidence: Sequence[Evidence], used: Sequence[int]) -> list[int]:
    """Give the sentences of the summaries of what is used: however they scored, they tell of the same."""
    articles = {evidence[i].passage.article_id for i in used}
    return [
        i
        for i, item in enumerate(evidence)
        if item.passage.section_kind == "summary" and item.passage.article_id in articles
    ]


def told(difference: Difference, evidence: Sequence[Evidence], language: str) -> DraftStatement:
    """Put a difference into one sentence, both sides cited."""
    one, other = evidence[difference.first], evidence[difference.second]
    sides = (_where(one, other, language), _where(other, one, language))
    form = _FORMS[language == "zh", difference.change]
    text = form.format(*difference.values, *sides)
    return DraftStatement(text, (difference.first + 1, difference.second + 1))


_FORMS = {
    (False, False): "Sources disagree here: {0} according to {2}, but {1} according to {3}.",
    (False, True): "This has changed: {0} according to {2}, where it was {1} according to {3}.",
    (True, False): "各方说法不一：{2}称{0}，{3}则称{1}。",
    (True, True): "情况有变化：{2}称{0}，此前{3}称{1}。",
}
"""By whether the language is Chinese, and whether the difference is a change."""


def _where(item: Evidence, other: Evidence, language: str) -> str:
    chinese = language == "zh"
    passage, against = item.passage, other.passage
    if passage.article_id == against.article_id and passage.section_kind != against.section_kind:
        summary = passage.section_kind == "summary"
        if chinese:
            return "文章摘要" if summary else "正文"
        return "the article's summary" if summary else "the article's body"
    name = passage.source or passage.title or ("一篇报道" if chinese else "one report")
    if passage.source == against.source and passage.title != against.title and passage.title:
        name = f"《{passage.title}》" if chinese else f"“{passage.title}”"
    day = day_of(passage.published_at)
    if day and day != day_of(against.published_at):
        return f"{name}（{day}）" if chinese else f"{name} ({day})"
    return name


def _ordered(evidence: Sequence[Evidence], a: int, b: int, values: tuple[str, str]) -> Difference:
    change = _days_apart(evidence[a], evidence[b]) > UPDATED_AFTER_DAYS
    turned = (a, b) if not change else _newer_first(evidence, a, b)
    if not change and evidence[a].passage.section_kind == "summary" != evidence[b].passage.section_kind:
        turned = (b, a)
    return Difference(*turned, values if turned == (a, b) else (values[1], values[0]), change)


def _newer_first(evidence: Sequence[Evidence], a: int, b: int) -> tuple[int, int]:
    return (
        (a, b)
        if day_of(evidence[a].passage.published_at) >= day_of(evidence[b].passage.published_at)
        else (b, a)
    )


def _days_apart(one: Evidence, other: Evidence) -> int:
    days = [day_of(item.passage.published_at) for item in (one, other)]
    if not all(days):
        return 0
    return abs((date.fromisoformat(days[0]) - date.fromisoformat(days[1])).days)


def _disagreement(question: Understanding, one: Evidence, other: Evidence) -> tuple[str, str] | None:
    if one.text == other.text or _of_one_text(one.passage, other.passage) or _of_two_parts(one, other):
        return None
    return _near_copy(question, one.text, other.text) or next(_amounts_apart(question, one, other), None)


def _of_one_text(one: StoredPassage, other: StoredPassage) -> bool:
    """Whether two passages are of one body: its parallel sentences tell of different things."""
    return one.article_id == other.article_id and one.section_kind == other.section_kind


def _of_two_parts(one: Evidence, other: Evidence) -> bool:
    """Whether two sentences each answer one of the things that a question asks, and not the other's."""
    if not (one.parts and other.parts):
        return False
    a, b = (item.parts.index(max(item.parts)) for item in (one, other))
    return a != b and one.parts[b] < 0.5 * one.parts[a] and other.parts[a] < 0.5 * other.parts[b]


_TOKEN = re.compile(r"[\u3400-\u9fff]|\d+(?:[.,]\d+)*|[^\W\d_\u3400-\u9fff]+(?:['’-][^\W\d_\u3400-\u9fff]+)*")
_COPIED = 0.7
_COPIED_WHOLE = 0.8
_LONGEST = 8


def _near_copy(question: Understanding, one: str, other: str) -> tuple[str, str] | None:
    """Find the one value in which two sentences differ that say the same otherwise."""
    left, right = list(_TOKEN.finditer(one)), list(_TOKEN.finditer(other))
    matcher = SequenceMatcher(
        None, [m[0].casefold() for m in left], [m[0].casefold() for m in right], autojunk=False
    )
    blocks = [code for code in matcher.get_opcodes() if code[0] == "replace"]
    equal = sum(a2 - a1 for kind, a1, a2, _, _ in matcher.get_opcodes() if kind == "equal")
    if equal < _COPIED * min(len(left), len(right)) or equal < 4 or not blocks:
        return None
    found = []
    for _, a1, a2, b1, b2 in blocks:
        if max(a2 - a1, b2 - b1) > _LONGEST:
            continue
        a, b = _whole_names(
            (one, left[a1].start(), left[a2 - 1].end()), (other, right[b1].start(), right[b2 - 1].end())
        )
        pair = _value_at(question, one, a), _value_at(question, other, b)
        if pair[0] and pair[1] and pair[0][0] == pair[1][0] and not _agree(pair[0][1], pair[1][1]):
            if is_given(question, pair[0][1], pair[1][1]):
                return None
            found.append((_text(one, pair[0][1]), _text(other, pair[1][1])))
    # Of a date year and day can be exchanged: that is one value all the same.
    if len(set(found)) != 1:
        return None
    # Any Chinese word may be a name; it is taken for one where nothing else at all was exchanged.
    sides = zip(found[0], (one, other), strict=True)
    sure = any(quantities(value) or date_mentions(value) or _is_named(value, text) for value, text in sides)
    copied = len(blocks) == len(found) and equal >= _COPIED_WHOLE * max(len(left), len(right))
    ordinary = all(value in ordinary_words() and not value.endswith(_PLACES) for value in found[0])
    return found[0] if sure or (copied and not ordinary) else None


_Place = tuple[str, int, int]


def _whole_names(one: _Place, other: _Place) -> tuple[tuple[int, int], tuple[int, int]]:
    """Take in what two Chinese names have in common, where only their other characters were exchanged: the 国
    of 德国 and 英国, the 郭 of 郭帆 and 郭敬明.
    """
    runs = [text[start:end] for text, start, end in (one, other)]
    before = [text[:start] for text, start, _ in (one, other)]
    after = [text[end : end + 1] for text, _, end in (one, other)]
    left = right = 0
    if all(re.fullmatch(r"[\u4e00-\u9fff]{1,3}", run) for run in runs):
        if after[0] == after[1] and after[0] in _PLACES and not any(run[-1] in _ANY_PLACE for run in runs):
            right = 1
        elif all(_NAME_FOLLOWS.search(text) for text in before) and before[0][-1:] == before[1][-1:]:
            names = [text[-1] + run for text, run in zip(before, runs, strict=True)]
            left = int(all(looks_like_chinese_name(name) for name in names))
    return (one[1] - left, one[2] + right), (other[1] - left, other[2] + right)


_PLACES = ("国", "省", "市", "县", "州")
_ANY_PLACE = "全我该本各每两三四五六七八九十多几他此外中出入回"
_NAME_FOLLOWS = re.compile(
    r"(?:由|是|为|导演|演员|主演|编剧|作者|选手|主席|总统|总理|市长|[“：])[^于方高时单和向温全]\Z"
)
"""A surname behind a word that a name follows; some surnames are ordinary words more often."""


def _value_at(question: Understanding, text: str, place: tuple[int, int]) -> tuple[str, Value] | None:
    """Give the kind and value of what stands at a place: a date, an amount, or a name that the
    question leaves open.
    """
    start, end = place
    for mention in date_mentions(text):
        if mention.char_start < end and start < mention.char_end:
            return "date", mention
    for quantity in quantities(text):
        inside = quantity.char_start < end and start < quantity.char_end
        if inside and not is_beside(question, quantity) and not is_hour(question, text, quantity):
            return f"amount {quantity.unit}", quantity
    run = text[start:end]
    if question.kind != "fact" or run in question.text:
        return None
    return ("name", run) if _is_named(run, text) or re.fullmatch(r"[\u4e00-\u9fff·]{2,8}", run) else None


def _is_named(run: str, text: str) -> bool:
    """Whether a part of a text is a name or a piece of one, or a name with no word of its own beside it."""
    names = names_in(text)
    if any(run[at : at + 2] in ordinary_words() for at in range(len(run))):
        return False
    if looks_like_chinese_name(run) or any(run in name for name in names):
        return True
    rest = _BESIDE_NAME.sub("", run)
    for name in names:
        rest = rest.replace(name, "")
    return rest != run and not re.search(r"[a-z]{2}|[\u4e00-\u9fff]", rest)


_BESIDE_NAME = re.compile(r"^(?:the|an?|its|his|her|their|our|of|in|by)\s+", re.IGNORECASE)


def _agree(one: Value, other: Value) -> bool:
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return same_value(one, other)
    if isinstance(one, DateMention) and isinstance(other, DateMention):
        return one.agrees_with(other)
    if isinstance(one, str) and isinstance(other, str):
        if one in other or other in one:
            return True
        left, right = (frozenset(lexical_tokens(value)) for value in (one, other))
        return left <= right or right <= left
    return False


def _text(text: str, value: Value) -> str:
    if isinstance(value, str):
        return value
    shown = text[value.char_start : value.char_end].strip()
    bound = isinstance(value, Quantity) and re.search(
        r"(?:over|more than|nearly|about|around|almost|at least|up to|超过?|逾|近|约)\s?\Z",
        text[: value.char_start],
    )
    return f"{bound[0]}{shown}" if isinstance(bound, re.Match) else shown


_WINDOW = 60
_SHARED = 0.45
_SLIP_SHARED = 0.12


def _amounts_apart(question: Understanding, first: Evidence, second: Evidence) -> Iterator[tuple[str, str]]:
    """Find amounts of one unit that both sentences give for the same thing with different values."""
    one, other = first.text, second.text
    left, right = quantities(one), quantities(other)
    # A summary tells what its body tells; two articles speak of many things with the same names in them.
    of_one_article = first.passage.article_id == second.passage.article_id
    if _dates_differ(one, other):
        return
    asked = _stems(question.text)
    for a in left:
        for b in right:
            if not a.unit or a.unit != b.unit or same_value(a, b) or is_given(question, a, b):
                continue
            if is_beside(question, a):
                continue
            # A value that the other sentence has as well is told by both: they speak of several things.
            if any(same_value(a, q) and q.unit == a.unit for q in right) or any(
                same_value(b, q) and q.unit == b.unit for q in left
            ):
                continue
            slip = of_one_article and _is_slip(a, b)
            if _same_thing(asked, one, a, other, b, slip=slip):
                yield _text(one, a), _text(other, b)


def _is_slip(a: Quantity, b: Quantity) -> bool:
    """Whether two amounts have the same digits at another scale: 7 and 70 billion, 200 million and 2
    billion.
    """
    digits = a.value.normalize().as_tuple().digits
    # So many amounts begin with a one and noughts that their likeness says nothing.
    return a.is_money and digits != (1,) and digits == b.value.normalize().as_tuple().digits


def _same_thing(asked: frozenset[str], one: str, a: Quantity, other: str, b: Quantity, *, slip: bool) -> bool:
    around_a, around_b = _around(one, a), _around(other, b)
    shared = around_a & around_b
    share = len(shared) / max(1, min(len(around_a), len(around_b)))
    if slip:
        names = {stem for name in names_in(one) for stem in _stems(name)}
        others = {stem for name in names_in(other) for stem in _stems(name)}
        kin = bool(names & others) or bool((_stems(one) & _stems(other)) - {"billio", "millio"})
        return kin and (share >= _SLIP_SHARED or len((_stems(one) | _stems(other)) & asked) >= 2)
    return share >= _SHARED and len(shared & asked) >= 2 and not (a.ranged or b.ranged)


def _around(text: str, quantity: Quantity) -> frozenset[str]:
    near = text[max(0, quantity.char_start - _WINDOW) : quantity.char_start]
    return _stems(near + " " + text[quantity.char_end : quantity.char_end + _WINDOW])


def _stems(text: str) -> frozenset[str]:
    return frozenset(
        stem(token)
        for token, weight in query_weights(text).items()
        if weight >= 1 and token in set(lexical_tokens(text))
    )


def _dates_differ(one: str, other: str) -> bool:
    left, right = date_mentions(one), date_mentions(other)
    return bool(left and right) and not any(a.agrees_with(b) for a in left for b in right)
