"""The plainest reader beside Groundwire's: the sentences nearest to the question, from the same candidates.

Of the passages that an answer read, the three sentences (`--sentences`) are taken whose embeddings are
nearest to the question's; nothing is tuned and nothing refused. Both are judged alike: whether the
answer stands in what is said, and what share of the gold evidence is cited. A set of `--data` is a
folder with corpus and questions; of a large corpus the articles are taken that the questions need, then
others, up to `--articles`. Libraries are kept below `--work`.
"""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import numpy as np
from material import add_work, fill, machine, parser, show_facts, show_table, write_json

from eval.articles import chosen_articles
from eval.datasets import iter_articles, load_questions, titled
from eval.metrics.answer import contains_all_of, contains_any
from eval.metrics.evidence import evidence_scores
from eval.runner import sampled
from eval.types import Case, CitedSpan
from index.embed import DEFAULT_MODEL, Embedder, load_embedder
from index.library import Library, open_library
from rag.answer import answer
from rag.generate.extractive import ExtractiveGenerator
from rag.scorers import READER, load_scorer
from rag.types import Answer, Evidence, Question

FIGURES = ("correct", "evidence recall", "evidence precision")
WHO = NEAREST, OURS = "nearest", "Groundwire"

Found: TypeAlias = dict[tuple[str, str], list[float]]
"""Values of each figure for each of both, a question each."""


def main() -> None:
    """Measure both on each set and print them side by side."""
    options = parser(__doc__)
    options.add_argument("--data", type=Path, nargs="+", required=True, help="folders of question sets")
    options.add_argument("--questions", type=int, default=150)
    options.add_argument("--articles", type=int, default=1700)
    options.add_argument("--sentences", type=int, default=3)
    add_work(options)
    arguments = options.parse_args()
    logging.basicConfig(level=logging.WARNING)
    embedder = load_embedder(DEFAULT_MODEL)
    facts = {**machine(), "sentences": arguments.sentences, "questions": arguments.questions}
    show_facts(facts)
    rows = [_measured(folder, embedder, arguments) for folder in arguments.data]
    header = (
        "set",
        "questions",
        *(f"{name}, {who}" for name in FIGURES for who in ("nearest", "Groundwire")),
    )
    show_table("nearest sentences and Groundwire", header, rows)
    write_json(arguments.json, {**facts, "rows": [dict(zip(header, row, strict=True)) for row in rows]})


def _measured(folder: Path, embedder: Embedder, arguments: Namespace) -> list[object]:
    cases = sampled(load_questions(folder).cases, sample=arguments.questions, seed=0)
    cases = tuple(case for case in cases if not case.unanswerable)
    scorer, generator = load_scorer(READER, embedder), ExtractiveGenerator()
    found: Found = {(name, who): [] for name in FIGURES for who in WHO}
    with closing(_library(folder, cases, embedder, arguments)) as library:
        for case in cases:
            given = answer(
                Question(case.question, as_of=case.as_of), library=library, scorer=scorer, generator=generator
            )
            nearest = _nearest(case.question, given, embedder, arguments.sentences)
            cited = [CitedSpan(i.passage.article_id, i.char_start, i.char_end) for i in nearest]
            own = [CitedSpan(c.article_id, c.char_start, c.char_end) for c in given.citations]
            _note(found, case, NEAREST, " ".join(item.text for item in nearest), cited)
            _note(found, case, OURS, " ".join(s.text for s in given.statements), own)
    return [folder.name, len(cases), *(round(float(np.mean(v)), 3) if v else "–" for v in found.values())]


def _note(found: dict[str, list[float]], case: Case, who: str, said: str, cited: Sequence[CitedSpan]) -> None:
    if case.answers_all_of:
        found["correct", who].append(contains_all_of(said, case.answers_all_of))
    elif case.answers:
        found["correct", who].append(contains_any(said, case.answers))
    if case.evidence:
        scores = evidence_scores(case.evidence, cited)
        found["evidence recall", who].append(scores.recall)
        found["evidence precision", who].append(scores.precision)


def _nearest(question: str, given: Answer, embedder: Embedder, count: int) -> list[Evidence]:
    """Give the sentences of the passages that were read whose embeddings are nearest to the question's."""
    sentences = [item for passage in given.hits for item in passage.sentences]
    if not sentences:
        return []
    near = embedder.embed_passages([item.text for item in sentences]) @ embedder.embed_queries([question])[0]
    return [sentences[place] for place in np.argsort(-near, kind="stable")[:count]]


def _library(folder: Path, cases: Sequence[Case], embedder: Embedder, arguments: Namespace) -> Library:
    place = arguments.work / f"nearest-{folder.name}-{arguments.questions}-{arguments.articles}"
    library = open_library(place, embedder)
    if not library.snapshot().passage_count:
        ids = [article.article_id for article in iter_articles(folder)]
        chosen = chosen_articles(cases, ids, limit=arguments.articles, seed=0)
        fill(library, (titled(a) for a in iter_articles(folder) if a.article_id in chosen))
    return library


if __name__ == "__main__":
    main()
