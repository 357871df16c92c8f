"""Evaluations of this service's own pipeline: over the library, or over a set in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from eval.articles import chosen_articles
from eval.checker import VerifyChecker
from eval.datasets import Shelf, check_set, from_qa_pairs, iter_articles, load_questions
from eval.errors import ReportError
from eval.feedback import load_feedback
from eval.formats import iter_beir_articles, load_beir, load_ragchecker
from eval.html import html
from eval.journal import Journal, program_hash, run_key
from eval.leakage import find_leaks
from eval.report import Report, load_report, make_report, markdown, save_report, write_text
from eval.rows import data_file
from eval.runner import run, sampled
from eval.scoring import Judge
from eval.types import QuestionSet, RunResult
from index.errors import InvalidInputError
from index.types import Article
from service.engine import Engine, open_engine
from service.oracle import OracleSystem
from service.settings import Settings
from service.system import EngineSystem, Oracle

Tell = Callable[[int, int], None]
"""Is told how many of how many are done; the second number is 0 where it is not known."""

_ROOT = Path(__file__).resolve().parent.parent
_SOURCES = ("index/**/*.py", "rag/**/*.py", "rag/**/*.json", "rag/*.txt", "eval/**/*.py")
_INDEXING = ("chunk.py", "embed.py", "lexical.py", "sentences.py", "tokens.py", "validate.py")
"""Modules that decide what stands in an index: a library that others of them made is not used again."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a set is run: so many of its questions, so many at a time, from gold or not.

    `articles` bounds how many of a set's own articles are searched, `None` is all.
    """

    sample: int | None = None
    seed: int = 0
    workers: int = 1
    oracle: Oracle = ""
    resume: bool = True
    articles: int | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """How many articles a set brings, and which of them are searched; `None` for all."""

    size: int
    wanted: frozenset[str] | None


def library_set(engine: Engine) -> QuestionSet:
    """Give the questions that came with the library's articles; raises `InvalidInputError` for none."""
    question_set = from_qa_pairs(engine.library.catalog.qa_pairs())
    if not question_set.cases:
        raise InvalidInputError(
            "library", "has no article with a Q&A section.", "Add some, or name a set with --data."
        )
    return question_set


def is_own_corpus(path: Path) -> bool:
    """Tell whether a set brings its articles along; questions alone are asked of the library."""
    return path.is_dir() and data_file(path, "corpus") is not None


def load_set(path: Path, *, skip_faulty: bool = False, engine: Engine | None = None) -> QuestionSet:
    """Read a set in any known layout: the project's and BEIR's folders, RAGChecker's and feedback files.

    The evidence and Q&A pairs of a folder without articles are looked up in the library of `engine`.
    Raises `QuestionSetError` with all faults.
    """
    if path.is_dir():
        if (path / "qrels").is_dir():
            return load_beir(path)
        if engine is None or is_own_corpus(path):
            return load_questions(path, skip_faulty=skip_faulty)
        catalog = engine.library.catalog
        shelf = Shelf(lambda article_id: catalog.article(article_id).text, catalog.qa_pairs())
        return load_questions(path, skip_faulty=skip_faulty, shelf=shelf)
    if path.suffix == ".json":
        return load_ragchecker(path)
    return load_feedback(path)


def wanted_articles(path: Path, question_set: QuestionSet, options: RunOptions) -> Corpus:
    """Choose which articles of a set are searched: all, or up to `options.articles` (`chosen_articles`)."""
    ids = [article.article_id for article in _articles(path)]
    if options.articles is None or options.articles >= len(ids):
        return Corpus(len(ids), None)
    asked = sampled(question_set.cases, sample=options.sample, seed=options.seed)
    return Corpus(len(ids), chosen_articles(asked, ids, limit=options.articles, seed=options.seed))


@contextmanager
def set_engine(
    path: Path, settings: Settings, tell: Tell, wanted: frozenset[str] | None = None
) -> Iterator[Engine]:
    """Open a library that holds the articles of a set and no others, filled where it is not yet.

    With `wanted` it holds these alone. It is kept beside the settings' data folder, so that a second run
    starts at once.
    """
    place = _place(path, settings, wanted)
    engine = open_engine(settings.model_copy(update={"data": place}))
    try:
        if engine.library.writable and not (place / "complete").is_file():
            articles = _articles(path)
            _fill(engine, (one for one in articles if wanted is None or one.article_id in wanted), tell)
            (place / "complete").touch()
        yield engine
    finally:
        engine.close()


