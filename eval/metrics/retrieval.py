"""Rankings of articles against judged relevance, by trec_eval's definitions.

`hit@k`: 1 where a relevant article is among the first k (trec_eval's `success`). `recall@k`: share of
the relevant articles among the first k. `precision@k`: relevant ones among the first k, divided by
k even where fewer came back. `mrr@10`: 1 / rank of the first relevant article, 0 behind rank 10
(Voorhees, TREC-8 1999). `map@10`: mean over all relevant articles of the precision at their ranks,
0 for those behind rank 10 (`map_cut`). `ndcg@10`: gains of the grades, discounted by log2(rank + 1),
divided by the best that is possible (Järvelin and Kekäläinen 2002, with linear gains as in
`ndcg_cut`). Computed by ir_measures (MacAvaney et al., ECIR 2022) over pytrec_eval (Van Gysel and
de Rijke, SIGIR 2018). The denominator of a mean is fixed: every judged query, one without results
scoring 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import AP, RR, P, R, Success, nDCG

CUTOFFS = (1, 3, 5, 10)
DEPTH = 10
"""Articles of a ranking that any of the metrics looks at."""

_MEASURES = {
    **{f"hit@{k}": Success @ k for k in CUTOFFS},
    **{f"recall@{k}": R @ k for k in CUTOFFS},
    **{f"precision@{k}": P @ k for k in CUTOFFS},
    f"mrr@{DEPTH}": RR @ DEPTH,
    f"map@{DEPTH}": AP @ DEPTH,
    f"ndcg@{DEPTH}": nDCG @ DEPTH,
}
_NAMES = {str(measure): name for name, measure in _MEASURES.items()}

METRICS = tuple(_MEASURES)


@dataclass(frozen=True, slots=True)
class RetrievalScores:
    """Values by query and metric, and their means by metric."""

    per_query: Mapping[str, Mapping[str, float]]
    mean: Mapping[str, float]


def score_rankings(
    relevance: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Sequence[str]]
) -> RetrievalScores:
    """Score rankings (query -> article ids, best first) against grades (query -> article id -> grade).

    A query without a ranking, or with an empty one, scores 0. Raises `ValueError` for a ranking of a
    query that is not judged, a query without a relevant article, and an article ranked twice.
    """
    _check(relevance, rankings)
    per_query = {query: dict.fromkeys(METRICS, 0.0) for query in relevance}
    # trec_eval sorts by score and breaks ties by id; falling whole numbers keep the given order.
    run = {
        query: {article: float(len(ranking) - place) for place, article in enumerate(ranking)}
        for query, ranking in rankings.items()
        if ranking
    }
    if run:
        qrels = {query: dict(grades) for query, grades in relevance.items()}
        for value in ir_measures.iter_calc(list(_MEASURES.values()), qrels, run):
            per_query[value.query_id][_NAMES[str(value.measure)]] = float(value.value)
    mean = {
        metric: sum(values[metric] for values in per_query.values()) / len(per_query)
        for metric in (METRICS if per_query else ())
    }
    return RetrievalScores(per_query, mean)


def _check(relevance: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Sequence[str]]) -> None:
    if unjudged := rankings.keys() - relevance.keys():
        raise ValueError(f"{len(unjudged)} rankings of queries that are not judged, such as {min(unjudged)}")
    for query, grades in relevance.items():
        if not any(grade > 0 for grade in grades.values()):
            raise ValueError(f"the query {query} has no relevant article; leave it out")
    for query, ranking in rankings.items():
        if len(set(ranking)) != len(ranking):
            raise ValueError(f"the ranking of {query} has an article twice; keep the better place of each")
