"""The extractive generator: an answer made of evidence sentences that together cover the question."""

from __future__ import annotations

from collections.abc import Sequence

from rag.generate.coverage import choose
from rag.generate.mend import (
    antecedent,
    as_list,
    introduces_list,
    items_of,
    leaning,
    with_name,
    without_connective,
)
from rag.types import DraftStatement, Evidence, Understanding

MAX_STATEMENTS = 5


class ExtractiveGenerator:
    """Composes the evidence sentences that cover the question, mended where they lean on what was left out."""

    name = "extractive"

    def generate(self, question: Understanding, evidence: Sequence[Evidence]) -> list[DraftStatement]:
        """Draft up to five statements, in reading order; a figure or a fact comes first."""
        places = {_place(item): index for index, item in enumerate(evidence)}
        chosen = choose(question, evidence, MAX_STATEMENTS)
        drafts: list[DraftStatement] = []
        told: set[int] = set()
        for position, index in enumerate(_in_reading_order(question, chosen, evidence)):
            if index not in told:
                room = MAX_STATEMENTS - len(drafts) - (len(set(chosen) - told) - 1)
                drafts += _drafted(index, evidence, places, told, room=room if position or True else 0)
        return drafts[:MAX_STATEMENTS]


def _in_reading_order(
    question: Understanding, chosen: Sequence[int], evidence: Sequence[Evidence]
) -> list[int]:
    """Order sentences by article, the best one's first, and inside by position; a figure or fact leads."""
    first: dict[str, int] = {}
    for rank, index in enumerate(chosen):
        first.setdefault(evidence[index].passage.article_id, rank)
    order = sorted(chosen, key=lambda i: (first[evidence[i].passage.article_id], evidence[i].char_start))
    if question.kind in ("figure", "fact") and len(question.parts) == 1 and chosen:
        order.remove(chosen[0])
        order.insert(0, chosen[0])
    return order


def _drafted(
    index: int, evidence: Sequence[Evidence], places: dict[tuple[str, int], int], told: set[int], *, room: int
) -> list[DraftStatement]:
    """Draft one sentence with what it needs to be understood; `told` grows by what is drafted."""
    item = evidence[index]
    before, items = _beside(item, places)
    told.add(index)
    if introduces_list(item.text):
        marks = [index, *items]
        told.update(items)
        text = as_list(item.text, [evidence[i].text for i in items])
        return [DraftStatement(text, tuple(i + 1 for i in marks))]
    kind = leaning(item.text)
    text = item.text if before in told else without_connective(item.text)
    if not kind or before is None or before in told:
        return [DraftStatement(text, (index + 1,))]
    name = antecedent(text, evidence[before].text) if kind == "pronoun" else ""
    if name:
        return [DraftStatement(with_name(text, name), (index + 1, before + 1))]
    if room > 0:
        opening = _drafted(before, evidence, places, told, room=0)
        return [*opening, DraftStatement(item.text, (index + 1,))]
    return [DraftStatement(text, (index + 1,))]


def _beside(item: Evidence, places: dict[tuple[str, int], int]) -> tuple[int | None, list[int]]:
    """Give the places in the evidence of the sentence before one and of the items of the list it opens."""
    spans = [span.char_start for span in item.passage.sentences]
    at = spans.index(item.char_start)
    article = item.passage.article_id
    before = places.get((article, spans[at - 1])) if at else None
    if not introduces_list(item.text):
        return before, []
    offset = item.passage.char_start
    texts = [
        item.passage.text[span.char_start - offset : span.char_end - offset] for span in item.passage.sentences
    ]
    following = spans[at + 1 : at + 1 + items_of(texts[at + 1 :])]
    return before, [places[article, start] for start in following if (article, start) in places]


def _place(item: Evidence) -> tuple[str, int]:
    return item.passage.article_id, item.char_start
