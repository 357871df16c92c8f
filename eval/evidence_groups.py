"""Training groups for the evidence reader, as they look at run time.

The articles of a question set go into a library of their own; the project's retrieval brings passages for
each question; sentences are labelled by the gold evidence or the answer's place. Passages of the right
article that retrieval missed are added with rank 0.
"""

from __future__ import annotations

import logging
import random
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from eval.datasets import iter_articles, load_questions, titled
from eval.types import Case
from index.chunk import chunk
from index.embed import Embedder
from index.library import Library, open_library
from index.types import Article, FloatArray, Hit, Space, Span
from rag.retrieve import retrieve
from rag.training.types import UNKNOWN, Candidate, Group
from rag.types import Question
from rag.understand import understand

log = logging.getLogger(__name__)

HELD_OUT_PERCENT = {"span": 5, "analytical": 10}
"""Share of the articles whose questions are kept for calibration, by kind of set."""

_TOP_K = 10
_AS_OF = "2026-01-01"
"""When questions are taken to be asked, so that groups do not depend on the day on which they are built."""

_AT_ONCE = 512


class BatchedQueries:
    """An `Embedder` that embeds a known list of questions in batches ahead of the searches."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._rows: dict[str, FloatArray] = {}

    @property
    def space(self) -> Space:
        """The space of the wrapped embedder."""
        return self._embedder.space

    @property
    def languages(self) -> frozenset[str]:
        """The languages of the wrapped embedder."""
        return self._embedder.languages

    def prepare(self, questions: Sequence[str]) -> None:
        """Embed questions that will be searched for."""
        for start in range(0, len(questions), _AT_ONCE):
            texts = questions[start : start + _AT_ONCE]
            self._rows |= dict(zip(texts, self._embedder.embed_queries(texts), strict=True))

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts to be found."""
        return self._embedder.embed_passages(texts)

    def embed_queries(self, texts: Sequence[str]) -> FloatArray:
        """Give the rows of prepared questions; embed any other."""
        if len(texts) == 1 and texts[0] in self._rows:
            return self._rows[texts[0]].reshape(1, -1)
        return self._embedder.embed_queries(texts)


class LexicalOnly:
    """An `Embedder` for languages that the real one does not know: all texts are alike to it."""

    space = Space("lexical-only", "0" * 64, 8)
    languages = frozenset[str]()

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Give the same row for each text."""
        rows = np.zeros((len(texts), self.space.dimension), dtype=np.float32)
        rows[:, 0] = 1.0
        return rows

    def embed_queries(self, texts: Sequence[str]) -> FloatArray:
        """Give the same row for each text."""
        return self.embed_passages(texts)


def build_groups(
    folder: Path,
    embedder: Embedder,
    *,
    most_questions: int,
    most_articles: int | None = None,
    seed: int,
    held_out: bool = False,
) -> Iterator[Group]:
    """Yield the groups of a sample of a set's questions, with `held_out` those alone that are kept for
    calibration.
    """
    articles = {a.article_id: titled(a) for a in islice(iter_articles(folder), most_articles)}
    cases = [_by_span(c) for c in load_questions(folder, skip_faulty=True).cases if _source(c) in articles]
    cases = random.Random(seed).sample(cases, min(most_questions, len(cases)))
    cases = [case for case in cases if not held_out or _is_held_out(case)]
    batched = BatchedQueries(embedder)
    with tempfile.TemporaryDirectory() as place:
        library = open_library(Path(place), batched)
        library.put_many(articles.values(), lambda result: None, lambda position, error: None)
        batched.prepare([understand(Question(case.question)).query for case in cases])
        log.info("%s: %d articles, %d questions", folder.name, len(articles), len(cases))
        for case in cases:
            yield make_group(case, library, articles[_source(case)])
        library.close()


def make_group(case: Case, library: Library, article: Article, *, top_k: int = _TOP_K) -> Group:
    """Retrieve for one question and label what was found."""
    understanding = understand(Question(case.question, as_of=case.as_of or _AS_OF))
    hits = retrieve(understanding, library.snapshot(), top_k=top_k).hits
    found = [_retrieved(case, hit) for hit in hits]
    return Group(
        question=understanding.query,
        language="zh" if understanding.language == "zh" else "en",
        set_name=case.set_name,
        kind=_kind(case),
        source_id=article.article_id,
        held_out=_is_held_out(case),
        answerable=not case.unanswerable,
        candidates=(*found, *_missed(case, article, {c.key for c in found})),
    )


def _by_span(case: Case) -> Case:
    """Take away marks of evidence where the answer's place is known: in training sets a machine made them."""
    return replace(case, evidence=()) if isinstance(case.metadata.get("answer_start"), int) else case


def _source(case: Case) -> str:
    return case.relevant_ids[0] if case.relevant_ids else str(case.metadata.get("source_id", ""))


def _kind(case: Case) -> str:
    return "analytical" if case.evidence or case.unanswerable else "span"


def _is_held_out(case: Case) -> bool:
    return zlib.crc32(_source(case).encode()) % 100 < HELD_OUT_PERCENT[_kind(case)]


def _retrieved(case: Case, hit: Hit) -> Candidate:
    passage = hit.passage
    spans = tuple(
        Span(s.char_start - passage.char_start, s.char_end - passage.char_start) for s in passage.sentences
    )
    found = _candidate(
        case,
        passage.article_id,
        hit.rank,
        passage.title,
        passage.heading,
        passage.text,
        spans,
        passage.char_start,
    )
    return replace(found, nearness=round(hit.dense or 0.0, 4))


def _missed(case: Case, article: Article, seen: set[str]) -> Iterator[Candidate]:
    for passage in chunk(article):
        heading = article.sections[passage.section].heading if article.sections else ""
        spans = tuple(
            Span(s.char_start - passage.char_start, s.char_end - passage.char_start)
            for s in passage.sentences
        )
        text = article.text[passage.char_start : passage.char_end]
        made = _candidate(
            case, article.article_id, 0, article.title, heading, text, spans, passage.char_start
        )
        if made.key not in seen:
            yield made


def _candidate(
    case: Case,
    article_id: str,
    rank: int,
    title: str,
    heading: str,
    text: str,
    spans: tuple[Span, ...],
    offset: int,
) -> Candidate:
    labels = tuple(
        label(case, article_id, text[s.char_start : s.char_end], s.char_start + offset, s.char_end + offset)
        for s in spans
    )
    return Candidate(f"{article_id}:{offset}", article_id, rank, title, heading, text, spans, labels)


def label(case: Case, article_id: str, text: str, start: int, end: int) -> int:
    """Label one sentence: 1 for gold, `UNKNOWN` where an answer string stands in it by chance, else 0."""
    if case.evidence:
        return int(
            any(
                gold.article_id == article_id
                and 2 * (min(end, gold.char_end) - max(start, gold.char_start))
                > min(end - start, gold.char_end - gold.char_start)
                for gold in case.evidence
            )
        )
    if case.unanswerable:
        return 0
    at = case.metadata.get("answer_start")
    if article_id in case.relevant_ids and isinstance(at, int) and start <= at < end:
        return 1
    return UNKNOWN if any(answer and answer in text for answer in case.answers) else 0
