"""Measure evidence scorers on development sets: `python -m eval.measure_evidence --data DIR --work DIR`.

Every scorer reads the same retrieved passages. Libraries of the sets' articles are kept in the work folder,
and so is what each scorer gave, so that a scorer is measured once. Sets that a scorer was trained on must
not be named.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from eval.bootstrap import mean_interval
from eval.datasets import iter_articles, load_questions, titled
from eval.evidence_groups import label
from eval.metrics.bm25 import bm25_scores
from eval.metrics.refusal import auroc
from eval.types import Case
from index.embed import DEFAULT_MODEL, load_embedder
from index.library import Library, open_library
from index.types import Hit
from rag.evidence import EvidenceScorer, Reranker, sentence_texts
from rag.retrieve import retrieve
from rag.scorers import READER, SIMILARITY, load_scorer
from rag.training.fit import calibration_error
from rag.training.types import UNKNOWN
from rag.types import Evidence, Question, ScoredPassage
from rag.understand import understand

log = logging.getLogger(__name__)

BM25 = "bm25"
SETS = (
    "expmrc_squad",
    "xquad_en",
    "squad_dev",
    "xquad_zh",
    "cmrc_trial",
    "analytical_en",
    "analytical_zh",
    "realtimeqa_gold",
)
GIVEN = "squad_dev"
"""The set whose questions are also asked of their own paragraph, answered in it or not."""

_TOP_K = 10
_SEED = 20261124
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Judged:
    """One question with what a scorer gave: sentences best first as (probability, label), and ranks.

    `gold` is the number of gold sentences in the whole article (0: unknown); `article` and `reranked` are
    reciprocal ranks of the right article before and after reranking; `best` is the best sentence's
    probability. `language` and `kind` are the case's.
    """

    case_id: str
    kind: str
    answerable: bool
    gold: int
    sentences: tuple[tuple[float, int], ...]
    passages: tuple[tuple[float, int], ...]
    article: float
    reranked: float
    best: float


def main() -> None:
    """Measure and write one JSON a scorer and set, and the table."""
    parser = argparse.ArgumentParser(description="Measure evidence scorers")
    parser.add_argument("--data", type=Path, required=True, help="folder of development sets")
    parser.add_argument("--work", type=Path, required=True, help="folder for libraries and results")
    parser.add_argument("--scorers", nargs="+", default=[BM25, SIMILARITY, READER])
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--sample", type=int, default=200, help="questions a set")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    log.setLevel(logging.INFO)
    rows: dict[str, dict[str, object]] = {}
    for name in arguments.sets:
        for scorer, judged, threshold in _judged_sets(arguments, name):
            rows.setdefault(name, {})[scorer] = summary(judged, threshold)
    (arguments.work / "summary.json").write_text(json.dumps(rows, indent=1) + "\n")
    (arguments.work / "table.md").write_text(table(rows))
    log.info("wrote %s", arguments.work / "table.md")


def summary(judged: Sequence[Judged], threshold: float) -> dict[str, object]:
    """Give the figures of a scorer on a set, each with a bootstrap interval: [mean, low, high, count]."""
    answerable = [item for item in judged if item.answerable]
    lists: dict[str, list[float]] = {
        "first": [float(bool(item.sentences) and item.sentences[0][1] == 1) for item in answerable],
        "three": [float(any(label == 1 for _, label in item.sentences[:3])) for item in answerable],
        "fused MRR": [item.article for item in answerable],
        "reranked MRR": [item.reranked for item in answerable],
    }
    lists |= _selection([item for item in answerable if item.gold > 0], threshold)
    figures: dict[str, object] = {
        name: _interval(values) for name, values in lists.items() if values and any(values)
    }
    pairs = [pair for item in judged for pair in item.sentences if pair[1] != UNKNOWN]
    figures["sentence calibration error"] = round(_error(pairs), 4)
    figures["passage calibration error"] = round(
        _error([pair for item in judged for pair in item.passages if pair[1] != UNKNOWN]), 4
    )
    figures["AUROC sentence"] = _auroc_interval([(item.best, item.answerable) for item in judged])
    figures["AUROC passage"] = _auroc_interval(
        [(max((score for score, _ in item.passages), default=0.0), item.answerable) for item in judged]
    )
    figures["refused"] = _refused(judged, threshold)
    return figures


def table(rows: Mapping[str, Mapping[str, object]]) -> str:
    """Give the figures as a Markdown table, a row a set and scorer."""
    names = list(
        dict.fromkeys(name for scorers in rows.values() for row in scorers.values() for name in _keys(row))
    )
    lines = ["| set | scorer | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for set_name, scorers in rows.items():
        for scorer, row in scorers.items():
            assert isinstance(row, Mapping)
            cells = [_cell(row.get(name)) for name in names]
            lines.append(f"| {set_name} | {scorer} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _keys(row: object) -> list[str]:
    assert isinstance(row, Mapping)
    return [str(key) for key in row]


def _cell(value: object) -> str:
    if isinstance(value, list):
        return f"{value[0]:.3f} ({value[1]:.3f}–{value[2]:.3f})"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {share:.3f}" for key, share in value.items())
    return "–" if value is None else f"{value:.3f}"


def _judged_sets(arguments: argparse.Namespace, name: str) -> Iterator[tuple[str, list[Judged], float]]:
    embedder = load_embedder(DEFAULT_MODEL)
    library = open_library(arguments.work / "libraries" / name, embedder)
    if library.writable:
        library.put_many(
            map(titled, iter_articles(arguments.data / name)),
            lambda result: None,
            lambda position, error: None,
        )
    cases = _cases(arguments.data / name, arguments.sample)
    for scorer_name in arguments.scorers:
        scorer = None if scorer_name == BM25 else load_scorer(scorer_name, embedder)
        shown = scorer.name if scorer else BM25
        threshold = scorer.threshold if scorer else 0.0
        yield scorer_name, _kept(arguments.work, name, shown, cases, _judge_of(scorer, library)), threshold
        if name == GIVEN:
            given = _kept(arguments.work, f"{name} given", shown, cases, _judge_given(scorer, library))
            yield f"{scorer_name}, paragraph given", given, threshold
    library.close()


def _cases(folder: Path, most: int) -> list[Case]:
    cases = [
        case
        for case in load_questions(folder, skip_faulty=True).cases
        if case.unanswerable or case.relevant_ids
    ]
    return random.Random(_SEED).sample(cases, min(most, len(cases)))


def _kept(
    work: Path, set_name: str, scorer: str, cases: Sequence[Case], judge: Callable[[Case], Judged | None]
) -> list[Judged]:
    name = "".join(c if c.isalnum() else "-" for c in f"{set_name} {scorer} {len(cases)}")
    path = work / "judged" / f"{name}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        judged = [item for case in cases if (item := judge(case)) is not None]
        path.write_text(json.dumps([asdict(item) for item in judged]))
        log.info("%s", name)
    return [_read(row) for row in json.loads(path.read_text())]


def _read(row: dict[str, object]) -> Judged:
    for key in ("sentences", "passages"):
        pairs = row[key]
        assert isinstance(pairs, list)
        row[key] = tuple((float(p), int(v)) for p, v in pairs)
    return Judged(**row)  # type: ignore[arg-type]  # JSON has no tuples


def _judge_of(scorer: EvidenceScorer | None, library: Library) -> Callable[[Case], Judged | None]:
    def judge(case: Case) -> Judged | None:
        understanding = understand(Question(case.question))
        hits = retrieve(understanding, library.snapshot(), top_k=_TOP_K).hits
        return judged(case, hits, _scored(scorer, case.question, hits), scorer)

    return judge


def _judge_given(scorer: EvidenceScorer | None, library: Library) -> Callable[[Case], Judged | None]:
    passages: dict[str, list[Hit]] = {}
    snapshot = library.snapshot()
    keys = [int(key) for key in library.catalog.live_keys()]
    for passage in snapshot.passages(keys).values():
        passages.setdefault(passage.article_id, []).append(Hit(passage, 1, None, None, 0.0))

    def judge(case: Case) -> Judged | None:
        source = case.relevant_ids[0] if case.relevant_ids else str(case.metadata.get("source_id", ""))
        hits = tuple(passages.get(source, ()))
        return judged(case, hits, _scored(scorer, case.question, hits), scorer) if hits else None

    return judge


def _scored(scorer: EvidenceScorer | None, question: str, hits: Sequence[Hit]) -> tuple[ScoredPassage, ...]:
    if scorer is not None:
        return scorer.score(question, hits)
    texts = [text for hit in hits for text in sentence_texts(hit.passage)]
    scores = iter(bm25_scores(question, texts))
    found = []
    for hit in hits:
        sentences = tuple(
            Evidence(hit.passage, span.char_start, span.char_end, text, next(scores))
            for span, text in zip(hit.passage.sentences, sentence_texts(hit.passage), strict=True)
        )
        found.append(ScoredPassage(hit, max(item.score for item in sentences), sentences))
    return tuple(found)


def judged(
    case: Case, hits: Sequence[Hit], passages: Sequence[ScoredPassage], scorer: EvidenceScorer | None
) -> Judged:
    """Hold what a scorer gave against the gold of a case."""
    rows = [
        (item.score, label(case, item.passage.article_id, item.text, item.char_start, item.char_end))
        for passage in passages
        for item in passage.sentences
    ]
    order = sorted(range(len(rows)), key=lambda i: -rows[i][0])
    reranked = scorer.rerank(passages) if isinstance(scorer, Reranker) else passages
    return Judged(
        case_id=case.case_id,
        kind=case.type,
        answerable=not case.unanswerable,
        gold=len(case.evidence),
        sentences=tuple(rows[i] for i in order),
        passages=tuple((passage.score, _helps(case, passage)) for passage in passages),
        article=_reciprocal_rank(case, [hit.passage.article_id for hit in hits]),
        reranked=_reciprocal_rank(case, [passage.hit.passage.article_id for passage in reranked]),
        best=max((score for score, _ in rows), default=0.0),
    )


def _helps(case: Case, passage: ScoredPassage) -> int:
    labels = {
        label(case, item.passage.article_id, item.text, item.char_start, item.char_end)
        for item in passage.sentences
    }
    return 1 if 1 in labels else UNKNOWN if UNKNOWN in labels else 0


def _reciprocal_rank(case: Case, article_ids: Sequence[str]) -> float:
    for rank, article_id in enumerate(dict.fromkeys(article_ids), start=1):
        if article_id in case.relevant_ids:
            return 1 / rank
    return 0.0


def _selection(items: Sequence[Judged], threshold: float) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"recall@5": [], "precision": [], "recall": [], "F1": []}
    for item in items:
        chosen = [value == 1 for score, value in item.sentences if score >= threshold]
        recall = min(1.0, sum(chosen) / item.gold)
        precision = sum(chosen) / len(chosen) if chosen else 0.0
        found["recall@5"].append(min(1.0, sum(v == 1 for _, v in item.sentences[:5]) / item.gold))
        found["precision"].append(precision)
        found["recall"].append(recall)
        found["F1"].append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    return found


def _interval(values: Sequence[float]) -> list[float]:
    interval = mean_interval(values, seed=_SEED, resamples=_RESAMPLES)
    return [round(x, 4) for x in (interval.mean, interval.low, interval.high)] + [len(values)]


def _error(pairs: Sequence[tuple[float, int]]) -> float:
    scores = np.array([score for score, _ in pairs], dtype=np.float32)
    if not len(scores) or scores.max() > 1:
        return float("nan")
    return calibration_error(scores, np.array([value == 1 for _, value in pairs]))


def _refused(judged: Sequence[Judged], threshold: float) -> dict[str, float]:
    shares = {}
    for name, answerable in (("answerable", True), ("unanswerable", False)):
        values = [item.best < threshold for item in judged if item.answerable == answerable]
        if values:
            shares[name] = round(float(np.mean(values)), 4)
    return shares


def _auroc_interval(pairs: Sequence[tuple[float, bool]]) -> list[float] | None:
    area = auroc([score for score, _ in pairs], [good for _, good in pairs])
    if area is None:
        return None
    rng = np.random.default_rng(_SEED)
    areas = []
    for _ in range(_RESAMPLES // 5):
        chosen = [pairs[i] for i in rng.integers(0, len(pairs), len(pairs))]
        found = auroc([score for score, _ in chosen], [good for _, good in chosen])
        if found is not None:
            areas.append(found)
    low, high = np.quantile(areas, (0.025, 0.975))
    return [round(x, 4) for x in (area, float(low), float(high))] + [len(pairs)]


if __name__ == "__main__":
    main()
