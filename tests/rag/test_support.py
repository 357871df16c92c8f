import hashlib
import json

import pytest
import torch
from builders import evidence, passage
from reader_fakes import WIDTH, WORDS, even_calibration, tiny_weights
from test_crossencoder import save_crossencoder
from transformers import BertConfig

from index.errors import ModelError
from rag.entailment import EntailmentSupport
from rag.reader.artefact import write_artefact
from rag.reader.calibration import Regression
from rag.reader.network import collate
from rag.reader.support import HEAD, LAYER, lower_states, statement_pieces, support_logits, windows_of
from rag.reader.support_artefact import SUPPORT_FACTS, SUPPORT_WEIGHTS, read_support, write_support
from rag.reader.supporter import ReaderSupport
from rag.reader.text import Reading
from rag.support import SimilaritySupport
from rag.supporters import is_support, load_support
from rag.training.support import (
    Stated,
    States,
    SupportPlan,
    balanced,
    first_weights,
    logits_of,
    train_support,
)
from rag.training.support_fit import Judged, fit_support, probabilities, support_curve
from rag.types import DraftStatement
from rag.verify import Verifier

LEEDS = evidence(passage("Leeds won the cup in 1972."), 0.9)
RAIN = evidence(passage("Rain fell in the old city."), 0.9)


class Even:
    """Finds every statement half supported, and counts what it was asked."""

    name, threshold = "even", 0.5

    def __init__(self):
        self.asked = []

    def score(self, statement, evidence):
        self.asked.append(statement)
        return 0.5


def test_words_count_first_and_nearness_only_where_some_words_are_shared():
    near = SimilaritySupport(lambda one, other: 0.8)
    far = SimilaritySupport(lambda one, other: 0.59)
    assert near.score("Leeds won the cup", LEEDS) == 1.0
    # Of "leeds" and "football", weighed alike, one is there; of three words one is: 1/3.
    assert near.score("Leeds football", LEEDS) == 0.5
    assert near.score("Leeds football club", LEEDS) == 0.8
    assert far.score("Leeds football club", LEEDS) == pytest.approx(1 / 3)
    assert near.score("Rain fell today", LEEDS) == 0.0


def test_literal_quotations_and_wrong_figures_are_decided_without_the_support_check():
    support = Even()
    verifier = Verifier(support=support)
    for text, label in (("Leeds won the cup in 1972.", "supported"), ("Leeds won in 1973.", "unsupported")):
        assert verifier.check(DraftStatement(text, (1,)), LEEDS)[1].label == label
    assert support.asked == []
    paraphrase = DraftStatement("Leeds took the cup home.", (1,))
    assert verifier.check(paraphrase, LEEDS)[1].label == "supported"
    assert support.asked == ["Leeds took the cup home."]


@pytest.mark.parametrize("name", ["", "bm25", "crossencoder:", "reader:folder"])
def test_a_name_of_no_check_is_refused(name, embedder):
    assert not is_support(name)
    with pytest.raises(ModelError, match="similarity"):
        load_support(name, embedder)


def test_similarity_by_name_measures_with_the_embedder(embedder):
    support = load_support("similarity", embedder)
    assert embedder.space.id in support.name
    assert support.score("Leeds won the cup in 1972.", LEEDS) == 1.0


def save_entailment(folder, names):
    save_crossencoder(folder, labels=len(names))
    config = BertConfig.from_pretrained(folder)
    config.id2label = dict(enumerate(names))
    config.save_pretrained(folder)


@pytest.mark.parametrize(
    "names", [("contradiction", "ENTAILMENT", "neutral"), ("entailment", "not_entailment")]
)
def test_an_entailment_model_gives_the_probability_of_its_entailment_label(tmp_path, names, embedder):
    save_entailment(tmp_path, names)
    support = load_support(f"crossencoder:{tmp_path}", embedder)
    rows = support._model.predict(
        [("Leeds won the cup in 1972.", "Leeds won.")], activation_fn=torch.nn.Identity()
    )
    place = [name.lower() for name in names].index("entailment")
    expected = torch.softmax(torch.as_tensor(rows[0]), dim=-1)[place]
    assert support.score("Leeds won.", LEEDS) == pytest.approx(float(expected), abs=1e-5)
    assert support.name.startswith(f"crossencoder:{tmp_path}@")
    assert support.threshold == 0.5


def test_a_single_logit_goes_through_the_logistic_function(tmp_path):
    save_crossencoder(tmp_path, labels=1)
    support = EntailmentSupport.load(str(tmp_path))
    (logit,) = support._model.predict(
        [("Leeds won the cup in 1972.", "Leeds won.")], activation_fn=torch.nn.Identity()
    )
    assert support.score("Leeds won.", LEEDS) == pytest.approx(
        1 / (1 + float(torch.exp(-torch.as_tensor(logit))))
    )


def test_a_model_without_an_entailment_label_or_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelError, match="support check"):
        EntailmentSupport.load(str(tmp_path / "nothing"))
    save_entailment(tmp_path, ("bad", "good"))
    with pytest.raises(ModelError, match="bad, good"):
        EntailmentSupport.load(str(tmp_path))