def evaluate(
    question_set: QuestionSet,
    engine: Engine,
    settings: Settings,
    options: RunOptions,
    tell: Tell,
    *,
    articles_in_set: int = 0,
) -> Report:
    """Run a set against an engine and guard it; a run that was stopped goes on where it was.

    `articles_in_set` is the size of the corpus that the set brings, which the engine may hold a part of.
    """
    system = _system(question_set, engine, options.oracle)
    judge = Judge(VerifyChecker(), engine.library.embedder)
    key = key_of(question_set, engine, options)
    path = settings.data / "evaluations" / "runs" / f"{key[:24]}.jsonl"
    if not options.resume:
        path.unlink(missing_ok=True)
    with _threads(options.workers), Journal(path, key) as journal:
        result = run(
            question_set,
            system,
            judge=judge,
            sample=options.sample,
            seed=options.seed,
            workers=options.workers,
            journal=journal,
            on_progress=tell,
        )
    asked = replace(question_set, cases=sampled(question_set.cases, sample=options.sample, seed=options.seed))
    gold = sum(map(system.has_gold, asked.cases)) if isinstance(system, OracleSystem) else 0
    noted = replace(result, key=key, oracle=options.oracle, gold_cases=gold, articles_in_set=articles_in_set)
    report = make_report(guarded(noted, asked, engine))
    journal.remove()
    return report


def key_of(question_set: QuestionSet, engine: Engine, options: RunOptions) -> str:
    """Give what is equal for two runs that must have the same rows."""
    return run_key(
        {
            "set": question_set.sha256,
            "sample": options.sample,
            "seed": options.seed,
            "oracle": options.oracle,
            "articles": options.articles,
            "system": EngineSystem(engine).describe(),
            "program": program_hash(_ROOT, _SOURCES),
        }
    )


def guarded(result: RunResult, question_set: QuestionSet, engine: Engine) -> RunResult:
    """Note in a run what its library lacks for the set, and what it should not hold."""
    return replace(
        result,
        missing=check_set(question_set, engine.library.catalog.known_ids()),
        leaks=find_leaks(question_set.cases, _texts(engine)),
    )


def save(report: Report, path: Path) -> tuple[Path, ...]:
    """Write a report as JSON, Markdown and HTML side by side; gives the files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_report(report, path)
    texts = {path.with_suffix(".md"): markdown(report), path.with_suffix(".html"): html(report)}
    for place, text in texts.items():
        write_text(place, text)
    return (path, *texts)


def report_path(question_set: QuestionSet, settings: Settings) -> Path:
    """Give the place of a new report in the data folder."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return settings.data / "evaluations" / "reports" / f"{question_set.name}-{now}.json"


def reports_in(settings: Settings) -> Iterator[tuple[Path, Report]]:
    """Yield the reports of the data folder, the newest last; files that are none are passed over."""
    found = (settings.data / "evaluations").glob("*/*.json")
    for path in sorted(found, key=lambda path: path.stat().st_mtime):
        with suppress(ReportError):
            yield path, load_report(path)


def _system(question_set: QuestionSet, engine: Engine, oracle: Oracle) -> EngineSystem:
    return OracleSystem(engine, question_set.cases, oracle) if oracle else EngineSystem(engine)


def _place(path: Path, settings: Settings, wanted: frozenset[str] | None) -> Path:
    corpus = next(
        (path / name for name in ("corpus.jsonl.gz", "corpus.jsonl") if (path / name).is_file()), None
    )
    if corpus is None:
        raise InvalidInputError(
            str(path), "holds no corpus.jsonl or corpus.jsonl.gz.", "Name the folder of a set."
        )
    with corpus.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    made_by = hashlib.sha256(b"\0".join((_ROOT / "index" / name).read_bytes() for name in _INDEXING))
    digest = hashlib.sha256(f"{digest} {made_by.hexdigest()} {settings.embedder}".encode()).hexdigest()
    if wanted is not None:
        digest = hashlib.sha256("\0".join([digest, *sorted(wanted)]).encode()).hexdigest()
    return settings.data / "evaluations" / f"{path.resolve().name}-{digest[:16]}"


def _articles(path: Path) -> Iterator[Article]:
    return iter_beir_articles(path) if (path / "qrels").is_dir() else iter_articles(path)


def _fill(engine: Engine, articles: Iterable[Article], tell: Tell) -> None:
    # An article that is there already costs a look-up: a fill that was cut off goes on where it was.
    done = 0

    def count(*_: object) -> None:
        nonlocal done
        done += 1
        tell(done, 0)

    engine.library.put_many(articles, count, count)


def _texts(engine: Engine) -> Iterator[tuple[str, str]]:
    """Give the text of every article that questions can find."""
    catalog = engine.library.catalog
    for article_id in sorted(catalog.known_ids()):
        yield article_id, catalog.article(article_id).text


@contextmanager
def _threads(workers: int) -> Iterator[None]:
    """Share the processors among workers: each question's model takes its part of them."""
    if workers == 1:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(max(1, before // workers))
    try:
        yield
    finally:
        torch.set_num_threads(before)
