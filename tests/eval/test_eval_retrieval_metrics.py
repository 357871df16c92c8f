import math

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.retrieval import CUTOFFS, DEPTH, METRICS, score_rankings

ARTICLES = [f"a{i}" for i in range(20)]
RANKING = st.lists(st.sampled_from(ARTICLES), unique=True, max_size=15)
GRADES = st.dictionaries(st.sampled_from(ARTICLES), st.integers(0, 3), min_size=1).filter(
    lambda grades: any(grades.values())
)


def by_definition(grades, ranking):
    """The metrics from their definitions, without a library."""
    relevant = {article for article, grade in grades.items() if grade > 0}
    places = [place for place, article in enumerate(ranking, 1) if article in relevant]
    top = [place for place in places if place <= DEPTH]
    ideal = sorted(grades.values(), reverse=True)[:DEPTH]
    values = {}
    for k in CUTOFFS:
        found = sum(place <= k for place in places)
        values |= {
            f"hit@{k}": float(found > 0),
            f"recall@{k}": found / len(relevant),
            f"precision@{k}": found / k,
        }
    values["mrr@10"] = 1 / top[0] if top else 0.0
    values["map@10"] = sum(n / place for n, place in enumerate(top, 1)) / len(relevant)
    gain = sum(grades.get(article, 0) / math.log2(i + 1) for i, article in enumerate(ranking[:DEPTH], 1))
    values["ndcg@10"] = gain / sum(grade / math.log2(i + 1) for i, grade in enumerate(ideal, 1))
    return values


@given(relevance=st.dictionaries(st.sampled_from("pqrs"), GRADES, min_size=1), data=st.data())
def test_values_follow_the_definitions_and_pytrec_eval(relevance, data):
    rankings = {query: data.draw(RANKING) for query in relevance if data.draw(st.booleans())}
    scores = score_rankings(relevance, rankings)
    measures = {"success.1,3,5,10", "recall.1,3,5,10", "P.1,3,5,10", "map_cut.10", "ndcg_cut.10"}
    run = {
        query: {article: -float(place) for place, article in enumerate(rankings.get(query, []))}
        for query in relevance
    }
    trec = pytrec_eval.RelevanceEvaluator(relevance, measures).evaluate({q: r for q, r in run.items() if r})
    names = {"hit": "success", "recall": "recall", "precision": "P", "map": "map_cut", "ndcg": "ndcg_cut"}
    for query, grades in relevance.items():
        expected = by_definition(grades, rankings.get(query, []))
        assert scores.per_query[query] == pytest.approx(expected, abs=1e-6)
        for metric, value in scores.per_query[query].items():
            family, k = metric.split("@")
            if family in names:
                assert value == pytest.approx(trec.get(query, {}).get(f"{names[family]}_{k}", 0.0), abs=1e-6)
    for metric in METRICS:
        mean = sum(values[metric] for values in scores.per_query.values()) / len(relevance)
        assert scores.mean[metric] == pytest.approx(mean)


def test_a_query_without_results_scores_zero_and_counts():
    relevance = {"p": {"a1": 1}, "q": {"a2": 1}, "r": {"a3": 1}}
    scores = score_rankings(relevance, {"p": ["a1"], "q": []})
    assert scores.mean["hit@1"] == scores.mean["mrr@10"] == scores.mean["ndcg@10"] == pytest.approx(1 / 3)
    assert set(scores.per_query["q"].values()) == set(scores.per_query["r"].values()) == {0.0}
    assert score_rankings(relevance, {}).mean["recall@10"] == 0.0


def test_equal_looking_ids_keep_the_given_order():
    # By trec_eval's tie rule `z` would come before `a`; the order given must win.
    assert score_rankings({"p": {"a": 1}}, {"p": ["a", "z"]}).mean["hit@1"] == 1.0


def test_nothing_judged_gives_nothing():
    scores = score_rankings({}, {})
    assert not scores.per_query
    assert not scores.mean


@pytest.mark.parametrize(
    ("relevance", "rankings", "problem"),
    [
        ({"p": {"a": 1}}, {"q": ["a"]}, "not judged"),
        ({"p": {"a": 0}}, {}, "no relevant article"),
        ({"p": {"a": 1}}, {"p": ["b", "b"]}, "twice"),
    ],
)
def test_rankings_that_do_not_fit_are_refused(relevance, rankings, problem):
    with pytest.raises(ValueError, match=problem):
        score_rankings(relevance, rankings)
