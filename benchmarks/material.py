"""What the benchmarks share: passages and questions to measure with, a library of them, tables.

`GROUNDWIRE_TEST_DATA` names a folder of question sets, of which `dev/realtimeqa_gold` is used and, where
more passages are needed, `dev/realtimeqa_en`. Without it the articles of `corpus/` are repeated with
changed words: enough to measure speed, of no use to judge what is found.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from random import Random
from typing import TypeVar

import numpy as np

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["HF_HUB_OFFLINE"] = "1"

# Behind the two lines above: the project need not be installed, and no hub is asked.
from eval.datasets import iter_articles, load_questions  # noqa: E402
from index.chunk import chunk, context  # noqa: E402
from index.embed import Embedder  # noqa: E402
from index.library import Library, open_library  # noqa: E402
from index.parse import parse  # noqa: E402
from index.types import Article, FloatArray, Space  # noqa: E402

DATA_VARIABLE = "GROUNDWIRE_TEST_DATA"
CHANGED_WORDS = 0.3
"""Share of the longer words that a repeated article has exchanged."""

_WORD = re.compile(r"\b[a-z]{4,}\b")
_STORE_SOURCES = ("chunk", "embed", "lexical", "lexical_index", "schema", "tokens")
"""Modules of `index` that decide what a library on disk holds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the ids of the articles that answer it."""

    text: str
    relevant_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """Articles of at least the wanted number of passages, questions on them, and where they are from."""

    articles: tuple[Article, ...]
    questions: tuple[Asked, ...]
    origin: str


def load_material(passages: int, questions: int) -> Material:
    """Give articles that make at least so many passages, and at most so many questions."""
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        gold, more = Path(folder) / "dev" / "realtimeqa_gold", Path(folder) / "dev" / "realtimeqa_en"
        articles = _enough(_distinct(chain(iter_articles(gold), iter_articles(more))), passages)
        held = {article.article_id for article in articles}
        asked = [
            Asked(case.question, case.relevant_ids)
            for case in load_questions(gold).cases
            if held & set(case.relevant_ids)
        ]
        return Material(articles, tuple(asked[:questions]), "news articles of realtimeqa_gold")
    articles = shipped()
    asked = tuple(
        Asked(pair.question, (article.article_id,)) for article in articles for pair in article.qa_pairs
    )
    origin = (
        f"articles of corpus/, repeated with {CHANGED_WORDS:.0%} of their longer words changed; "
        f"set {DATA_VARIABLE} for news articles"
    )
    return Material(_enough(chain(articles, repeated(articles)), passages), asked[:questions], origin)


def _distinct(articles: Iterable[Article]) -> Iterator[Article]:
    seen: set[str] = set()
    for article in articles:
        if article.article_id not in seen:
            seen.add(article.article_id)
            yield article


def _enough(articles: Iterable[Article], passages: int) -> tuple[Article, ...]:
    taken: list[Article] = []
    made = 0
    for article in articles:
        if made >= passages:
            break
        taken.append(article)
        made += len(chunk(article))
    return tuple(taken)


def shipped() -> list[Article]:
    """Give the articles of `corpus/`."""
    return [
        replace(parse(path.read_bytes(), path.name), article_id=path.stem)
        for path in sorted((ROOT / "corpus" / "en").glob("*.md"))
    ]


def repeated(articles: Sequence[Article]) -> Iterator[Article]:
    """Give articles again and again, each time with other words; there is no end to it."""
    by_length: dict[int, list[str]] = defaultdict(list)
    for word in sorted({word for article in articles for word in _WORD.findall(article.text)}):
        by_length[len(word)].append(word)
    for turn in count(1):
        random = Random(turn)

        def other(match: re.Match[str], random: Random = random) -> str:
            word = match.group()
            return random.choice(by_length[len(word)]) if random.random() < CHANGED_WORDS else word

        for article in articles:
            # A word of the same length leaves the offsets of the sections as they are.
            text = _WORD.sub(other, article.text)
            yield replace(article, text=text, article_id=f"{article.article_id}-{turn}", url="", qa_pairs=())


def encoder_texts(articles: Iterable[Article]) -> list[str]:
    """Give what the encoder sees of each passage: title, heading and text."""
    texts: list[str] = []
    for article in articles:
        for passage in chunk(article):
            heading = article.sections[passage.section].heading if article.sections else ""
            text = article.text[passage.char_start : passage.char_end]
            texts.append(f"{context(article.title, heading)}\n{text}")
    return texts


def library_folder(material: Material, embedder: Embedder, work: Path) -> Path:
    """Make a library of the material below `work`, or find the one that an earlier run made."""
    mark = hashlib.sha256("\0".join(encoder_texts(material.articles)).encode())
    mark.update(embedder.space.id.encode())
    for name in _STORE_SOURCES:
        mark.update((ROOT / "index" / f"{name}.py").read_bytes())
    folder = work / f"library-{mark.hexdigest()[:16]}"
    done = folder / "complete"
    if not done.is_file():
        print(f"making a library of {len(material.articles)} articles in {folder} …", file=sys.stderr)
        library = open_library(folder, embedder)
        fill(library, material.articles)
        library.close()
        done.touch()
    return folder


def fill(library: Library, articles: Iterable[Article]) -> None:
    """Put articles into a library; one that is refused ends the benchmark."""

    def refused(position: int, error: Exception) -> None:
        raise error

    library.put_many(articles, lambda result: None, refused)


class Stopwatch:
    """Adds up the milliseconds of named pieces of work."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def timed(self, name: str, work: Callable[[], T]) -> T:
        """Do the work and add its time to the name."""
        started = time.perf_counter()
        try:
            return work()
        finally:
            self.spent[name] += (time.perf_counter() - started) * 1000


