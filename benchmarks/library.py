"""What a library costs as it grows: building, disk, memory, search, and one article more.

Articles go into one library up to each of the sizes. At each size the same articles are added one by one
(and looked for) and deleted again, and questions are searched. Then a process of its own opens
the library and searches: what that takes, in time and memory, is what serving takes. The project's aims:
adding one article to the largest size takes at most 1.5 times as long as to the smallest; a search at most
three times; opening at most a tenth of building; recall of the nearest ten at least 0.97; 3 GiB of memory.

`--vectors real` embeds. `noisy` embeds some thousand passages and gives every text one of their vectors with
noise; `made` leaves the model out altogether. Where the articles do not suffice they are repeated with other
words.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
from material import (
    DATA_VARIABLE,
    Stopwatch,
    TimedEmbedder,
    encoder_texts,
    fill,
    machine,
    parser,
    quantiles,
    repeated,
    shipped,
    show_facts,
    show_table,
    write_json,
)
from vectors import MadeVectors, NoisyVectors

from eval.datasets import iter_articles
from index.embed import DEFAULT_MODEL, Embedder, load_embedder
from index.library import Library, open_library
from index.types import Article
from rag.retrieve import retrieve
from rag.types import Question
from rag.understand import understand

AIM_RATIO = 1.5
AIM_SEARCH_RATIO = 3.0
AIM_OPENING = 0.1
AIM_RECALL = 0.97
AIM_MEMORY_MIB = 3072
REAL_VECTORS = 20_000
"""Passages embedded for vectors with noise."""

REPEATED = 5000
"""English articles that are repeated with other words where more are wanted than there are."""

NEAREST = 10
ROWS_AT_ONCE = 20_000
SETS = ("realtimeqa_en", "crud_news_pool")


@dataclass(frozen=True)
class Size:
    """The figures of a library of one size."""

    articles: int
    passages: int
    build_s: float
    build_without_embedding_s: float
    disk_mib: float
    building_memory_mib: float
    search_p50_ms: float
    search_p95_ms: float
    recall_at_10: float
    add_p50_ms: float
    add_without_embedding_p50_ms: float
    close_s: float
    open_s: float
    serving_memory_mib: float
    index: str


@dataclass(frozen=True)
class Opened:
    """What a process that opens the library and searches takes; its memory holds the real model too."""

    open_s: float
    memory_mib: float
    index: str


def articles_of(wanted: int) -> Iterator[Article]:
    """Give articles of the test data, else the shipped ones; then the English ones with other words."""
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        sets = [iter_articles(Path(folder) / "dev" / name) for name in SETS]
        first: Iterable[Article] = _in_turn(sets)
        base = list(islice(iter_articles(Path(folder) / "dev" / SETS[0]), REPEATED))
    else:
        first = base = shipped()
    endless = chain(first, repeated(base))
    return (
        replace(article, article_id=f"b{number}") for number, article in enumerate(islice(endless, wanted))
    )


def _in_turn(sets: list[Iterator[Article]]) -> Iterator[Article]:
    """Give one article of each set after the other; where one ends the others go on."""
    while sets:
        for articles in list(sets):
            article = next(articles, None)
            if article is None:
                sets.remove(articles)
            else:
                yield article


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure_size(library: Library, watch: Stopwatch, held_out: Sequence[Article]) -> dict[str, float]:
    """Add some articles one by one and search; everything added is deleted again.

    An article is visible to searches when `put` returns. That it is found by its words is looked at after
    the time is taken: so long a search grows with the library, whoever adds to it.
    """
    adding, embedding, searching = [], [], []
    for article in held_out:
        before = watch.spent["embed passages"]
        adding.append(1000 * timed(lambda article=article: library.put(article)))
        embedding.append(watch.spent["embed passages"] - before)
        require_found(library, article)
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


def require_found(library: Library, article: Article) -> None:
    snapshot = library.snapshot()
    keys = [hit.key for hit in snapshot.lexical(article.text[:400], 50)]
    if article.article_id not in snapshot.article_ids(keys).values():
        raise RuntimeError(f"{article.article_id} is not found by its first words")


def recall(library: Library, questions: Sequence[str]) -> float:
    """Share of the exact ten nearest passages that the index finds among its ten."""
    snapshot = library.snapshot()
    queries = library.embedder.embed_queries(questions)
    found = [{hit.key for hit in snapshot.dense_leg.search(query, NEAREST, None)} for query in queries]
    keys = library.catalog.live_keys()
    best = np.full((len(queries), 0), 0.0, dtype=np.float32)
    best_keys = np.full((len(queries), 0), 0, dtype=np.int64)
    for start in range(0, len(keys), ROWS_AT_ONCE):
        part = keys[start : start + ROWS_AT_ONCE]
        scores = queries @ library.catalog.vectors(part, library.embedder.space).T
        best = np.concatenate([best, scores], axis=1)
        best_keys = np.concatenate([best_keys, np.broadcast_to(part, scores.shape)], axis=1)
        order = np.argsort(-best, axis=1)[:, :NEAREST]
        best, best_keys = np.take_along_axis(best, order, 1), np.take_along_axis(best_keys, order, 1)
    shared = [len(hits & set(row.tolist())) for hits, row in zip(found, best_keys, strict=True)]
    return sum(shared) / best_keys.size


def opened_alone(folder: Path, vectors: str, real: Path, questions: Sequence[str]) -> Opened:
    """Open a library and search in it, in a process of its own; the real model is always in its memory."""
    logging.getLogger("index").setLevel(logging.ERROR)
    model = load_embedder(DEFAULT_MODEL)
    model.embed_queries(["ready"])
    embedder = embedder_of(vectors, real) if vectors != "real" else model
    started = time.perf_counter()
    library = open_library(folder, embedder)
    took = time.perf_counter() - started
    for question in questions:
        retrieve(understand(Question(question)), library.snapshot(), top_k=8)
    memory = highest_memory_mib()
    index = str(library.snapshot().dense_leg.facts["index"])
    library.close()
    return Opened(took, memory, index)


def highest_memory_mib() -> float:
    """Give the most memory that this program has had; what its parent had before is not counted."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def embedder_of(vectors: str, real: Path) -> Embedder:
    """Give the embedder of a kind of vectors; `real` is the file of those that noise is added to."""
    if vectors == "made":
        return MadeVectors()
    model = load_embedder(DEFAULT_MODEL)
    if vectors == "real":
        return model
    if not real.is_file():
        texts = list(islice(_texts(), REAL_VECTORS))
        np.save(real, model.embed_passages(texts))
    return NoisyVectors(real, model)


