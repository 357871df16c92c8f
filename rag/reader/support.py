"""The support check: the reader's lower layers with a last layer and a head of their own.

A statement stands where a question would, the sentences that it cites where a passage would. What the
lower layers make of both is the reader's own work; the last layer and the head were trained on true
statements and on false ones made from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.chunk import context
from rag.reader.network import Batch, Weights, embed, encode, head, layer, layer_count
from rag.reader.text import Reading, Window
from rag.types import Evidence

if TYPE_CHECKING:
    from torch import Tensor

LAYER, HEAD = "support.layer", "support.head"
STATEMENT_PIECES = 128


def windows_of(reading: Reading, statement: str, evidence: Sequence[Evidence]) -> list[Window]:
    """Give the windows of a statement and its cited sentences: one, or several where they are long."""
    first = evidence[0].passage
    texts = [statement, context(first.title, first.heading), *(item.text for item in evidence)]
    asked, around, *sentences = reading.pieces_of(texts)
    return reading.windows(asked, around, sentences, asked_limit=STATEMENT_PIECES)


def lower_states(weights: Weights, batch: Batch) -> Tensor:
    """Give the hidden states below the reader's last layer, shape (n, pieces, width)."""
    return encode(weights, embed(weights, batch), batch, range(layer_count(weights) - 1))


def support_logits(own: Weights, states: Tensor, batch: Batch, *, dropout: float = 0.0) -> Tensor:
    """Give a logit for each window, shape (n,), from the states below the last layer.

    It is read from the first piece, and from the mean and the largest values of the statement's pieces: one
    piece that nothing carries must be able to decide.
    """
    import torch
    from torch.nn.functional import dropout as drop

    states = layer(own, LAYER, states, batch.mask[:, None, None, :], lambda changed: drop(changed, dropout))
    said = statement_pieces(batch).unsqueeze(-1)
    mean = (states * said).sum(1) / said.sum(1)
    most = states.masked_fill(~said, float("-inf")).amax(1)
    return head(own, HEAD, torch.cat([states[:, 0], mean, most], dim=-1))


def statement_pieces(batch: Batch) -> Tensor:
    """Tell which pieces are the statement's, without those that stand around it, shape (n, pieces)."""
    import torch

    first_side = (batch.sides == 0) & batch.mask
    said = torch.zeros_like(first_side)
    said[:, 1:-1] = first_side[:, 1:-1] & first_side[:, 2:]
    return said
