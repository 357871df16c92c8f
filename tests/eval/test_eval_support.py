"""Citation recall and precision, key points, similarity, calibration and conflicts, by hand."""

import pytest
from eval_fakes import case, citation, given, passage, scored
from fakes import FakeEmbedder
from hypothesis import given as any_of
from hypothesis import strategies as st

from eval.checker import VerifyChecker
from eval.metrics.calibration import expected_calibration_error, reliability
from eval.metrics.conflicts import conflict_shown
from eval.metrics.key_points import key_points_covered, sentences_of
from eval.metrics.similarity import similarity
from eval.metrics.support import support_scores
from eval.scoring import Judge, Observation
from rag.types import Conflict, Evidence, Position


class Needs:
    """Supports a statement where the cited texts together hold all its words."""

    name = "words"

    def supports(self, statement, cited):
        return set(statement.split()) <= set(" ".join(item.text for item in cited).split())


def text(words):
    return Evidence(passage("a1"), 0, 1, words, 1.0)


@pytest.mark.parametrize(
    ("statements", "recall", "precision"),
    [
        ([("a b", [text("a b")])], 1.0, 1.0),
        # Neither supports alone, both are needed.
        ([("a b", [text("a"), text("b")])], 1.0, 1.0),
        # The second supports nothing and nothing depends on it.
        ([("a b", [text("a b"), text("c")])], 1.0, 0.5),
        # Both support alone: neither is needed, each counts.
        ([("a", [text("a"), text("a")])], 1.0, 1.0),
        # A citation of an unsupported statement is not precise.
        ([("a b", [text("a")])], 0.0, 0.0),
        ([("a", [])], 0.0, 0.0),
        ([("a", [text("a")]), ("b", [text("c")])], 0.5, 0.5),
        ([("a", [text("a")]), ("b", [])], 0.5, 1.0),
    ],
)
def test_citation_recall_and_precision_are_alces(statements, recall, precision):
    found = support_scores(statements, Needs())
    assert (found.recall, found.precision) == (recall, precision)


def test_an_answer_without_statements_has_no_citation_scores():
    assert support_scores([], Needs()) is None


def test_the_pipelines_own_check_is_asked():
    checker = VerifyChecker()
    assert checker.name == "rag.verify.Verifier"
    assert checker.supports("Kimi raised $2 billion.", [text("Kimi raised $2 billion. More.")])
    assert not checker.supports("Kimi raised $2 billion.", [text("Kimi raised $3 billion.")])
    assert not checker.supports("Kimi raised $2 billion.", [])


def judged(answer, texts):
    asked = case("q", relevant_ids=("a1",))
    return Judge(VerifyChecker()).result(asked, Observation({}, answer, texts, "")).scores


def test_support_is_read_at_the_offsets_and_not_from_the_quote():
    whole = "Kimi raised $2 billion. Its investors are many. The round closed in May."
    answer = given([("Kimi raised $2 billion.", [1])], [citation(1, "a1", 0)], [scored("a1", 0.9, 0.1, 0.1)])
    assert judged(answer, (whole,))["citations.recall"] == 1.0
    elsewhere = whole.replace("Kimi raised $2 billion.", "Rain fell on the Sunday.")
    assert judged(answer, (elsewhere,))["citations.recall"] == 0.0
    assert judged(answer, ("",))["citations.recall"] == 0.0


def test_a_citation_of_what_was_not_retrieved_can_support_too():
    words, cited = [("Rain fell on Sunday.", [1])], [citation(1, "a3", 0)]
    answer = given(words, cited, [scored("a2", 0.4, 0.1)])
    assert judged(answer, ("Rain fell on Sunday.",))["citations.recall"] == 1.0
    nothing_retrieved = given(words, cited)
    assert judged(nothing_retrieved, ("Rain fell on Sunday.",))["citations.recall"] == 0.0


@pytest.mark.parametrize(
    ("answer", "points", "share"),
    [
        ("Kimi raised $2 billion in May.", ["Kimi raised $2 billion"], 1.0),
        ("Kimi raised $3 billion in May.", ["Kimi raised $2 billion"], 0.0),
        ("Kimi raised money.", ["Kimi raised money", "StepFun prepares its listing"], 0.5),
        ("It was of the and to", ["The listing of it"], 0.0),
        ("", ["Kimi"], 0.0),
        ("训练的钱只投入一次", ["训练的钱只需投入一次"], 1.0),
        ("训练2次", ["训练1次"], 0.0),
    ],
)
def test_a_key_point_needs_its_numbers_and_half_its_words(answer, points, share):
    assert key_points_covered(answer, points) == share


def test_key_points_are_sentences_where_none_are_listed():
    assert sentences_of("One thing. Another thing.") == ("One thing.", "Another thing.")
    assert sentences_of("第一。第二。") == ("第一。", "第二。")
    with pytest.raises(ValueError, match="no key points"):
        key_points_covered("x", [])


def test_similarity_is_the_cosine_to_the_nearest_reference():
    embedder = FakeEmbedder()
    assert similarity("rain fell", ["fell rain"], embedder) == pytest.approx(1.0)
    assert similarity("rain fell", ["rain stopped", "rain fell"], embedder) == pytest.approx(1.0)
    assert similarity("rain", ["rain fell"], embedder) == pytest.approx(0.5**0.5, abs=1e-6)


def test_similarity_is_left_out_of_languages_that_the_encoder_does_not_know():
    embedder = FakeEmbedder()
    embedder.languages = frozenset({"en"})
    answer = given([("yes", [])])
    for language, there in (("en", True), ("zh", False)):
        asked = case("q", answers=("yes",), language=language)
        scores = Judge(embedder=embedder).result(asked, Observation({}, answer, (), "")).scores
        assert ("answer.similarity" in scores) is there


def test_reliability_by_hand():
    bins = reliability([0.05, 0.15, 0.11, 1.0], [False, True, False, True])
    assert [(one.n, one.confidence, one.accuracy) for one in bins] == [
        (1, 0.05, 0.0),
        (2, pytest.approx(0.13), 0.5),
        (1, 1.0, 1.0),
    ]
    assert expected_calibration_error(bins) == pytest.approx((0.05 + 2 * 0.37 + 0.0) / 4)
    assert expected_calibration_error(()) is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        reliability([1.1], [True])


@any_of(pairs=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_the_calibration_error_lies_between_the_mean_gap_and_one(pairs):
    bins = reliability([p for p, _ in pairs], [outcome for _, outcome in pairs])
    assert sum(one.n for one in bins) == len(pairs)
    gap = abs(sum(p - outcome for p, outcome in pairs)) / len(pairs)
    assert gap - 1e-9 <= expected_calibration_error(bins) <= 1


def test_a_conflict_is_shown_where_every_side_has_a_position():
    shown = [Conflict("sum", (Position("$7 billion", (1,)), Position("$70 billion", (2,))))]
    assert conflict_shown(shown, [("$7 billion",), ("$70 billion", "70bn")])
    assert not conflict_shown(shown, [("$7 billion",), ("$71 billion",)])
    assert not conflict_shown([], [("$7 billion",), ("$70 billion",)])
    assert not conflict_shown(shown, [])
