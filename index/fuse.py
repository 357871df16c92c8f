"""Reciprocal rank fusion of ranked lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

RANK_CONSTANT = 5
"""Smaller than the 60 of Cormack, Clarke and Buettcher (SIGIR 2009): with two legs the first ranks decide."""

PASSAGE_SHARE = 0.1
"""Weight of a passage's own rank beside the rank of its article.

Two legs agree on the article more often than on the passage in it.
"""


def reciprocal_rank_fusion(
    rankings: Mapping[str, Mapping[int, int]], weights: Mapping[str, float], *, constant: int = RANK_CONSTANT
) -> list[tuple[int, float]]:
    """Fuse rankings (key to rank, from 1) to (key, score), best first; ties by key.

    A key scores the sum over the rankings of weight / (constant + rank); a ranking without the key
    adds nothing. Only ranks count, so the legs' scores need not be comparable.
    """
    scores: dict[int, float] = {}
    for name, ranking in rankings.items():
        for key, rank in ranking.items():
            scores[key] = scores.get(key, 0.0) + weights[name] / (constant + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def fuse_legs(
    legs: Mapping[str, Sequence[int]], article_of: Mapping[int, str], weights: Mapping[str, float]
) -> list[tuple[int, float]]:
    """Fuse legs of passage keys, best first, by the ranks of passages and of their articles."""
    rankings: dict[str, dict[int, int]] = {}
    shares: dict[str, float] = {}
    for leg, keys in legs.items():
        present = [key for key in keys if key in article_of]
        articles = {
            article: rank for rank, article in enumerate(dict.fromkeys(article_of[k] for k in present), 1)
        }
        rankings[f"{leg} article"] = {key: articles[article_of[key]] for key in present}
        rankings[f"{leg} passage"] = {key: rank for rank, key in enumerate(present, 1)}
        shares[f"{leg} article"] = weights[leg]
        shares[f"{leg} passage"] = weights[leg] * PASSAGE_SHARE
    return reciprocal_rank_fusion(rankings, shares)
