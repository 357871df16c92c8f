"""All sets of a folder, one after the other; what is done already is not done again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from eval.errors import ReportError
from eval.report import Report, load_report
from index.errors import InvalidInputError
from service.evaluation import RunOptions, Tell, evaluate, key_of, load_set, save, set_engine
from service.settings import Settings

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
    place: Path,
    stage: Callable[[str], Tell],
) -> Iterator[Report]:
    """Yield the report of each set, run now or found in `place` with the same key.

    Faulty rows of a set are left out and counted: sets of others are taken as they are.
    """
    for path in sets:
        question_set = load_set(path, skip_faulty=True)
        target = place / f"{path.name}.json"
        with set_engine(path, settings, stage(f"{path.name}: loading articles")) as engine:
            known = _known(target)
            if known is not None and known.run.key == key_of(question_set, engine, options):
                yield known
                continue
            log.info("%s: %d questions", path.name, len(question_set.cases))
            report = evaluate(question_set, engine, settings, options, stage(f"{path.name}: asking"))
            save(report, target)
        yield report


def _known(target: Path) -> Report | None:
    try:
        return load_report(target)
    except ReportError:
        return None
