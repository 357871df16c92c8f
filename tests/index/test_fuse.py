import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fuse import PASSAGE_SHARE, RANK_CONSTANT, fuse_legs, reciprocal_rank_fusion

KEYS = st.lists(st.integers(1, 12), unique=True, max_size=12)


def literally_fused(rankings, weights, constant):
    """RRF(d) = sum over rankings r that hold d of w(r) / (k + r(d)): Cormack and others 2009, weighted."""
    documents = {key for ranking in rankings.values() for key in ranking}
    scores = {
        key: sum(
            weights[name] / (constant + ranking[key]) for name, ranking in rankings.items() if key in ranking
        )
        for key in documents
    }
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


@given(st.dictionaries(st.sampled_from("abc"), KEYS), st.integers(0, 60), st.floats(0.1, 3))
def test_fusion_is_the_formula_of_the_paper(lists, constant, weight):
    rankings = {name: {key: rank for rank, key in enumerate(keys, 1)} for name, keys in lists.items()}
    weights = {"a": weight, "b": 1.0, "c": 0.5}
    fused = reciprocal_rank_fusion(rankings, weights, constant=constant)
    expected = literally_fused(rankings, weights, constant)
    assert dict(fused) == pytest.approx(dict(expected))
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


def test_equal_scores_are_ordered_by_key():
    assert reciprocal_rank_fusion({"a": {7: 1, 9: 2}, "b": {9: 1, 7: 2}}, {"a": 1, "b": 1}) == [
        (7, pytest.approx(1 / 6 + 1 / 7)),
        (9, pytest.approx(1 / 6 + 1 / 7)),
    ]


def test_nothing_found_fuses_to_nothing():
    assert reciprocal_rank_fusion({}, {}) == []
    assert fuse_legs({"dense": {}, "lexical": {}}, {}, {"dense": 1.0, "lexical": 1.0}) == []


def test_legs_and_their_sum_count_the_rank_of_the_article_and_a_share_of_the_rank_of_the_passage():
    article_of = {1: "a", 2: "a", 3: "b"}
    legs = {"dense": {2: 0.9, 3: 0.8, 1: 0.1}, "lexical": {3: 7.0}}
    fused = fuse_legs(legs, article_of, {"dense": 2.0, "lexical": 1.0})
    # Scaled and weighed, 3 has 2 * 7 / 8 + 1, 2 has 2, and 1 has nothing.
    k, share = RANK_CONSTANT, PASSAGE_SHARE
    dense = {1: 2 / (k + 1) + 2 * share / (k + 3), 2: 2 * (1 + share) / (k + 1), 3: 2 * (1 + share) / (k + 2)}
    lexical = {3: (1 + share) / (k + 1)}
    together = {
        1: 1 / (k + 2) + share / (k + 3),
        2: (1 + share) / (k + 2),
        3: (1 + share) / (k + 1),
    }
    expected = {key: dense[key] + lexical.get(key, 0.0) + together[key] for key in article_of}
    assert dict(fused) == pytest.approx(expected)
    assert [key for key, _ in fused] == [3, 2, 1]


def test_a_long_lead_of_one_leg_outweighs_ranks_that_hardly_differ():
    article_of = {1: "a", 2: "b", 3: "c"}
    weights = {"dense": 1.0, "lexical": 1.0}
    close = {"dense": {2: 0.51, 1: 0.50, 3: 0.1}}
    ahead = fuse_legs({**close, "lexical": {1: 20.0, 2: 5.0, 3: 4.0}}, article_of, weights)
    assert [key for key, _ in ahead] == [1, 2, 3]


def test_passages_without_an_article_take_no_rank():
    assert fuse_legs({"lexical": {1: 2.0, 2: 1.0}}, {2: "b"}, {"lexical": 1.0}) == fuse_legs(
        {"lexical": {2: 1.0}}, {2: "b"}, {"lexical": 1.0}
    )


@given(st.dictionaries(st.integers(1, 9), st.integers(0, 1000).map(float), max_size=9))
def test_one_leg_alone_keeps_its_order(scores):
    keys = sorted(scores, key=lambda key: (-scores[key], key))
    fused = fuse_legs(
        {"lexical": {key: scores[key] for key in keys}}, dict.fromkeys(keys, "a"), {"lexical": 1.0}
    )
    assert [key for key, _ in fused] == keys
