"""Whether a probability means what it says.

Questions are put into ten bins of equal width by the evidence probability of their best sentence. A
bin's accuracy is the share of them whose best sentence does help: it is gold evidence, or holds a gold
answer; for an unanswerable question no sentence does. The expected calibration error is the mean
distance of accuracy and mean probability of the bins, weighed by their questions (Naeini et al. 2015;
Guo et al. 2017, arXiv 1706.04599).
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.types import ReliabilityBin

BINS = 10


def reliability(confidences: Sequence[float], outcomes: Sequence[bool]) -> tuple[ReliabilityBin, ...]:
    """Give the bins that have questions, lowest first. Raises `ValueError` outside 0 to 1."""
    if not all(0 <= confidence <= 1 for confidence in confidences):
        raise ValueError("a probability lies between 0 and 1")
    binned: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for pair in zip(confidences, outcomes, strict=True):
        binned[min(BINS - 1, int(pair[0] * BINS))].append(pair)
    return tuple(
        ReliabilityBin(
            len(members),
            sum(confidence for confidence, _ in members) / len(members),
            sum(outcome for _, outcome in members) / len(members),
        )
        for members in binned
        if members
    )


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """Give the error over bins, `None` where there are none."""
    total = sum(one.n for one in bins)
    if not total:
        return None
    return sum(one.n * abs(one.accuracy - one.confidence) for one in bins) / total