def windows():
    reading = Reading(WORDS)
    return [
        *windows_of(reading, "leeds won the cup.", LEEDS),
        *windows_of(reading, "rain fell in the city.", RAIN),
        *windows_of(reading, "the club lost.", LEEDS),
        *windows_of(reading, "leeds won.", RAIN),
    ]


def test_the_statement_s_pieces_are_those_between_the_marks():
    window = windows()[0]
    (said,) = statement_pieces(collate([window])).tolist()
    words = [WORDS[number] for number, yes in zip(window.ids, said, strict=True) if yes]
    assert words == ["leeds", "won", "the", "cup", "."]


def test_padding_changes_no_logit():
    reader = tiny_weights()
    own = first_weights(reader, seed=1)
    together = logits_of(own, windows(), States(reader, windows()))
    for window, logit in zip(windows(), together, strict=True):
        batch = collate([window])
        alone = support_logits(own, lower_states(reader, batch), batch)
        assert float(alone[0]) == pytest.approx(float(logit), abs=0.05)


def test_training_learns_and_is_the_same_for_the_same_seed(tmp_path):
    reader = tiny_weights()
    labels = (True, True, False, False)
    examples = [Stated(w, label) for w, label in zip(windows(), labels, strict=True)]
    states = States(reader, windows())
    plan = SupportPlan(epochs=40, pieces=100, rate=3e-3, head_rate=1e-2, dropout=0.0)
    runs = [
        train_support(first_weights(reader, seed=1), examples, states, plan, tmp_path / f"{n}.jsonl")
        for n in range(2)
    ]
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])
    losses = [json.loads(line)["loss"] for line in (tmp_path / "0.jsonl").read_text().splitlines()]
    assert losses[-1] < 0.3 * losses[0]
    logits = logits_of(runs[0], windows(), states)
    assert logits[:2].min() > logits[2:].max()


def test_shares_give_the_rare_kind_the_same_say():
    assert balanced([("en", True), ("en", False), ("en", False), ("en", False)]) == [2.0, 2 / 3, 2 / 3, 2 / 3]


def test_calibration_orders_by_the_logit_and_the_threshold_lets_few_false_ones_pass():
    judged = [
        Judged(language, "k", supported, logit + (2.0 if supported else 0.0), 0.5, left_open)
        for language in ("en", "zh")
        for supported in (True, False)
        for logit in [n / 50 for n in range(-50, 50)]
        for left_open in (True, False)
    ]
    calibration, threshold = fit_support(judged)
    left_open = [item for item in judged if item.left_open]
    scores = probabilities(left_open, calibration)
    passed = [s >= threshold for s, j in zip(scores, left_open, strict=True) if not j.supported]
    assert sum(passed) / len(passed) == pytest.approx(0.02, abs=0.01)
    curve = support_curve(judged, calibration)
    kept = [row["true_kept"] for row in curve]
    assert kept == sorted(kept, reverse=True)


@pytest.fixture
def folder(tmp_path):
    reader = tiny_weights()
    write_artefact(tmp_path, reader, tuple(WORDS), even_calibration(), {})
    even = Regression(0.0, (1.0, 0.0))
    write_support(tmp_path, first_weights(reader, seed=1), {"en": even, "zh": even}, 0.5, {"told": 1})
    return tmp_path


def test_a_written_check_scores_as_before(folder):
    support = ReaderSupport.at(folder)
    reader = tiny_weights()
    reading = Reading(WORDS)
    for statement, cited in (("leeds won the cup.", LEEDS), ("the club lost.", RAIN)):
        batch = collate(windows_of(reading, statement, cited))
        expected = support_logits(first_weights(reader, seed=1), lower_states(reader, batch), batch)
        assert support.logit(statement, cited) == pytest.approx(float(expected.max()), abs=0.05)
        assert support.score(statement, cited) == pytest.approx(
            1 / (1 + float(torch.exp(-expected.max()))), abs=0.02
        )
    digest = hashlib.sha256((folder / SUPPORT_WEIGHTS).read_bytes()).hexdigest()
    assert support.name == f"reader support@{digest[:12]}"


def test_damaged_files_and_a_reader_trained_since_are_refused_with_a_remedy(folder):
    text = (folder / SUPPORT_FACTS).read_text()
    (folder / SUPPORT_FACTS).write_text(text.replace('"threshold"', '"limit"'))
    with pytest.raises(ModelError, match="damaged"):
        read_support(folder)
    (folder / SUPPORT_FACTS).write_text(text)
    write_artefact(folder, tiny_weights(seed=5), tuple(WORDS), even_calibration(), {})
    with pytest.raises(ModelError, match=r"reader\.safetensors has SHA-256"):
        read_support(folder)
    (folder / SUPPORT_WEIGHTS).unlink()
    with pytest.raises(ModelError, match="GROUNDWIRE_SUPPORT=similarity"):
        read_support(folder)


def test_the_last_layer_starts_as_the_reader_s():
    reader = tiny_weights()
    own = first_weights(reader, seed=1)
    assert torch.equal(own[f"{LAYER}.mix.weight"], reader["layer.2.mix.weight"])
    assert own[f"{HEAD}.in.weight"].shape == (WIDTH, 3 * WIDTH)
