"""The gate over the fixed set: the real pipeline is green, and each planted regression is red."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from eval.checker import VerifyChecker
from eval.errors import ReportError
from eval.fixed import BASELINE
from eval.gate import baseline_of, held_against, load_baseline, save_baseline
from eval.report import load_report
from eval.runner import run
from eval.scoring import Judge
from index.snapshot import Snapshot
from index.types import Article
from rag.types import Answer, Citation, Statement, Support
from service.evaluation import guarded
from service.fixed import fixed_engine, questions
from service.settings import Settings
from service.system import EngineSystem


class Remembered(EngineSystem):
    """A system that keeps what it gave, so that a regression is planted without asking again."""

    def __init__(self, engine, answers=None, rankings=None, change=lambda answer: answer):
        super().__init__(engine)
        self.answers = {} if answers is None else answers
        self.rankings = {} if rankings is None else rankings
        self._change = change

    def rank(self, question, as_of, k):
        if question not in self.rankings:
            self.rankings[question] = super().rank(question, as_of, k)
        return self.rankings[question]

    def answer(self, question):
        if question.text not in self.answers:
            self.answers[question.text] = super().answer(question)
        return self._change(self.answers[question.text])


class Fixed:
    """The fixed set with the engine that it is asked of, and the plain run."""

    def __init__(self, engine):
        self.engine = engine
        self.questions = questions(engine)
        self.system = Remembered(engine)
        self.result = self.run(self.system)
        self.baseline = baseline_of(self.result)

    def run(self, system, sample=None):
        judge = Judge(VerifyChecker(), self.engine.library.embedder)
        return guarded(run(self.questions, system, judge=judge, sample=sample), self.questions, self.engine)

    def findings(self, change):
        system = Remembered(self.engine, self.system.answers, self.system.rankings, change)
        return "\n".join(held_against(self.run(system), self.baseline).findings)


def settings():
    return Settings.model_validate({})


@pytest.fixture(scope="module")
def fixed():
    with fixed_engine(settings()) as engine:
        yield Fixed(engine)


def outcome(result):
    return [
        (row.case_id, row.status, row.answer, row.cited, row.rankings, row.scores, row.top_evidence)
        for row in result.results
    ]


def refused(answer: Answer) -> Answer:
    return replace(answer, status="abstained", reason="no_evidence", text="", statements=(), citations=())


def says(answer: Answer, item) -> Answer:
    """The answer that says and cites one sentence of its hits."""
    passage, text = item.passage, f"{item.text} [1]"
    citation = Citation(
        1,
        passage.article_id,
        passage.version,
        passage.passage_id,
        "",
        "",
        "",
        "",
        "",
        item.text,
        item.char_start,
        item.char_end,
    )
    statement = Statement(item.text, 0, len(text), (1,), Support("supported", 1.0))
    return replace(
        answer, status="answered", reason=None, text=text, statements=(statement,), citations=(citation,)
    )


def sentences(answer: Answer):
    return [item for hit in answer.hits for item in hit.sentences]


def never_refused(answer: Answer) -> Answer:
    if answer.status != "abstained" or not answer.hits:
        return answer
    return says(answer, max(sentences(answer), key=lambda item: item.score))


def shuffled(answer: Answer) -> Answer:
    if answer.status == "abstained":
        return answer
    return says(answer, random.Random(answer.question).choice(sentences(answer)))


def shifted(answer: Answer) -> Answer:
    """Every citation names the sentence behind the right one, quote and offsets alike."""

    def behind(citation):
        for hit in answer.hits:
            spans = [(item.char_start, item.char_end) for item in hit.sentences]
            here = (citation.char_start, citation.char_end)
            if hit.hit.passage.article_id == citation.article_id and here in spans:
                following = hit.sentences[(spans.index(here) + 1) % len(spans)]
                return replace(
                    citation,
                    quote=following.text,
                    char_start=following.char_start,
                    char_end=following.char_end,
                )
        return citation

    return replace(answer, citations=tuple(behind(citation) for citation in answer.citations))


def displaced(answer: Answer) -> Answer:
    """Offsets that have moved under their quotes."""
    moved = (replace(c, char_start=c.char_start + 3, char_end=c.char_end + 3) for c in answer.citations)
    return replace(answer, citations=tuple(moved))


def broken(answer: Answer) -> Answer:
    raise OSError("the disk is gone")


def test_this_version_is_no_worse_than_the_committed_baseline(fixed):
    assert held_against(fixed.result, load_baseline(BASELINE)).findings == ()


def test_the_fixed_set_is_whole(fixed):
    assert fixed.result.missing == fixed.result.leaks == ()
    assert not fixed.result.failures
    assert {row.language for row in fixed.result.results} == {"en", "zh"}
    assert sum(row.unanswerable for row in fixed.result.results) == 24


def test_asking_again_gives_the_same_rows_and_a_green_gate(fixed):
    again = outcome(fixed.run(EngineSystem(fixed.engine), sample=6))
    first = {row[0]: row for row in outcome(fixed.result)}
    assert again == [first[row[0]] for row in again]
    assert held_against(fixed.result, fixed.baseline).green


def test_a_lexical_leg_that_finds_nothing_is_red(fixed, monkeypatch):
    monkeypatch.setattr(Snapshot, "lexical", lambda *given, **named: [])
    # The rankings alone show it; answers are not asked for again.
    result = fixed.run(Remembered(fixed.engine, fixed.system.answers))
    findings = "\n".join(held_against(result, fixed.baseline).findings)
    assert "retrieval.lexical.ndcg@10" in findings
    assert "retrieval.fused" in findings


@pytest.mark.parametrize(
    ("regression", "metrics"),
    [
        (shuffled, ["evidence.recall", "evidence.precision"]),
        (shifted, ["evidence.recall", "citations.recall"]),
        (displaced, ["citations.exact"]),
        (never_refused, ["refusal.recall"]),
        (refused, ["refusal.wrong", "correct", "evidence.recall"]),
        (broken, ["failed got worse"]),
    ],
)
def test_a_planted_regression_is_red_by_name(fixed, regression, metrics):
    findings = fixed.findings(regression)
    assert [metric for metric in metrics if metric not in findings] == []


def test_questions_and_answers_in_the_index_are_red(fixed):
    pair = fixed.engine.library.catalog.qa_pairs()[0]
    text = f"Q: {pair.question}\n\nA: {pair.answer}"
    put = fixed.engine.library.put(Article(title="Questions and answers", text=text))
    try:
        result = guarded(fixed.result, fixed.questions, fixed.engine)
    finally:
        fixed.engine.library.delete(put.article_id)
    (finding,) = held_against(result, fixed.baseline).findings
    assert "1 questions as Q&A" in finding
    assert put.article_id in finding


def test_a_missing_article_is_red(fixed):
    missing = replace(
        fixed.result, missing=guarded(fixed.result, replaced_article(fixed), fixed.engine).missing
    )
    assert "the index does not hold" in "\n".join(held_against(missing, fixed.baseline).findings)


def replaced_article(fixed):
    first, *others = fixed.questions.cases
    return replace(fixed.questions, cases=(replace(first, relevant_ids=("nowhere",)), *others))


def test_a_baseline_of_other_questions_is_refused(fixed):
    with pytest.raises(ReportError, match="make baseline"):
        held_against(fixed.result, replace(fixed.baseline, set_sha256="0" * 64))


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", range(10))
def test_ten_runs_of_the_same_code_are_green_and_equal(fixed, hash_seed, tmp_path):
    """Each in a process of its own, with another order of sets, over a library made anew."""
    baseline, out = tmp_path / "baseline.json", tmp_path / "run.json"
    save_baseline(fixed.baseline, baseline)
    command = ["eval", "gate", "--baseline", str(baseline), "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", *command],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "GROUNDWIRE_DATA": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert outcome(load_report(out).run) == outcome(fixed.result)
