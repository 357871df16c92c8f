"""From the text that a language model streams to the statements of a draft."""

from __future__ import annotations

import logging
from collections.abc import Generator as Pieces
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from index.errors import ModelFailedError
from rag.generate import OnDelta
from rag.generate.drafts import DraftReader
from rag.types import DraftStatement

log = logging.getLogger(__name__)

POLL_S = 0.25
"""Longest time without a word to `on_delta`: the time after which a client's leaving is noticed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may cost: tokens written, and seconds from the question to the last token."""

    max_tokens: int = 512
    timeout_s: float = 60.0


def drafted(
    pieces: Pieces[str, None, bool], on_delta: OnDelta, limits: Limits, name: str
) -> Iterator[DraftStatement]:
    """Give the statements in a stream of text; the stream returns whether the model came to its end.

    Raises `ModelFailedError` where there is nothing at all, or where the limit of tokens left no whole
    sentence.
    """
    reader = DraftReader()
    count = 0
    with closing(pieces):
        stream = _Counted(pieces)
        for piece in stream:
            completed = reader.feed(piece) if piece else []
            on_delta(reader.shown() if piece else "")
            count += len(completed)
            yield from completed
    rest = reader.finish(complete=stream.complete)
    yield from rest
    if not stream.characters:
        raise ModelFailedError(f"{name} wrote nothing. Ask again, or choose another model.")
    if not stream.complete:
        log.warning("%s was cut off at %d tokens", name, limits.max_tokens)
        if not count + len(rest):
            raise ModelFailedError(
                f"{name} was cut off at {limits.max_tokens} tokens before its first sentence was whole. "
                "Raise GROUNDWIRE_MAX_TOKENS."
            )


class _Counted:
    """A stream that remembers how much it gave and what it returned."""

    def __init__(self, pieces: Pieces[str, None, bool]) -> None:
        self._pieces = pieces
        self.characters = 0
        self.complete = False

    def __iter__(self) -> Iterator[str]:
        return self._through()

    def _through(self) -> Iterator[str]:
        while True:
            try:
                piece = next(self._pieces)
            except StopIteration as end:
                self.complete = bool(end.value)
                return
            self.characters += len(piece.strip())
            yield piece
