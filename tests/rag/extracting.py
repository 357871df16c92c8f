"""Answers of the extractive generator from passages with given scores, for tests."""

from __future__ import annotations

from dataclasses import replace

from builders import evidence

from index.types import Hit
from rag.generate.extractive import ExtractiveGenerator
from rag.kinds import asks_why
from rag.select import evidence_of
from rag.types import ScoredPassage


def answered(question, *scored):
    """Statements for a question from passages with the scores of their sentences."""
    passages = tuple(
        ScoredPassage(Hit(place, rank, None, None, 1 / rank), max(scores), tuple(evidence(place, *scores)))
        for rank, (place, scores) in enumerate(scored, start=1)
    )
    numbered = evidence_of(passages, (), why=asks_why(question.text))
    drafts = ExtractiveGenerator().generate(question, numbered)
    return [(draft.text, [numbered[mark - 1].text for mark in draft.marks]) for draft in drafts]


def texts(*args):
    return [text for text, _ in answered(*args)]


def of_parts(question, *scored):
    """Statements for a question of several parts from passages with a row of scores for each sentence."""
    numbered = [
        replace(item, parts=row)
        for place, rows in scored
        for item, row in zip(evidence(place, *(max(row) for row in rows)), rows, strict=True)
    ]
    return [draft.text for draft in ExtractiveGenerator().generate(question, numbered)]