def _texts() -> Iterator[str]:
    for article in articles_of(REAL_VECTORS):
        yield from encoder_texts([article])


def measure(sizes: Sequence[int], held_out: int, vectors: str, work: Path) -> list[Size]:
    watch = Stopwatch()
    folder, real = work / "library", work / "real.npy"
    embedder = embedder_of(vectors, real)
    source = articles_of(max(sizes) + held_out)
    probes = list(islice(source, held_out))
    questions = [article.title[:200] for article in probes]
    library = open_library(folder, TimedEmbedder(embedder, watch))
    measured: list[Size] = []
    stored, building = 0, 0.0
    for size in sizes:
        started = time.perf_counter()
        fill(library, islice(source, size - stored))
        building += time.perf_counter() - started
        stored = size
        built_without = building - watch.spent["embed passages"] / 1000
        figures = measure_size(library, watch, probes)
        figures["recall_at_10"] = recall(library, questions)
        state = library.state()
        closing = timed(library.close)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            opened = alone.submit(opened_alone, folder, vectors, real, questions).result()
        library = open_library(folder, TimedEmbedder(embedder, watch))
        measured.append(
            Size(
                state.articles,
                state.passages,
                build_s=building,
                build_without_embedding_s=built_without,
                disk_mib=on_disk(folder) / 2**20,
                building_memory_mib=highest_memory_mib(),
                close_s=closing,
                open_s=opened.open_s,
                serving_memory_mib=opened.memory_mib,
                index=opened.index,
                **figures,
            )
        )
    library.close()
    return measured


def on_disk(folder: Path) -> int:
    """Give the bytes of a folder's files; a file with two names counts once."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum({(stat.st_dev, stat.st_ino): stat.st_size for stat in found}.values())


def show(sizes: Sequence[Size]) -> None:
    names = [name for name in vars(sizes[0]) if name != "articles"]
    rows = [(name, *(getattr(size, name) for size in sizes)) for name in names]
    show_table("libraries", ("articles", *(str(size.articles) for size in sizes)), rows)
    first, last = sizes[0], sizes[-1]
    ratio = last.add_without_embedding_p50_ms / first.add_without_embedding_p50_ms
    whole = last.add_p50_ms / first.add_p50_ms
    print(f"\none article more, last against first: {whole:.2f} ({ratio:.2f} without embedding)")
    slower = last.search_p50_ms / first.search_p50_ms
    opening = last.open_s / last.build_without_embedding_s
    aims = (
        (f"one article more at most {AIM_RATIO} times", whole, whole <= AIM_RATIO),
        (f"search p50 at most {AIM_SEARCH_RATIO} times", slower, slower <= AIM_SEARCH_RATIO),
        (f"recall@10 at least {AIM_RECALL}", last.recall_at_10, last.recall_at_10 >= AIM_RECALL),
        (
            f"serving within {AIM_MEMORY_MIB} MiB",
            last.serving_memory_mib,
            last.serving_memory_mib <= AIM_MEMORY_MIB,
        ),
        (f"opening at most {AIM_OPENING} of building without embedding", opening, opening <= AIM_OPENING),
    )
    for aim, value, met in aims:
        print(f"aim: {aim}: {value:.2f}, {'met' if met else 'not met'}")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[300, 3000, 30_000], metavar="ARTICLES")
    options.add_argument("--limit", type=int, help="leave out sizes above this one")
    options.add_argument("--held-out", type=int, default=40, help="articles added one by one at each size")
    options.add_argument("--vectors", choices=("real", "noisy", "made"), default="real")
    options.add_argument(
        "--work", type=Path, metavar="DIR", help="where the library is made (default: a new one)"
    )
    arguments = options.parse_args()
    logging.getLogger("index").setLevel(logging.ERROR)
    sizes = [size for size in sorted(arguments.sizes) if size <= (arguments.limit or size)]
    if arguments.work is not None:
        arguments.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="groundwire-", dir=arguments.work) as folder:
        measured = measure(sizes, arguments.held_out, arguments.vectors, Path(folder))
    facts = machine() | {"vectors": arguments.vectors, "held_out": arguments.held_out}
    show_facts(facts)
    show(measured)
    write_json(arguments.json, {"facts": facts, "sizes": [vars(size) for size in measured]})


if __name__ == "__main__":
    main()
