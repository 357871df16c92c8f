import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from reader_fakes import WORDS, candidate, group, tiny_weights

from rag.reader.scorer import Logits
from rag.reader.text import Reading
from rag.training.draw import Draws, choose
from rag.training.fit import (
    Read,
    answerable,
    calibration_error,
    fit,
    probabilities_of,
    refusal_curve,
    without_source,
)
from rag.training.loop import FIXED, Plan, Trained, rate_share, train
from rag.training.perturb import other_question, without_answer
from rag.training.plot import plot_log
from rag.training.start import character_rows, characters_of, vocabulary
from rag.training.types import UNKNOWN, read_groups, write_groups

PLAN = Plan(rounds=(12,), pieces=300, pieces_at_once=150, rate=2e-3, new_rate=5e-3, save_every=5)


def groups():
    asked = ("who won the cup in 1972?", "when was the old bridge built?")
    return [
        group(
            question,
            candidate("Leeds won the cup. Rain fell. The club lost.", (1, 0, 0), rank=1),
            candidate("Rain fell in the city. It was old.", (0, 0), rank=2, article_id="b"),
            kind=kind,
        )
        for question in asked
        for kind in ("span", "analytical")
    ]


def run(folder, plan=PLAN, steps_until_cut=None):
    draws = Draws(groups(), Reading(WORDS), plan.seed)

    class CutOffError(Exception):
        pass

    def stop(step, weights):
        if step == steps_until_cut:
            raise CutOffError

    try:
        return train(Trained(tiny_weights()), draws, plan, folder, on_step=stop)
    except CutOffError:
        return None


def test_a_few_steps_make_the_loss_smaller_and_leave_the_fixed_table_alone(tmp_path):
    done = run(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 13))
    assert np.mean([row["choice"] for row in rows[-3:]]) < 0.7 * np.mean([row["choice"] for row in rows[:3]])
    assert torch.equal(done.weights[FIXED], tiny_weights()[FIXED])


def test_a_run_that_was_cut_off_goes_on_to_exactly_the_same_weights(tmp_path):
    whole = run(tmp_path / "whole")
    assert run(tmp_path / "cut", steps_until_cut=7) is None
    resumed = run(tmp_path / "cut")
    assert resumed.step == whole.step == 12
    for name, tensor in whole.weights.items():
        assert torch.equal(tensor, resumed.weights[name]), name


def test_a_draw_is_the_same_whenever_it_is_asked_for():
    first, second = (Draws(groups(), Reading(WORDS), 3) for _ in range(2))
    later = [list(second.examples(draw)) for draw in (9, 4)]
    assert [list(first.examples(draw)) for draw in (4, 9)] == later[::-1]


def test_the_rate_rises_to_its_peak_and_falls_to_nothing():
    plan = Plan(rounds=(100,), warm_up=0.1)
    shares = [rate_share(step, plan) for step in range(101)]
    assert max(shares) == shares[10] == pytest.approx(1.0)
    assert shares[0] == pytest.approx(0.1)
    assert shares[100] == 0.0


def test_each_later_round_rises_and_falls_again_lower():
    plan = Plan(rounds=(10, 20), later=0.5, warm_up=0.1)
    shares = [rate_share(step, plan) for step in range(plan.steps + 1)]
    assert shares[9] < 0.2
    assert max(shares[10:]) == pytest.approx(0.5)
    assert shares[12:30] == sorted(shares[12:30], reverse=True)
    assert shares[30] == 0.0


def test_an_answerable_question_is_seen_with_its_answer_and_a_passage_without():
    from random import Random

    for seed in range(20):
        chosen = choose(groups()[0], Random(seed))
        assert chosen[0].answers
        assert not any(1 in c.labels for c in chosen[1:])


def test_a_passage_cut_of_its_answer_has_ranges_that_fit():
    cut = without_answer(candidate("Leeds won the cup. Rain fell. The club lost.", (1, 0, 0)))
    assert [cut.text[s.char_start : s.char_end] for s in cut.sentences] == ["Rain fell.", "The club lost."]
    assert cut.labels == (0, 0)
    assert without_answer(candidate("Leeds won. Rain fell.", (1, 0))) is None


def test_a_changed_question_asks_something_else():
    from random import Random

    for seed in range(20):
        changed = other_question(
            "Who won the cup in Leeds in 1972?", "in York, for Hull, of 1986", Random(seed)
        )
        assert changed != "Who won the cup in Leeds in 1972?"
        assert changed
    assert other_question("who?", "", Random(0)) == ""


def test_groups_come_back_from_disk_as_they_were(tmp_path):
    made = groups()
    assert write_groups(made, tmp_path / "groups.jsonl") == 4
    assert list(read_groups(tmp_path / "groups.jsonl")) == made


