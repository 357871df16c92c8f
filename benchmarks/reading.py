"""Reading 30,000 real articles in one go: speed, memory, what is lost, and the share beside embedding.

Reading is all that happens before the encoder: unpacking, JSON, checks, dates, language, sentences and
passages. Each size is read in a process of its own, whose peak memory is taken. Every passage and sentence is
compared with its offsets; `--stored` also stores the articles, under an encoder that costs nothing, and
compares what comes back.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from gzip import open as open_gzip
from itertools import chain, islice
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from material import machine, parser, show_facts, show_table, write_json

from index.chunk import chunk
from index.errors import InvalidInputError
from index.library import Library, open_library
from index.types import FloatArray, Passage, PutResult, Space
from index.validate import checked_article
from service.ingest import article_from_json

SETS = ("realtimeqa_en", "crud_news_pool")
SIZES = (3_000, 30_000)


@dataclass
class ReadingOnly:
    """What a library does with an article before it embeds it."""

    articles: int = 0
    refused: int = 0
    passages: int = 0
    sentences: int = 0
    wrong_offsets: int = 0
    characters: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0

    def read(self, row: str) -> None:
        """Read one article; the comparison of offsets is not timed."""
        began, began_processor = perf_counter(), process_time()
        try:
            article = checked_article(article_from_json(json.loads(row)))
            passages = chunk(article)
        except InvalidInputError as refusal:
            print(f"refused: {refusal}", file=sys.stderr)
            self.refused += 1
            return
        finally:
            self.seconds += perf_counter() - began
            self.processor_seconds += process_time() - began_processor
        if passages:
            self.articles += 1
        self.characters += len(article.text)
        self.passages += len(passages)
        self.sentences += sum(len(passage.sentences) for passage in passages)
        self.wrong_offsets += wrong_offsets(article.text, passages)


@dataclass
class FreeEmbedder:
    """An embedder whose vectors cost nothing and mean nothing."""

    space: Space = field(default_factory=lambda: Space("free", "0" * 64, 8))
    languages: frozenset[str] = frozenset(("en", "zh"))

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Give one vector for all."""
        return np.full((len(texts), 8), 8**-0.5, dtype=np.float32)

    embed_queries = embed_passages


def wrong_offsets(text: str, passages: Sequence[Passage]) -> int:
    """Count passages and sentences whose range is empty, trimmed wrongly, out of order or out of bounds."""
    wrong, end = 0, 0
    for passage in passages:
        wrong += not _is_sound(text, passage.char_start, passage.char_end) or passage.char_start < end
        end = passage.char_start
        for sentence in passage.sentences:
            wrong += not _is_sound(text, sentence.char_start, sentence.char_end) or sentence.char_start < end
            end = sentence.char_end
        wrong += end != passage.char_end
    kept = "".join(text[s.char_start : s.char_end] for p in passages for s in p.sentences)
    return wrong + ("".join(kept.split()) != "".join(text.split()))


def _is_sound(text: str, start: int, end: int) -> bool:
    cut = text[start:end]
    return 0 <= start < end <= len(text) and cut == cut.strip()


def rows_of(data: Path, limit: int) -> Iterator[str]:
    """Give the rows of both sets in turn, so that any size has both languages in the same shares."""
    with ExitStack() as opened:
        first, second = (
            opened.enter_context(open_gzip(data / "dev" / name / "corpus.jsonl.gz", "rt", encoding="utf-8"))
            for name in SETS
        )
        yield from islice(chain.from_iterable(_one_to_two(first, second)), limit)


def _one_to_two(first: Iterator[str], second: Iterator[str]) -> Iterator[list[str]]:
    while rows := [*islice(first, 1), *islice(second, 2)]:
        yield rows


def child(data: Path, limit: int) -> None:
    reading = ReadingOnly()
    given = 0
    for row in rows_of(data, limit):
        given += 1
        reading.read(row)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"given": given, "peak_mib": peak, **vars(reading)}))


