import json
from dataclasses import replace

import pytest
from eval_fakes import TEXTS, FakeSystem, case, citation, given, scored, span_of
from rich.console import Console

from eval.diagnosis import diagnose
from eval.errors import ReportError
from eval.metrics.retrieval import DEPTH
from eval.report import FORMAT, load_report, make_report, markdown, save_report, show
from eval.runner import run, sampled
from eval.table import AUROC, ECE, tabulate
from eval.types import CitedSpan, GoldEvidence, Percentiles, QuestionSet
from index.errors import InvalidInputError, StoreError

MONEY = GoldEvidence("a1", 0, 23, "Kimi raised $2 billion.")
CASES = [
    case(
        "money",
        type="factoid",
        answers=("$2 billion",),
        relevant_ids=("a1",),
        evidence=(MONEY,),
        as_of="2026-05-11",
    ),
    case("port", type="factoid", answers=("40 million yuan",), relevant_ids=("a2",)),
    case("storm", type="unanswerable", unanswerable=True),
    case("war", type="unanswerable", unanswerable=True),
    case("雨", type="factoid", language="zh", answers=("周日",), relevant_ids=("a3",)),
]
RANKINGS = {
    "money": {"dense": ["a1", "a2"], "fused": ["a2", "a1"]},
    "port": {"dense": [], "fused": ["a1", "a3", "a2"]},
    "storm": {"dense": ["a3"], "fused": ["a3"]},
    "war": {"dense": ["a3"], "fused": ["a3"]},
}


def answers():
    return {
        "money": given(
            [("Kimi raised $2 billion.", [1])], [citation(1, "a1", 0)], [scored("a1", 0.9, 0.1, 0.2)]
        ),
        "port": given([], hits=[scored("a2", 0.1, 0.3)]),
        "storm": given([], hits=[scored("a3", 0.2)], total_ms=30.0),
        "war": given([("Rain fell on Sunday.", [1])], [citation(1, "a3", 0, version=2)], [scored("a3", 0.8)]),
        "雨": StoreError("the disk is gone"),
    }


@pytest.fixture
def system():
    return FakeSystem(answers(), RANKINGS)


@pytest.fixture
def result(system):
    return run(QuestionSet.of("small", CASES), system, seed=7)


def mean(result, metric, grouping="all", group="all"):
    (row,) = [r for r in result.table if (r.grouping, r.group, r.metric) == (grouping, group, metric)]
    return (row.n, pytest.approx(row.mean))


def test_the_system_is_asked_with_date_and_depth(system, result):
    assert system.ranked[0] == ("money", "2026-05-11", DEPTH)
    assert [(q.text, q.as_of) for q in system.asked][:2] == [("money", "2026-05-11"), ("port", "")]


def test_retrieval_counts_every_judged_question(result):
    # money: dense rank 1, fused rank 2; port: dense nothing, fused rank 3; 雨: no ranking at all.
    assert mean(result, "retrieval.dense.hit@1") == (3, 1 / 3)
    assert mean(result, "retrieval.dense.mrr@10") == (3, 1 / 3)
    assert mean(result, "retrieval.fused.mrr@10") == (3, (1 / 2 + 1 / 3) / 3)
    assert mean(result, "retrieval.fused.hit@10", "language", "zh") == (1, 0.0)


def test_answers_refusals_and_citations_by_hand(result):
    assert mean(result, "answer.contains") == (3, 1 / 3)
    # Said "kimi raised 2 billion" for "2 billion": precision 2/4, recall 1.
    assert mean(result, "answer.f1", "type", "factoid") == (3, (2 / 3) / 3)
    assert mean(result, "answer.exact") == (3, 0.0)
    assert mean(result, "evidence.recall") == mean(result, "evidence.precision") == (1, 1.0)
    assert mean(result, "refusal.recall") == (2, 0.5)
    assert mean(result, "refusal.precision") == (2, 0.5)
    assert mean(result, "refusal.wrong") == (3, 2 / 3)
    assert mean(result, "correct") == (5, 2 / 5)
    # The second citation names a version that does not exist.
    assert mean(result, "citations.exact") == (2, 0.5)
    assert mean(result, "citations.resolved") == mean(result, "citations.statements") == (2, 1.0)
    # Answerable 0.9, 0.3 against unanswerable 0.2, 0.8: three of four pairs in order.
    assert mean(result, AUROC) == (4, 0.75)
    # Best sentences 0.9 (helps), 0.3 (helps), 0.2 and 0.8 (nothing helps where nothing answers).
    assert mean(result, ECE) == (4, (0.1 + 0.7 + 0.2 + 0.8) / 4)


