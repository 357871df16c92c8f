"""A small sample, written for this purpose, on which a shipped model can be checked anywhere in seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

import numpy as np

from index.language import detect
from rag.reader.calibration import Calibration, inputs
from rag.reader.network import Weights
from rag.reader.scorer import read_passages
from rag.reader.text import Reading


def sample_figures(weights: Weights, reading: Reading, calibration: Calibration) -> Mapping[str, float]:
    """Give the share of questions with the first sentence right, and the mean probabilities.

    Each question is read with its own passage and, behind it, the next question's.
    """
    rows = json.loads((files("rag.training") / "sample.json").read_text(encoding="utf-8"))
    first: list[float] = []
    gold: list[float] = []
    other: list[float] = []
    for place, row in enumerate(rows):
        following = rows[(place + 1) % len(rows)]
        passages = [(item["title"], item["sentences"]) for item in (row, following)]
        logits = read_passages(weights, reading, row["question"], passages)
        table, _ = inputs([r.passage for r in logits], [r.sentences for r in logits], [1, 2])
        language = "zh" if detect(row["question"]) == "zh" else "en"
        scores = calibration.sentence[language].probability(table)
        helps = np.isin(np.arange(len(scores)), row["gold"])
        first.append(float(helps[int(scores.argmax())]))
        gold.extend(scores[helps].tolist())
        other.extend(scores[~helps].tolist())
    values = {"first": first, "gold probability": gold, "other probability": other}
    return {name: round(float(np.mean(found)), 4) for name, found in values.items()}
