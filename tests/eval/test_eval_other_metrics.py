from dataclasses import replace

import pytest
from eval_fakes import citation, given
from hypothesis import given as generated
from hypothesis import strategies as st
from sklearn.metrics import auc, precision_score, recall_score

from eval.metrics.citations import marks_resolve, quotes_exact, statements_cited
from eval.metrics.evidence import evidence_scores, is_covered
from eval.metrics.latency import percentiles
from eval.metrics.refusal import CURVE_POINTS, auroc, refusal_scores, risk_coverage, roc
from eval.types import CitedSpan, CurvePoint, GoldEvidence, Percentiles, RocPoint


def gold(start, end, article_id="a1"):
    return GoldEvidence(article_id, start, end, "")


def span(start, end, article_id="a1"):
    return CitedSpan(article_id, start, end)


def test_evidence_by_hand():
    # Of three gold spans one is cited whole and one by half; of three citations one is elsewhere.
    scores = evidence_scores(
        [gold(0, 10), gold(20, 30), gold(40, 50)], [span(0, 10), span(25, 30), span(0, 10, "a2")]
    )
    assert (scores.recall, scores.precision, scores.f1) == (2 / 3, 2 / 3, pytest.approx(2 / 3))


def test_half_of_the_characters_is_enough_and_less_is_not():
    assert evidence_scores([gold(0, 10)], [span(5, 10)]).recall == 1.0
    assert evidence_scores([gold(0, 10)], [span(6, 10)]).recall == 0.0


def test_citing_the_whole_article_is_not_precise():
    scores = evidence_scores([gold(100, 150)], [span(0, 1000)])
    assert (scores.recall, scores.precision, scores.f1) == (1.0, 0.0, 0.0)


def test_overlapping_citations_cover_their_union_once():
    assert not is_covered(span(0, 10), [span(0, 4), span(0, 4), span(2, 4)])
    assert is_covered(span(0, 10), [span(0, 3), span(7, 20)])
    assert not is_covered(span(5, 5), [span(0, 10)])


@generated(
    target=st.tuples(st.integers(0, 20), st.integers(1, 20)),
    others=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)), max_size=6),
)
def test_coverage_counts_characters(target, others):
    start, length = target
    met = {i for at, size in others for i in range(at, at + size)} & set(range(start, start + length))
    spans = [span(at, at + size) for at, size in others]
    assert is_covered(span(start, start + length), spans) == (2 * len(met) >= length)


def test_an_answer_without_citations_scores_zero_and_no_gold_is_an_error():
    scores = evidence_scores([gold(0, 10)], [])
    assert (scores.recall, scores.precision, scores.f1) == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="no gold evidence"):
        evidence_scores([], [span(0, 10)])


def test_quotes_are_compared_to_the_character():
    good = citation(1, "a1", 0)
    text = "Kimi raised $2 billion. Its investors are many."
    shifted = replace(good, char_start=1, char_end=good.char_end + 1)
    empty = replace(good, quote="", char_end=0)
    assert quotes_exact([good], [text]) == 1.0
    assert quotes_exact([good, shifted, empty, good], [text, text, text, ""]) == 0.25
    assert quotes_exact([], []) is None


def test_marks_must_name_one_citation_and_be_printed():
    one, two = citation(1, "a1", 0), citation(2, "a1", 1)
    answer = given([("First.", [1]), ("Second.", [1, 2])], [one, two])
    assert marks_resolve(answer.text, answer.statements, [one, two]) == 1.0
    assert marks_resolve(answer.text, answer.statements, [one]) == pytest.approx(2 / 3)
    assert marks_resolve(answer.text, answer.statements, [one, one, two]) == pytest.approx(1 / 3)
    assert marks_resolve("First. Second.", answer.statements, [one, two]) == 0.0
    stray = given([("First.", [1])], [one])
    assert marks_resolve("First. [7]", stray.statements, [one]) == 0.0
    quoted = given([("As shown [7].", [1])], [one])
    assert marks_resolve(quoted.text, quoted.statements, [one]) == 1.0
    assert marks_resolve("", [], []) is None


