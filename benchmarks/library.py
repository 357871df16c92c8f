"""What a library costs as it grows: building, disk, memory, search, and one article more.

Articles go into one library up to each of the sizes. At each size the same articles are added one by one
(until the search finds them) and deleted again, and questions are searched. The project's aim: adding one
article to the largest size takes at most 1.5 times as long as to the smallest.

`--vectors made` leaves the model out: each text gets a unit vector of its own near one of a thousand
centres, so that sizes can be measured in minutes; `--vectors real` embeds.
"""

from __future__ import annotations

import logging
import os
import resource
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
from material import (
    DATA_VARIABLE,
    Stopwatch,
    TimedEmbedder,
    fill,
    load_material,
    machine,
    parser,
    quantiles,
    show_facts,
    show_table,
    write_json,
)

from eval.datasets import iter_articles
from index.embed import DEFAULT_MODEL, Embedder, load_embedder
from index.library import Library, open_library
from index.types import Article, FloatArray, Space
from rag.retrieve import retrieve
from rag.types import Question
from rag.understand import understand

AIM_RATIO = 1.5
CENTRES = 1000
SHARE_OF_CENTRE = 0.6
SETS = ("realtimeqa_en", "crud_news_pool")


class MadeVectors:
    """An embedder that gives each text a vector of its own near one of some centres."""

    def __init__(self, dimension: int = 384) -> None:
        self.space = Space("made", "0" * 64, dimension)
        self.languages = frozenset(("en", "zh"))
        centres = np.random.default_rng(0).standard_normal((CENTRES, dimension)).astype(np.float32)
        self._centres = centres / np.linalg.norm(centres, axis=1, keepdims=True)

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Give vectors of passages."""
        rows = np.empty((len(texts), self.space.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            number = zlib.crc32(text.encode())
            own = np.random.default_rng(number).standard_normal(self.space.dimension).astype(np.float32)
            row[:] = SHARE_OF_CENTRE * self._centres[number % CENTRES] + own * (
                (1 - SHARE_OF_CENTRE) / np.linalg.norm(own)
            )
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    embed_queries = embed_passages


@dataclass(frozen=True)
class Size:
    """The figures of a library of one size."""

    articles: int
    passages: int
    build_s: float
    build_without_embedding_s: float
    disk_mib: float
    memory_mib: float
    search_p50_ms: float
    search_p95_ms: float
    add_p50_ms: float
    add_without_embedding_p50_ms: float
    close_s: float
    open_s: float
    index: str


def articles_of(wanted: int) -> Iterator[Article]:
    """Give articles of the test data, else the shipped ones repeated with other words."""
    folder = os.environ.get(DATA_VARIABLE)
    if not folder:
        return iter(load_material(wanted * 4, questions=0).articles)
    sets = (iter_articles(Path(folder) / "dev" / name) for name in SETS)
    return (
        replace(article, article_id=f"b{number}")
        for number, article in enumerate(chain.from_iterable(zip(*sets, strict=False)))
    )


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure_size(library: Library, watch: Stopwatch, held_out: Sequence[Article]) -> dict[str, float]:
    """Add some articles one by one and search; everything added is deleted again."""
    adding, embedding, searching = [], [], []
    for article in held_out:
        before = watch.spent["embed"]
        adding.append(1000 * timed(lambda article=article: add_until_found(library, article)))
        embedding.append(watch.spent["embed"] - before)
    for article in held_out:
        understanding = understand(Question(article.title[:200]))
        searching.append(
            1000 * timed(lambda asked=understanding: retrieve(asked, library.snapshot(), top_k=8))
        )
    for article in held_out:
        library.delete(article.article_id)
    p50, p95 = quantiles(searching)
    return {
        "search_p50_ms": p50,
        "search_p95_ms": p95,
        "add_p50_ms": statistics.median(adding),
        "add_without_embedding_p50_ms": statistics.median(
            a - e for a, e in zip(adding, embedding, strict=True)
        ),
    }


def add_until_found(library: Library, article: Article) -> None:
    library.put(article)
    snapshot = library.snapshot()
    keys = [hit.key for hit in snapshot.lexical(article.text[:400], 50)]
    if article.article_id not in snapshot.article_ids(keys).values():
        raise RuntimeError(f"{article.article_id} is not found by its first words")


def measure(sizes: Sequence[int], held_out: int, embedder: Embedder, folder: Path) -> list[Size]:
    watch = Stopwatch()
    source = articles_of(max(sizes) + held_out)
    probes = list(islice(source, held_out))
    library = open_library(folder, TimedEmbedder(embedder, watch))
    measured: list[Size] = []
    stored, building = 0, 0.0
    for size in sizes:
        started = time.perf_counter()
        fill(library, islice(source, size - stored))
        building += time.perf_counter() - started
        stored = size
        built_without = building - watch.spent["embed"] / 1000
        figures = measure_size(library, watch, probes)
        closing = timed(library.close)
        started = time.perf_counter()
        library = open_library(folder, TimedEmbedder(embedder, watch))
        opening = time.perf_counter() - started
        state = library.state()
        measured.append(
            Size(
                state.articles,
                state.passages,
                build_s=building,
                build_without_embedding_s=built_without,
                disk_mib=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20,
                memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                close_s=closing,
                open_s=opening,
                index=str(library.snapshot().dense_leg.facts["index"]),
                **figures,
            )
        )
    library.close()
    return measured


def show(sizes: Sequence[Size]) -> None:
    names = [name for name in vars(sizes[0]) if name != "articles"]
    rows = [(name, *(getattr(size, name) for size in sizes)) for name in names]
    show_table("libraries", ("articles", *(str(size.articles) for size in sizes)), rows)
    first, last = sizes[0], sizes[-1]
    ratio = last.add_without_embedding_p50_ms / first.add_without_embedding_p50_ms
    whole = last.add_p50_ms / first.add_p50_ms
    met = "met" if whole <= AIM_RATIO else "not met"
    print(f"\none article more, last against first: {whole:.2f} ({ratio:.2f} without embedding)")
    print(f"aim: at most {AIM_RATIO}: {met}")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[300, 3000, 30_000], metavar="ARTICLES")
    options.add_argument("--limit", type=int, help="leave out sizes above this one")
    options.add_argument("--held-out", type=int, default=40, help="articles added one by one at each size")
    options.add_argument("--vectors", choices=("real", "made"), default="real")
    arguments = options.parse_args()
    logging.getLogger("index").setLevel(logging.ERROR)
    sizes = [size for size in sorted(arguments.sizes) if size <= (arguments.limit or size)]
    embedder = load_embedder(DEFAULT_MODEL) if arguments.vectors == "real" else MadeVectors()
    with tempfile.TemporaryDirectory(prefix="groundwire-") as folder:
        measured = measure(sizes, arguments.held_out, embedder, Path(folder))
    facts = machine() | {"vectors": arguments.vectors, "held_out": arguments.held_out}
    show_facts(facts)
    show(measured)
    write_json(arguments.json, {"facts": facts, "sizes": [vars(size) for size in measured]})


if __name__ == "__main__":
    main()
