"""Train the support check: `python -m eval.train_support --data DIR --work DIR`.

Makes true and false statements from the training sets' reference answers and sentences, trains a last layer
and a head over the reader's lower layers, calibrates on held-out articles and writes both beside the reader.
The reader itself stays as it is; a reader that was trained again needs its check trained again.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random

from eval.metrics.refusal import auroc
from eval.support_pairs import SENTENCE, Pair, pairs_of
from rag.overlap import word_share
from rag.reader.artefact import SHIPPED, opened_weights, read_artefact
from rag.reader.network import Weights, working_precision
from rag.reader.support import windows_of
from rag.reader.support_artefact import write_support
from rag.reader.text import Reading, Window
from rag.training.support import (
    Stated,
    States,
    SupportPlan,
    balanced,
    first_weights,
    logits_of,
    train_support,
)
from rag.training.support_fit import Judged, fit_support, support_curve
from rag.training.support_sample import support_sample
from rag.verify import Verifier

log = logging.getLogger(__name__)

SETS = ("analytical_en", "analytical_zh")
BY_RULES = frozenset(
    f"{way}{where}" for way in ("number", "unit", "date") for where in ("", " in a sentence")
) | {SENTENCE}
_DECIDED = 0.25
"""Share of the statements of a kind that the rules decide: the check is seldom asked about them."""

_LONGEST = 256
"""Pieces of the longest window that is learned from; the few longer ones take much of the time."""


def main() -> None:
    """Train and write the check."""
    parser = argparse.ArgumentParser(description="Train the support check")
    parser.add_argument("--data", type=Path, required=True, help="folder of training sets")
    parser.add_argument("--work", type=Path, required=True, help="folder for the log")
    parser.add_argument(
        "--reader", type=Path, default=SHIPPED, help="folder of the reader; the check goes there"
    )
    parser.add_argument("--epochs", type=int, default=SupportPlan().epochs)
    parser.add_argument("--share", type=float, default=1.0, help="share of the statements that is used")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    log.setLevel(logging.INFO)
    plan = SupportPlan(epochs=arguments.epochs)
    arguments.work.mkdir(parents=True, exist_ok=True)
    pairs = training_pairs(arguments.data, plan.seed, arguments.share)
    log.info("%d statements, %d held out", len(pairs), sum(pair.held_out for pair in pairs))
    _train(arguments.reader, pairs, plan, arguments.work, arguments.share)
    log.info("wrote %s", arguments.reader)


def training_pairs(data: Path, seed: int, share: float) -> list[Pair]:
    """Give a share of the statements of the training sets, the same for the same seed."""
    random = Random(seed)
    made = [pair for name in SETS for pair in pairs_of(data / name, seed)]
    return [pair for pair in made if random.random() < share * (_DECIDED if pair.kind in BY_RULES else 1.0)]


def _train(folder: Path, pairs: Sequence[Pair], plan: SupportPlan, work: Path, share: float) -> None:
    artefact = read_artefact(folder)
    reading, reader = Reading(artefact.vocabulary), artefact.weights(working_precision())
    learned, windows = _short_enough(reading, [pair for pair in pairs if not pair.held_out])
    held_out = [pair for pair in pairs if pair.held_out]
    shares = balanced([(pair.language, pair.supported) for pair in learned])
    examples = [
        Stated(window, pair.supported, weight)
        for window, pair, weight in zip(windows, learned, shares, strict=True)
    ]
    kept_windows = _windows(reading, held_out)
    states, kept = States(reader, windows), States(reader, kept_windows)
    log.info("states made")

    def measure(epoch: int, own: Weights) -> None:
        scores = logits_of(own, kept_windows, kept).tolist()
        log.info("epoch %d: %s", epoch, held_out_figures(held_out, scores))

    start = first_weights(reader, seed=plan.seed)
    own = train_support(start, examples, states, plan, work / "support.jsonl", on_epoch=measure)
    ready = opened_weights(own, working_precision())
    judged = judged_by_rules(held_out, logits_of(ready, kept_windows, kept).tolist())
    (work / "held_out_support.json").write_text(json.dumps([asdict(item) for item in judged]) + "\n")
    calibration, threshold = fit_support(judged)
    facts = {
        "threshold_curve": support_curve(judged, calibration),
        "held_out": held_out_figures(held_out, [item.logit for item in judged]),
        "held_out_statements": len(held_out),
        "training": {
            "command": "python -m eval.train_support --data DIR --work DIR",
            "plan": asdict(plan),
            "share": share,
            "statements": dict(sorted(Counter(pair.kind for pair in learned).items())),
        },
    }
    written = write_support(folder, own, calibration, threshold, facts)
    facts["sample"] = support_sample(artefact, written)
    write_support(folder, own, calibration, threshold, facts)


def judged_by_rules(pairs: Sequence[Pair], logits: Sequence[float]) -> list[Judged]:
    """Put beside each logit the share of words, and whether the rules leave the statement open."""
    verifier = Verifier()
    return [
        Judged(
            pair.language,
            pair.kind,
            pair.supported,
            logit,
            word_share(pair.statement, "\n".join(item.text for item in pair.evidence)),
            verifier.by_rules(pair.statement, pair.evidence) is None,
        )
        for pair, logit in zip(pairs, logits, strict=True)
    ]


def held_out_figures(pairs: Sequence[Pair], logits: Sequence[float]) -> dict[str, float]:
    """Give the area under the ROC curve of each language that has both kinds of statement."""
    figures: dict[str, float] = {}
    for language in sorted({pair.language for pair in pairs}):
        mine = [(x, p.supported) for p, x in zip(pairs, logits, strict=True) if p.language == language]
        area = auroc([logit for logit, _ in mine], [supported for _, supported in mine])
        if area is not None:
            figures[f"{language} AUROC"] = round(area, 4)
    return figures


def _short_enough(reading: Reading, pairs: Sequence[Pair]) -> tuple[list[Pair], list[Window]]:
    found = zip(pairs, _windows(reading, pairs), strict=True)
    kept = [(pair, window) for pair, window in found if len(window.ids) <= _LONGEST]
    return [pair for pair, _ in kept], [window for _, window in kept]


def _windows(reading: Reading, pairs: Sequence[Pair]) -> list[Window]:
    """Give the first window of each pair: of evidence longer than that, the rest is not learned from."""
    return [windows_of(reading, pair.statement, pair.evidence)[0] for pair in pairs]


if __name__ == "__main__":
    main()