def test_a_failed_question_stays_with_its_error(result):
    failed = result.results[-1]
    assert result.failures == (failed,)
    assert failed.error == "StoreError: the disk is gone"
    assert (failed.status, failed.top_evidence, failed.diagnosis) == (None, None, None)
    assert failed.scores["answer.contains"] == failed.scores["correct"] == 0.0


def test_rows_say_what_happened(result):
    money = result.results[0]
    assert money.answer == "Kimi raised $2 billion. [1]"
    assert money.cited == (CitedSpan("a1", 0, 23),)
    assert money.rankings == {"dense": ("a1", "a2"), "fused": ("a2", "a1")}
    assert (money.expected, money.top_evidence, money.diagnosis) == (("$2 billion",), 0.9, None)
    assert [r.diagnosis for r in result.results] == [None, "wrongly_refused", None, "wrongly_answered", None]
    assert result.latency_ms["total"] == Percentiles(4, 10.0, pytest.approx(27.0))
    # Four questions can be judged and were not lost to an error; two were answered.
    assert [(p.coverage, p.risk) for p in result.risk_coverage] == [(0.25, 0.0), (0.5, 0.5)]


@pytest.mark.parametrize(
    "mistake", [TypeError("x"), AttributeError("x"), KeyError("x"), ZeroDivisionError("x")]
)
def test_a_programming_error_ends_the_run(mistake):
    with pytest.raises(type(mistake)):
        run(QuestionSet.of("small", CASES[:1]), FakeSystem({"money": mistake}))


def test_equal_seeds_give_equal_results(system, result):
    again = run(QuestionSet.of("small", CASES), system, seed=7)
    # The processor's time is the one thing that no seed determines.
    timeless = [[replace(row, timings_ms={}) for row in run.results] for run in (again, result)]
    assert timeless[0] == timeless[1]
    assert again.table == result.table
    assert tabulate(result.results, seed=7) == result.table


