"""From scored passages to evidence: how much ranks count, and what stands by."""

from dataclasses import replace

import pytest
from builders import evidence, passage
from hypothesis import given
from hypothesis import strategies as st

from index.types import Hit
from rag.select import levelled
from rag.types import ScoredPassage

PLACE = passage("Ferries stop in June. It cost 40 million crowns.")
PROBABILITIES = st.floats(0.001, 0.999)


def scored(*pairs):
    """One passage whose sentences have these probabilities, and these were it the first."""
    sentences = tuple(
        replace(item, unranked=unranked)
        for item, (_, unranked) in zip(evidence(PLACE, *(score for score, _ in pairs)), pairs, strict=True)
    )
    return ScoredPassage(Hit(PLACE, 3, None, None, 1.0), 0.5, sentences)


def test_two_fifths_of_what_a_rank_takes_from_a_sentence_count_for_a_fact():
    (told,) = levelled([scored((0.2, 0.8), (0.8, 0.8))])
    # From 4 to 1 against 1 to 4, two fifths of the way in log odds: 4 ** 0.2.
    assert [item.score for item in told.sentences] == pytest.approx([4**0.2 / (1 + 4**0.2), 0.8])


def test_scorers_that_do_not_mind_ranks_are_left_as_they_are():
    (told,) = levelled([scored((0.2, None), (0.8, None))])
    assert [item.score for item in told.sentences] == [0.2, 0.8]
    assert told.score == 0.5


@given(PROBABILITIES, PROBABILITIES)
def test_a_levelled_probability_lies_between_the_two(score, unranked):
    (told,) = levelled([scored((score, unranked), (score, unranked))])
    low, high = sorted((score, unranked))
    assert low - 1e-9 <= told.sentences[0].score <= high + 1e-9
