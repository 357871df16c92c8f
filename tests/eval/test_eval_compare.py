import itertools

import numpy as np
import pytest
from eval_fakes import FakeSystem, case, given
from hypothesis import given as any_of
from hypothesis import strategies as st
from rich.console import Console

from eval.compare import compare, compare_runs, direction, holm
from eval.compare_show import show_comparison, show_gate
from eval.errors import ReportError
from eval.gate import baseline_of, held_against, load_baseline, save_baseline
from eval.runner import run
from eval.types import QuestionSet

KEYS = [("s", f"q{number}") for number in range(40)]


def scores(metric, values):
    return {key: {metric: value} for key, value in zip(KEYS, values, strict=False)}


def test_a_metric_that_fell_everywhere_is_worse_with_its_questions_named():
    found = compare(scores("answer.f1", [1.0] * 40), scores("answer.f1", [0.0] * 10 + [1.0] * 30))
    (one,) = found.metrics
    assert (one.verdict, one.n, one.difference) == ("worse", 40, pytest.approx(-0.25))
    assert one.lost == tuple(KEYS[:10])
    assert one.gained == ()
    assert one.low < -0.25 < one.high < 0


def test_one_question_of_forty_shows_no_difference():
    (one,) = compare(scores("correct", [1.0] * 40), scores("correct", [0.0] + [1.0] * 39)).metrics
    assert one.verdict == "no difference"
    assert one.p_value == 1.0


def test_equal_runs_are_equal_and_not_merely_alike():
    (one,) = compare(scores("correct", [0.5] * 9), scores("correct", [0.5] * 9)).metrics
    assert (one.verdict, one.p_value, one.low, one.high) == ("equal", 1.0, 0.0, 0.0)


def test_wrong_refusals_that_rise_are_worse():
    (one,) = compare(scores("refusal.wrong", [0.0] * 40), scores("refusal.wrong", [1.0] * 40)).metrics
    assert one.verdict == "worse"
    assert one.improvement == -1.0
    assert len(one.lost) == 40


def test_length_is_neither_better_nor_worse():
    (one,) = compare(
        scores("length.characters", [9.0] * 40), scores("length.characters", [99.0] * 40)
    ).metrics
    assert one.verdict == "changed"
    assert direction("length.characters") == 0


def test_a_leg_that_is_gone_scores_zero():
    after = {key: {} for key in KEYS}
    (one,) = compare(
        scores("retrieval.lexical.ndcg@10", [1.0] * 40), after, metrics=["retrieval.lexical.ndcg@10"]
    ).metrics
    assert (one.after, one.verdict) == (0.0, "worse")


def test_citations_are_compared_where_both_answered():
    before = {KEYS[0]: {"citations.exact": 1.0}, KEYS[1]: {"citations.exact": 1.0}}
    after = {KEYS[0]: {}, KEYS[1]: {"citations.exact": 1.0}}
    (one,) = compare(before, after).metrics
    assert one.n == 1


def test_questions_of_one_run_alone_are_counted_and_left_out():
    found = compare(scores("correct", [1.0] * 3), {KEYS[2]: {"correct": 1.0}, ("s", "new"): {"correct": 0.0}})
    assert (found.n, found.only_before, found.only_after) == (1, 2, 1)


@any_of(p_values=st.lists(st.floats(0.0001, 1), min_size=1, max_size=12))
def test_holm_follows_its_definition(p_values):
    adjusted = holm(p_values)
    ordered = sorted(range(len(p_values)), key=lambda place: p_values[place])
    expected = list(
        itertools.accumulate(
            (min(1.0, p_values[place] * (len(p_values) - rank)) for rank, place in enumerate(ordered)), max
        )
    )
    assert [adjusted[place] for place in ordered] == expected
    assert all(a >= p for a, p in zip(adjusted, p_values, strict=True))


def test_chance_seldom_makes_a_verdict():
    rng = np.random.default_rng(3)
    false = 0
    for _ in range(40):
        before = {key: {f"answer.m{m}": float(rng.random() < 0.5) for m in range(10)} for key in KEYS}
        after = {key: {f"answer.m{m}": float(rng.random() < 0.5) for m in range(10)} for key in KEYS}
        false += any(one.verdict in ("better", "worse") for one in compare(before, after).metrics)
    assert false <= 6


CASES = [case(f"q{number}", answers=("$2 billion",)) for number in range(24)]
RIGHT, WRONG = given([("It was $2 billion.", [])]), given([("It was $3 billion.", [])])


def result(answers):
    given_to = {asked.question: answer for asked, answer in zip(CASES, answers, strict=True)}
    return run(QuestionSet.of("small", CASES), FakeSystem(given_to))


def test_two_runs_are_compared_with_the_questions_that_moved():
    before, after = result([RIGHT] * 24), result([WRONG] * 12 + [RIGHT] * 12)
    console = Console(width=120)
    with console.capture() as captured:
        show_comparison(compare_runs(before, after), console, before.results, after.results)
    shown = captured.get()
    assert "right before, wrong now: 12" in shown
    assert "wrong before, right now: 0" in shown
    assert "It was $3 billion." in shown
    assert "worse" in shown


def test_a_baseline_survives_its_file_and_holds(tmp_path):
    made = result([RIGHT] * 24)
    path = tmp_path / "baseline.json"
    save_baseline(baseline_of(made), path)
    read = load_baseline(path)
    assert read == baseline_of(made)
    assert len([line for line in path.read_text().splitlines() if '"small/q' in line]) == 24
    held = held_against(made, read)
    assert held.green
    console = Console(width=120)
    with console.capture() as captured:
        show_gate(held, console)
    assert "green" in captured.get()


def test_a_large_fall_is_red_though_the_test_shows_nothing():
    held = held_against(result([WRONG] * 4 + [RIGHT] * 20), baseline_of(result([RIGHT] * 24)))
    assert [finding for finding in held.findings if "correct" in finding and "0.15 or more" in finding]
    assert not held.green


def test_a_few_questions_in_both_directions_stay_green():
    before = result([RIGHT] * 22 + [WRONG] * 2)
    after = result([WRONG] * 2 + [RIGHT] * 22)
    assert held_against(after, baseline_of(before)).green


@pytest.mark.parametrize("content", ["", "{}", '{"format": 9, "set_sha256": "", "system": {}, "scores": {}}'])
def test_a_file_that_is_no_baseline_is_refused(tmp_path, content):
    path = tmp_path / "baseline.json"
    with pytest.raises(ReportError, match="cannot be read"):
        load_baseline(path)
    path.write_text(content)
    with pytest.raises(ReportError, match="accept"):
        load_baseline(path)
