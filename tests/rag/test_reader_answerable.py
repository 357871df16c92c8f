"""The signs by which a question is refused: values by hand, and who decides in the recipe."""

from __future__ import annotations

import numpy as np
import pytest

from rag.evidence import answerable
from rag.reader.answerable import PassageRead, signs
from rag.types import Evidence, ScoredPassage
from tests.fakes import FakeScorer
from tests.rag.reader_fakes import hit


def test_signs_are_the_surest_sentences_the_surest_passage_and_the_words_found():
    passages = [
        PassageRead("Leeds won the cup in Paris.", 0.5, (0.8, 0.1), logit=1.5, best_logit=2.5),
        PassageRead("Rain fell.", 0.2, (0.5,), logit=2.0, best_logit=-1.0),
    ]
    row = signs("Who won the cup in Rome?", passages)[0]
    # "won", "cup" and "rome" count 1 each, "who", "the" and "in" 0.3: all but "who" and "rome" are there.
    found = (1 + 1 + 0.3 + 0.3) / (3 + 3 * 0.3)
    assert row == pytest.approx([np.log(4), 0.0, 0.0, 2.5, 2.0, found], abs=1e-6)


def test_a_passage_without_sentences_and_a_question_without_words_are_no_error():
    row = signs("？", [PassageRead("", 0.0, (), logit=0.0, best_logit=0.0)])[0]
    assert np.isfinite(row).all()
    assert row[-1] == 0.0


class _Judging(FakeScorer):
    """Refuses every question that is not in capitals, whatever its sentences score."""

    def answerable(self, question, passages):
        return 0.9 if question.isupper() else 0.4

    def refused_below(self, question):
        return 0.5


def _scored(score):
    found = hit("Leeds won the cup.")
    sentence = Evidence(found.passage, 0, 18, "Leeds won the cup.", score)
    return [ScoredPassage(found, score, (sentence,))]


@pytest.mark.parametrize(("score", "enough"), [(0.6, True), (0.4, False)])
def test_a_scorer_that_cannot_judge_goes_by_its_best_sentence(score, enough):
    assert answerable(FakeScorer(), "who won?", _scored(score)) == (score, enough)
    assert answerable(FakeScorer(), "who won?", []) == (0.0, False)


def test_a_scorer_that_judges_decides():
    assert answerable(_Judging(), "who won?", _scored(0.99)) == (0.4, False)
    assert answerable(_Judging(), "WHO WON?", _scored(0.01)) == (0.9, True)