def test_progress_is_told(system):
    told = []
    run(
        QuestionSet.of("small", CASES),
        system,
        sample=3,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_sample_is_fixed_by_its_seed_and_part_of_a_larger_one():
    cases = [case(f"q{i}") for i in range(50)]
    small = sampled(cases, sample=10, seed=1)
    assert small == sampled(cases, sample=10, seed=1)
    assert small != sampled(cases, sample=10, seed=2)
    assert set(c.case_id for c in small) < set(c.case_id for c in sampled(cases, sample=20, seed=1))
    assert set(c.case_id for c in small) == set(c.case_id for c in sampled(cases[::-1], sample=10, seed=1))
    assert list(small) == sorted(small, key=lambda c: int(c.case_id[1:]))
    assert len(sampled(cases, sample=99, seed=1)) == 50


def test_a_run_without_questions_is_refused(system):
    with pytest.raises(InvalidInputError, match="no questions"):
        run(QuestionSet.of("none", []), system)
    with pytest.raises(InvalidInputError, match="from 1 up"):
        run(QuestionSet.of("small", CASES), system, sample=0)


FUNDS = case("q", relevant_ids=("a1",), evidence=(MONEY,))
ROUND = citation(1, "a1", 2)


@pytest.mark.parametrize(
    ("asked", "answer", "expected"),
    [
        (FUNDS, given([("x", [1])], [citation(1, "a1", 0)], [scored("a1", 0.9, 0.1, 0.1)]), None),
        (FUNDS, given([("x", [1])], [citation(1, "a2", 0)], [scored("a2", 0.9, 0.1)]), "not_retrieved"),
        (FUNDS, given([]), "not_retrieved"),
        (FUNDS, given([], hits=[scored("a1", 0.2, 0.1, 0.1)]), "wrongly_refused"),
        (FUNDS, given([("x", [1])], [ROUND], [scored("a1", 0.3, 0.1, 0.5)]), "retrieved_not_selected"),
        (FUNDS, given([("x", [1])], [ROUND], [scored("a1", 0.6, 0.1, 0.5)]), "selected_not_used"),
        (case("q"), given([]), "wrongly_refused"),
        (case("q"), given([("x", [])]), None),
        (case("q", answers=("x",)), given([]), "wrongly_refused"),
        (case("q", answers=("x",)), given([("y", [])]), "wrongly_answered"),
        (
            case("q", answers=("$2 billion",), relevant_ids=("a1",)),
            given([("Kimi did.", [1])], [citation(1, "a1", 0)], [scored("a1", 0.9, 0.1, 0.1)]),
            "wrongly_answered",
        ),
        (case("q", answers_all_of=(("x", "y"), ("z",))), given([("y and z", [])]), None),
        (case("q", answers_all_of=(("x", "y"), ("z",))), given([("y", [])]), "wrongly_answered"),
    ],
)
def test_the_stage_that_lost_a_question_is_named(asked, answer, expected):
    assert diagnose(asked, answer) == expected


WORKED_OUT = case("q", answers=("three billion",), relevant_ids=("a1",))
OVER_SENTENCES = case("q", answers=("$2 billion. Its investors",), relevant_ids=("a1",))


@pytest.mark.parametrize(
    ("asked", "answer", "expected"),
    [
        (WORKED_OUT, given([("x", [1])], [ROUND], [scored("a1", 0.9, 0.1, 0.1)]), "not_verbatim"),
        (WORKED_OUT, given([("x", [1])], [citation(1, "a2", 0)], [scored("a2", 0.9, 0.1)]), "not_retrieved"),
        (
            OVER_SENTENCES,
            given([("x", [1])], [ROUND], [scored("a1", 0.3, 0.1, 0.5)]),
            "retrieved_not_selected",
        ),
        (OVER_SENTENCES, given([], hits=[scored("a1", 0.3, 0.1, 0.5)]), "wrongly_refused"),
    ],
)
def test_a_gold_answer_that_no_sentence_holds_is_told_from_one_that_did_not_come_back(
    asked, answer, expected
):
    (row,) = run(QuestionSet.of("s", [asked]), FakeSystem({"q": answer})).results
    assert row.diagnosis == expected


def test_the_fake_cites_what_stands_there():
    for article_id, text in TEXTS.items():
        assert text[span_of(article_id, 0).char_start : span_of(article_id, 0).char_end].endswith(".")


def test_a_report_survives_the_file(result, tmp_path):
    report = make_report(result)
    path = tmp_path / "runs" / "one.json"
    save_report(report, path)
    assert load_report(path) == report
    assert [item.name for item in path.parent.iterdir()] == ["one.json"]
    content = json.loads(path.read_text())
    assert content["run"]["set_sha256"] == result.set_sha256
    assert content["run"]["system"]["models"] == {"generator": "fake"}
    assert content["environment"]["libraries"]["numpy"]


def test_a_failed_write_leaves_the_old_report(result, tmp_path, monkeypatch):
    path = tmp_path / "one.json"
    path.write_text("old")

    def full(handle):
        raise OSError("no space left")

    monkeypatch.setattr("eval.report.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        save_report(make_report(result), path)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["one.json"]


@pytest.mark.parametrize("content", ["", "{}", "[1]"])
def test_a_file_that_is_no_report_is_refused(tmp_path, content):
    path = tmp_path / "one.json"
    with pytest.raises(ReportError, match="cannot be read"):
        load_report(path)
    path.write_text(content)
    with pytest.raises(ReportError, match="Run the evaluation again"):
        load_report(path)


def test_a_report_of_a_newer_version_is_refused(result, tmp_path):
    path = tmp_path / "one.json"
    save_report(make_report(result), path)
    path.write_text(path.read_text().replace(f'"format": {FORMAT}', '"format": 99'))
    with pytest.raises(ReportError, match="Update Groundwire"):
        load_report(path)


def test_tables_and_markdown_show_the_numbers_and_the_losses(result):
    console = Console(width=200)
    with console.capture() as captured:
        show(make_report(result), console)
    text = markdown(make_report(result))
    for shown in (captured.get(), text):
        assert "0.333 (0.000 to 1.000)" in shown
        assert "Retrieval of articles, 3 questions" in shown
        assert "By language: mean (questions)" in shown
        assert "0.500 (2)" in shown
        assert "By set" not in shown
        assert "failed with an error: 1 of 5 questions" in shown
        assert "wrongly refused: 1" in shown
    assert "StoreError: the disk is gone" in text


def test_foreign_text_cannot_break_a_markdown_table():
    asked = case("q", question="a | b\n<script> [x](y)", answers=("no",))
    answer = given([("one\ntwo | three", [])])
    made = run(QuestionSet.of("s", [asked]), FakeSystem({asked.question: answer}))
    (line,) = [line for line in markdown(make_report(made)).splitlines() if line.startswith("| q |")]
    assert r"a \| b &lt;script> \[x](y)" in line
    assert line.replace(r"\|", "").count("|") == 6
