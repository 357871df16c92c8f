"""Which articles of a set are searched where not all are."""

from dataclasses import replace

from eval_fakes import case
from hypothesis import given
from hypothesis import strategies as st

from eval.articles import chosen_articles
from eval.types import GoldEvidence

CORPUS = [f"a{number}" for number in range(40)]
ASKED = replace(
    case("q", relevant_ids=("a1", "a2"), answers=("x",)),
    evidence=(GoldEvidence("a3", 0, 1, "x"),),
    metadata={
        "wrong_ids": ["a4"],
        "source_id": "a5",
        "negative_ids": ["a6", "a7", "gone"],
        "retrieved_ids": ("a8",),
        "choices": ["a9"],
    },
)
NEEDED = {"a1", "a2", "a3", "a4", "a5"}


def test_what_the_questions_need_is_taken_whatever_the_limit():
    assert chosen_articles([ASKED], CORPUS, limit=1, seed=0) == NEEDED


def test_what_looks_alike_comes_before_what_is_drawn():
    assert chosen_articles([ASKED], CORPUS, limit=8, seed=0) == NEEDED | {"a6", "a7", "a8"}


def test_ids_that_the_corpus_lacks_are_not_chosen_and_take_no_place():
    lost = replace(ASKED, relevant_ids=("nowhere",), evidence=())
    chosen = chosen_articles([lost], CORPUS, limit=6, seed=0)
    assert len(chosen) == 6
    assert chosen <= set(CORPUS)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 3))
def test_a_larger_choice_holds_a_smaller_one(one, other, seed):
    small, large = sorted((one, other))
    chosen = chosen_articles([ASKED], CORPUS, limit=large, seed=seed)
    assert chosen_articles([ASKED], CORPUS, limit=small, seed=seed) <= chosen
    assert len(chosen) == max(min(large, len(CORPUS)), len(NEEDED))


def test_the_order_of_the_corpus_does_not_matter_and_the_seed_does():
    forth = chosen_articles([], CORPUS, limit=10, seed=0)
    assert chosen_articles([], CORPUS[::-1], limit=10, seed=0) == forth
    assert chosen_articles([], CORPUS, limit=10, seed=1) != forth
