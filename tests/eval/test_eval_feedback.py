import json

import pytest

from eval.errors import QuestionSetError
from eval.feedback import load_feedback
from eval.types import GoldEvidence

CITED = {"article_id": "a1", "char_start": 0, "char_end": 23, "quote": "Kimi raised $2 billion."}
UP = {
    "answer_id": "ans_1",
    "question": "How much did Kimi raise?",
    "thumbs": "up",
    "status": "answered",
    "answer": "Kimi raised $2 billion [1].",
    "citations": [CITED],
    "answered_at": "2026-05-11",
}
REFUSED = {**UP, "answer_id": "ans_2", "status": "abstained", "answer": "", "citations": []}
DOWN = {**UP, "answer_id": "ans_3", "thumbs": "down", "comment": "old figure"}
CORRECTED = {**DOWN, "answer_id": "ans_4", "expected": "Kimi raised $3 billion."}


def load(tmp_path, *rows):
    path = tmp_path / "feedback.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return load_feedback(path)


def test_judged_answers_become_cases(tmp_path):
    right, refused, wrong, corrected = load(tmp_path, UP, REFUSED, DOWN, CORRECTED).cases
    assert right.reference_answer == "Kimi raised $2 billion."
    assert right.evidence == (GoldEvidence("a1", 0, 23, "Kimi raised $2 billion."),)
    assert (right.relevant_ids, right.as_of, right.language) == (("a1",), "2026-05-11", "en")
    assert refused.unanswerable
    assert not refused.reference_answer
    assert not (wrong.unanswerable or wrong.reference_answer or wrong.evidence or wrong.relevant_ids)
    assert wrong.metadata == {"comment": "old figure"}
    assert corrected.reference_answer == "Kimi raised $3 billion."


def test_a_refusal_that_was_wrong_is_no_unanswerable_case(tmp_path):
    (wrong,) = load(tmp_path, {**REFUSED, "thumbs": "down"}).cases
    assert not wrong.unanswerable
    assert wrong.type == "down, abstained"


def test_the_last_verdict_on_an_answer_counts(tmp_path):
    (only,) = load(tmp_path, UP, {**UP, "thumbs": "down"}).cases
    assert only.type == "down, answered"


def test_faults_are_named_with_their_lines(tmp_path):
    with pytest.raises(QuestionSetError) as error:
        load(tmp_path, UP, "{", {**UP, "thumbs": "maybe"}, {**UP, "question": " "})
    lines = [fault.line for fault in error.value.faults]
    assert lines == [2, 3, 4]
    assert "thumbs" in str(error.value)
