"""The words of the library as values: articles, passages, hits.

All offsets are half-open ranges of Unicode code points into the text of one version of an
article: `text[char_start:char_end]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from index.language import KNOWN, detect

FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

ArticleKind: TypeAlias = Literal["article", "teaser"]
SectionKind: TypeAlias = Literal["body", "summary"]
PutStatus: TypeAlias = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Space:
    """One embedding model with the hash of its weights and its dimension; vectors are unit length.

    Vectors of two spaces never meet: everything that stores vectors stores the space's `id` with them.
    """

    model: str
    fingerprint: str
    dimension: int

    @property
    def id(self) -> str:
        """Name of the space in stores and answers."""
        return f"{self.model}@{self.fingerprint[:12]}"


@dataclass(frozen=True, slots=True)
class KnownSpace:
    """A space that a library has vectors of: its id, the name of its model, its dimension."""

    id: str
    model: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points."""

    char_start: int
    char_end: int

    def __post_init__(self) -> None:
        if not 0 <= self.char_start <= self.char_end:
            raise ValueError(f"span {self.char_start}..{self.char_end} is not a range")


@dataclass(frozen=True, slots=True)
class Section:
    """A run of an article's text under one heading; the range leaves the heading line out."""

    heading: str
    char_start: int
    char_end: int
    kind: SectionKind = "body"


@dataclass(frozen=True, slots=True)
class QAPair:
    """A question and its answer from an article's Q&A section; for evaluation, never indexed."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Article:
    """One news item as published.

    `published_at` and `updated_at` are ISO 8601 and keep the precision that was given: a day
    (`2026-05-10`) or a moment with its zone (`2026-05-10T09:41:00+08:00`). `article_id` is
    set where whoever sent the article named it; otherwise identity follows from URL, or from
    source and title. `missing` lists what a parser looked for and did not find.
    """

    title: str
    text: str
    source: str = ""
    url: str = ""
    language: str = ""
    published_at: str = ""
    updated_at: str = ""
    sections: tuple[Section, ...] = ()
    qa_pairs: tuple[QAPair, ...] = ()
    kind: ArticleKind = "article"
    article_id: str = ""
    metadata: Mapping[str, object] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one section, as the chunker makes it.

    `sentences` are ranges into the article's text, in order and inside the passage.
    """

    ordinal: int
    section: int
    char_start: int
    char_end: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """One version of an article as the catalog keeps it."""

    article_id: str
    version: int
    latest_version: int
    title: str
    text: str
    source: str
    url: str
    language: str
    published_at: str
    updated_at: str
    sections: tuple[Section, ...]
    kind: ArticleKind
    metadata: Mapping[str, object]
    added_at: str
    seq: int


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """One line of the list of articles."""

    article_id: str
    version: int
    title: str
    source: str
    url: str
    language: str
    published_at: str
    kind: ArticleKind
    characters: int
    passages: int
    added_at: str
    seq: int


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with everything that a reader, an encoder or a citation needs of its article."""

    key: int
    passage_id: str
    article_id: str
    version: int
    title: str
    source: str
    url: str
    language: str
    published_at: str
    heading: str
    section_kind: SectionKind
    article_kind: ArticleKind
    ordinal: int
    char_start: int
    char_end: int
    text: str
    sentences: tuple[Span, ...]

    @property
    def text_language(self) -> str:
        """Language of the passage itself, which can differ from that of its article (`language`)."""
        found = detect(self.text)
        return found if found != "und" and self.language in KNOWN else self.language


@dataclass(frozen=True, slots=True)
class StoredQAPair:
    """A question and its answer with the article version that they came with."""

    article_id: str
    version: int
    ordinal: int
    question: str
    answer: str
    language: str


@dataclass(frozen=True, slots=True)
class PutResult:
    """What became of one article that was put: its identity, version and the `seq` that holds it."""

    article_id: str
    version: int
    status: PutStatus
    seq: int


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a question may use; empty means all.

    The dates are days or moments, compared at the coarser precision of the two: both bounds are
    inclusive, and an article without a publication date passes no date bound.
    """

    published_after: str = ""
    published_before: str = ""
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class ScoredKey:
    """A passage key with the score of one leg; higher is better."""

    key: int
    score: float


@dataclass(frozen=True, slots=True)
class Story:
    """A story that an article is one telling of, and in how many other articles it is told too."""

    id: str
    also_in: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its rank (from 1) and the scores of the legs that found it.

    `story` is that of the passage's article, nothing where the article is too short to have one.
    """

    passage: StoredPassage
    rank: int
    dense: float | None
    lexical: float | None
    fused: float
    story: Story | None = None


@dataclass(frozen=True, slots=True)
class IndexState:
    """What the library holds and what its caches reflect."""

    seq: int
    indexed_through: str
    space: str
    articles: int
    passages: int
    versions: int
    questions: int
    dense_seq: int
    lexical_seq: int
    degraded: tuple[str, ...]
    """What is not as it should be although questions are answered; empty where all is well."""
