"""Answers in full with readers' verdicts: the file, the choice of answers, the report."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from eval_fakes import FakeSystem, case, citation, given, scored, span_of
from test_eval_html import Checker

from eval import datasets
from eval.errors import QuestionSetError
from eval.full_answers import empty_sheet, grades_line, in_full, judged_by, verdict_line
from eval.html import html
from eval.report import load_report, make_report, markdown, save_report
from eval.runner import run, sampled
from eval.types import GoldEvidence, QuestionSet
from eval.verdicts import Verdict, answer_sha256, load_verdicts
from index.errors import StoreError

SETS = Path(datasets.__file__).parent / "sets"


def gold(article, sentence):
    span = span_of(article, sentence)
    quote = ["Kimi raised $2 billion.", "Its investors are many.", "The round closed in May."][sentence]
    return GoldEvidence(article, span.char_start, span.char_end, quote)


CASES = [
    case(
        "round",
        reference_answer="The <b>round</b> of May brought 2 billion dollars.",
        relevant_ids=("a1",),
        evidence=(gold("a1", 0), gold("a1", 2)),
    ),
    case("rain", answers=("Sunday", "on Sunday"), relevant_ids=("a3",)),
    case("none", unanswerable=True),
    case("broken", answers=("x",), relevant_ids=("a2",)),
]
ANSWERS = {
    "round": given(
        [("Kimi raised $2 billion.", [1]), ("Its investors are many.", [2])],
        [citation(1, "a1", 0), citation(2, "a1", 1)],
        [scored("a1", 0.9, 0.5, 0.2)],
    ),
    "rain": given([("Rain fell on Sunday.", [1])], [citation(1, "a3", 0)], [scored("a3", 0.8)]),
    "none": given([]),
    "broken": StoreError("the disk is gone"),
}
ROUND_SAID = "Kimi raised $2 billion. [1] Its investors are many. [2]"


@pytest.fixture(scope="module")
def result():
    return run(QuestionSet.of("small", CASES), FakeSystem(ANSWERS))


def verdict(case_id, answer, **fields):
    made = Verdict("small", case_id, answer_sha256(answer), "good", "partly", "good", "A note.", "a reader")
    return replace(made, **fields)


def row(**fields):
    return {
        "set": "small",
        "id": "round",
        "answer_sha256": answer_sha256(ROUND_SAID),
        "complete": "good",
        "order": "partly",
        "readable": "bad",
        "note": "It says no date.",
        "judge": "a reader",
        **fields,
    }


def load(tmp_path, *rows):
    path = tmp_path / "verdicts.jsonl"
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in rows))
    return load_verdicts(path)


def test_a_file_is_read_into_verdicts_and_rows_without_grades_are_passed_over(tmp_path):
    refusal = row(id="none", order="", readable="")
    blank = row(id="rain", complete="", order="", readable="", judge="", question="When?")
    first, second = load(tmp_path, row(question="Which round?"), blank, refusal)
    assert first == Verdict(
        "small", "round", answer_sha256(ROUND_SAID), "good", "partly", "bad", "It says no date.", "a reader"
    )
    assert (second.case_id, second.complete, second.order, second.readable) == ("none", "good", None, None)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("{", "Invalid JSON"),
        (row(complete="great"), "complete: "),
        (row(order=""), "grade complete, order and readable"),
        (row(complete=""), "grade complete, order and readable"),
        (row(judge=" "), "judge does not say who judged"),
        (row(note="one\ntwo"), "note: is more than one line"),
        (row(answer_sha256="abc"), "answer_sha256: "),
        (row(set=""), "set: "),
        (row(), "judged in line 1 already"),
    ],
)
def test_every_fault_is_named_with_its_line(tmp_path, bad, problem):
    with pytest.raises(QuestionSetError) as raised:
        load(tmp_path, row(), bad)
    assert {fault.line for fault in raised.value.faults} == {2}
    assert any(problem in fault.problem for fault in raised.value.faults)


def test_a_file_that_is_missing_is_a_fault(tmp_path):
    with pytest.raises(QuestionSetError, match="cannot be read"):
        load_verdicts(tmp_path / "nowhere.jsonl")


def test_an_answer_stands_beside_its_references_and_its_gold_evidence(result):
    shown, *_ = in_full(result, CASES, 4)
    assert shown.answer == ROUND_SAID
    assert shown.references == ("The <b>round</b> of May brought 2 billion dollars.",)
    assert [(item.n, item.quote, item.is_gold) for item in shown.cited] == [
        (1, "Kimi raised $2 billion.", True),
        (2, "Its investors are many.", False),
    ]
    assert [(item.quote, item.is_cited) for item in shown.gold] == [
        ("Kimi raised $2 billion.", True),
        ("The round closed in May.", False),
    ]


def test_sets_without_marks_refusals_and_failures_are_shown_too(result):
    _, rain, none, broken = in_full(result, CASES, 4)
    assert (rain.references, rain.gold, rain.cited[0].is_gold) == (("Sunday", "on Sunday"), (), None)
    assert (none.answer, none.unanswerable, none.cited) == ("refused: no evidence", True, ())
    assert broken.answer == "failed: StoreError: the disk is gone"


def test_marks_stand_for_their_sentences_where_two_articles_say_the_same():
    same = replace(citation(2, "a3", 0), quote="Kimi raised $2 billion.")
    answer = given(
        [("Kimi raised $2 billion.", [1, 2])], [citation(1, "a1", 0), same], [scored("a1", 1, 0, 0)]
    )
    twice = run(QuestionSet.of("small", CASES[:1]), FakeSystem({"round": answer}))
    (shown,) = in_full(twice, CASES, 1)
    assert [(item.n, item.is_gold) for item in shown.cited] == [(1, True), (2, False)]


def test_the_first_answers_are_those_of_the_seed(result):
    for seed in range(4):
        seeded = replace(result, seed=seed)
        shown = [answer.case_id for answer in in_full(seeded, CASES, 2)]
        assert shown == [one.case_id for one in sampled(CASES, sample=2, seed=seed)]
    assert in_full(result, CASES, 0) == ()


def test_questions_that_have_verdicts_come_before_others(result):
    verdicts = [verdict("none", "refused: no evidence"), verdict("gone", "x"), verdict("rain", "old")]
    assert [one.case_id for one in in_full(result, CASES, 1, verdicts)] == ["rain", "none"]
    assert len(in_full(result, CASES, 3, verdicts)) == 3


def test_a_question_that_was_not_asked_is_not_shown(result):
    some = replace(result, results=result.results[:2])
    assert [one.case_id for one in in_full(some, CASES, 4, [verdict("none", "x")])] == ["round", "rain"]


def test_a_verdict_on_another_answer_is_shown_and_not_counted(result):
    verdicts = [verdict("round", "It said this once."), verdict("rain", "Rain fell on Sunday. [1]")]
    answers = in_full(result, CASES, 4, verdicts)
    assert [one.is_judged for one in answers] == [False, True, False, False]
    assert verdict_line(answers[0]).startswith("of an earlier answer, not counted: complete good")
    assert verdict_line(answers[1]) == "complete good, order partly, readable good (a reader): A note."
    assert verdict_line(answers[2]) == "not judged"
    assert grades_line(answers) == (
        "1 of 4 answers judged; complete 1 good, 0 partly, 0 bad; order 0 good, 1 partly, 0 bad; "
        "readable 1 good, 0 partly, 0 bad; 1 verdict of an earlier answer not counted"
    )


def test_the_verdict_that_fits_counts_wherever_it_stands(result):
    fits = verdict("round", ROUND_SAID, note="fits")
    for order in ([fits, verdict("round", "old")], [verdict("round", "old"), fits]):
        assert in_full(result, CASES, 1, order)[0].verdict == fits


def test_a_refusal_is_counted_by_completeness_alone(result):
    refusal = verdict("none", "refused: no evidence", order=None, readable=None)
    answers = [one for one in in_full(result, CASES, 1, [refusal]) if one.case_id == "none"]
    assert verdict_line(answers[0]) == "complete good (a reader): A note."
    assert grades_line(answers) == "1 of 1 answers judged; complete 1 good, 0 partly, 0 bad"


def test_a_sheet_that_is_filled_in_is_a_verdicts_file(result, tmp_path):
    answers = in_full(
        result, CASES, 4, [verdict("rain", "Rain fell on Sunday. [1]"), verdict("round", "old")]
    )
    rows = [json.loads(line) for line in empty_sheet(answers).splitlines()]
    assert [one["id"] for one in rows] == ["round", "none", "broken"]
    assert rows[1]["references"] == ["a refusal: the articles do not answer this"]
    assert load(tmp_path, *rows) == ()
    filled = [one | {"complete": "bad", "order": "bad", "readable": "good", "judge": "me"} for one in rows]
    judged = judged_by(answers, load(tmp_path, *filled))
    assert all(one.is_judged for one in judged)
    assert "complete 1 good, 0 partly, 3 bad" in grades_line(judged)


def test_both_reports_have_the_section_and_nothing_of_it_is_markup(result, tmp_path):
    answers = in_full(result, CASES, 4, [verdict("round", ROUND_SAID, note="<i>odd</i> *note*")])
    report = replace(make_report(result), in_full=answers)
    save_report(report, tmp_path / "report.json")
    assert load_report(tmp_path / "report.json") == report
    page, text = html(report), markdown(report)
    section = page.split("<h2>Answers in full</h2>")[1].split("</section>")[0]
    assert f"<p>{grades_line(answers)}</p>" in section
    assert re.findall(r"<h3>(\d)\. (\w+)</h3>", section)[0] == ("1", "round")
    assert "&lt;i&gt;odd&lt;/i&gt; *note*" in section
    assert "<span class='tag'>missed</span> The round closed in May." in section
    checker = Checker()
    checker.VOID = checker.VOID | {"br"}
    checker.feed(page)
    assert checker.open == []
    assert "- **answer**: Kimi raised $2 billion. \\[1] Its investors are many. \\[2]" in text
    assert "- **cited** \\[2] (not gold): Its investors are many." in text
    assert "- **gold, missed**: The round closed in May." in text
    assert "&lt;i>odd&lt;/i> \\*note\\*" in text
    assert "## Answers in full" not in markdown(make_report(result))
    assert "Answers in full" not in html(make_report(result))


def test_a_long_answer_is_not_cut(result):
    answers = tuple(replace(one, answer="word " * 400 + "end") for one in in_full(result, CASES, 1))
    report = replace(make_report(result), in_full=answers)
    assert "word end\n" in markdown(report)
    assert "word end<" in html(report)
