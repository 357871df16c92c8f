"""Reciprocal rank fusion of ranked lists."""

from __future__ import annotations

from collections.abc import Mapping

RANK_CONSTANT = 5
"""Smaller than the 60 of Cormack, Clarke and Buettcher (SIGIR 2009): with two legs the first ranks decide."""

PASSAGE_SHARE = 1.0
"""Weight of a passage's own rank beside the rank of its article.

Two legs agree on the article more often than on the passage in it; in a long article the passage decides.
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
    legs: Mapping[str, Mapping[int, float]], article_of: Mapping[int, str], weights: Mapping[str, float]
) -> list[tuple[int, float]]:
    """Fuse legs, each passage keys with scores, best first, by the ranks of passages and of their articles.

    Beside the legs' own rankings stands the one by their scores together, with weight 1: what one leg finds
    far ahead of all others should not lose its lead to ranks. That sums of scaled scores order better than
    ranks alone was found by Bruch, Gai and Ingber (2023, arXiv 2210.11934).
    """
    present = {
        leg: {key: score for key, score in found.items() if key in article_of} for leg, found in legs.items()
    }
    orders = {leg: list(found) for leg, found in present.items()} | {_TOGETHER: _by_scores(present, weights)}
    shares = {**weights, _TOGETHER: 1.0}
    rankings: dict[str, dict[int, int]] = {}
    shared: dict[str, float] = {}
    for name, keys in orders.items():
        articles = {
            article: rank for rank, article in enumerate(dict.fromkeys(article_of[k] for k in keys), 1)
        }
        rankings[f"{name} article"] = {key: articles[article_of[key]] for key in keys}
        rankings[f"{name} passage"] = {key: rank for rank, key in enumerate(keys, 1)}
        shared[f"{name} article"] = shares[name]
        shared[f"{name} passage"] = shares[name] * PASSAGE_SHARE
    return reciprocal_rank_fusion(rankings, shared)


_TOGETHER = "together"


def _by_scores(legs: Mapping[str, Mapping[int, float]], weights: Mapping[str, float]) -> list[int]:
    """Order keys by the weighted sum of the legs' scores, each leg's brought to 0..1; ties by key."""
    totals: dict[int, float] = {}
    for leg, found in legs.items():
        low, high = min(found.values(), default=0.0), max(found.values(), default=0.0)
        for key, score in found.items():
            scaled = (score - low) / (high - low) if high > low else 1.0
            totals[key] = totals.get(key, 0.0) + weights[leg] * scaled
    return sorted(totals, key=lambda key: (-totals[key], key))
