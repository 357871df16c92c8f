"""Passages for a question: the dense and the lexical leg side by side, fused by rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.fuse import fuse_legs
from index.library import Snapshot
from index.types import Hit, ScoredKey, Story
from rag.types import Understanding

CANDIDATES = 100
"""Passages taken from each leg. Neither leg restricts the other's candidates."""

DENSE_WEIGHT = 0.6
"""Weight of the dense leg beside the lexical leg's 1, in a language that the embedder was trained on."""

FOREIGN_DENSE_WEIGHT = 0.1
"""The same in any other language, where near vectors mean little."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What each leg found and what their fusion is, best first.

    `outside_filters` is true where filters left no passage at all to search.
    """

    dense: tuple[ScoredKey, ...]
    lexical: tuple[ScoredKey, ...]
    hits: tuple[Hit, ...]
    outside_filters: bool = False


def retrieve(question: Understanding, snapshot: Snapshot, *, top_k: int) -> Retrieval:
    """Find the `top_k` passages of a snapshot for a question, inside its filters."""
    allowed = snapshot.keys_matching(question.filters)
    if allowed is not None and not len(allowed):
        return Retrieval((), (), (), outside_filters=True)
    depth = max(CANDIDATES, top_k)
    dense = snapshot.dense(question.text, depth, allowed)
    lexical = snapshot.lexical(question.text, depth, allowed)
    known = question.language in snapshot.embedder.languages
    weight = DENSE_WEIGHT if known else FOREIGN_DENSE_WEIGHT
    return Retrieval(tuple(dense), tuple(lexical), _fused(dense, lexical, snapshot, weight, top_k))


def _fused(
    dense: list[ScoredKey], lexical: list[ScoredKey], snapshot: Snapshot, dense_weight: float, top_k: int
) -> tuple[Hit, ...]:
    dense_scores = {hit.key: hit.score for hit in dense}
    lexical_scores = {hit.key: hit.score for hit in lexical}
    # What was deleted since the snapshot was taken has no article any more, and is left out.
    article_of = snapshot.article_ids([*dense_scores, *lexical_scores])
    fused = fuse_legs(
        {"dense": list(dense_scores), "lexical": list(lexical_scores)},
        article_of,
        {"dense": dense_weight, "lexical": 1.0},
    )
    stories = snapshot.stories_of(sorted(set(article_of.values())))
    fused = one_per_story(fused, article_of, stories)[:top_k]
    passages = snapshot.passages([key for key, _ in fused])
    present = [(key, score) for key, score in fused if key in passages]
    return tuple(
        Hit(
            passages[key],
            rank,
            dense_scores.get(key),
            lexical_scores.get(key),
            score,
            stories.get(article_of[key]),
        )
        for rank, (key, score) in enumerate(present, start=1)
    )


def one_per_story(
    fused: Sequence[tuple[int, float]], article_of: Mapping[int, str], stories: Mapping[str, Story]
) -> list[tuple[int, float]]:
    """Keep of each story the passages of the article that comes first; its other tellings are left out."""
    teller: dict[str, str] = {}
    kept = []
    for key, score in fused:
        article = article_of[key]
        story = stories.get(article)
        if story is None or teller.setdefault(story.id, article) == article:
            kept.append((key, score))
    return kept
