"""Calibration from held-out groups, scored as at run time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.chunk import context
from index.types import BoolArray, FloatArray
from rag.reader.answerable import SIGNS, PassageRead, signs
from rag.reader.calibration import Calibration, Refusal, Regression, inputs
from rag.reader.rerank import reranked_places
from rag.reader.scorer import Logits
from rag.training.types import UNKNOWN, Group

UNSURE_SIGNS = {"en": (), "zh": ("logit", "passage_logit", "nearness")}
"""Signs that are left out in a language, their weight nought. Chinese logits before calibration go by the
characters that question and passage share: with them one in six translated questions was refused whose answer
was there, without them one in sixteen. The bundled embedder knows no Chinese."""

REFUSED_SHARE = {"en": 0.02, "zh": 0.015}
"""Share of answerable held-out questions that may be refused. The Chinese ones are easier than what is asked
of translated articles: a bound for three in a hundred of them refused one in ten of those."""

REFUSAL_C = 0.1
"""Inverse strength of the penalty on the weights of refusal. Its signs go together: without a penalty they
get large weights of opposite signs, which do not carry over to other articles."""

UNSURE_SHARE = 0.015
"""Share of answerable held-out questions whose best sentence may fall below the threshold of evidence."""

_KIND_WEIGHT = {"span": 1.0, "analytical": 1.0}
_RERANK_WEIGHTS = (0.0, 0.25, 0.5)
"""Evidence gets at most half the say of retrieval: the held-out articles make a small library, in which few
passages come near, and would have it overrated."""

_BINS = 10


@dataclass(frozen=True, slots=True)
class Read:
    """A held-out group with the logits of its retrieved passages, in the order of retrieval."""

    group: Group
    logits: tuple[Logits, ...]

    @property
    def labels(self) -> tuple[tuple[int, ...], ...]:
        """Labels of the sentences of the same passages."""
        found = [c for c in self.group.candidates if c.rank]
        return tuple(c.labels for c in found[: len(self.logits)])


def fit(results: Sequence[Read], gone: Sequence[Read], space: str) -> Calibration:
    """Fit the regressions of both languages, the thresholds and the weight of reranking.

    `gone` are groups read without their answering articles: for refusal alone. `space` is the id of the
    embedding space in which the passages of all were found.
    """
    sentence: dict[str, Regression] = {}
    passage: dict[str, Regression] = {}
    for language in ("en", "zh"):
        mine = [result for result in results if result.group.language == language]
        tables = [_table(result) for result in mine]
        # Every kind of question has the same say, however many of it there are.
        share = {kind: 1 / max(1, sum(r.group.kind == kind for r in mine)) for kind in _KIND_WEIGHT}
        weights = [share[result.group.kind] for result in mine]
        sentence[language] = _regression([(t[0], t[1]) for t in tables], weights)
        passage[language] = _regression([(t[2], t[3]) for t in tables], weights)
    nothing = Refusal({}, {})
    fitted = Calibration(sentence, passage, nothing, nothing, space, 0.0, 0.0)
    probabilities = [probabilities_of(result, fitted) for result in results]
    best = np.array([float(p[0].max()) for p in probabilities])
    answerable = np.array([_answered(result) for result in results])
    fitted = replace(fitted, threshold=round(float(np.quantile(best[answerable], UNSURE_SHARE)), 4))
    fitted = replace(fitted, rerank_weight=_rerank_weight(results, [p[1] for p in probabilities]))
    everywhere = {language: (*names, "nearness") for language, names in UNSURE_SIGNS.items()}
    return replace(
        fitted,
        refusal=_refusal(fitted, [*results, *gone], UNSURE_SIGNS),
        refusal_elsewhere=_refusal(fitted, [*results, *gone], everywhere),
    )


def without_source(group: Group) -> Group | None:
    """Give an answerable group as a library without the answering article would have it; nothing where
    another passage may answer, or none is left.
    """
    others = tuple(c for c in group.candidates if c.rank and c.article_id != group.source_id)
    if not group.answerable or not others or any(label != 0 for c in others for label in c.labels):
        return None
    return replace(group, answerable=False, candidates=others)


def answerable(result: Read, calibration: Calibration) -> float:
    """Give the probability that what was retrieved for a group answers its question."""
    regression = calibration.refusal.question[result.group.language]
    return float(regression.probability(_signs(result, calibration))[0])


def _refusal(fitted: Calibration, results: Sequence[Read], without: Mapping[str, Sequence[str]]) -> Refusal:
    """Fit what decides refusal, some signs left out. A question whose answer was missed says nothing."""
    results = [result for result in results if _answered(result) or not result.group.answerable]
    regressions: dict[str, Regression] = {}
    below: dict[str, float] = {}
    for language in ("en", "zh"):
        mine = [result for result in results if result.group.language == language]
        strata = Counter((r.group.kind, r.group.answerable) for r in mine)
        weights = [1 / strata[r.group.kind, r.group.answerable] for r in mine]
        told = np.array([name not in without[language] for name in SIGNS], dtype=np.float32)
        tables = [(_signs(r, fitted) * told, np.array([r.group.answerable])) for r in mine]
        regression = regressions[language] = _penalised(tables, weights)
        answered = np.concatenate([regression.probability(row) for row, yes in tables if yes.all()])
        below[language] = round(float(np.quantile(answered, REFUSED_SHARE[language])), 4)
    return Refusal(regressions, below)


def _signs(result: Read, calibration: Calibration) -> FloatArray:
    sentences, passages = probabilities_of(result, calibration)
    shares = iter(sentences.tolist())
    found = [c for c in result.group.candidates if c.rank]
    return signs(
        result.group.question,
        [
            PassageRead(
                f"{context(c.title, c.heading)}\n{c.text}",
                probability,
                tuple(next(shares) for _ in logits.sentences),
                logits.passage,
                max(logits.sentences, default=0.0),
                c.nearness,
            )
            for c, logits, probability in zip(found, result.logits, passages.tolist(), strict=True)
        ],
    )


def probabilities_of(result: Read, calibration: Calibration) -> tuple[FloatArray, FloatArray]:
    """Give the probabilities of all sentences of a group, in order, and of its passages."""
    rows, about = _inputs(result)
    language = result.group.language
    return calibration.sentence[language].probability(rows), calibration.passage[language].probability(about)


def refusal_curve(
    results: Sequence[Read], gone: Sequence[Read], calibration: Calibration
) -> dict[str, list[dict[str, float]]]:
    """Tell by language what each bound refuses: of answerable questions, of near misses, and of questions
    whose article is gone. These groups were fitted on.
    """
    curves: dict[str, list[dict[str, float]]] = {}
    for language in calibration.refusal.question:
        mine = [r for r in results if r.group.language == language]
        good = np.array([answerable(r, calibration) for r in mine if _answered(r)])
        near = np.array([answerable(r, calibration) for r in mine if not r.group.answerable])
        missing = np.array([answerable(r, calibration) for r in gone if r.group.language == language])
        curves[language] = [
            {
                "refused_below": round(float(bound), 4),
                "answerable_refused": _below(good, float(bound)),
                "near_misses_refused": _below(near, float(bound)),
                "without_article_refused": _below(missing, float(bound)),
            }
            for bound in np.quantile(good, (0.0, REFUSED_SHARE[language], 0.05, *np.linspace(0.1, 0.5, 9)))
        ]
    return curves


def _below(scores: FloatArray, threshold: float) -> float:
    return round(float(np.mean(scores < threshold)), 4) if len(scores) else 0.0


def calibration_error(probabilities: FloatArray, labels: BoolArray) -> float:
    """Expected calibration error over ten bins of equal width (Guo et al. 2017, arXiv 1706.04599)."""
    bins = np.clip((probabilities * _BINS).astype(int), 0, _BINS - 1)
    parts = [
        abs(float(probabilities[bins == i].mean()) - float(labels[bins == i].mean()))
        * float((bins == i).mean())
        for i in range(_BINS)
        if (bins == i).any()
    ]
    return float(sum(parts))


def _answered(result: Read) -> bool:
    return result.group.answerable and any(1 in row for row in result.labels)


def _inputs(result: Read) -> tuple[FloatArray, FloatArray]:
    ranks = range(1, len(result.logits) + 1)
    return inputs([r.passage for r in result.logits], [r.sentences for r in result.logits], list(ranks))


def _table(result: Read) -> tuple[FloatArray, BoolArray, FloatArray, BoolArray]:
    rows, about = _inputs(result)
    labels = np.array([label for row in result.labels for label in row])
    doubtful = np.array([UNKNOWN in row and 1 not in row for row in result.labels])
    helps = np.array([1 in row for row in result.labels])
    known = labels != UNKNOWN
    return rows[known], labels[known] == 1, about[~doubtful], helps[~doubtful]


def _regression(tables: Sequence[tuple[FloatArray, BoolArray]], weights: Sequence[float]) -> Regression:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000, C=10.0)
    model.fit(
        np.concatenate([rows for rows, _ in tables]),
        np.concatenate([labels for _, labels in tables]),
        sample_weight=np.concatenate(
            [np.full(len(labels), w * 1e3) for (_, labels), w in zip(tables, weights, strict=True)]
        ),
    )
    return Regression(round(float(model.intercept_[0]), 4), tuple(round(float(w), 4) for w in model.coef_[0]))


def _penalised(tables: Sequence[tuple[FloatArray, BoolArray]], weights: Sequence[float]) -> Regression:
    """Fit a regression on standardised inputs with a penalty, and give it for the inputs as they are."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=REFUSAL_C, max_iter=1000))
    model.fit(
        np.concatenate([rows for rows, _ in tables]),
        np.concatenate([labels for _, labels in tables]),
        logisticregression__sample_weight=np.array(weights) / np.mean(weights),
    )
    scaler, fitted = model[0], model[1]
    raw = fitted.coef_[0] / scaler.scale_
    bias = float(fitted.intercept_[0] - raw @ scaler.mean_)
    return Regression(round(bias, 4), tuple(round(float(weight), 4) for weight in raw))


