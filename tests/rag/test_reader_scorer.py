import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from reader_fakes import WORDS, even_calibration, hit, tiny_weights

from index.errors import ModelError
from rag.evidence import EvidenceScorer, Reranker
from rag.reader.artefact import (
    FACTS,
    VOCABULARY,
    WEIGHTS,
    closed,
    opened,
    read_artefact,
    write_artefact,
    write_calibration,
)
from rag.reader.calibration import PASSAGE, SENTENCE, Calibration, Refusal, Regression
from rag.reader.network import collate, read
from rag.reader.rerank import reranked, reranked_places
from rag.reader.scorer import ReaderScorer, read_passages, read_windows
from rag.reader.text import Reading
from rag.types import ScoredPassage

TEXTS = [
    "Leeds won the cup. Rain fell.",
    "The old bridge was built in 1972.",
    "Rain fell. " * 30,
    "北京大学成立。",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("reader")
    write_artefact(place, tiny_weights(), tuple(WORDS), even_calibration(), {"note": "tiny"})
    return place


@pytest.fixture(scope="module")
def scorer(folder) -> EvidenceScorer:
    return ReaderScorer.at(folder)


def windows_of(question: str, texts: list[str]):
    reading = Reading(WORDS)
    return [
        window
        for text in texts
        for window in reading.windows(reading.pieces(question), reading.pieces(""), [reading.pieces(text)])
    ]


def test_no_hits_give_no_scores(scorer):
    assert scorer.score("Who won the cup?", ()) == ()


def test_every_sentence_of_every_hit_gets_a_probability_in_the_order_of_the_hits(scorer):
    hits = [hit(text, rank=rank) for rank, text in enumerate(TEXTS, start=1)]
    found = scorer.score("Who won the cup in 1972?", hits)
    assert [passage.hit for passage in found] == hits
    for passage in found:
        assert [s.text for s in passage.sentences] == [
            passage.hit.passage.text[s.char_start : s.char_end] for s in passage.hit.passage.sentences
        ]
        assert all(0 <= item.score <= 1 for item in (passage, *passage.sentences))


def test_a_sentence_longer_than_any_window_and_a_chinese_question_are_scored(scorer):
    found = scorer.score("北京大学何时成立？", [hit("rain " * 3000 + "fell."), hit("北京大学成立。", rank=2)])
    assert [len(passage.sentences) for passage in found] == [1, 1]
    assert all(np.isfinite(passage.score) for passage in found)


def test_padding_and_batching_do_not_change_what_a_passage_scores():
    weights = tiny_weights()
    windows = windows_of("who won the cup", TEXTS)
    together = read_windows(weights, windows, most=len(windows))
    alone = [read_windows(weights, [window], most=1)[0] for window in windows]
    for a, b in zip(together, alone, strict=True):
        assert a.passage == pytest.approx(b.passage, abs=1e-4)
        assert a.sentences == pytest.approx(b.sentences, abs=1e-4)


def test_reading_in_two_stages_is_reading_at_once_and_the_unpromising_keep_their_early_scores():
    weights = tiny_weights()
    windows = windows_of("who won the cup", TEXTS)
    with torch.no_grad():
        (_, whole), (_, early) = read(weights, collate(windows))
    assert [r.passage for r in read_windows(weights, windows, most=9)] == pytest.approx(
        whole.tolist(), abs=1e-4
    )
    best = int(early.argmax())
    expected = [float(whole[i] if i == best else early[i]) for i in range(len(windows))]
    assert [r.passage for r in read_windows(weights, windows, most=1)] == pytest.approx(expected, abs=1e-4)


def test_a_passage_of_several_windows_gets_a_score_for_each_of_its_sentences():
    (found,) = read_passages(tiny_weights(), Reading(WORDS), "who won?", [("", ["rain " * 50] * 20)])
    assert len(found.sentences) == 20


def test_weights_that_are_not_the_expected_ones_are_refused(folder, tmp_path):
    for name in (WEIGHTS, VOCABULARY, FACTS):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    spoilt = bytearray((tmp_path / WEIGHTS).read_bytes())
    spoilt[-1] ^= 1
    (tmp_path / WEIGHTS).write_bytes(bytes(spoilt))
    with pytest.raises(ModelError, match="SHA-256"):
        read_artefact(tmp_path)


@pytest.mark.parametrize("damage", ["{", "{}", '{"sha256": 1}', "[]"])
def test_a_damaged_description_is_refused_with_a_remedy(folder, tmp_path, damage):
    for name in (WEIGHTS, VOCABULARY):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / FACTS).write_text(damage)
    with pytest.raises(ModelError, match="GROUNDWIRE_EVIDENCE"):
        read_artefact(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_artefact(tmp_path / "nowhere")


def test_the_name_tells_the_hash_of_the_weights(folder, scorer):
    digest = json.loads((folder / FACTS).read_text())["sha256"][WEIGHTS]
    assert scorer.name == f"reader@{digest[:12]}"


def test_eight_bits_hold_a_matrix_to_half_a_step():
    matrix = torch.randn(7, 33)
    packed, scale = closed(matrix)
    assert packed.dtype == torch.int8
    assert scale is not None
    assert bool(((opened(packed, scale) - matrix).abs() <= scale / 2 + 1e-6).all())


def test_calibration_comes_back_from_json_as_it_was():
    fitted = Calibration(
        {"en": Regression(-1.0, (1.0, 0.5, 0.25, -0.1)), "zh": Regression(0.0, (1.0, 0.0, 0.0, 0.0))},
        {"en": Regression(2.0, (0.1, 0.2, 0.3, 0.4)), "zh": Regression(0.0, (1.0, 0.0, 0.0, 0.0))},
        Refusal(
            {
                "en": Regression(0.5, (1.0, 0.5, 0.1, 0.2, 0.3, 2.0, 0.4)),
                "zh": Regression(0.0, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
            },
            {"en": 0.2, "zh": 0.3},
        ),
        Refusal(
            {"en": Regression(0.1, (0.5,) * 7), "zh": Regression(0.0, (1.0,) * 7)}, {"en": 0.1, "zh": 0.2}
        ),
        "a space",
        0.25,
        1.5,
    )
    assert Calibration.from_json(json.loads(json.dumps(fitted.to_json()))) == fitted
    assert len(SENTENCE) == len(PASSAGE) == 4


def test_weights_of_other_inputs_than_todays_are_refused():
    row = json.loads(json.dumps(even_calibration().to_json()))
    row["refusal"]["en"]["length"] = 0.5
    with pytest.raises(ValueError, match="refusal weighs"):
        Calibration.from_json(row)


def scored(*scores: float) -> list[ScoredPassage]:
    return [ScoredPassage(hit("Rain fell.", rank=rank), s, ()) for rank, s in enumerate(scores, start=1)]


def test_evidence_lifts_a_passage_and_without_weight_retrieval_stands():
    assert reranked_places([0.1, 0.2, 0.9], 0.0) == [0, 1, 2]
    assert reranked_places([0.1, 0.2, 0.9], 10.0) == [2, 1, 0]
    found = reranked(scored(0.1, 0.2, 0.9), weight=10.0)
    assert [passage.hit.passage.article_id for passage in found] == ["article-3", "article-2", "article-1"]
    assert [passage.hit.rank for passage in found] == [1, 2, 3]


def test_the_reader_can_rerank(scorer):
    assert isinstance(scorer, Reranker)
    assert [passage.score for passage in scorer.rerank(scored(0.1, 0.9, 0.5))] == [0.9, 0.1, 0.5]


def test_a_calibration_of_an_older_layout_is_replaced_and_the_weights_stay(tmp_path):
    write_artefact(tmp_path, tiny_weights(), tuple(WORDS), even_calibration(), {"note": "tiny"})
    facts = json.loads((tmp_path / FACTS).read_text())
    (tmp_path / FACTS).write_text(json.dumps({**facts, "calibration": {"question": {}}}))
    with pytest.raises(ModelError, match="damaged"):
        read_artefact(tmp_path)
    weights = (tmp_path / WEIGHTS).read_bytes()
    fitted = even_calibration(threshold=0.25)
    assert write_calibration(tmp_path, fitted, {"held_out_questions": 7}).calibration == fitted
    assert (tmp_path / WEIGHTS).read_bytes() == weights
    told = json.loads((tmp_path / FACTS).read_text())
    assert (told["note"], told["held_out_questions"]) == ("tiny", 7)
    (tmp_path / VOCABULARY).write_text("other")
    with pytest.raises(ModelError, match="expected"):
        write_calibration(tmp_path, fitted, {})


def test_a_scorer_tells_what_it_would_say_of_the_first_passage(tmp_path):
    ranked = Regression(0.0, (1.0, 0.0, 0.0, -2.0))
    fitted = replace(even_calibration(), sentence={"en": ranked, "zh": ranked})
    write_artefact(tmp_path, tiny_weights(), tuple(WORDS), fitted, {})
    hits = [hit(TEXTS[0], rank=1), hit(TEXTS[1], rank=5)]
    first, fifth = ReaderScorer.at(tmp_path).score("Who won the cup in 1972?", hits)
    assert all(item.unranked == pytest.approx(item.score) for item in first.sentences)
    assert all(item.unranked > item.score for item in fifth.sentences)
