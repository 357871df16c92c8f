"""The trained support check: a calibrated probability that what is cited carries a statement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

from index.language import detect
from rag.overlap import word_share
from rag.reader.artefact import SHIPPED, Artefact, read_artefact
from rag.reader.network import Weights, collate, working_precision
from rag.reader.support import lower_states, support_logits, windows_of
from rag.reader.support_artefact import SupportArtefact, read_support
from rag.reader.text import Reading
from rag.types import Evidence


class ReaderSupport:
    """The project's own model; weights are loaded when a statement first needs judging."""

    def __init__(self, reader: Artefact, support: SupportArtefact) -> None:
        self._reader = reader
        self._support = support
        self._lock = Lock()
        self.threshold = support.threshold
        self.name = f"reader support@{support.fingerprint[:12]}"

    @classmethod
    def at(cls, folder: Path = SHIPPED) -> ReaderSupport:
        """Give the model of a folder, by default the shipped one. Raises `ModelError` for damaged files."""
        return cls(read_artefact(folder), read_support(folder))

    @cached_property
    def _loaded(self) -> tuple[Reading, Weights, Weights]:
        precision = working_precision()
        return (
            Reading(self._reader.vocabulary),
            self._reader.weights(precision),
            self._support.weights(precision),
        )

    def score(self, statement: str, evidence: Sequence[Evidence]) -> float:
        """Give the probability; of evidence too long for one window, that of its best window."""
        share = word_share(statement, "\n".join(item.text for item in evidence))
        return self._support.probability(detect(statement), self.logit(statement, evidence), share)

    def logit(self, statement: str, evidence: Sequence[Evidence]) -> float:
        """Give what the network says, before calibration."""
        import torch

        with self._lock:
            reading, reader, own = self._loaded
        batch = collate(windows_of(reading, statement, evidence))
        with torch.inference_mode():
            return float(support_logits(own, lower_states(reader, batch), batch).max())
