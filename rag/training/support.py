"""Training of the support check over states of the reader that are made once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from index.types import FloatArray
from rag.reader.network import Weights, collate, layer_count, working_precision
from rag.reader.support import HEAD, LAYER, lower_states, support_logits
from rag.reader.text import Window
from rag.training.loop import rate_share_of

if TYPE_CHECKING:
    from torch import Tensor

_PIECES_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class SupportPlan:
    """How long and how fast to learn; `pieces` bounds the padded pieces of one step."""

    epochs: int = 5
    pieces: int = 6000
    rate: float = 3e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.06
    dropout: float = 0.1
    clip: float = 1.0
    seed: int = 20261124


@dataclass(frozen=True, slots=True)
class Stated:
    """One window to learn from. `share` is what its error counts."""

    window: Window
    supported: bool
    share: float = 1.0


def balanced(strata: Sequence[tuple[str, bool]]) -> list[float]:
    """Give each example what it counts so that in each stratum true and false ones have the same say."""
    counts = Counter(strata)
    return [len(strata) / (len(counts) * counts[name]) for name in strata]


class States:
    """The states below the reader's last layer for many windows, in the order given."""

    def __init__(self, weights: Weights, windows: Sequence[Window]) -> None:
        import torch

        ends = np.cumsum([len(window.ids) for window in windows])
        self._starts = np.concatenate([[0], ends])
        width = weights["embed.place"].shape[1]
        self._rows = torch.empty((int(ends[-1]), width), dtype=weights["embed.place"].dtype)
        with torch.inference_mode():
            for members in by_length(windows, range(len(windows)), _PIECES_AT_ONCE):
                hidden = lower_states(weights, collate([windows[i] for i in members]))
                for i, row in zip(members, hidden, strict=True):
                    self._rows[self._starts[i] : self._starts[i + 1]] = row[: len(windows[i].ids)]

    def padded(self, members: Sequence[int]) -> Tensor:
        """Give the states of some windows, padded to the longest: (members, pieces, width)."""
        import torch

        return torch.nn.utils.rnn.pad_sequence(
            [self._rows[self._starts[i] : self._starts[i + 1]] for i in members], batch_first=True
        )


def by_length(windows: Sequence[Window], members: Sequence[int], pieces: int) -> list[list[int]]:
    """Put windows of like length together, at most so many padded pieces a batch."""
    batches: list[list[int]] = []
    for i in sorted(members, key=lambda i: -len(windows[i].ids)):
        if not batches or len(windows[batches[-1][0]].ids) * (len(batches[-1]) + 1) > pieces:
            batches.append([])
        batches[-1].append(i)
    return batches


def first_weights(reader: Weights, *, seed: int) -> dict[str, Tensor]:
    """Give the weights before training: the reader's last layer, and a small random head."""
    import torch

    last = f"layer.{layer_count(reader) - 1}."
    own = {
        f"{LAYER}.{name.removeprefix(last)}": tensor.float().clone()
        for name, tensor in reader.items()
        if name.startswith(last)
    }
    width = reader["embed.place"].shape[1]
    random = torch.Generator().manual_seed(seed)
    return own | {
        f"{HEAD}.in.weight": torch.randn(width, 3 * width, generator=random) * 0.02,
        f"{HEAD}.in.bias": torch.zeros(width),
        f"{HEAD}.out.weight": torch.randn(1, width, generator=random) * 0.02,
        f"{HEAD}.out.bias": torch.zeros(1),
    }


def train_support(
    start: dict[str, Tensor],
    examples: Sequence[Stated],
    states: States,
    plan: SupportPlan,
    log: Path,
    *,
    on_epoch: Callable[[int, Weights], None] = lambda epoch, weights: None,
) -> dict[str, Tensor]:
    """Train on all examples so many times; each step's loss is appended to the log."""
    import torch

    own = {name: tensor.clone().requires_grad_() for name, tensor in start.items()}
    groups = [
        {"params": [t for n, t in own.items() if n.startswith(prefix)], "peak": rate, "lr": 0.0}
        for prefix, rate in ((LAYER, plan.rate), (HEAD, plan.head_rate))
    ]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, weight_decay=plan.weight_decay)
    torch.manual_seed(plan.seed)
    rounds = [list(_round(examples, plan, epoch)) for epoch in range(plan.epochs)]
    total, step = sum(len(batches) for batches in rounds), 0
    with log.open("a", encoding="utf-8") as lines:
        for epoch, batches in enumerate(rounds, start=1):
            for members in batches:
                for group in optimizer.param_groups:
                    group["lr"] = group["peak"] * rate_share_of(step, total, plan.warm_up)
                loss = _step(own, [examples[i] for i in members], states.padded(members), optimizer, plan)
                step += 1
                lines.write(json.dumps({"step": step, "epoch": epoch, "loss": loss}) + "\n")
            lines.flush()
            on_epoch(epoch, own)
    return {name: tensor.detach() for name, tensor in own.items()}


def _round(examples: Sequence[Stated], plan: SupportPlan, epoch: int) -> Iterator[list[int]]:
    """Yield the batches of one time through the examples, each of like lengths, in a random order."""
    random = Random(f"{plan.seed}:{epoch}")
    order = list(range(len(examples)))
    random.shuffle(order)
    windows = [example.window for example in examples]
    # Batches are cut out of large random blocks, so that none is always in the same company.
    blocks = [order[start : start + 2000] for start in range(0, len(order), 2000)]
    batches = [members for block in blocks for members in by_length(windows, block, plan.pieces)]
    random.shuffle(batches)
    yield from batches


def _step(
    own: dict[str, Tensor],
    examples: Sequence[Stated],
    states: Tensor,
    optimizer: object,
    plan: SupportPlan,
) -> float:
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    assert isinstance(optimizer, torch.optim.Optimizer)
    dtype = getattr(torch, working_precision())
    working = {name: tensor.to(dtype) for name, tensor in own.items()}
    batch = collate([example.window for example in examples])
    logits = support_logits(working, states.to(dtype), batch, dropout=plan.dropout)
    target = torch.tensor([float(example.supported) for example in examples])
    share = torch.tensor([example.share for example in examples])
    loss = (binary_cross_entropy_with_logits(logits, target, reduction="none") * share).sum() / share.sum()
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(list(own.values()), plan.clip)
    optimizer.step()
    return float(loss.detach())


def logits_of(own: Weights, windows: Sequence[Window], states: States) -> FloatArray:
    """Give the logit of each window."""
    import torch

    found = np.zeros(len(windows), dtype=np.float32)
    dtype = getattr(torch, working_precision())
    ready = {name: tensor.detach().to(dtype) for name, tensor in own.items()}
    with torch.inference_mode():
        for members in by_length(windows, range(len(windows)), _PIECES_AT_ONCE):
            batch = collate([windows[i] for i in members])
            found[members] = support_logits(ready, states.padded(members).to(dtype), batch).numpy()
    return found
