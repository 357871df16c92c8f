import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.bootstrap import mean_interval, paired_randomisation

VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(values=VALUES, seed=st.integers(0, 2**32))
def test_an_interval_is_determined_by_its_seed_and_lies_in_the_range(values, seed):
    interval = mean_interval(values, seed=seed, resamples=200)
    assert interval == mean_interval(values, seed=seed, resamples=200)
    assert interval.mean == pytest.approx(np.mean(values))
    assert min(values) - 1e-12 <= interval.low <= interval.high <= max(values) + 1e-12


def test_an_interval_agrees_with_the_normal_one_on_many_values():
    values = np.random.default_rng(5).random(2000)
    interval = mean_interval(values.tolist(), seed=1)
    margin = 1.96 * values.std() / len(values) ** 0.5
    assert interval.low == pytest.approx(values.mean() - margin, abs=margin / 8)
    assert interval.high == pytest.approx(values.mean() + margin, abs=margin / 8)


def test_intervals_hold_the_true_mean_about_as_often_as_they_say():
    rng = np.random.default_rng(11)
    held = 0
    for trial in range(200):
        interval = mean_interval((rng.random(60) < 0.3).astype(float).tolist(), seed=trial, resamples=400)
        held += interval.low <= 0.3 <= interval.high
    assert 0.88 <= held / 200 <= 0.99


def test_blocks_do_not_change_the_resamples(monkeypatch):
    values = list(np.random.default_rng(2).random(50))
    whole = mean_interval(values, seed=3)
    monkeypatch.setattr("eval.bootstrap._AT_ONCE", 170)
    assert mean_interval(values, seed=3) == whole


def test_the_paired_test_agrees_with_all_swaps():
    ours = [0.9, 0.8, 0.4, 0.7, 0.9, 0.3, 0.6, 0.5]
    theirs = [0.6, 0.7, 0.5, 0.4, 0.5, 0.3, 0.2, 0.4]
    difference = np.array(ours) - np.array(theirs)
    swaps = [abs(np.mean(difference * signs)) for signs in itertools.product((1, -1), repeat=len(ours))]
    exact = np.mean([swap >= abs(difference.mean()) - 1e-12 for swap in swaps])
    found = paired_randomisation(ours, theirs, seed=1, rounds=40_000)
    assert found.difference == pytest.approx(difference.mean())
    assert found.p_value == pytest.approx(exact, abs=0.01)
    assert found == paired_randomisation(ours, theirs, seed=1, rounds=40_000)
    assert found.p_value == paired_randomisation(theirs, ours, seed=1, rounds=40_000).p_value


def test_equal_systems_do_not_differ_and_p_is_never_zero():
    assert paired_randomisation([0.1, 0.2], [0.1, 0.2], seed=0).p_value == 1.0
    assert paired_randomisation([1.0] * 100, [0.0] * 100, seed=0, rounds=99).p_value == pytest.approx(0.01)


def test_values_that_cannot_be_averaged_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        mean_interval([], seed=0)
    with pytest.raises(ValueError, match="finite"):
        mean_interval([float("nan")], seed=0)
    with pytest.raises(ValueError, match="2 values against 1"):
        paired_randomisation([0.1, 0.2], [0.1], seed=0)
