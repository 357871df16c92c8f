"""How sure a mean is, and whether two systems differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
ROUNDS = 10_000
LEVEL = 0.95

_AT_ONCE = 2_000_000
"""Random numbers held in memory at a time."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the bounds of its confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Mean difference of two systems over the same questions, and how likely chance gives one as large."""

    difference: float
    p_value: float


def mean_interval(
    values: Sequence[float], *, seed: int, resamples: int = RESAMPLES, level: float = LEVEL
) -> Interval:
    """Percentile bootstrap interval of a mean (Efron 1979): the spread of means of resampled values."""
    data = _checked(values)
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [
            data[rng.integers(0, len(data), (rows, len(data)))].mean(axis=1)
            for rows in _blocks(resamples, len(data))
        ]
    )
    low, high = np.quantile(means, ((1 - level) / 2, (1 + level) / 2))
    return Interval(float(data.mean()), float(low), float(high))


def paired_randomisation(
    ours: Sequence[float], theirs: Sequence[float], *, seed: int, rounds: int = ROUNDS
) -> PairedTest:
    """Two-sided paired randomisation test (Fisher 1935; for retrieval Smucker et al., CIKM 2007).

    If the systems were the same, each question's two values could as well be swapped. The p-value is
    the share of random swaps with a mean difference at least as large as the real one, the real one
    counted among them: it is never 0.
    """
    a, b = _checked(ours), _checked(theirs)
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values against {len(b)}: the test needs both for the same questions")
    difference = a - b
    observed = abs(difference.mean())
    # Sums in another order differ in the last bits; equal means must count as equal.
    bar = observed - 1e-12 * max(1.0, float(np.abs(difference).max()))
    rng = np.random.default_rng(seed)
    extreme = 0
    for rows in _blocks(rounds, len(a)):
        signs = rng.integers(0, 2, (rows, len(a)), dtype=np.int8) * 2.0 - 1.0
        extreme += int((np.abs(signs @ difference / len(a)) >= bar).sum())
    return PairedTest(float(difference.mean()), (extreme + 1) / (rounds + 1))


def _checked(values: Sequence[float]) -> npt.NDArray[np.float64]:
    data = np.asarray(values, dtype=np.float64)
    if not len(data) or not np.isfinite(data).all():
        raise ValueError("needs at least one value, and all of them finite")
    return data


def _blocks(rounds: int, width: int) -> list[int]:
    """Split rounds so that a block of them times `width` numbers fits in memory."""
    size = max(1, _AT_ONCE // width)
    return [min(size, rounds - start) for start in range(0, rounds, size)]