def measured(limit: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(limit)], stdout=subprocess.PIPE, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def embedding_seconds(data: Path, articles: int) -> tuple[float, int]:
    """Give the processor seconds that the default encoder needs for a sample, and its passages."""
    from index.embed import DEFAULT_MODEL, load_embedder

    embedder = load_embedder(DEFAULT_MODEL)
    texts = []
    for row in islice(rows_of(data, 30_000), 0, None, 30_000 // articles):
        article = checked_article(article_from_json(json.loads(row)))
        texts.extend(article.text[passage.char_start : passage.char_end] for passage in chunk(article))
    embedder.embed_passages(texts[:16])
    started = process_time()
    embedder.embed_passages(texts)
    return process_time() - started, len(texts)


def stored(data: Path, limit: int) -> dict[str, int]:
    """Store articles and compare what the catalog gives back with what was read."""
    counts = {"stored": 0, "refused": 0, "passages": 0, "different": 0}
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder), FreeEmbedder())
        try:
            _store_all(library, rows_of(data, limit), counts)
        finally:
            library.close()
    return counts


def _store_all(library: Library, rows: Iterable[str], counts: dict[str, int]) -> None:
    while part := list(islice(rows, 500)):
        articles = [article_from_json(json.loads(row)) for row in part]
        results: list[PutResult] = []
        library.put_many(articles, results.append, lambda position, refusal: _count(counts))
        counts["stored"] += len(results)
        seq = min(result.seq for result in results)
        keys = [int(key) for key in library.catalog.changes_after(seq - 1).added]
        passages = library.catalog.passages(keys)
        texts: dict[str, str] = {}
        for passage in passages.values():
            identity = passage.article_id
            text = texts.setdefault(identity, library.catalog.article(identity).text)
            counts["passages"] += 1
            counts["different"] += passage.text != text[passage.char_start : passage.char_end]
            counts["different"] += any(
                not _is_sound(text, sentence.char_start, sentence.char_end) for sentence in passage.sentences
            )
        print(f"{counts}", end="\r", file=sys.stderr)


def _count(counts: dict[str, int]) -> None:
    counts["refused"] += 1


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--child", type=int, help="read so many articles and print what was measured")
    options.add_argument("--sample", type=int, default=100, help="articles that are embedded for comparison")
    options.add_argument("--stored", type=int, metavar="N", help="store N articles and compare, nothing else")
    arguments = options.parse_args()
    folder = os.environ.get("GROUNDWIRE_TEST_DATA")
    if not folder:
        raise SystemExit("GROUNDWIRE_TEST_DATA does not name the folder of the test data.")
    data = Path(folder)
    if arguments.child:
        child(data, arguments.child)
    elif arguments.stored:
        counts = stored(data, arguments.stored)
        print()
        show_facts(counts)
    else:
        report(data, arguments.sample, arguments.json)


def report(data: Path, sample: int, out: Path | None) -> None:
    sizes = {str(size): measured(size) for size in SIZES}
    seconds, passages = embedding_seconds(data, sample)
    small, large = sizes.values()
    embedding = seconds / passages * large["passages"]
    reading = large["processor_seconds"]
    facts = {
        **machine(),
        "peak memory, 30,000 to 3,000": round(large["peak_mib"] / small["peak_mib"], 3),
        "articles lost": large["given"] - large["articles"],
        "wrong offsets": large["wrong_offsets"],
        "reading": f"{reading:.0f} s of processor time",
        "embedding of all, from the sample": f"{embedding:.0f} s of processor time",
        "share of reading": round(reading / (reading + embedding), 4),
    }
    show_facts(facts)
    header = (
        "articles",
        "articles per processor second",
        "peak MiB",
        "refused",
        "passages",
        "sentences",
        "wrong offsets",
    )
    names = ("peak_mib", "refused", "passages", "sentences", "wrong_offsets")
    rows = (
        (
            str(found["given"]),
            found["articles"] / found["processor_seconds"],
            *(found[name] for name in names),
        )
        for found in sizes.values()
    )
    show_table("reading", header, rows)
    write_json(out, {"facts": facts, "sizes": sizes})


if __name__ == "__main__":
    main()
