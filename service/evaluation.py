"""Evaluations of this service's own pipeline: over the library, or over a set in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eval.datasets import check_set, from_qa_pairs, iter_articles, load_questions
from eval.report import make_report, markdown, save_report
from eval.report import show as show_report
from eval.runner import run
from eval.types import QuestionSet
from index.errors import InvalidInputError
from rag.retrieve import retrieve
from rag.types import Answer, Question
from rag.understand import understand
from service.engine import Engine, open_engine
from service.settings import Settings

_RANKED_PASSAGES = 100


class EngineSystem:
    """The pipeline as an evaluation sees it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rank(self, question: str, as_of: str, k: int) -> Mapping[str, Sequence[str]]:
        """Give for each leg up to `k` article ids, best first."""
        snapshot = self._engine.library.snapshot()
        found = retrieve(understand(Question(question, as_of=as_of)), snapshot, top_k=_RANKED_PASSAGES)
        articles = snapshot.article_ids([hit.key for hit in (*found.dense, *found.lexical)])
        legs = {
            "dense": [articles[hit.key] for hit in found.dense if hit.key in articles],
            "lexical": [articles[hit.key] for hit in found.lexical if hit.key in articles],
            "fused": [hit.passage.article_id for hit in found.hits],
        }
        return {leg: list(dict.fromkeys(ids))[:k] for leg, ids in legs.items()}

    def answer(self, question: Question) -> Answer:
        """Answer a question."""
        return self._engine.answer(question)

    def article_text(self, article_id: str, version: int) -> str:
        """Give the text of one version of an article."""
        return self._engine.library.catalog.article(article_id, version).text

    def describe(self) -> Mapping[str, object]:
        """Give models, `seq` and counts."""
        return {
            "index": asdict(self._engine.library.state()),
            "embedder": self._engine.library.embedder.space.id,
            "evidence": self._engine.scorer.name,
            "threshold": self._engine.scorer.threshold,
            "generator": self._engine.generator.name,
        }


def run_library(
    engine: Engine, settings: Settings, *, sample: int | None, seed: int, out: Path | None
) -> None:
    """Run the questions that came with the library's articles, and show the result.

    Raises `InvalidInputError` where the library's articles have none.
    """
    question_set = from_qa_pairs(engine.library.catalog.qa_pairs())
    if not question_set.cases:
        raise InvalidInputError(
            "library", "has no article with a Q&A section.", "Add some, or name a set with --data."
        )
    _run(question_set, engine, settings, sample=sample, seed=seed, out=out)


def run_folder(
    folder: Path, settings: Settings, *, sample: int | None, seed: int, out: Path | None, skip_faulty: bool
) -> None:
    """Load the articles of a set into a library of its own, run its questions, and show the result.

    The library is kept beside the settings' data folder, so that a second run starts at once. Raises
    `QuestionSetError` for a set with faults.
    """
    question_set = load_questions(folder, skip_faulty=skip_faulty)
    place = settings.data / "evaluations" / _corpus_hash(folder)
    engine = open_engine(settings.model_copy(update={"data": place}))
    try:
        if engine.library.writable:
            _fill(engine, folder)
        missing = check_set(question_set, _known(engine))
        if missing:
            Console(stderr=True).print(
                f"{len(missing)} questions name articles that are not in the set, "
                f"{missing[0].case_id} the first",
                highlight=False,
            )
        _run(question_set, engine, settings, sample=sample, seed=seed, out=out)
    finally:
        engine.close()


def _corpus_hash(folder: Path) -> str:
    path = next(
        (folder / name for name in ("corpus.jsonl.gz", "corpus.jsonl") if (folder / name).is_file()), None
    )
    if path is None:
        raise InvalidInputError(
            str(folder), "holds no corpus.jsonl or corpus.jsonl.gz.", "Name the folder of a set."
        )
    with path.open("rb") as file:
        return f"{folder.resolve().name}-{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"


def _fill(engine: Engine, folder: Path) -> None:
    # An article that is there already costs a look-up: a fill that was cut off goes on where it was.
    with _bar("loading articles", None) as advance:
        engine.library.put_many(
            iter_articles(folder), lambda result: advance(), lambda position, refusal: advance()
        )


def _known(engine: Engine) -> frozenset[str]:
    return engine.library.catalog.known_ids()


def _run(
    question_set: QuestionSet,
    engine: Engine,
    settings: Settings,
    *,
    sample: int | None,
    seed: int,
    out: Path | None,
) -> None:
    total = min(sample or len(question_set.cases), len(question_set.cases))
    with _bar("asking", total) as advance:
        result = run(
            question_set,
            EngineSystem(engine),
            sample=sample,
            seed=seed,
            on_progress=lambda done, of: advance(),
        )
    report = make_report(result)
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = out or settings.data / "evaluations" / "reports" / f"{question_set.name}-{now}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_report(report, path)
    path.with_suffix(".md").write_text(markdown(report))
    show_report(report, Console())
    Console().print(f"report: {path} and {path.with_suffix('.md').name}", highlight=False, soft_wrap=True)


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