class TimedEmbedder:
    """An embedder whose time is taken: `embed` for questions, `embed passages` for what is stored."""

    def __init__(self, embedder: Embedder, watch: Stopwatch) -> None:
        self._embedder = embedder
        self._watch = watch

    @property
    def space(self) -> Space:
        """The space of the embedder inside."""
        return self._embedder.space

    @property
    def languages(self) -> frozenset[str]:
        """The languages of the embedder inside."""
        return self._embedder.languages

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts to be found, timed."""
        return self._watch.timed("embed passages", lambda: self._embedder.embed_passages(texts))

    def embed_queries(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts to find others with, timed."""
        return self._watch.timed("embed", lambda: self._embedder.embed_queries(texts))


def quantiles(values: Sequence[float]) -> tuple[float, float]:
    """Give the 50th and the 95th percentile."""
    p50, p95 = np.percentile(np.asarray(values), [50, 95])
    return float(p50), float(p95)


def median_ratio(values: Sequence[float], baseline: Sequence[float]) -> float:
    """Give the median of the ratios of measurements made side by side."""
    return statistics.median(a / b for a, b in zip(values, baseline, strict=True))


def machine() -> dict[str, object]:
    """Name the processor, the threads that torch uses, and the load from others."""
    import torch

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "bfloat16": bool(
            torch.cpu.get_capabilities().get("avx512_bf16") or torch.cpu.get_capabilities().get("amx_bf16")
        ),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    named = {key.strip(): value.strip() for key, value in facts.items()}
    model = named.get("model name", platform.machine())
    return f"{model} (family {named.get('cpu family', '?')}, model {named.get('model', '?')})"


def show_facts(facts: Mapping[str, object]) -> None:
    """Print facts, one a line."""
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name:<{width}}  {value}")


def show_table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: first column to the left, figures to the right."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        first, *rest = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def parser(description: str | None) -> ArgumentParser:
    """Give a parser with the options that all benchmarks have."""
    options = ArgumentParser(description=(description or "").splitlines()[0])
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as JSON too")
    return options


def add_work(options: ArgumentParser) -> None:
    """Add the option for the folder that is kept between runs."""
    default = Path(tempfile.gettempdir()) / "groundwire-benchmarks"
    options.add_argument(
        "--work", type=Path, default=default, metavar="DIR", help=f"kept between runs (default {default})"
    )


def write_json(path: Path | None, report: Mapping[str, object]) -> None:
    """Write a report where a file was named."""
    if path is not None:
        path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
