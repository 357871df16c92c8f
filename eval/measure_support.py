"""Measure support checks on development sets: `python -m eval.measure_support --data DIR`.

True statements are the reference answers with their gold sentences; false ones are the same answers made
false, and the same answers beside other sentences. Each check stands behind the same rules. Sets that a check
was trained on must not be named.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.bootstrap import mean_interval
from eval.metrics.refusal import auroc
from eval.support_pairs import CLAUSE, REFERENCE, REWRITTEN, SENTENCE, Pair, pairs_of
from index.embed import DEFAULT_MODEL, load_embedder
from rag.scorers import READER, SIMILARITY
from rag.support import SupportScorer
from rag.supporters import load_support
from rag.types import DraftStatement
from rag.verify import Verifier

log = logging.getLogger(__name__)

SETS = ("analytical_en", "analytical_zh")
_SEED = 20261125
_TRUE = (REFERENCE, CLAUSE, SENTENCE, REWRITTEN)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check made of a pair; `score` is nothing where the rules decided."""

    pair: Pair
    supported: bool
    score: float | None


def main() -> None:
    """Measure and print a table a set."""
    parser = argparse.ArgumentParser(description="Measure support checks")
    parser.add_argument("--data", type=Path, required=True, help="folder of development sets")
    parser.add_argument("--checks", nargs="+", default=[SIMILARITY, READER])
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    embedder = load_embedder(DEFAULT_MODEL)
    checks = {name: load_support(name, embedder) for name in arguments.checks}
    for name in arguments.sets:
        pairs = list(pairs_of(arguments.data / name, _SEED))
        results = {check: checked(pairs, scorer) for check, scorer in checks.items()}
        log.info("%s\n%s\n", name, table(results))


def checked(pairs: Sequence[Pair], scorer: SupportScorer) -> list[Checked]:
    """Let a check judge statements behind the rules, as in an answer."""
    verifier = Verifier(support=scorer)
    return [_checked(pair, verifier) for pair in pairs]


def _checked(pair: Pair, verifier: Verifier) -> Checked:
    draft = DraftStatement(pair.statement, tuple(range(1, len(pair.evidence) + 1)))
    supported = verifier.check(draft, pair.evidence)[1].label == "supported"
    left_open = verifier.by_rules(pair.statement, pair.evidence) is None
    score = verifier.support.score(pair.statement, pair.evidence) if left_open else None
    return Checked(pair, supported, score)


def table(results: Mapping[str, Sequence[Checked]]) -> str:
    """Give the share kept of each kind of true statement and the share caught of each kind of false one.

    The last row is the area under the ROC curve over the statements that the rules leave open.
    """
    kinds = sorted({item.pair.kind for rows in results.values() for item in rows})
    lines = [f"| statement | {' | '.join(results)} |", f"|---|{'---|' * len(results)}"]
    for kind in sorted(kinds, key=lambda kind: (kind not in _TRUE, kind)):
        lines.append(_row(f"{kind}, {'kept' if kind in _TRUE else 'caught'}", results, (kind,)))
    false = tuple(kind for kind in kinds if kind not in _TRUE)
    lines.append(_row("all true, kept", results, _TRUE))
    lines.append(_row("all false, caught", results, false))
    areas = " | ".join(_area(rows) for rows in results.values())
    return "\n".join([*lines, f"| AUROC where the rules do not decide | {areas} |"])


def _row(name: str, results: Mapping[str, Sequence[Checked]], kinds: Sequence[str]) -> str:
    cells = []
    for rows in results.values():
        right = [float(r.supported == r.pair.supported) for r in rows if r.pair.kind in kinds]
        interval = mean_interval(right, seed=_SEED)
        cells.append(f"{interval.mean:.3f} ({interval.low:.2f}–{interval.high:.2f}), {len(right)}")
    return f"| {name} | {' | '.join(cells)} |"


def _area(rows: Sequence[Checked]) -> str:
    open_ones = [(row.score, row.pair.supported) for row in rows if row.score is not None]
    area = auroc([score for score, _ in open_ones], [supported for _, supported in open_ones])
    return "–" if area is None else f"{area:.3f}, {len(open_ones)}"


if __name__ == "__main__":
    main()
