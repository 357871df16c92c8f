"""A small sample of statements, written for this purpose, on which a shipped support check can be checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np

from index.types import Span, StoredPassage
from rag.reader.artefact import Artefact
from rag.reader.support_artefact import SupportArtefact
from rag.reader.supporter import ReaderSupport
from rag.types import Evidence


def support_sample(reader: Artefact, support: SupportArtefact) -> Mapping[str, float]:
    """Give the mean probability of the true and of the false statements, and the share of pairs of both in
    which the true one is ahead.
    """
    scorer = ReaderSupport(reader, support)
    rows = json.loads((files("rag.training") / "support_sample.json").read_text(encoding="utf-8"))
    true: list[float] = []
    false: list[float] = []
    for row in rows:
        evidence = _evidence(row["title"], row["evidence"])
        for said in row["statements"]:
            (true if said["supported"] else false).append(scorer.score(said["text"], evidence))
    values = {
        "true probability": np.mean(true),
        "false probability": np.mean(false),
        "true ahead": np.mean(np.array(true)[:, None] > np.array(false)[None, :]),
    }
    return {name: round(float(value), 4) for name, value in values.items()}


def _evidence(title: str, sentences: Sequence[str]) -> list[Evidence]:
    text = " ".join(sentences)
    starts = [text.find(sentence) for sentence in sentences]
    spans = tuple(Span(at, at + len(s)) for at, s in zip(starts, sentences, strict=True))
    passage = StoredPassage(
        key=1,
        passage_id="sample:0",
        article_id="sample",
        version=1,
        title=title,
        source="",
        url="",
        language="",
        published_at="",
        heading="",
        section_kind="body",
        article_kind="article",
        ordinal=0,
        char_start=0,
        char_end=len(text),
        text=text,
        sentences=spans,
    )
    return [
        Evidence(passage, span.char_start, span.char_end, sentence, 1.0)
        for span, sentence in zip(spans, sentences, strict=True)
    ]
