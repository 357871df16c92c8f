"""Any sentence-transformers CrossEncoder trained for entailment as support check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from index.errors import ModelError
from rag.crossencoder import PREFIX, fingerprint, open_crossencoder
from rag.types import Evidence

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_THRESHOLD = 0.5
"""What a foreign model's scores mean is not known here: its own even chance decides."""


class EntailmentSupport:
    """Premise and hypothesis, the cited sentences and the statement, read by a model that others trained."""

    def __init__(self, name: str, model: CrossEncoder, entailment: int | None) -> None:
        self._model = model
        self._entailment = entailment
        self.name = f"{PREFIX}{name}@{fingerprint(model)[:12]}"
        self.threshold = _THRESHOLD

    @classmethod
    def load(cls, name: str) -> EntailmentSupport:
        """Load a model by name or path. Raises `ModelError` for one that does not judge entailment."""
        model = open_crossencoder(name, "support check")
        if model.num_labels == 1:
            return cls(name, model, None)
        named = (model.config.id2label if model.config else None) or {}
        labels = {int(place): str(label) for place, label in named.items()}
        places = [place for place, label in labels.items() if label.casefold().startswith("entail")]
        if len(places) != 1:
            raise ModelError(
                f"The support check {name!r} has the labels {', '.join(labels.values())}, and not one "
                "that is called entailment. Choose a CrossEncoder that was trained for entailment."
            )
        return cls(name, model, places[0])

    def score(self, statement: str, evidence: Sequence[Evidence]) -> float:
        """Give the probability of entailment; of a single logit, its logistic function."""
        from torch.nn import Sigmoid, Softmax

        pair = (" ".join(item.text for item in evidence), statement)
        if self._entailment is None:
            return float(self._model.predict([pair], activation_fn=Sigmoid(), show_progress_bar=False)[0])
        rows = self._model.predict([pair], activation_fn=Softmax(dim=-1), show_progress_bar=False)
        return float(rows[0][self._entailment])
