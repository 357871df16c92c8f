import pytest
from eval_fakes import FakeSystem, case, given

from eval.journal import Journal, program_hash, run_key
from eval.runner import run
from eval.types import QuestionSet

CASES = [case(f"q{number}", answers=("yes",)) for number in range(6)]
SET = QuestionSet.of("small", CASES)


def system():
    return FakeSystem({asked.question: given([("yes", [])]) for asked in CASES})


def stopped_after(count):
    def stop(done, total):
        if done == count:
            raise KeyboardInterrupt

    return stop


def asked_again(path, key):
    again = system()
    with Journal(path, key) as journal:
        result = run(SET, again, journal=journal)
    assert [row.case_id for row in result.results] == [c.case_id for c in CASES]
    return [question.text for question in again.asked], result


@pytest.fixture
def stopped(tmp_path):
    path = tmp_path / "runs" / "one.jsonl"
    with pytest.raises(KeyboardInterrupt), Journal(path, "key") as journal:
        run(SET, system(), journal=journal, on_progress=stopped_after(4))
    return path


def test_a_run_goes_on_where_it_was_stopped(stopped):
    asked, result = asked_again(stopped, "key")
    assert asked == ["q4", "q5"]
    assert [row.scores for row in result.results] == [row.scores for row in run(SET, system()).results]
    assert asked_again(stopped, "key")[0] == []


def test_a_torn_last_line_is_asked_again(stopped):
    content = stopped.read_bytes()
    stopped.write_bytes(content[:-9])
    assert asked_again(stopped, "key")[0] == ["q3", "q4", "q5"]
    assert asked_again(stopped, "key")[0] == []


def test_rows_of_another_run_are_not_used(stopped):
    assert len(asked_again(stopped, "other key")[0]) == 6


def test_a_finished_journal_is_removed(stopped):
    with Journal(stopped, "key") as journal:
        journal.remove()
    assert not stopped.exists()


def test_workers_give_the_rows_of_one_in_order():
    several = run(SET, system(), workers=3)
    assert [row.case_id for row in several.results] == [c.case_id for c in CASES]
    assert [row.scores for row in several.results] == [row.scores for row in run(SET, system()).results]
    assert several.workers == 3
    assert "cpu" not in several.latency_ms


def test_a_programming_error_ends_a_run_of_several_workers():
    broken = FakeSystem({asked.question: TypeError("x") for asked in CASES})
    with pytest.raises(TypeError):
        run(SET, broken, workers=3)


def test_the_key_follows_from_its_parts_and_the_program(tmp_path):
    assert run_key({"seed": 1}) != run_key({"seed": 2})
    assert run_key({"a": 1, "b": 2}) == run_key({"b": 2, "a": 1})
    source = tmp_path / "package" / "one.py"
    source.parent.mkdir()
    source.write_text("x = 1\n")
    before = program_hash(tmp_path, ["**/*.py"])
    (tmp_path / "notes.txt").write_text("nothing of the program")
    assert program_hash(tmp_path, ["**/*.py"]) == before
    source.write_text("x = 2\n")
    assert program_hash(tmp_path, ["**/*.py"]) != before
