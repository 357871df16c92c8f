"""From scored passages to the numbered evidence that a generator is given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from index.snapshot import Snapshot
from index.types import Filters, StoredPassage
from rag.evidence import sentence_texts
from rag.generate.mend import introduces_list, items_of, needs_before
from rag.types import Evidence, ScoredPassage

SHARE_OF_BEST = 0.05
"""A sentence with less than this share of the best one's probability is no evidence."""

MOST = 32
"""Sentences that a generator is given at most, those not counted that others lean on."""

EXPLAINED = 5
"""Sentences beside which, where a reason is asked, the one before stands by."""

LINE_BREAK = 2
"""Characters between two sentences of one section at most: a paragraph ends between them."""

_LEAST = 1e-6


RANK_OF_FACT = 0.4
"""How much of what its passage's rank adds to a sentence, in log odds, counts where a fact is asked.

The weight of ranks is fitted on small libraries, where the first passage is nearly always the right one. In
a larger one many articles speak of the same, and any of them may say the fact.
"""


def levelled(passages: Sequence[ScoredPassage]) -> tuple[ScoredPassage, ...]:
    """Give scored passages with the weights by which sentences are chosen for a fact in the place of their
    probabilities.
    """
    return tuple(
        replace(passage, sentences=tuple(replace(item, score=_levelled(item)) for item in passage.sentences))
        for passage in passages
    )


def _levelled(item: Evidence) -> float:
    if item.unranked is None:
        return item.score
    mixed = RANK_OF_FACT * _log_odds(item.score) + (1 - RANK_OF_FACT) * _log_odds(item.unranked)
    return 1 / (1 + math.exp(-mixed))


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))


def evidence_of(
    passages: Sequence[ScoredPassage],
    part_scores: Sequence[Sequence[ScoredPassage]],
    *,
    why: bool = False,
) -> list[Evidence]:
    """Give the sentences that count as evidence, best first, then what they lean on, as marks name them.

    That the question can be answered was decided before; beside the surest sentence, weaker ones complete
    the answer. `part_scores` has the same passages scored for each part of a question that asks several
    things; a sentence counts where it helps with any part. Where `why` a reason is asked, the best sentences
    without one have the sentence before them standing by.
    """
    sentences = [item for passage in passages for item in passage.sentences]
    by_part = [[item.score for passage in scored for item in passage.sentences] for scored in part_scores]
    for number, item in enumerate(sentences if by_part else ()):
        parts = tuple(scores[number] for scores in by_part)
        sentences[number] = replace(item, score=max(item.score, *parts), parts=parts)
    best = max((item.score for item in sentences), default=0.0)
    ranked = sorted(sentences, key=lambda item: -item.score)
    chosen = [item for item in ranked if item.score >= SHARE_OF_BEST * best][:MOST]
    present = {_place(item) for item in chosen}
    beside = {_place(item): item for item in sentences}
    context: dict[tuple[str, int, int], Evidence] = {}
    for number, item in enumerate(chosen):
        for start, end in _leant_on(item, why=why and number < EXPLAINED):
            place = (item.passage.article_id, start, end)
            if place not in present and place in beside:
                context.setdefault(place, replace(beside[place], context=True))
    return [*chosen, *context.values()]


def with_sentences_before(evidence: Sequence[Evidence], snapshot: Snapshot, *, why: bool) -> list[Evidence]:
    """Give evidence and, behind it as context, the last sentence of the passage before for what opens its
    passage and needs it.
    """
    opening = [
        item
        for number, item in enumerate(evidence)
        if item.char_start == item.passage.char_start
        and not item.context
        and needs_before(item.text, why=why and number < EXPLAINED)
    ]
    keys = dict.fromkeys(item.passage.key for item in opening)
    beside = snapshot.passages_before(list(keys)) if keys else []
    added: dict[tuple[str, int, int], Evidence] = {}
    for item in opening:
        for passage in (passage for passage in beside if _runs_on(passage, item)):
            last = passage.sentences[-1]
            text = sentence_texts(passage)[-1]
            found = Evidence(passage, last.char_start, last.char_end, text, score=0.0, context=True)
            added.setdefault(_place(found), found)
    present = {_place(item) for item in evidence}
    return [*evidence, *(item for place, item in added.items() if place not in present)]


def _runs_on(passage: StoredPassage, item: Evidence) -> bool:
    """Whether a sentence goes on in the section in which a passage of its article ends."""
    gap = item.char_start - passage.char_end
    return section_of(passage) == section_of(item.passage) and 0 <= gap <= LINE_BREAK


def section_of(passage: StoredPassage) -> tuple[str, str, str]:
    """Name the section of an article that a passage is of."""
    return passage.article_id, passage.section_kind, passage.heading


def with_summaries(
    evidence: Sequence[Evidence], cited: Sequence[Evidence], snapshot: Snapshot
) -> list[Evidence]:
    """Give evidence and, behind it, the sentences of the summaries of the cited articles as context.

    However they scored, and even where retrieval missed them, they tell of the same and may contradict it.
    """
    articles = tuple(dict.fromkeys(item.passage.article_id for item in cited))
    keys = snapshot.keys_matching(Filters(article_ids=articles)) if articles else None
    if keys is None:
        return list(evidence)
    present = {_place(item) for item in evidence}
    added = [
        Evidence(passage, span.char_start, span.char_end, text, score=0.0, context=True)
        for passage in snapshot.passages(keys.tolist()).values()
        if passage.section_kind == "summary"
        for span, text in zip(passage.sentences, sentence_texts(passage), strict=True)
    ]
    return [*evidence, *(item for item in added if _place(item) not in present)]


def _leant_on(item: Evidence, *, why: bool) -> list[tuple[int, int]]:
    spans = [(span.char_start, span.char_end) for span in item.passage.sentences]
    at = spans.index((item.char_start, item.char_end))
    found: list[tuple[int, int]] = []
    if at and needs_before(item.text, why=why):
        found.append(spans[at - 1])
    if introduces_list(item.text):
        following = sentence_texts(item.passage)[at + 1 :]
        found.extend(islice(spans, at + 1, at + 1 + items_of(following)))
    return found


def neighbours(item: Evidence) -> tuple[str, list[str]]:
    """Give the sentence before one in its passage (empty for none) and those behind it."""
    texts = sentence_texts(item.passage)
    at = [span.char_start for span in item.passage.sentences].index(item.char_start)
    return texts[at - 1] if at else "", texts[at + 1 :]


def _place(item: Evidence) -> tuple[str, int, int]:
    return item.passage.article_id, item.char_start, item.char_end