def test_frequent_characters_move_behind_the_pieces_and_no_row_changes_place(tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[unused1]\n[unused2]\n大\nthe\n")
    characters = characters_of(["大学大学大学大学", "少"])
    assert sorted(characters) == ["大", "学"]
    words = vocabulary(tmp_path, ["大", "学"])
    assert words == ["[PAD]", "[gap1]", "[gap2]", "[gap3]", "the", "[unused1]", "[unused2]", "大", "学"]


def test_characters_in_the_same_company_have_rows_alike():
    texts = ["春天花开", "春天草开", "冬夜雪落", "冬夜霜落"] * 5
    characters = characters_of(texts)
    rows = dict(zip(characters, character_rows(texts, characters, 8), strict=True))

    def alike(a, b):
        return float(rows[a] @ rows[b])

    assert alike("花", "草") > alike("花", "雪")
    assert alike("雪", "霜") > alike("草", "霜")


def test_calibration_error_is_the_mean_gap_between_promise_and_truth():
    sure = np.array([0.95, 0.95, 0.05, 0.05], dtype=np.float32)
    assert calibration_error(sure, np.array([True, True, False, False])) == pytest.approx(0.05)
    assert calibration_error(sure, np.array([False, False, True, True])) == pytest.approx(0.95)


def test_fitted_probabilities_follow_the_logits_and_unknown_labels_are_left_out():
    random = np.random.default_rng(0)
    results = []
    for number in range(60):
        language = "zh" if number % 2 else "en"
        candidates = (
            candidate("Leeds won the cup. Rain fell.", (1, UNKNOWN), rank=1),
            candidate("Rain fell. The club lost.", (0, 0), rank=2, article_id="b"),
        )
        noise = random.normal(size=4, scale=3)
        logits = (
            Logits(2 + noise[0], (2 + noise[1], 2.5)),
            Logits(-2 + noise[2], (-2 + noise[3], -2 + noise[0])),
        )
        made = group("who won?", *candidates, language=language)
        results.append(Read(made, logits))
    gone = [
        Read(without, (result.logits[1],))
        for result in results
        if (without := without_source(result.group)) is not None
    ]
    assert len(gone) == len(results)
    calibration = fit(results, gone, "tiny")
    found = [probabilities_of(result, calibration) for result in results]
    gold, other = (np.mean([sentences[place] for sentences, _ in found]) for place in (0, 2))
    right, wrong = (np.mean([passages[place] for _, passages in found]) for place in (0, 1))
    assert gold > 0.6 > 0.4 > other
    assert right > 0.6 > 0.4 > wrong
    assert 0 < calibration.threshold < 1
    for language, curve in refusal_curve(results, gone, calibration).items():
        refused = [row["answerable_refused"] for row in curve]
        assert refused == sorted(refused)
        assert curve[1]["refused_below"] == calibration.refusal.below[language]
        assert curve[1]["answerable_refused"] <= 0.07 < 0.5 < curve[1]["without_article_refused"]
    means = [np.mean([answerable(one, calibration) for one in some]) for some in (results, gone)]
    assert means[0] > 0.7 > 0.3 > means[1]


def test_the_weights_of_refusal_stay_small_where_its_signs_say_the_same():
    random = np.random.default_rng(1)
    results = []
    for number in range(200):
        made = group("who won?", candidate("Leeds won.", (number % 2,), rank=1), language="en")
        made = replace(made, answerable=bool(number % 2))
        logit = (1.0 if number % 2 else -1.0) + random.normal(scale=2)
        results.append(Read(made, (Logits(logit + random.normal(scale=0.1), (logit,)),)))
    results += [Read(replace(one.group, language="zh"), one.logits) for one in results]
    fitted = fit(results, [], "tiny").refusal.question["en"]
    assert min(fitted.weights) >= 0
    assert max(fitted.weights) < 0.3


def test_a_group_without_its_article_is_unanswerable_unless_another_passage_may_answer():
    own = candidate("Leeds won the cup.", (1,), rank=1)
    other = candidate("Rain fell.", (0,), rank=2, article_id="b")
    missed = candidate("The city is old.", (0,), rank=0, article_id="c")
    doubtful = candidate("Leeds lost.", (UNKNOWN,), rank=3, article_id="d")
    left = without_source(group("who won?", own, other, missed))
    assert left is not None
    assert (left.answerable, left.candidates) == (False, (other,))
    assert without_source(group("who won?", own)) is None
    assert without_source(group("who won?", own, other, doubtful)) is None


def test_the_plot_shows_every_series(tmp_path):
    rows = [{"step": s, "sentence": 1 / s, "choice": 2 / s, "passage": 1.0} for s in range(1, 60)]
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "held_out.jsonl").write_text(json.dumps({"step": 50, "span en first": 0.5}))
    plot_log(tmp_path / "log.jsonl", tmp_path / "held_out.jsonl", tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text().count("<polyline") == 4
