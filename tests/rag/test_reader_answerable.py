"""The signs by which a question is refused: values by hand, and who decides in the recipe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rag.evidence import answerable
from rag.reader.answerable import SIGNS, PassageRead, signs
from rag.reader.artefact import write_artefact
from rag.reader.calibration import Refusal, Regression
from rag.reader.scorer import ReaderScorer
from rag.types import Evidence, ScoredPassage
from tests.fakes import FakeScorer
from tests.rag.reader_fakes import WORDS, even_calibration, hit, tiny_weights


def test_signs_are_the_surest_sentences_the_surest_passage_and_the_words_found():
    passages = [
        PassageRead("Leeds won the cup in Paris.", 0.5, (0.8, 0.1), logit=1.5, best_logit=2.5),
        PassageRead("Rain fell.", 0.2, (0.5,), logit=2.0, best_logit=-1.0, nearness=0.2),
    ]
    row = signs("Who won the cup in Rome?", passages)[0]
    # "won", "cup" and "rome" count 1 each, "who", "the" and "in" 0.3: all but "who" and "rome" are there.
    found = (1 + 1 + 0.3 + 0.3) / (3 + 3 * 0.3)
    assert row == pytest.approx([np.log(4), 0.0, 0.0, 2.5, 2.0, found, 0.2], abs=1e-6)


def test_a_passage_without_sentences_and_a_question_without_words_are_no_error():
    row = signs("？", [PassageRead("", 0.0, (), logit=0.0, best_logit=0.0)])[0]
    assert np.isfinite(row).all()
    assert row[SIGNS.index("words_found")] == 0.0


class _Judging(FakeScorer):
    """Refuses every question that is not in capitals, whatever its sentences score."""

    def judge(self, question, passages, space):
        return (0.9, True) if question.isupper() else (0.4, False)


def _scored(score):
    found = hit("Leeds won the cup.")
    sentence = Evidence(found.passage, 0, 18, "Leeds won the cup.", score)
    return [ScoredPassage(found, score, (sentence,))]


@pytest.mark.parametrize(("score", "enough"), [(0.6, True), (0.4, False)])
def test_a_scorer_that_cannot_judge_goes_by_its_best_sentence(score, enough):
    assert answerable(FakeScorer(), "who won?", _scored(score), "tiny") == (score, enough)
    assert answerable(FakeScorer(), "who won?", [], "tiny") == (0.0, False)


def test_a_scorer_that_judges_decides():
    assert answerable(_Judging(), "who won?", _scored(0.99), "tiny") == (0.4, False)
    assert answerable(_Judging(), "WHO WON?", _scored(0.01), "tiny") == (0.9, True)


def test_nearness_counts_in_the_space_that_it_was_fitted_in_and_nowhere_else(tmp_path):
    near = Regression(-2.0, (0.0,) * 6 + (10.0,))
    even = even_calibration(threshold=0.5)
    fitted = replace(even, refusal=Refusal({"en": near, "zh": near}, {"en": 0.5, "zh": 0.5}))
    write_artefact(tmp_path, tiny_weights(), WORDS, fitted, {})
    scorer = ReaderScorer.at(tmp_path)

    def judged(dense, space):
        found = replace(hit("Leeds won the cup."), dense=dense)
        return scorer.judge("who won?", scorer.score("who won?", [found]), space)

    assert judged(0.25, "tiny") == (pytest.approx(1 / (1 + np.exp(-0.5))), True)
    assert judged(0.1, "tiny") == (pytest.approx(1 / (1 + np.exp(1.0))), False)
    elsewhere = judged(0.25, "another")
    assert judged(0.1, "another") == elsewhere
    assert judged(None, "tiny") == elsewhere
    assert scorer.judge("who won?", (), "tiny") == (0.0, False)
