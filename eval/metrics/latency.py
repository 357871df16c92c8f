"""How long each stage takes.

The median and the 95th percentile, linearly interpolated between the two nearest values (Hyndman and
Fan 1996, type 7). Means are left out: one slow question moves them, and nobody waits for a mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from eval.types import Percentiles


def percentiles(milliseconds: Mapping[str, Sequence[float]]) -> Mapping[str, Percentiles]:
    """Give p50 and p95 of each stage that has values."""
    return {
        stage: Percentiles(len(values), *(float(value) for value in np.percentile(values, (50, 95))))
        for stage, values in milliseconds.items()
        if values
    }
