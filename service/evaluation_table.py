"""All sets of a folder, one after the other; what is done already is not done again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from eval.errors import ReportError
from eval.report import Report, load_report
from eval.results import NotRun
from eval.types import QuestionSet
from index.errors import GroundwireError, InvalidInputError
from service.engine import Engine
from service.evaluation import (
    RunOptions,
    Tell,
    evaluate,
    key_of,
    load_set,
    save,
    set_engine,
    wanted_articles,
)
from service.settings import Settings
from service.system import Oracle

log = logging.getLogger(__name__)


def sets_below(folder: Path, only: Sequence[str]) -> list[Path]:
    """Give the folders of sets below a folder, by name.

    Raises `InvalidInputError` where there are none, or for a name in `only` that is none.
    """
    found = {
        path.name: path
        for path in sorted(folder.iterdir() if folder.is_dir() else ())
        if any((path / name).is_file() for name in ("questions.jsonl.gz", "questions.jsonl", "queries.jsonl"))
    }
    unknown = [name for name in only if name not in found]
    if unknown or not found:
        named = ", ".join(unknown) or "any set"
        raise InvalidInputError(
            str(folder), f"does not hold {named}.", "Name a folder of sets, a folder each."
        )
    return [found[name] for name in (only or found)]


def run_sets(
    sets: Sequence[Path],
    settings: Settings,
    options: RunOptions,
    oracles: Sequence[Oracle],
    place: Path,
    stage: Callable[[str], Tell],
) -> Iterator[tuple[Path, Report | NotRun]]:
    """Yield each set's reports, run now or found in `place` with the same key: plain, then the oracles'.

    A set that cannot be run is yielded with the reason, and the next one is taken up. Faulty rows of a set
    are left out and counted: sets of others are taken as they are.
    """
    for path in sets:
        try:
            question_set = load_set(path, skip_faulty=True)
            corpus = wanted_articles(path, question_set, options)
            loading = stage(f"{path.name}: loading articles")
            with set_engine(path, settings, loading, corpus.wanted) as engine:
                for oracle in ("", *oracles):
                    how = replace(options, oracle=oracle)
                    report = _one(path, question_set, engine, settings, how, place, stage, corpus.size)
                    yield path, report
        except GroundwireError as error:
            yield path, NotRun(path.name, str(error), failed=True)


def _one(
    path: Path,
    question_set: QuestionSet,
    engine: Engine,
    settings: Settings,
    options: RunOptions,
    place: Path,
    stage: Callable[[str], Tell],
    articles_in_set: int,
) -> Report | NotRun:
    name = f"{path.name}, gold {options.oracle}" if options.oracle else path.name
    target = place / f"{path.name}{'-' if options.oracle else ''}{options.oracle}.json"
    known = _known(target)
    if known is not None and known.run.key == key_of(question_set, engine, options):
        return known
    if options.oracle == "parts" and not any(case.parts for case in question_set.cases):
        return NotRun(name, "no parts in this set")
    log.info("%s: %d questions", name, len(question_set.cases))
    asking = stage(f"{name}: asking")
    report = evaluate(question_set, engine, settings, options, asking, articles_in_set=articles_in_set)
    save(report, target)
    return report


def _known(target: Path) -> Report | None:
    try:
        return load_report(target)
    except ReportError:
        return None
