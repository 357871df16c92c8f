"""Quality and speed beside LangChain, LlamaIndex, Haystack and txtai: same passages, encoder, top-k, reader.

Each system searches by its own hybrid retriever; then one reader, Groundwire's evidence scorer with its
extractive generator and check, answers from the passages that each of them found, in their order: what
differs is retrieval alone, so the answers tell what it is worth. A last row is Groundwire as it answers by
default: with the date of the question, and with its reader's own order of the passages. Each question goes to
all systems before the next, in changing order, so that noise hits all of them. Systems are processes of their
own, the peers in virtual environments with pinned versions that are made on the first run (see
`search_peers.py`).

A set of `--data` is a folder with corpus and questions; of a large corpus the articles are taken that the
questions need, then those that they name as looking alike, then others, up to `--articles`. What a set gave
is kept below `--work` as it ends, with a report for each system that `groundwire eval compare` reads: a run
that was cut off goes on behind it.
"""

from __future__ import annotations

import json
import logging
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from material import (
    ROOT,
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
from search_peers import GROUNDWIRE, REQUIREMENTS, Found, System, measure, python_of, write_material

from eval.articles import chosen_articles
from eval.checker import VerifyChecker
from eval.compare import compare, scores_of
from eval.datasets import iter_articles, load_questions
from eval.journal import program_hash, run_key
from eval.report import make_report, save_report
from eval.runner import run, sampled
from eval.scoring import Judge
from eval.types import Case, QuestionSet, RunResult
from eval.types import System as EvaluatedSystem
from index.chunk import context
from index.embed import DEFAULT_MODEL, Embedder, load_embedder
from index.library import Library
from index.types import Hit, StoredPassage
from rag.types import Answer, Question
from service.engine import Engine, open_engine
from service.oracle import GivenPassages
from service.settings import Settings
from service.system import EngineSystem

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


BY_DEFAULT = "Groundwire by default"
WARM_UP = 5
"""Searches before the clock counts: the first one loads the encoder."""

_READING = ("evidence", "generate", "verify")
"""Stages of an answer that the common reader takes part in."""

_SOURCES = (
    "index/**/*.py",
    "rag/**/*.py",
    "rag/**/*.json",
    "rag/*.txt",
    "eval/**/*.py",
    "benchmarks/**/*.py",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One system over one set: the judged run, the milliseconds of searching and of reading what came.

    A system whose searches were not timed beside the others' has none of these.
    """

    result: RunResult
    search_ms: tuple[float, ...]
    read_ms: tuple[float, ...]


class PeerSystem:
    """What a peer found with the common reader behind it, as the runner sees it."""

    def __init__(
        self,
        peer: System,
        found: Mapping[str, Found],
        engine: Engine,
        passages: Mapping[str, StoredPassage],
    ) -> None:
        self._peer = peer
        self._found = found
        self._engine = engine
        self._passages = passages
        self._answers: dict[tuple[str, str], Answer] = {}

    def rank(self, question: str, as_of: str, k: int) -> Mapping[str, Sequence[str]]:
        """Give the articles of the passages that the peer found, each at its best passage."""
        return {"fused": _articles(self._searched(question), k)}

    def answer(self, question: Question) -> Answer:
        """Answer from the peer's passages, once."""
        key = question.text, question.as_of
        if key not in self._answers:
            self._answers[key] = self._read(question)
        return self._answers[key]

    def _read(self, question: Question) -> Answer:
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

    def _searched(self, question: str) -> list[StoredPassage]:
        texts = self._found[question].texts
        unknown = [text for text in texts if text not in self._passages]
        if unknown:
            # A text that an adapter changed would be lost without a word, at the cost of its library.
            raise SystemExit(f"{self._peer.name} gave back what it was not given: {unknown[0][:200]!r}")
        return [self._passages[text] for text in texts]


class DefaultSystem(EngineSystem):
    """Groundwire as the service has it: the ranking is the order in which an answer's passages are read."""

    def __init__(self, engine: Engine, top_k: int) -> None:
        super().__init__(engine)
        self._top_k = top_k
        self._answers: dict[tuple[str, str], Answer] = {}

    def rank(self, question: str, as_of: str, k: int) -> Mapping[str, Sequence[str]]:
        """Give the articles of the answer's passages, each at its best passage."""
        hits = self.answer(Question(question, as_of=as_of)).hits
        return {"fused": _articles([scored.hit.passage for scored in hits], k)}

    def answer(self, question: Question) -> Answer:
        """Answer a question, once."""
        key = question.text, question.as_of
        if key not in self._answers:
            self._answers[key] = super().answer(replace(question, top_k=self._top_k))
        return self._answers[key]


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
        figures[folder.name] = found = kept_or_measured(folder, pythons, arguments)
        show(folder.name, found)
        write_json(arguments.json, {"machine": machine(), "requirements": REQUIREMENTS, "sets": figures})


def kept_or_measured(folder: Path, pythons: Mapping[str, Path], arguments: Namespace) -> dict:
    """Give the figures of a set: those of an earlier run with the same program and options, or new ones."""
    same = {name: getattr(arguments, name) for name in ("questions", "articles", "top_k", "peers")}
    program = program_hash(ROOT, _SOURCES)
    key = run_key({**same, "data": folder.resolve(), "program": program, "requirements": REQUIREMENTS})
    place = arguments.work / "peers-quality" / f"{folder.name}-{key[:16]}"
    kept = place / "figures.json"
    if kept.is_file():
        print(f"{folder.name}: as measured before ({kept})", file=sys.stderr)
        return json.loads(kept.read_text())
    facts, outcomes = measured(folder, pythons, arguments)
    ours = outcomes[GROUNDWIRE].result
    for name, outcome in outcomes.items():
        save_report(make_report(outcome.result), place / f"{name.lower().replace(' ', '-')}.json")
    found = {**facts, "systems": {name: _figures(outcome, ours) for name, outcome in outcomes.items()}}
    write_json(kept, found)
    return found


def measured(
    folder: Path, pythons: Mapping[str, Path], arguments: Namespace
) -> tuple[dict[str, object], dict[str, Outcome]]:
    """Run every system over one set; gives what was run, too."""
    embedder = load_embedder(DEFAULT_MODEL)
    question_set = load_questions(folder, skip_faulty=True)
    cases = sampled(question_set.cases, sample=arguments.questions, seed=0)
    ids = [article.article_id for article in iter_articles(folder)]
    wanted = chosen_articles(cases, ids, limit=arguments.articles, seed=0)
    articles = tuple(article for article in iter_articles(folder) if article.article_id in wanted)
    asked = tuple(Asked(case.question, case.relevant_ids) for case in cases)
    place = library_folder(Material(articles, asked, folder.name), embedder, arguments.work)
    facts = {
        "questions": len(cases),
        "questions_in_set": len(question_set.cases),
        "unanswerable": sum(case.unanswerable for case in cases),
        "articles": len(articles),
        "articles_in_set": len(ids),
        "top_k": arguments.top_k,
        "load_average": machine()["load_average"],
    }
    with closing(open_engine(Settings.model_validate({"data": place}))) as engine:
        facts["passages"] = engine.library.snapshot().passage_count
        material, _ = write_material(engine.library, place, arguments.work, arguments.top_k)
        with ExitStack() as running:
            systems = [
                running.enter_context(System(name, python, material, arguments.work / f"{name.lower()}.log"))
                for name, python in pythons.items()
            ]
            measure(systems, asked[:WARM_UP], rounds=1)
            found = measure(systems, asked, rounds=1)
        asking = QuestionSet.of(question_set.name, cases)
        return facts, _judged(asking, systems, found, engine, embedder, arguments.top_k)


def _judged(
    asking: QuestionSet,
    systems: Sequence[System],
    found: Mapping[str, Sequence[tuple[Asked, Found]]],
    engine: Engine,
    embedder: Embedder,
    top_k: int,
) -> dict[str, Outcome]:
    """Answer from what each system found, and by Groundwire alone, and judge the answers."""
    passages = _by_text(engine.library)
    searches = {
        name: {asked.text: one for asked, one in found_by_one} for name, found_by_one in found.items()
    }
    answering: dict[str, EvaluatedSystem] = {
        system.name: PeerSystem(system, searches[system.name], engine, passages) for system in systems
    }
    answering[BY_DEFAULT] = DefaultSystem(engine, top_k)
    _answer_in_turn(list(answering.values()), asking.cases)
    judge = Judge(VerifyChecker(), embedder)
    return {
        name: _outcome(run(asking, system, judge=judge), searches.get(name))
        for name, system in answering.items()
    }


def _answer_in_turn(systems: Sequence[EvaluatedSystem], cases: Iterable[Case]) -> None:
    """Have every question answered by all systems, in changing order; they keep the answers."""
    random = Random(0)
    for case in cases:
        for system in random.sample(systems, len(systems)):
            system.answer(Question(case.question, as_of=case.as_of))


def _outcome(result: RunResult, searched: Mapping[str, Found] | None) -> Outcome:
    answered = [row for row in result.results if not row.error]
    return Outcome(
        result,
        tuple(searched[row.question].ms for row in result.results) if searched else (),
        tuple(sum(row.timings_ms[stage] for stage in _READING) for row in answered),
    )


def show(name: str, found: Mapping) -> None:
    """Print the table of one set."""
    header = (
        "",
        *(metric.removeprefix("retrieval.fused.") for metric in SHOWN),
        "search p50",
        "p95 ms",
        "read p50",
        "p95 ms",
    )
    rows = [
        (
            system,
            *(_marked(figures["means"][metric], metric in figures["differs"]) for metric in SHOWN),
            *figures["search_ms"],
            *figures["read_ms"],
        )
        for system, figures in found["systems"].items()
    ]
    title = (
        f"{name}: {found['questions']} of {found['questions_in_set']} questions, "
        f"{found['unanswerable']} unanswerable, over {found['articles']} of {found['articles_in_set']} "
        f"articles, {found['passages']} passages; load {found['load_average'][0]}"
    )
    show_table(title, header, rows)
    print("* differs from Groundwire's row by more than chance (paired randomisation, adjusted)")


def _marked(value: float | None, differs: bool) -> str:
    return "-" if value is None else f"{value:.3f}{'*' if differs else ' '}"


def _figures(outcome: Outcome, ours: RunResult) -> dict[str, object]:
    means = {row.metric: row.mean for row in outcome.result.table if row.grouping == "all"}
    compared = compare(scores_of(ours.results), scores_of(outcome.result.results), metrics=SHOWN)
    return {
        "means": {metric: means.get(metric) for metric in SHOWN},
        "differs": [one.metric for one in compared.metrics if one.verdict in ("better", "worse")],
        "search_ms": quantiles(outcome.search_ms) if outcome.search_ms else (None, None),
        "read_ms": quantiles(outcome.read_ms) if outcome.read_ms else (None, None),
        "failed": len(outcome.result.failures),
    }


def _articles(passages: Iterable[StoredPassage], k: int) -> list[str]:
    return list(dict.fromkeys(passage.article_id for passage in passages))[:k]


def _by_text(library: Library) -> dict[str, StoredPassage]:
    """Give the passages by the text that the systems index."""
    found = library.catalog.passages([int(key) for key in library.catalog.live_keys()])
    return {
        f"{context(passage.title, passage.heading)}\n{passage.text}": passage for passage in found.values()
    }


if __name__ == "__main__":
    main()