def _rerank_weight(results: Sequence[Read], passages: Sequence[FloatArray]) -> float:
    """Give the weight with the best mean reciprocal rank of the right article, the smallest of equals."""
    answerable = [(r, p) for r, p in zip(results, passages, strict=True) if r.group.answerable]

    def quality(weight: float) -> float:
        return float(
            np.mean([_reciprocal_rank(r, reranked_places(p.tolist(), weight)) for r, p in answerable])
        )

    return max(_RERANK_WEIGHTS, key=lambda weight: (round(quality(weight), 4), -weight))


def _reciprocal_rank(result: Read, order: Sequence[int]) -> float:
    found = [c for c in result.group.candidates if c.rank]
    articles = list(dict.fromkeys(found[place].article_id for place in order))
    source = result.group.source_id
    return 1 / (1 + articles.index(source)) if source in articles else 0.0


Reader = Callable[[Group], Sequence[Logits]]


def read_all(groups: Sequence[Group], reader: Reader) -> list[Read]:
    """Read held-out groups that retrieval brought anything for."""
    return [Read(group, tuple(reader(group))) for group in groups if any(c.rank for c in group.candidates)]


def held_out_figures(results: Sequence[Read], calibration: Calibration) -> Mapping[str, float]:
    """Give calibration error of sentences and passages by stratum."""
    values: dict[str, float] = {}
    for name in sorted({f"{r.group.kind} {r.group.language}" for r in results}):
        mine = [r for r in results if f"{r.group.kind} {r.group.language}" == name]
        for part, at in (("sentence", 0), ("passage", 1)):
            probabilities = np.concatenate([_known(r, calibration)[at][0] for r in mine])
            labels = np.concatenate([_known(r, calibration)[at][1] for r in mine])
            values[f"{name} {part} calibration error"] = round(calibration_error(probabilities, labels), 4)
    return values


def _known(result: Read, calibration: Calibration) -> tuple[tuple[FloatArray, BoolArray], ...]:
    rows, labels, about, helps = _table(result)
    language = result.group.language
    return (
        (calibration.sentence[language].probability(rows), labels),
        (calibration.passage[language].probability(about), helps),
    )
