"""The support check's files beside the reader's: weights in eight bits, and what was fitted.

support.safetensors   a last layer and a head, packed as the reader's weights are
support.json          SHA-256 of both weight files, calibration, threshold, how it was trained and measured
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.errors import ModelError
from rag.reader.artefact import SHIPPED, WEIGHTS, load_packed, save_packed, sha256_of
from rag.reader.calibration import Regression

if TYPE_CHECKING:
    from torch import Tensor

SUPPORT_WEIGHTS, SUPPORT_FACTS = "support.safetensors", "support.json"
INPUTS = ("logit", "share")
"""Inputs of the calibration: the network's logit, and the share of the statement's words in its evidence."""

_REMEDY = (
    "Reinstall Groundwire, train the check again (python -m eval.train_support), "
    "or set GROUNDWIRE_SUPPORT=similarity."
)


@dataclass(frozen=True, slots=True)
class SupportArtefact:
    """A support check on disk whose files have been checked; regressions are by language."""

    folder: Path
    fingerprint: str
    calibration: Mapping[str, Regression]
    threshold: float

    def weights(self, precision: str) -> dict[str, Tensor]:
        """Load the weights in a precision of torch."""
        return load_packed(self.folder / SUPPORT_WEIGHTS, precision)

    def probability(self, language: str, logit: float, share: float) -> float:
        """Give the calibrated probability of support."""
        row = np.array([[logit, share]], dtype=np.float32)
        return float(self.calibration["zh" if language == "zh" else "en"].probability(row)[0])


def read_support(folder: Path = SHIPPED) -> SupportArtefact:
    """Read and check a support check's files.

    Raises `ModelError` where one is missing or damaged, or belongs to another reader than the one beside it.
    """
    try:
        facts = json.loads((folder / SUPPORT_FACTS).read_text(encoding="utf-8"))
        expected = {name: str(facts["sha256"][name]) for name in (SUPPORT_WEIGHTS, WEIGHTS)}
        for name, digest in expected.items():
            found = sha256_of(folder / name)
            if found != digest:
                raise ModelError(f"{folder / name} has SHA-256 {found}, expected {digest}. {_REMEDY}")
        calibration = {
            language: Regression(float(fit["bias"]), tuple(float(fit[name]) for name in INPUTS))
            for language, fit in facts["calibration"].items()
        }
        return SupportArtefact(folder, expected[SUPPORT_WEIGHTS], calibration, float(facts["threshold"]))
    except OSError as error:
        raise ModelError(f"The support check cannot be read: {error}. {_REMEDY}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder / SUPPORT_FACTS} is damaged ({error!r}). {_REMEDY}") from error


def write_support(
    folder: Path,
    weights: Mapping[str, Tensor],
    calibration: Mapping[str, Regression],
    threshold: float,
    facts: Mapping[str, object],
) -> SupportArtefact:
    """Write a support check beside the reader that it was trained on; `facts` are told as well."""
    save_packed(folder / SUPPORT_WEIGHTS, weights)
    document = {
        "sha256": {name: sha256_of(folder / name) for name in (SUPPORT_WEIGHTS, WEIGHTS)},
        "calibration": {
            language: {"bias": fit.bias, **dict(zip(INPUTS, fit.weights, strict=True))}
            for language, fit in calibration.items()
        },
        "threshold": threshold,
        **facts,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (folder / SUPPORT_FACTS).write_text(text, encoding="utf-8")
    return read_support(folder)
