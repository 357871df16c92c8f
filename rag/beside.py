"""Values that are beside what a question asks: their differences are no disagreement about it."""

from __future__ import annotations

import re
from typing import TypeAlias

from rag.dates import DateMention, date_mentions
from rag.quantities import Quantity, quantities, same_value
from rag.types import Understanding

Value: TypeAlias = Quantity | DateMention | str


def is_beside(question: Understanding, amount: Quantity) -> bool:
    """Whether an amount is a percentage and the question asks for another figure."""
    return (
        question.kind == "figure"
        and amount.unit in ("percent", "points")
        and not _ASKS_SHARE.search(question.text)
    )


def is_given(question: Understanding, *values: Value) -> bool:
    """Whether a question for a name or a place says one of two amounts itself: the other is of another thing.
    Two years that it names are two things.

    A question that asks whether an amount is true is not meant.
    """
    years = {value.year for value in values if isinstance(value, DateMention)}
    named = {mention.year for mention in date_mentions(question.text)}
    if len(years) == len(values) and years <= named and not _OR.search(question.text):
        return True
    return question.kind == "fact" and any(
        same_value(amount, asked) and amount.unit == asked.unit
        for amount in values
        if isinstance(amount, Quantity)
        for asked in quantities(question.text)
    )


def is_hour(question: Understanding, text: str, amount: Quantity) -> bool:
    """Whether a number of a text is an hour of a day, and none is asked: hours are rounded more often than
    not.
    """
    return (
        amount.value <= _HOURS
        and bool(_HOUR.match(text, amount.char_end))
        and not _ASKS_HOUR.search(question.text)
    )


_ASKS_SHARE = re.compile(
    r"%|\b(?:percent|percentage|rates?|share|proportion|odds|grew|grow|growth|rise|rose|fell|fall|drop|margin|"
    r"inflation|yield|increas\w+|decreas\w+|declin\w+|chang\w+)\b|率|比例|占比|百分|增长|增幅|涨幅|跌幅|降幅|同比|环比|下降|上涨",
    re.IGNORECASE,
)
_OR = re.compile(r"\bor\b|还是|或", re.IGNORECASE)
_HOURS = 24
_HOUR = re.compile(
    r"[时時](?!\d)|点(?:钟|半|整|许|左右)|\s?(?:a\.?m\.?|p\.?m\.?|o['’]clock)\b", re.IGNORECASE
)
_ASKS_HOUR = re.compile(
    r"\bwhat time\b|\bwhen\b|\bwhat hour\b|几[点时點時]|何时|什么时[候间]|时间", re.IGNORECASE
)
