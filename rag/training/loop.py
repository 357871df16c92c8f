"""The training loop: seeded, resumable to the bit, with a log of the losses by step."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.reader.network import Weights, collate, read, working_precision
from rag.training.draw import Draws, Example
from rag.training.types import UNKNOWN

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

FIXED = "embed.fixed"
"""The encoder's word table is not trained: most of its rows would never be seen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn; `pieces` bounds the padded pieces of one step.

    Each of the `rounds` has so many steps, a warm-up and a way down; rounds after the first have the share
    `later` of the rates.
    """

    rounds: tuple[int, ...] = (1150,)
    later: float = 0.7
    pieces: int = 7000
    pieces_at_once: int = 3500
    rate: float = 1.5e-4
    new_rate: float = 1e-3
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warm_up: float = 0.06
    dropout: float = 0.0
    early_share: float = 0.2
    clip: float = 1.0
    seed: int = 20261124
    save_every: int = 100

    @property
    def steps(self) -> int:
        """Steps of all rounds together."""
        return sum(self.rounds)


@dataclass(slots=True)
class Trained:
    """The state of a run: float32 weights, and where it is."""

    weights: dict[str, Tensor]
    step: int = 0
    draw: int = 0


def train(
    start: Trained,
    draws: Draws,
    plan: Plan,
    folder: Path,
    *,
    on_step: Callable[[int, Weights], None] = lambda step, weights: None,
) -> Trained:
    """Train to the end of the plan, going on from the folder's checkpoint where there is one.

    Each step is appended to `log.jsonl` in the folder. `on_step` is shown the weights after each step.
    """
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    run = Trained({n: t.clone().requires_grad_(n != FIXED) for n, t in start.weights.items()})
    optimizer = torch.optim.AdamW(_parameter_groups(run.weights, plan), betas=(0.9, 0.98), eps=1e-6)
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.is_file():
        _restore(run, optimizer, checkpoint)
    precision = working_precision()
    with (folder / "log.jsonl").open("a", encoding="utf-8") as lines:
        while run.step < plan.steps:
            started = time.perf_counter()
            examples, run.draw = take(draws, run.draw, plan.pieces)
            torch.manual_seed(plan.seed + run.step)
            share = rate_share(run.step, plan)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share
            losses = _step(run.weights, examples, plan, optimizer, precision)
            run.step += 1
            row = {"step": run.step, "share": share, "seconds": time.perf_counter() - started, **losses}
            lines.write(json.dumps(row) + "\n")
            lines.flush()
            if run.step % plan.save_every == 0 or run.step == plan.steps:
                _save(run, optimizer, plan, checkpoint)
            on_step(run.step, run.weights)
    return run


def take(draws: Draws, draw: int, pieces: int) -> tuple[list[Example], int]:
    """Draw examples until a step is full; gives them and the next draw."""
    examples: list[Example] = []
    while sum(example.padded for example in examples) < pieces:
        examples.extend(draws.examples(draw))
        draw += 1
    return examples, draw


def rate_share(step: int, plan: Plan) -> float:
    """Give the share of the peak rate at a step of a plan; 0 behind its end."""
    begun = 0
    for number, steps in enumerate(plan.rounds):
        if step < begun + steps:
            return (plan.later if number else 1.0) * rate_share_of(step - begun, steps, plan.warm_up)
        begun += steps
    return 0.0


def rate_share_of(step: int, steps: int, warm_up: float) -> float:
    """Give the share of the peak rate: a linear warm-up, then a linear way down to nothing."""
    warm = max(1, round(steps * warm_up))
    return (step + 1) / warm if step < warm else (steps - step) / max(1, steps - warm)


def loss_of(sentences: Tensor, passages: Tensor, example: Example) -> dict[str, Tensor]:
    """Give the losses of one example, summed over what they judge.

    `sentence`: cross-entropy of each known sentence. `choice`: each helping sentence against all that do not
    help, over all passages together, so that scores compare between passages. `passage`: cross-entropy of
    each passage, and `first`: the answering passages against the others.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, softplus

    logits = torch.cat([row[: len(labels)] for row, labels in zip(sentences, example.labels, strict=True)])
    labels = torch.tensor([label for row in example.labels for label in row])
    known = labels != UNKNOWN
    target = labels[known].float()
    losses = {
        "sentence": binary_cross_entropy_with_logits(logits[known], target, reduction="sum"),
    }
    good, bad = logits[labels == 1], logits[labels == 0]
    helps = torch.tensor([float(1 in row) for row in example.labels])
    losses["passage"] = binary_cross_entropy_with_logits(passages, helps, reduction="sum")
    if len(good) and len(bad):
        losses["choice"] = softplus(torch.logsumexp(bad, 0) - good).mean()
    if 0 < helps.sum() < len(helps):
        right, wrong = passages[helps == 1], passages[helps == 0]
        losses["first"] = softplus(torch.logsumexp(wrong, 0) - right).mean()
    return losses


