"""Whether an answer shows that its articles disagree.

Of a question whose articles give several values for one thing, an answer shows the conflict where one
of its conflicts has a position for each of the values. The sets with planted false passages are RGB's
counterfactual ones (Chen et al. 2023, arXiv 2309.01431), which ask whether the false value is noticed;
the string match is `contains_any`.
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.answer import contains_any
from rag.types import Conflict


def conflict_shown(conflicts: Sequence[Conflict], sides: Sequence[Sequence[str]]) -> bool:
    """Tell whether one conflict has a position for every side, given as alternative values."""
    return bool(sides) and any(
        all(any(contains_any(position.value, side) for position in conflict.positions) for side in sides)
        for conflict in conflicts
    )
