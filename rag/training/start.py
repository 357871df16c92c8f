"""Where training starts: the vocabulary with Chinese characters, and weights taken from the encoder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.tokens import CHINESE
from index.types import FloatArray
from rag.reader.text import MATCH_CODES, SHARED_IDS

if TYPE_CHECKING:
    from torch import Tensor

_CHINESE = re.compile(f"[{CHINESE}]")
_SEEN_AT_LEAST = 4
_NEIGHBOURHOOD = 3
_MARKS = ("[unused1]", "[unused2]")
"""Unused pieces of the encoder that become sentence mark and bar: their rows are learned too."""


def characters_of(texts: Iterable[str]) -> list[str]:
    """Give the Chinese characters that stand often enough in texts, most frequent first."""
    counts = Counter(character for text in texts for character in _CHINESE.findall(text))
    return [character for character, count in counts.most_common() if count >= _SEEN_AT_LEAST]


def vocabulary(encoder: Path, characters: Sequence[str]) -> list[str]:
    """Give the encoder's word pieces with the marks and the characters moved to the end."""
    pieces = (encoder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    moved = {*_MARKS, *characters}
    # A gap keeps its place, so that the rows of the encoder's table stay where they are.
    kept = [f"[gap{number}]" if piece in moved else piece for number, piece in enumerate(pieces)]
    return [*kept, *_MARKS, *characters]


def character_rows(texts: Sequence[str], characters: Sequence[str], width: int) -> FloatArray:
    """Give each character a row by the company it keeps: (characters, width), about unit variance.

    Positive pointwise mutual information of neighbours, reduced by truncated SVD (Levy and Goldberg 2014).
    """
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD

    number = {character: place for place, character in enumerate(characters)}
    size = len(characters)
    counts = np.zeros((size, size), np.float32)
    for text in texts:
        known = np.array([number.get(character, -1) for character in text])
        for distance in range(1, _NEIGHBOURHOOD + 1):
            left, right = known[:-distance], known[distance:]
            both = (left >= 0) & (right >= 0)
            np.add.at(counts, (left[both], right[both]), 1.0)
    counts += counts.T
    total = counts.sum()
    margin = counts.sum(axis=0) + 1.0
    with np.errstate(divide="ignore"):
        information = np.log(counts * total / margin[:, None] / margin[None, :])
    positive = csr_matrix(np.maximum(information, 0.0))
    rows = TruncatedSVD(min(width, size - 1), random_state=0).fit_transform(positive)
    rows = np.pad(rows, ((0, 0), (0, width - rows.shape[1])))
    rows -= rows.mean(axis=0)
    scale = rows.std(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(scale, 1e-6), dtype=np.float32)


def initial_weights(encoder: Path, rows: FloatArray, *, seed: int, layers: int = 6) -> dict[str, Tensor]:
    """Give the weights before training: the encoder's, new tables, and small random heads."""
    import torch
    from safetensors.torch import load_file

    source = {name: tensor.float() for name, tensor in load_file(str(encoder / "model.safetensors")).items()}
    words = source["embeddings.word_embeddings.weight"]
    width = words.shape[1]
    random = torch.Generator().manual_seed(seed)

    def small(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random) * 0.02

    spread, centre = float(words.std(dim=1).mean()), words.mean(dim=0)
    learned = torch.cat(
        [small(len(_MARKS), width), centre + spread * torch.from_numpy(rows), small(SHARED_IDS, width)]
    )
    weights = {
        "embed.fixed": words,
        "embed.learned": learned,
        "embed.place": source["embeddings.position_embeddings.weight"],
        "embed.side": source["embeddings.token_type_embeddings.weight"],
        "embed.match": small(MATCH_CODES, width) * 0.5,
        "embed.norm.weight": source["embeddings.LayerNorm.weight"],
        "embed.norm.bias": source["embeddings.LayerNorm.bias"],
    }
    for number in range(layers):
        weights |= _layer(source, number)
    for name, parts in (("sentence", 3), ("passage", 1)):
        for place in ("head", "early"):
            weights |= {
                f"{place}.{name}.in.weight": small(width, width * parts),
                f"{place}.{name}.in.bias": torch.zeros(width),
                f"{place}.{name}.out.weight": small(1, width),
                f"{place}.{name}.out.bias": torch.full((1,), -1.0),
            }
    weights |= {f"{place}.passage.best": torch.full((1,), 0.3) for place in ("head", "early")}
    return {name: tensor.contiguous() for name, tensor in weights.items()}


def _layer(source: dict[str, Tensor], number: int) -> dict[str, Tensor]:
    import torch

    old, new = f"encoder.layer.{number}", f"layer.{number}"
    names = {
        "out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    weights = {
        f"{new}.{short}.{kind}": source[f"{old}.{long}.{kind}"]
        for short, long in names.items()
        for kind in ("weight", "bias")
    }
    for kind in ("weight", "bias"):
        parts = [source[f"{old}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
        weights[f"{new}.mix.{kind}"] = torch.cat(parts)
    return weights
