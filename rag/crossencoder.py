"""Any sentence-transformers CrossEncoder as evidence scorer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.chunk import context
from index.errors import ModelError
from index.types import Hit
from rag.evidence import sentence_texts
from rag.types import Evidence, ScoredPassage

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

PREFIX = "crossencoder:"
_THRESHOLD = 0.5
"""What a foreign model's scores mean is not known here: its own even chance decides."""


class CrossEncoderScorer:
    """Pairs of question and text, scored by a model that others trained.

    A passage is scored with its title and heading, each sentence on its own. Scores are the model's, brought
    to 0..1 by the logistic function; they are not calibrated.
    """

    def __init__(self, name: str, model: CrossEncoder) -> None:
        self._model = model
        self.name = f"{PREFIX}{name}@{fingerprint(model)[:12]}"
        self.threshold = _THRESHOLD

    @classmethod
    def load(cls, name: str) -> CrossEncoderScorer:
        """Load a model by name or path. Raises `ModelError` where that cannot be done."""
        model = open_crossencoder(name, "evidence scorer")
        if model.num_labels != 1:
            raise ModelError(
                f"The evidence scorer {name!r} gives {model.num_labels} values a pair, not one score. "
                "Choose a CrossEncoder that was trained to rank."
            )
        return cls(name, model)

    def score(self, question: str, hits: Sequence[Hit]) -> tuple[ScoredPassage, ...]:
        """Score each hit and its sentences; same order as the hits."""
        if not hits:
            return ()
        from torch.nn import Sigmoid

        passages = [f"{context(hit.passage.title, hit.passage.heading)}\n{hit.passage.text}" for hit in hits]
        sentences = [text for hit in hits for text in sentence_texts(hit.passage)]
        pairs = [(question, text) for text in (*passages, *sentences)]
        scores = self._model.predict(pairs, activation_fn=Sigmoid(), show_progress_bar=False).tolist()
        rest = iter(scores[len(hits) :])
        return tuple(
            ScoredPassage(
                hit,
                score,
                tuple(
                    Evidence(hit.passage, span.char_start, span.char_end, text, next(rest))
                    for span, text in zip(hit.passage.sentences, sentence_texts(hit.passage), strict=True)
                ),
            )
            for hit, score in zip(hits, scores[: len(hits)], strict=True)
        )


def open_crossencoder(name: str, use: str) -> CrossEncoder:
    """Load a model by name or path for a use that errors name. Raises `ModelError`."""
    from huggingface_hub import constants
    from sentence_transformers import CrossEncoder

    # Models are read from this machine; without this the client asks its hub even for what is not there.
    constants.HF_HUB_OFFLINE = True
    try:
        model: CrossEncoder = CrossEncoder(name, device="cpu", trust_remote_code=False, local_files_only=True)
    except Exception as error:  # each kind of damage to a model's files has its own
        problem = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
        raise ModelError(
            f"The {use} {name!r} cannot be loaded: {problem}. Give a path to a "
            "sentence-transformers CrossEncoder, or a name that is in the local model cache."
        ) from error
    return model


def fingerprint(model: CrossEncoder) -> str:
    """Give the SHA-256 of a model's weights with their names."""
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.float().numpy().tobytes())
    return digest.hexdigest()
