"""The extractive generator: an answer made of evidence sentences that together cover the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.datelines import printed
from rag.dates import date_mentions
from rag.generate import OnDelta, unheard
from rag.generate.coverage import choose, says
from rag.generate.mend import (
    antecedent,
    as_list,
    counts_from_before,
    gives_reason,
    introduces_list,
    is_consequence,
    items_of,
    leaning,
    with_name,
    with_whole_quotes,
    without_connective,
)
from rag.kinds import asks_when, asks_why
from rag.overlap import telling_share
from rag.select import LINE_BREAK, neighbours, section_of
from rag.types import DraftStatement, Evidence, Understanding

MAX_STATEMENTS = 5

AHEAD = 1.3
"""A sentence this many times as probable as the next best one is the answer, and the others explain it."""


@dataclass(frozen=True, slots=True)
class _Places:
    """Which evidence begins at a character of an article, and which ends at one of a section."""

    starts: Mapping[tuple[str, int], int]
    ends: Mapping[tuple[tuple[str, str, str], int], int]

    @classmethod
    def of(cls, evidence: Sequence[Evidence]) -> _Places:
        """Note where evidence stands."""
        return cls(
            {(item.passage.article_id, item.char_start): index for index, item in enumerate(evidence)},
            {(section_of(item.passage), item.char_end): index for index, item in enumerate(evidence)},
        )


@dataclass(frozen=True, slots=True)
class _Unit:
    """A chosen sentence with what it needs: the sentence before it as a statement, its name, or its items."""

    index: int
    opening: int | None = None
    named_by: int | None = None
    name: str = ""
    items: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Statements that it takes."""
        return 1 if self.opening is None else 2


class ExtractiveGenerator:
    """Composes the evidence sentences that cover the question, mended where they lean on what was
    left out.
    """

    name = "extractive"

    def generate(
        self, question: Understanding, evidence: Sequence[Evidence], on_delta: OnDelta = unheard
    ) -> list[DraftStatement]:
        """Draft up to five statements, in reading order; a figure or a fact comes first.

        There is no text before the statements, so `on_delta` hears nothing.
        """
        places = _Places.of(evidence)
        chosen = [_unit(i, question, evidence, places) for i in choose(question, evidence, MAX_STATEMENTS)]
        # An introduction whose list is not at hand says nothing.
        units = _fitting([u for u in chosen if u.items or not introduces_list(evidence[u.index].text)])
        drafts: list[DraftStatement] = []
        told: set[int] = set()
        last: int | None = None
        for unit in _in_reading_order(question, units, evidence):
            if unit.index not in told:
                drafted = _drafted(unit, evidence, places, told, last)
                drafts += [replace(draft, text=with_whole_quotes(draft.text)) for draft in drafted]
                last = unit.items[-1] if unit.items else unit.index
        return drafts


def _fitting(units: Sequence[_Unit]) -> list[_Unit]:
    """Take units, the best first, while their statements fit; what one opens with may be another's
    sentence.
    """
    taken: list[_Unit] = []
    statements: set[int] = set()
    for unit in units:
        needed = {unit.index} | ({unit.opening} if unit.opening is not None else set())
        if len(statements | needed) <= MAX_STATEMENTS:
            statements |= needed
            taken.append(unit)
    return taken


def _unit(
    index: int,
    question: Understanding,
    evidence: Sequence[Evidence],
    places: _Places,
) -> _Unit:
    item = evidence[index]
    if introduces_list(item.text):
        following = neighbours(item)[1]
        starts = [span.char_start for span in item.passage.sentences if span.char_start > item.char_start]
        wanted = [(item.passage.article_id, start) for start in starts[: items_of(following)]]
        return _Unit(index, items=tuple(places.starts[place] for place in wanted if place in places.starts))
    said = printed(item.text)
    kind = leaning(said)
    before = _before(item, places)
    if before is None:
        return _Unit(index)
    answered = _answered_before(question.text, said, printed(evidence[before].text))
    if not (kind or answered):
        return _Unit(index)
    # The reason or the day has to be told, not only who is meant.
    name = antecedent(said, printed(evidence[before].text)) if kind == "pronoun" and not answered else ""
    if name:
        return _Unit(index, named_by=before, name=name)
    return _Unit(index, opening=before if says(evidence[before], frozenset()) else None)


ECHO = 0.6
"""A sentence that has this share of its words from a question rather repeats it."""


def _answered_before(question: str, said: str, before: str) -> bool:
    """Whether the answer stands in the sentence before: the reason of a "therefore" or of what only repeats
    the question, the day of a "later".
    """
    repeats = telling_share(said, question) >= ECHO and gives_reason(before) and not gives_reason(said)
    return (asks_why(question) and (is_consequence(said) or repeats)) or (
        counts_from_before(said) and asks_when(question) and not any(m.year for m in date_mentions(said))
    )


def _before(item: Evidence, places: _Places) -> int | None:
    """Give the evidence that stands just before, in the same passage or at the end of the section's one
    before it.
    """
    earlier = [span.char_start for span in item.passage.sentences if span.char_start < item.char_start]
    if earlier:
        return places.starts.get((item.passage.article_id, earlier[-1]))
    ends = range(item.char_start, item.char_start - LINE_BREAK - 1, -1)
    found = (places.ends.get((section_of(item.passage), end)) for end in ends)
    return next((index for index in found if index is not None), None)


def _in_reading_order(
    question: Understanding, units: Sequence[_Unit], evidence: Sequence[Evidence]
) -> list[_Unit]:
    """Order sentences by article, the best one's first, and inside by position; a figure, a fact or a
    sentence that is far ahead of the others leads. What answers several facts stands as they are asked.
    """
    if question.brief and len(question.parts) > 1:
        return list(units)
    first: dict[str, int] = {}
    for rank, unit in enumerate(units):
        first.setdefault(evidence[unit.index].passage.article_id, rank)
    order = sorted(
        units, key=lambda u: (first[evidence[u.index].passage.article_id], evidence[u.index].char_start)
    )
    if len(question.parts) == 1 and units and (question.brief or _ahead(units, evidence)):
        order.remove(units[0])
        order.insert(0, units[0])
    return order


def _ahead(units: Sequence[_Unit], evidence: Sequence[Evidence]) -> bool:
    scores = [evidence[unit.index].score for unit in units]
    return len(scores) > 1 and scores[0] >= AHEAD * max(scores[1:])


def _drafted(
    unit: _Unit,
    evidence: Sequence[Evidence],
    places: _Places,
    told: set[int],
    last: int | None,
) -> list[DraftStatement]:
    """Draft one unit as an editor would print it; `told` grows by what is said with it, `last` was said
    just before.
    """
    item = evidence[unit.index]
    said = printed(item.text)
    follows = last is not None and _before(item, places) == last
    told |= {unit.index, *unit.items}
    if unit.items:
        text = as_list(said, [printed(evidence[i].text) for i in unit.items])
        return [DraftStatement(text, tuple(i + 1 for i in (unit.index, *unit.items)))]
    if follows:
        return [DraftStatement(said, (unit.index + 1,))]
    if unit.named_by is not None:
        text = with_name(without_connective(said), unit.name)
        return [DraftStatement(text, (unit.index + 1, unit.named_by + 1))]
    if unit.opening is not None and unit.opening not in told:
        told.add(unit.opening)
        opening = without_connective(printed(evidence[unit.opening].text))
        return [DraftStatement(opening, (unit.opening + 1,)), DraftStatement(said, (unit.index + 1,))]
    return [DraftStatement(without_connective(said), (unit.index + 1,))]
