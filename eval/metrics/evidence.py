"""Cited characters against the sentences that an annotator marked as the evidence.

Recall is the share of gold spans that are cited: at least half of a span's characters lie in
citations. Precision is the share of citations that are gold: at least half of a citation's
characters lie in gold spans. Both halves are of the span itself, so neither citing a whole article
nor citing single words earns a score, while sentences cut a little differently still meet. F1 is
their harmonic mean. They follow the citation recall and precision of ALCE (Gao et al. 2023,
arXiv 2305.14627) with human marks in the place of its entailment model. An answer without
citations scores 0 in all three.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.types import CitedSpan, GoldEvidence

COVERED = 0.5
"""Share of a span's characters that must be met."""


@dataclass(frozen=True, slots=True)
class EvidenceScores:
    """Share of gold spans cited, share of citations that are gold, and their F1."""

    recall: float
    precision: float
    f1: float


def evidence_scores(gold: Sequence[GoldEvidence], cited: Sequence[CitedSpan]) -> EvidenceScores:
    """Score citations against gold spans; equal spans count once. Raises `ValueError` without gold."""
    wanted = {CitedSpan(span.article_id, span.char_start, span.char_end) for span in gold}
    given = set(cited)
    if not wanted:
        raise ValueError("no gold evidence to score citations against")
    recall = sum(is_covered(span, given) for span in wanted) / len(wanted)
    precision = sum(is_covered(span, wanted) for span in given) / len(given) if given else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return EvidenceScores(recall, precision, f1)


def is_covered(span: CitedSpan, by: Iterable[CitedSpan]) -> bool:
    """Tell whether at least half of a span's characters lie in the others."""
    ranges = sorted(
        (max(other.char_start, span.char_start), min(other.char_end, span.char_end))
        for other in by
        if other.article_id == span.article_id
    )
    covered, reached = 0, span.char_start
    for start, end in ranges:
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    length = span.char_end - span.char_start
    return length > 0 and covered >= COVERED * length