def test_statements_without_citation_are_counted():
    answer = given([("First.", [1]), ("Second.", [])], [citation(1, "a1", 0)])
    assert statements_cited(answer.statements) == 0.5
    assert statements_cited([]) is None


@generated(
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1).filter(
        lambda rows: any(r for r, _ in rows) and any(u for _, u in rows)
    )
)
def test_refusal_precision_and_recall_are_those_of_the_unanswerable_class(rows):
    scores = [refusal_scores(refused=refused, unanswerable=unanswerable) for refused, unanswerable in rows]

    def mean(metric):
        values = [score[metric] for score in scores if metric in score]
        return sum(values) / len(values)

    truth, predicted = [u for _, u in rows], [r for r, _ in rows]
    assert mean("precision") == pytest.approx(precision_score(truth, predicted))
    assert mean("recall") == pytest.approx(recall_score(truth, predicted))


@generated(
    st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.9]), st.booleans()), min_size=2).filter(
        lambda rows: len({answerable for _, answerable in rows}) == 2
    )
)
def test_auroc_is_the_share_of_pairs_in_order(rows):
    high = [score for score, answerable in rows if answerable]
    low = [score for score, answerable in rows if not answerable]
    wins = sum((h > x) + 0.5 * (h == x) for h in high for x in low)
    area = auroc([score for score, _ in rows], [answerable for _, answerable in rows])
    assert area == pytest.approx(wins / (len(high) * len(low)))


def test_auroc_needs_both_kinds():
    assert auroc([0.5, 0.6], [True, True]) is None
    assert auroc([], []) is None


def test_risk_and_coverage_by_hand():
    # Four questions: answered at 0.9 right, at 0.7 wrong twice, one refused.
    points = risk_coverage([0.7, 0.9, 0.1, 0.7], [True, True, False, True], [True, False, True, True])
    assert points == (CurvePoint(0.9, 0.25, 0.0), CurvePoint(0.7, 0.75, 2 / 3))
    assert risk_coverage([0.5], [False], [True]) == ()


def test_a_long_curve_keeps_its_ends():
    n = 400
    points = risk_coverage([i / n for i in range(n)], [True] * n, [i % 2 == 0 for i in range(n)])
    assert len(points) == CURVE_POINTS
    assert (points[0].coverage, points[-1].coverage, points[-1].risk) == (1 / n, 1.0, 0.5)


def test_percentiles_are_interpolated_and_empty_stages_left_out():
    found = percentiles({"total": [10.0, 20.0, 30.0, 40.0], "verify": []})
    assert found == {"total": Percentiles(4, 25.0, pytest.approx(38.5))}


def test_the_roc_curve_by_hand():
    # 0.9 and 0.5 are answerable, 0.7 is not.
    points = roc([0.9, 0.7, 0.5], [True, False, True])
    assert points == (
        RocPoint(1.9, 0.0, 0.0),
        RocPoint(0.9, 0.0, 0.5),
        RocPoint(0.7, 1.0, 0.5),
        RocPoint(0.5, 1.0, 1.0),
    )
    assert roc([0.9, 0.7], [True, True]) == roc([], []) == ()


@generated(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.8, 1.0]), st.booleans()), max_size=60))
def test_the_area_below_the_roc_curve_is_the_auroc(rows):
    scores, answerable = [score for score, _ in rows], [kind for _, kind in rows]
    area, points = auroc(scores, answerable), roc(scores, answerable)
    assert (area is None) == (points == ())
    if area is not None:
        found = auc([point.unanswerable for point in points], [point.answerable for point in points])
        assert found == pytest.approx(area)
        for point in points:
            passed = [kind for score, kind in rows if score >= point.threshold]
            assert passed.count(True) == pytest.approx(point.answerable * answerable.count(True))
            assert passed.count(False) == pytest.approx(point.unanswerable * answerable.count(False))


def test_a_long_roc_curve_is_thinned_to_its_ends():
    points = roc([i / 400 for i in range(400)], [i % 2 == 0 for i in range(400)])
    assert len(points) == CURVE_POINTS
    assert (points[0].unanswerable, points[0].answerable) == (0.0, 0.0)
    assert (points[-1].unanswerable, points[-1].answerable) == (1.0, 1.0)
