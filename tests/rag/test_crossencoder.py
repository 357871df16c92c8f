import pytest
from reader_fakes import hit
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from index.embed import DEFAULT_MODEL
from index.errors import ModelError
from rag.crossencoder import PREFIX, CrossEncoderScorer
from rag.scorers import is_scorer, load_scorer


def save_crossencoder(folder, labels: int) -> None:
    """A CrossEncoder of one narrow layer with random weights."""
    vocabulary = "[PAD] [UNK] [CLS] [SEP] [MASK] who won the cup leeds rain fell . ?".split()
    (folder / "words.txt").write_text("\n".join(vocabulary))
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        num_labels=labels,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(str(folder / "words.txt")).save_pretrained(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("crossencoder")
    save_crossencoder(place, labels=1)
    return place


def test_a_crossencoder_by_path_scores_passages_and_each_of_their_sentences(folder, embedder):
    scorer = load_scorer(f"{PREFIX}{folder}", embedder)
    hits = [hit("Leeds won the cup. Rain fell."), hit("Rain fell.", rank=2)]
    found = scorer.score("Who won the cup?", hits)
    assert [passage.hit for passage in found] == hits
    assert [[s.text for s in p.sentences] for p in found] == [
        ["Leeds won the cup.", "Rain fell."],
        ["Rain fell."],
    ]
    assert all(0 < item.score < 1 for passage in found for item in (passage, *passage.sentences))
    # The same pair of texts gets the same score wherever it stands.
    assert found[0].sentences[1].score == pytest.approx(found[1].sentences[0].score, abs=1e-5)
    assert scorer.score("Who won the cup?", ()) == ()


def test_its_name_carries_the_hash_of_its_weights(folder):
    first, second = (CrossEncoderScorer.load(str(folder)).name for _ in range(2))
    assert first == second
    assert first.startswith(f"{PREFIX}{folder}@")


def test_a_model_that_is_not_there_or_does_not_rank_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(ModelError, match="CrossEncoder"):
        CrossEncoderScorer.load(str(tmp_path / "nothing"))
    save_crossencoder(tmp_path, labels=3)
    with pytest.raises(ModelError, match="3 values"):
        CrossEncoderScorer.load(str(tmp_path))


@pytest.mark.parametrize("name", ["", "bm25", "crossencoder:", DEFAULT_MODEL])
def test_a_name_of_no_scorer_is_refused(name, embedder):
    assert not is_scorer(name)
    with pytest.raises(ModelError, match="similarity"):
        load_scorer(name, embedder)
