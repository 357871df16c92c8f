"""The reader's network: a BERT encoder with a match code for each piece and two heads.

Written over plain tensors so that the same code trains, scores and needs no model class at import. The
encoder is that of Devlin et al. (arXiv 1810.04805); scoring sentences and passage in one pass follows the
idea of Provence (arXiv 2501.16214).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.reader.text import Window

if TYPE_CHECKING:
    from torch import Tensor

HEADS = 12
EARLY_LAYERS = 2
"""Layers behind which a passage that cannot matter may leave."""

_EPSILON = 1e-12

Weights = Mapping[str, "Tensor"]
Dropped = Callable[["Tensor"], "Tensor"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows as padded tensors: ids, sides, matches and mask (n, pieces); `owner` (n, sentences, pieces).

    `owner` holds for each sentence its share of each of its pieces, so that a product with the hidden
    states is their mean; `marks` (n, sentences) are the places of the marks; `present` which are real.
    """

    ids: Tensor
    sides: Tensor
    matches: Tensor
    mask: Tensor
    owner: Tensor
    marks: Tensor
    present: Tensor


def collate(windows: Sequence[Window]) -> Batch:
    """Pad windows to the longest of them."""
    import numpy as np
    import torch

    count, length = len(windows), max(len(w.ids) for w in windows)
    most = max(len(w.sentences) for w in windows)
    ids, sides, matches = (np.zeros((count, length), np.int64) for _ in range(3))
    mask = np.zeros((count, length), np.bool_)
    owner = np.zeros((count, most, length), np.float32)
    marks = np.zeros((count, most), np.int64)
    present = np.zeros((count, most), np.bool_)
    for row, window in enumerate(windows):
        size = len(window.ids)
        ids[row, :size], sides[row, :size], matches[row, :size] = window.ids, window.sides, window.matches
        mask[row, :size] = True
        places = np.array(window.sentence_of)
        for number in range(len(window.sentences)):
            mine = np.flatnonzero(places == number)
            owner[row, number, mine] = 1 / len(mine)
            marks[row, number] = mine[0]
        present[row, : len(window.sentences)] = True
    arrays = (ids, sides, matches, mask, owner, marks, present)
    return Batch(*(torch.from_numpy(array) for array in arrays))


def working_precision() -> str:
    """Name the precision that multiplications run in: bfloat16 where the processor has it."""
    import torch

    processor = torch.cpu.get_capabilities()
    return "bfloat16" if processor.get("avx512_bf16") or processor.get("amx_bf16") else "float32"


def layer_count(weights: Weights) -> int:
    """Count the encoder's layers."""
    return sum(name.endswith(".mix.weight") for name in weights)


def embed(weights: Weights, batch: Batch) -> Tensor:
    """Give the first hidden states, shape (n, pieces, width)."""
    import torch
    from torch.nn.functional import embedding, layer_norm

    fixed = weights["embed.fixed"]
    known = batch.ids < len(fixed)
    words = torch.where(
        known.unsqueeze(-1),
        embedding(batch.ids.clamp(max=len(fixed) - 1), fixed),
        embedding((batch.ids - len(fixed)).clamp(min=0), weights["embed.learned"]),
    )
    states = (
        words
        + weights["embed.place"][: batch.ids.shape[1]]
        + embedding(batch.sides, weights["embed.side"])
        + embedding(batch.matches, weights["embed.match"])
    )
    width = states.shape[-1]
    return layer_norm(states, (width,), weights["embed.norm.weight"], weights["embed.norm.bias"], _EPSILON)


def layer(weights: Weights, name: str, states: Tensor, mask: Tensor, keep: Dropped) -> Tensor:
    """Apply one encoder layer; `name` is what its weights' names begin with.

    `mask` (n, 1, 1, pieces) is true where attention may look.
    """
    from torch.nn.functional import gelu, layer_norm, linear

    rows, length, width = states.shape
    mixed = linear(states, weights[f"{name}.mix.weight"], weights[f"{name}.mix.bias"])
    query, key, value = mixed.view(rows, length, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
    seen = _attend(query, key, value, mask).transpose(1, 2).reshape(rows, length, width)
    states = layer_norm(
        states + keep(linear(seen, weights[f"{name}.out.weight"], weights[f"{name}.out.bias"])),
        (width,),
        weights[f"{name}.norm1.weight"],
        weights[f"{name}.norm1.bias"],
        _EPSILON,
    )
    wide = gelu(linear(states, weights[f"{name}.up.weight"], weights[f"{name}.up.bias"]))
    return layer_norm(
        states + keep(linear(wide, weights[f"{name}.down.weight"], weights[f"{name}.down.bias"])),
        (width,),
        weights[f"{name}.norm2.weight"],
        weights[f"{name}.norm2.bias"],
        _EPSILON,
    )


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    if not torch.is_grad_enabled():
        return scaled_dot_product_attention(query, key, value, attn_mask=mask)
    # On a processor the fused form's way back takes more than twice the time of this one.
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    return torch.softmax(scores.masked_fill(~mask, float("-inf")), dim=-1) @ value


def encode(
    weights: Weights, states: Tensor, batch: Batch, layers: Sequence[int], *, dropout: float = 0.0
) -> Tensor:
    """Apply some of the encoder's layers to hidden states."""
    from torch.nn.functional import dropout as drop

    def keep(changed: Tensor) -> Tensor:
        return drop(changed, dropout) if dropout else changed

    mask = batch.mask[:, None, None, :]
    for number in layers:
        states = layer(weights, f"layer.{number}", states, mask, keep)
    return states


def heads(weights: Weights, states: Tensor, batch: Batch, name: str = "head") -> tuple[Tensor, Tensor]:
    """Give the logits of the sentences (n, sentences) and of the passages (n,), in float32.

    A sentence is read from its mark, the mean of its pieces and the first piece of all; absent ones get
    -inf. A passage is read from the first piece and from its best sentence. `name` is `head`, or `early` for
    the heads that stand behind the first layers.
    """
    import torch

    rows = torch.arange(len(states)).unsqueeze(1)
    marks = states[rows, batch.marks]
    means = batch.owner.to(states.dtype) @ states
    first = states[:, :1].expand_as(marks)
    sentence = head(weights, f"{name}.sentence", torch.cat([marks, means, first], dim=-1))
    sentence = sentence.masked_fill(~batch.present, float("-inf"))
    best = weights[f"{name}.passage.best"].float() * sentence.amax(1)
    return sentence, head(weights, f"{name}.passage", states[:, 0]) + best


def head(weights: Weights, name: str, states: Tensor) -> Tensor:
    """Give a logit for each row of states, through one hidden layer, in float32."""
    from torch.nn.functional import gelu, linear

    hidden = gelu(linear(states, weights[f"{name}.in.weight"], weights[f"{name}.in.bias"]))
    logits = linear(hidden, weights[f"{name}.out.weight"], weights[f"{name}.out.bias"])
    return logits.squeeze(-1).float()


def read(
    weights: Weights, batch: Batch, *, dropout: float = 0.0
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Give the sentence and passage logits of a batch: behind the last layer, and of the early heads."""
    numbers = range(layer_count(weights))
    states = encode(weights, embed(weights, batch), batch, numbers[:EARLY_LAYERS], dropout=dropout)
    early = heads(weights, states, batch, "early")
    states = encode(weights, states, batch, numbers[EARLY_LAYERS:], dropout=dropout)
    return heads(weights, states, batch), early
