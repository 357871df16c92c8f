"""A reader small enough to build in a test: a vocabulary of a few words, two narrow layers."""

from __future__ import annotations

import torch

from index.sentences import sentence_spans
from index.types import Hit, Span, StoredPassage
from rag.reader.calibration import Calibration, Refusal, Regression
from rag.reader.network import HEADS
from rag.reader.text import MATCH_CODES, SHARED_IDS
from rag.training.types import Candidate, Group

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [unused1] [unused2] the who won cup in 1972 leeds football club lost "
    "rain fell ##s ##ing . ? , city old bridge built when was it a 北 京 大 学 年 成 立 于 何 时 。 ？"
).split()
WIDTH = 4 * HEADS


def tiny_weights(layers: int = 3, seed: int = 0) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)

    def small(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=random) * 0.2

    ones, zeros = torch.ones(WIDTH), torch.zeros(WIDTH)
    weights = {
        "embed.fixed": small(6, WIDTH),
        "embed.learned": small(len(WORDS) - 6 + SHARED_IDS, WIDTH),
        "embed.place": small(512, WIDTH),
        "embed.side": small(2, WIDTH),
        "embed.match": small(MATCH_CODES, WIDTH),
        "embed.norm.weight": ones,
        "embed.norm.bias": zeros,
    }
    for number in range(layers):
        name = f"layer.{number}"
        for part, rows, columns in (
            ("mix", 3 * WIDTH, WIDTH),
            ("out", WIDTH, WIDTH),
            ("up", 2 * WIDTH, WIDTH),
            ("down", WIDTH, 2 * WIDTH),
        ):
            weights |= {f"{name}.{part}.weight": small(rows, columns), f"{name}.{part}.bias": small(rows)}
        for norm in ("norm1", "norm2"):
            weights |= {f"{name}.{norm}.weight": ones.clone(), f"{name}.{norm}.bias": zeros.clone()}
    for place in ("head", "early"):
        for part, wide in (("sentence", 3), ("passage", 1)):
            weights |= {
                f"{place}.{part}.in.weight": small(WIDTH, wide * WIDTH),
                f"{place}.{part}.in.bias": small(WIDTH),
                f"{place}.{part}.out.weight": small(1, WIDTH),
                f"{place}.{part}.out.bias": small(1),
            }
        weights[f"{place}.passage.best"] = torch.full((1,), 0.3)
    return weights


def even_calibration(*, threshold: float = 0.5, weight: float = 1.0) -> Calibration:
    plain = Regression(0.0, (1.0, 0.0, 0.0, 0.0))
    same = {"en": plain, "zh": plain}
    surest = {language: Regression(0.0, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)) for language in same}
    refusal = Refusal(surest, dict.fromkeys(same, threshold))
    return Calibration(same, same, refusal, refusal, "tiny", threshold, weight)


def hit(text: str, *, rank: int = 1, title: str = "", article_id: str = "") -> Hit:
    article_id = article_id or f"article-{rank}"
    passage = StoredPassage(
        key=rank,
        passage_id=f"{article_id}:0",
        article_id=article_id,
        version=1,
        title=title,
        source="",
        url="",
        language="en",
        published_at="",
        heading="",
        section_kind="body",
        article_kind="article",
        ordinal=0,
        text=text,
        char_start=0,
        char_end=len(text),
        sentences=sentence_spans(text),
    )
    return Hit(passage, rank, None, None, 1 / rank)


def candidate(text: str, labels: tuple[int, ...], *, rank: int = 1, article_id: str = "a") -> Candidate:
    spans = tuple(Span(span.char_start, span.char_end) for span in sentence_spans(text))
    return Candidate(f"{article_id}:{rank}", article_id, rank, "", "", text, spans, labels)


def group(question: str, *candidates: Candidate, kind: str = "span", language: str = "en") -> Group:
    return Group(question, language, "set", kind, "a", False, True, candidates)
