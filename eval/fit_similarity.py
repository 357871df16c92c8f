"""Fit the similarity scorer: `python -m eval.fit_similarity --data DIR`.

Reads the training sets of a data folder (`DIR/NAME/corpus.jsonl.gz` and `questions.jsonl.gz`), retrieves
passages for a sample of their questions from a library of their articles, labels each sentence by the
gold evidence or answer span, and fits one logistic regression a language over the features of
`rag.evidence`. Writes the weights, the refusal threshold with the curve it was read from, and what
they were fitted on. Sets used here must never be measured on.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

import rag
from eval.datasets import iter_articles, load_questions, titled
from eval.types import Case
from index.embed import DEFAULT_MODEL, Embedder, load_embedder
from index.library import Library, open_library
from index.types import BoolArray, FloatArray, Hit
from rag.evidence import FEATURES, Weights, features
from rag.retrieve import retrieve
from rag.types import Question
from rag.understand import understand

log = logging.getLogger(__name__)

TARGET = Path(rag.__file__).parent / "similarity.json"
REFUSED_SHARE = 0.05
"""Share of answerable training questions whose best sentence falls below the threshold."""

_ARTICLES_A_SET = 800
_QUESTIONS_A_SET = 500
_SEED = 20260510


@dataclass(frozen=True)
class Example:
    """The sentences of one question's hits: features, labels, and whether it can be answered."""

    language: str
    set_name: str
    rows: FloatArray
    labels: BoolArray
    answerable: bool


def main() -> None:
    """Fit and write the weights."""
    parser = argparse.ArgumentParser(description="Fit the similarity evidence scorer")
    parser.add_argument("--data", type=Path, required=True, help="folder of training sets")
    parser.add_argument("--out", type=Path, default=TARGET)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    log.setLevel(logging.INFO)
    embedder = load_embedder(DEFAULT_MODEL)
    examples = [
        example
        for folder in sorted(path.parent for path in arguments.data.glob("*/questions.jsonl.gz"))
        for example in _examples(folder, embedder)
    ]
    arguments.out.write_text(json.dumps(_fit(examples), indent=1) + "\n")
    log.info("wrote %s", arguments.out)


def _examples(folder: Path, embedder: Embedder) -> Iterator[Example]:
    chosen = random.Random(_SEED)
    articles = [titled(article) for article in islice(iter_articles(folder), _ARTICLES_A_SET)]
    known = {article.article_id for article in articles}
    cases = [c for c in load_questions(folder, skip_faulty=True).cases if _about(c, known)]
    with tempfile.TemporaryDirectory() as place:
        library = open_library(Path(place), embedder)
        library.put_many(articles, lambda result: None, lambda position, error: None)
        log.info("%s: %d articles, %d questions", folder.name, len(articles), len(cases))
        for case in chosen.sample(cases, min(_QUESTIONS_A_SET, len(cases))):
            yield from _example(case, library, embedder)
        library.close()


def _about(case: Case, known: Iterable[str]) -> bool:
    return case.unanswerable or set(case.relevant_ids) <= set(known)


def _example(case: Case, library: Library, embedder: Embedder) -> Iterator[Example]:
    understanding = understand(Question(case.question))
    hits = retrieve(understanding, library.snapshot(), top_k=8).hits
    labels = np.array([_helps(case, hit, span) for hit in hits for span in _spans(hit)], dtype=np.bool_)
    # An answerable question whose article was not found teaches nothing of evidence.
    if hits and (labels.any() or case.unanswerable):
        language = "zh" if understanding.language == "zh" else "en"
        yield Example(
            language, case.set_name, features(case.question, hits, embedder), labels, not case.unanswerable
        )


def _spans(hit: Hit) -> list[tuple[int, int]]:
    return [(span.char_start, span.char_end) for span in hit.passage.sentences]


def _helps(case: Case, hit: Hit, span: tuple[int, int]) -> bool:
    start, end = span
    if case.evidence:
        return any(
            gold.article_id == hit.passage.article_id
            and 2 * (min(end, gold.char_end) - max(start, gold.char_start))
            > min(end - start, gold.char_end - gold.char_start)
            for gold in case.evidence
        )
    if hit.passage.article_id not in case.relevant_ids:
        return False
    at = case.metadata.get("answer_start")
    if isinstance(at, int):
        return start <= at < end
    offset = hit.passage.char_start
    return any(
        answer and answer in hit.passage.text[start - offset : end - offset] for answer in case.answers
    )


def _fit(examples: Sequence[Example]) -> dict[str, object]:
    languages: dict[str, object] = {}
    best: list[tuple[float, bool]] = []
    for language in ("en", "zh"):
        chosen = [example for example in examples if example.language == language]
        # Every set has the same say, however many sentences its passages have.
        sentences = {
            n: sum(len(e.labels) for e in chosen if e.set_name == n) for n in {e.set_name for e in chosen}
        }
        weights = np.concatenate([np.full(len(e.labels), 1e4 / sentences[e.set_name]) for e in chosen])
        model = LogisticRegression(max_iter=1000, C=10.0)
        model.fit(
            np.concatenate([e.rows for e in chosen]),
            np.concatenate([e.labels for e in chosen]),
            sample_weight=weights,
        )
        fitted = Weights(float(model.intercept_[0]), tuple(float(w) for w in model.coef_[0]))
        best.extend((float(fitted.probability(e.rows).max()), e.answerable) for e in chosen)
        languages[language] = {
            "bias": round(fitted.bias, 4),
            "weights": {name: round(w, 4) for name, w in zip(FEATURES, fitted.weights, strict=True)},
            "questions": len(chosen),
            "sets": sorted(sentences),
        }
    answerable = [score for score, answer in best if answer]
    unanswerable = [score for score, answer in best if not answer]
    return {
        "threshold": round(float(np.quantile(answerable, REFUSED_SHARE)), 4),
        "threshold_curve": [
            {
                "threshold": round(float(t), 4),
                "answerable_refused": round(float(np.mean(np.array(answerable) < t)), 4),
                "unanswerable_refused": round(float(np.mean(np.array(unanswerable) < t)), 4),
            }
            for t in np.quantile(answerable, np.linspace(0.0, 0.5, 11))
        ],
        "languages": languages,
        "command": "python -m eval.fit_similarity --data DIR",
        "seed": _SEED,
    }


if __name__ == "__main__":
    main()
