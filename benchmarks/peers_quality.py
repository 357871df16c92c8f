"""Quality and speed beside LangChain, LlamaIndex, Haystack and txtai: same passages, encoder, top-k, reader.

Each system searches by its own hybrid retriever; then one reader, Groundwire's evidence scorer with its
extractive generator and check, answers from the passages that each of them found. What differs is
retrieval alone, so the answers tell what it is worth. Systems are processes of their own, the peers in
virtual environments with pinned versions that are made on the first run (see `search_peers.py`).

A set of `--data` is a folder with corpus and questions; of a large corpus the articles that the questions
need are taken first, then others up to `--articles`.
"""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from material import (
    Asked,
    Material,
    add_work,
    library_folder,
    machine,
    parser,
    quantiles,
    show_facts,
    show_table,
    write_json,
)
from search_peers import GROUNDWIRE, REQUIREMENTS, Found, System, python_of, write_material

from eval.checker import VerifyChecker
from eval.datasets import iter_articles, load_questions
from eval.runner import run, sampled
from eval.scoring import Judge
from eval.types import Case, QuestionSet, RunResult
from index.chunk import context
from index.embed import DEFAULT_MODEL, load_embedder
from index.library import Library
from index.types import Article, Hit, StoredPassage
from rag.types import Answer, Question
from service.engine import Engine, open_engine
from service.oracle import GivenPassages
from service.settings import Settings

SHOWN = (
    "retrieval.fused.hit@1",
    "retrieval.fused.recall@5",
    "retrieval.fused.ndcg@10",
    "correct",
    "answer.f1",
    "evidence.f1",
    "refusal.recall",
    "refusal.wrong",
)


WARM_UP = 5
"""Searches before the clock counts: the first one loads the encoder."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One system over one set: the judged run, and the milliseconds of its searches."""

    result: RunResult
    search_ms: tuple[float, ...]


class PeerSystem:
    """A peer's search with the common reader behind it, as the runner sees it."""

    def __init__(self, peer: System, engine: Engine, passages: Mapping[str, StoredPassage]) -> None:
        self._peer = peer
        self._engine = engine
        self._passages = passages
        self._found: dict[str, Found] = {}

    def rank(self, question: str, as_of: str, k: int) -> Mapping[str, Sequence[str]]:
        """Give the articles of the passages that the peer found, each at its best passage."""
        articles = [passage.article_id for passage in self._searched(question)]
        return {"fused": list(dict.fromkeys(articles))[:k]}

    def answer(self, question: Question) -> Answer:
        """Answer from the peer's passages."""
        found = self._searched(question.text)
        hits = [Hit(passage, rank, None, None, 1 / rank) for rank, passage in enumerate(found, start=1)]
        reader = replace(self._engine, scorer=GivenPassages(self._engine.scorer, hits))
        return reader.answer(replace(question, top_k=len(hits) or 1))

    def article_text(self, article_id: str, version: int) -> str:
        """Give the text of an article."""
        return self._engine.library.catalog.article(article_id, version).text

    def describe(self) -> Mapping[str, object]:
        """Give the versions of the peer."""
        return {"system": self._peer.name, "versions": self._peer.ready["versions"]}

    def warm_up(self, question: str) -> None:
        """Search once without keeping what came of it."""
        self._peer.search(question)

    @property
    def search_ms(self) -> tuple[float, ...]:
        """Milliseconds of the searches so far."""
        return tuple(found.ms for found in self._found.values())

    def _searched(self, question: str) -> list[StoredPassage]:
        if question not in self._found:
            self._found[question] = self._peer.search(question)
        texts = self._found[question].texts
        unknown = [text for text in texts if text not in self._passages]
        if unknown:
            # A text that an adapter changed would be lost without a word, at the cost of its library.
            raise SystemExit(f"{self._peer.name} gave back what it was not given: {unknown[0][:200]!r}")
        return [self._passages[text] for text in texts]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--data", type=Path, nargs="+", required=True, help="folders of question sets")
    options.add_argument("--questions", type=int, default=100, help="of each set")
    options.add_argument("--articles", type=int, default=2000, help="of each set at most")
    options.add_argument("--top-k", type=int, default=8)
    options.add_argument("--peers", nargs="*", choices=list(REQUIREMENTS), default=list(REQUIREMENTS))
    add_work(options)
    arguments = options.parse_args()
    logging.getLogger("index").setLevel(logging.ERROR)
    arguments.work.mkdir(parents=True, exist_ok=True)
    pythons = {name: python_of(name, arguments.work) for name in (GROUNDWIRE, *arguments.peers)}
    show_facts(machine())
    figures: dict[str, object] = {}
    for folder in arguments.data:
        outcomes = measured(folder, pythons, arguments)
        show(folder.name, outcomes)
        figures[folder.name] = {name: _figures(outcome) for name, outcome in outcomes.items()}
    write_json(arguments.json, {"machine": machine(), "requirements": REQUIREMENTS, "sets": figures})