def _step(
    weights: dict[str, Tensor], examples: Sequence[Example], plan: Plan, optimizer: object, precision: str
) -> dict[str, float]:
    import torch

    assert isinstance(optimizer, torch.optim.Optimizer)
    dtype = getattr(torch, precision)
    working = {
        name: tensor.detach().to(dtype).requires_grad_(tensor.requires_grad)
        for name, tensor in weights.items()
    }
    windows = sum(len(example.windows) for example in examples)
    sentences = sum(len(row) for example in examples for row in example.labels)
    share = {
        "sentence": 3.0 / sentences,
        "passage": 0.5 / windows,
        "choice": 1.0 / len(examples),
        "first": 0.3 / len(examples),
    }
    totals = dict.fromkeys(share, 0.0)
    for part in _parts(examples, plan.pieces_at_once):
        batch = collate([window for example in part for window in example.windows])
        loss = torch.zeros(())
        both = read(working, batch, dropout=plan.dropout)
        for (sentence_logits, passage_logits), stage in zip(both, (1.0, plan.early_share), strict=True):
            row = 0
            for example in part:
                end = row + len(example.windows)
                losses = loss_of(sentence_logits[row:end], passage_logits[row:end], example)
                loss = loss + stage * sum(share[name] * value for name, value in losses.items())
                if stage == 1.0:
                    for name, value in losses.items():
                        totals[name] += share[name] * float(value.detach())
                row = end
        loss.backward()  # type: ignore[no-untyped-call]
    trained = [tensor for tensor in weights.values() if tensor.requires_grad]
    for name, tensor in weights.items():
        if tensor.requires_grad:
            gradient = working[name].grad
            tensor.grad = torch.zeros_like(tensor) if gradient is None else gradient.float()
    norm = float(torch.nn.utils.clip_grad_norm_(trained, plan.clip))
    if not math.isfinite(norm):
        raise ValueError(f"the gradient is not finite (losses {totals})")
    optimizer.step()
    return {**totals, "gradient": norm, "windows": float(windows), "examples": float(len(examples))}


def _parts(examples: Sequence[Example], pieces: int) -> list[list[Example]]:
    """Put examples of like length together, so that little is padded."""
    ordered = sorted(examples, key=lambda example: max(len(window.ids) for window in example.windows))
    parts: list[list[Example]] = []
    filled = 0
    for example in ordered:
        if not parts or filled + example.padded > pieces:
            parts.append([])
            filled = 0
        parts[-1].append(example)
        filled += example.padded
    return parts


def _parameter_groups(weights: dict[str, Tensor], plan: Plan) -> list[dict[str, object]]:
    layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layer."))
    groups: list[dict[str, object]] = []
    for name, tensor in weights.items():
        if not tensor.requires_grad:
            continue
        if name.startswith("layer."):
            peak = plan.rate * plan.layer_decay ** (layers - 1 - int(name.split(".")[1]))
        elif name.startswith(("head.", "early.")) or name in ("embed.learned", "embed.match"):
            peak = plan.new_rate
        else:
            peak = plan.rate * plan.layer_decay**layers
        decay = plan.weight_decay if tensor.ndim > 1 and not name.startswith("embed.") else 0.0
        groups.append({"params": [tensor], "peak": peak, "lr": 0.0, "weight_decay": decay})
    return groups


def _save(run: Trained, optimizer: object, plan: Plan, path: Path) -> None:
    import torch

    assert isinstance(optimizer, torch.optim.Optimizer)
    state = {
        "weights": {name: tensor.detach() for name, tensor in run.weights.items()},
        "optimizer": optimizer.state_dict(),
        "step": run.step,
        "draw": run.draw,
        "plan": asdict(plan),
    }
    fresh = path.with_suffix(".new")
    torch.save(state, fresh)
    fresh.replace(path)


def _restore(run: Trained, optimizer: object, path: Path) -> None:
    import torch

    assert isinstance(optimizer, torch.optim.Optimizer)
    state = torch.load(path, weights_only=True)
    with torch.no_grad():
        for name, tensor in run.weights.items():
            tensor.copy_(state["weights"][name])
    optimizer.load_state_dict(state["optimizer"])
    run.step, run.draw = state["step"], state["draw"]
    log.info("going on from step %d", run.step)
