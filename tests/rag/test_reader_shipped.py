"""The model that ships: what its description promises holds on this machine."""

import json

import pytest
from reader_fakes import hit

from rag.reader.artefact import FACTS, SHIPPED, WEIGHTS, read_artefact
from rag.reader.network import working_precision
from rag.reader.scorer import ReaderScorer
from rag.reader.text import Reading
from rag.training.sample import sample_figures

MOST_BYTES = 30_000_000


@pytest.fixture(scope="module")
def scorer() -> ReaderScorer:
    return ReaderScorer.at()


def test_the_shipped_weights_give_the_shipped_figures():
    artefact = read_artefact()
    promised = json.loads((SHIPPED / FACTS).read_text())["sample"]
    weights = artefact.weights(working_precision())
    found = sample_figures(weights, Reading(artefact.vocabulary), artefact.calibration)
    assert found["first"] == pytest.approx(promised["first"], abs=1 / 12 + 1e-6)
    assert found == pytest.approx(promised, abs=0.09)
    assert found["gold probability"] == pytest.approx(promised["gold probability"], abs=0.02)
    assert found["other probability"] == pytest.approx(promised["other probability"], abs=0.02)


def test_the_files_are_no_larger_than_promised():
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= MOST_BYTES
    assert (SHIPPED / WEIGHTS).is_file()


def test_the_sentence_that_answers_comes_before_one_on_the_same_topic(scorer):
    passage = hit(
        "Entering 2026, funding for the sector accelerated. "
        "Investors now pay for power plants and data centres where they once paid for bold ideas. "
        "The conference ends on Friday."
    )
    (found,) = scorer.score("What do investors pay for now that they did not pay for before?", [passage])
    assert max(found.sentences, key=lambda s: s.score).text.startswith("Investors now pay")


def test_company_in_the_batch_changes_no_score_by_more_than_a_little(scorer):
    hits = [
        hit("The mill employs 130 people. It was sold for 48 million kronor.", rank=1),
        hit("大桥原定今年六月通车，现推迟到明年春天。桥头公园已经开放。", rank=2),
        hit("Rain fell. " * 40, rank=3),
    ]
    question = "How much was the mill sold for?"
    together = scorer.logits(question, hits)
    alone = [scorer.logits(question, [item])[0] for item in hits]
    for a, b in zip(together, alone, strict=True):
        assert a.sentences == pytest.approx(b.sentences, abs=0.15)