def measured(folder: Path, pythons: Mapping[str, Path], arguments: Namespace) -> dict[str, Outcome]:
    """Run every system over one set."""
    embedder = load_embedder(DEFAULT_MODEL)
    question_set = load_questions(folder, skip_faulty=True)
    cases = sampled(question_set.cases, sample=arguments.questions, seed=0)
    articles = tuple(_articles(folder, cases, arguments.articles))
    asked = tuple(Asked(case.question, case.relevant_ids) for case in cases)
    place = library_folder(Material(articles, asked, folder.name), embedder, arguments.work)
    engine = open_engine(Settings.model_validate({"data": place}))
    material, _ = write_material(engine.library, place, arguments.work, arguments.top_k)
    passages = _by_text(engine.library)
    outcomes: dict[str, Outcome] = {}
    with ExitStack() as running:
        for name, python in pythons.items():
            log = arguments.work / f"{name.lower()}.log"
            peer = PeerSystem(running.enter_context(System(name, python, material, log)), engine, passages)
            for case in cases[:WARM_UP]:
                peer.warm_up(case.question)
            judge = Judge(VerifyChecker(), embedder)
            result = run(QuestionSet.of(question_set.name, cases), peer, judge=judge)
            outcomes[name] = Outcome(result, peer.search_ms)
    engine.close()
    return outcomes


def show(name: str, outcomes: Mapping[str, Outcome]) -> None:
    """Print the table of one set."""
    header = ("", *(metric.removeprefix("retrieval.fused.") for metric in SHOWN), "search p50 ms", "p95 ms")
    rows = [(system, *_figures(outcome).values()) for system, outcome in outcomes.items()]
    first = next(iter(outcomes.values())).result
    show_table(f"{name}, {len(first.results)} questions", header, rows)


def _figures(outcome: Outcome) -> dict[str, float | None]:
    means = {row.metric: row.mean for row in outcome.result.table if row.grouping == "all"}
    p50, p95 = quantiles(outcome.search_ms)
    return {**{metric: means.get(metric) for metric in SHOWN}, "search_p50_ms": p50, "search_p95_ms": p95}


def _articles(folder: Path, cases: Sequence[Case], limit: int) -> Iterator[Article]:
    needed = {article_id for case in cases for article_id in case.relevant_ids}
    room = limit - len(needed)
    for article in iter_articles(folder):
        if article.article_id in needed:
            yield article
        elif room > 0:
            room -= 1
            yield article


def _by_text(library: Library) -> dict[str, StoredPassage]:
    """Give the passages by the text that the systems index."""
    found = library.catalog.passages([int(key) for key in library.catalog.live_keys()])
    return {
        f"{context(passage.title, passage.heading)}\n{passage.text}": passage for passage in found.values()
    }


if __name__ == "__main__":
    main()
