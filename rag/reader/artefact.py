"""The reader's files: weights in eight bits, vocabulary, and what was fitted; checked when they are read.

reader.safetensors   matrices as int8 with a scale a row, the rest as float16
vocab.txt            one piece a line
reader.json          SHA-256 of both, calibration, thresholds, how it was trained and measured
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import ModelError
from rag.reader.calibration import Calibration

if TYPE_CHECKING:
    from torch import Tensor

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "evidence"
WEIGHTS, VOCABULARY, FACTS = "reader.safetensors", "vocab.txt", "reader.json"
_SCALE = ".scale"
_REMEDY = (
    "Reinstall Groundwire, train the model again (make train-evidence), "
    "or set GROUNDWIRE_EVIDENCE=similarity."
)


@dataclass(frozen=True, slots=True)
class Artefact:
    """A reader on disk whose files have been checked. `fingerprint` is the SHA-256 of its weights."""

    folder: Path
    fingerprint: str
    vocabulary: tuple[str, ...]
    calibration: Calibration

    def weights(self, precision: str) -> dict[str, Tensor]:
        """Load the weights in a precision of torch (`bfloat16`, `float32`)."""
        return load_packed(self.folder / WEIGHTS, precision)


def read_artefact(folder: Path = SHIPPED) -> Artefact:
    """Read and check a reader's files. Raises `ModelError` where one is missing or not the expected one."""
    facts, vocabulary = read_files(folder)
    try:
        return Artefact(
            folder, facts["sha256"][WEIGHTS], vocabulary, Calibration.from_json(facts["calibration"])
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / FACTS} is damaged ({error!r}). {_REMEDY}") from error


def read_files(folder: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give what stands beside the weights of a folder, not looked into, and the vocabulary; both are checked.

    Raises `ModelError`.
    """
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        expected = {name: str(facts["sha256"][name]) for name in (WEIGHTS, VOCABULARY)}
        for name, digest in expected.items():
            found = sha256_of(folder / name)
            if found != digest:
                raise ModelError(f"{folder / name} has SHA-256 {found}, expected {digest}. {_REMEDY}")
        vocabulary = (folder / VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1]
        return facts, tuple(vocabulary)
    except OSError as error:
        raise ModelError(f"The evidence model cannot be read: {error}. {_REMEDY}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / FACTS} is damaged ({error!r}). {_REMEDY}") from error


def write_artefact(
    folder: Path,
    weights: Mapping[str, Tensor],
    vocabulary: tuple[str, ...],
    calibration: Calibration,
    facts: Mapping[str, object],
) -> Artefact:
    """Write a reader's files; `facts` are told beside the calibration."""
    folder.mkdir(parents=True, exist_ok=True)
    save_packed(folder / WEIGHTS, weights)
    (folder / VOCABULARY).write_text("".join(f"{piece}\n" for piece in vocabulary), encoding="utf-8")
    digests = {name: sha256_of(folder / name) for name in (WEIGHTS, VOCABULARY)}
    document = {"sha256": digests, "calibration": calibration.to_json(), **facts}
    (folder / FACTS).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return read_artefact(folder)


def write_calibration(folder: Path, calibration: Calibration, facts: Mapping[str, object]) -> Artefact:
    """Put a calibration and facts in the place of those beside the weights of a folder; the others stay."""
    document, _ = read_files(folder)
    document |= {"calibration": calibration.to_json(), **facts}
    fresh = (folder / FACTS).with_suffix(".new")
    fresh.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(folder / FACTS)
    return read_artefact(folder)


def load_packed(path: Path, precision: str) -> dict[str, Tensor]:
    """Load weights that `save_packed` wrote, in a precision of torch."""
    import torch
    from safetensors.torch import load_file

    stored = load_file(str(path))
    return {
        name: opened(tensor, stored.get(name + _SCALE)).to(getattr(torch, precision))
        for name, tensor in stored.items()
        if not name.endswith(_SCALE)
    }


def save_packed(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write weights, each packed by `closed`, to a safetensors file."""
    from safetensors.torch import save_file

    stored: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        packed, scale = closed(tensor)
        stored[name] = packed
        if scale is not None:
            stored[name + _SCALE] = scale
    save_file(stored, str(path))
    path.chmod(0o644)


def closed(tensor: Tensor) -> tuple[Tensor, Tensor | None]:
    """Pack a tensor: matrices to int8 with a scale a row, others to float16 without."""
    import torch

    if tensor.ndim < 2 or tensor.shape[0] == 1:
        return tensor.detach().to(torch.float16).contiguous(), None
    scale = tensor.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
    return (tensor.detach() / scale).round().to(torch.int8).contiguous(), scale.contiguous()


def opened(tensor: Tensor, scale: Tensor | None) -> Tensor:
    """Unpack what `closed` packed, to float32."""
    return tensor.float() if scale is None else tensor.float() * scale


def opened_weights(weights: Mapping[str, Tensor], precision: str) -> dict[str, Tensor]:
    """Give weights as they are after writing and reading."""
    import torch

    return {name: opened(*closed(tensor)).to(getattr(torch, precision)) for name, tensor in weights.items()}


def sha256_of(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
