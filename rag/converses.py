"""Whether two texts tell the same from its two sides: A sold to B, B bought from A; A above B, B below A."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rag.alignment import Reading
from rag.names import names_in

_PAIRS = (
    ("buy buys buying bought purchase purchased acquire acquired acquires", "sell sells selling sold"),
    ("lend lends lent loaned", "borrow borrows borrowed"),
    ("pay pays paid give gives gave given send sends sent supply supplied", "receive receives received got"),
    ("teach teaches taught", "learn learns learned learnt"),
    ("win wins won beat beats defeat defeats defeated", "lose loses lost"),
    ("lead leads led leading ahead", "trail trails trailed trailing behind follow follows followed"),
    ("higher more larger bigger greater older taller faster", "lower less smaller younger shorter slower"),
    ("before", "after"),
    ("import imports imported", "export exports exported"),
    ("买 买入 购买 收购 购入", "卖 卖出 出售 售予 卖给 转让"),
    ("支付 付给", "收到 获得 出售"),
    ("高于 多于 大于 超过 领先 早于", "低于 少于 小于 不及 落后 晚于"),
    ("击败 战胜 赢", "输给 败给 不敌"),
)
_CHINESE = tuple(tuple(re.compile("|".join(side.split())) for side in pair) for pair in _PAIRS)
_ASCII = tuple(tuple(frozenset(side.split()) for side in pair) for pair in _PAIRS)
_TOWARDS = re.compile(r"([\u4e00-\u9fff]{2})[对从向自]([\u4e00-\u9fff]{2})")


def told_from_both_sides(stated: Reading, known: Reading) -> bool:
    """Whether one text has a word of which the other has the converse and not the word itself."""
    for number in range(len(_PAIRS)):
        here = [_has(stated, number, side) for side in (0, 1)]
        there = [_has(known, number, side) for side in (0, 1)]
        if (here[0] and there[1] and not there[0]) or (here[1] and there[0] and not there[1]):
            return True
    return False


def _has(text: Reading, number: int, side: int) -> bool:
    if text.is_chinese:
        return bool(_CHINESE[number][side].search(text.text))
    return any(token.word in _ASCII[number][side] for token in text.tokens)


@dataclass(frozen=True, slots=True)
class Place:
    """A word in a text, its tokens first and behind the last, with the senses of words by their place."""

    text: Reading
    first: int
    end: int
    senses: Mapping[int, frozenset[str]]

    def sides(self) -> tuple[set[str], set[str]]:
        """Give the keys and senses in the word's sentence before it and behind it."""
        sentence = self.text.tokens[self.first].sentence
        found: tuple[set[str], set[str]] = (set(), set())
        for at, token in enumerate(self.text.tokens):
            if token.sentence == sentence and not self.first <= at < self.end:
                found[at >= self.end].update({token.key} - {""}, self.senses.get(at, ()))
        return found


def sides_turned(said: Place, known: Place) -> bool:
    """Whether what stands on one side of a word stands on the other side of its converse.

    Two shared words that cross are enough, or one name that does while none keeps its side before the word.
    """
    (left, right), (before, behind) = said.sides(), known.sides()
    one, two = (left - right) & (behind - before), (right - left) & (before - behind)
    if one and two:
        return True
    names = {word.casefold() for name in names_in(said.text.text) for word in name.split()}
    named = {t.key for t in said.text.tokens if t.key and re.sub(r"['’]s$", "", t.word) in names}
    if named & (one | two) and not named & left & before:
        return True
    turned = {(b, a) for a, b in _TOWARDS.findall(said.text.text)}
    return bool(turned & set(_TOWARDS.findall(known.text.text)))
