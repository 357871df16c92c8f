"""Making vectors again: a library moved into the space of another model, or damaged vectors mended.

Vectors of the other space are stored beside those in use, batch by batch, so that a stop loses one batch
at most. The library switches in one transaction, and only if the gate lets it. The vectors of the space
that was left stay, so that the way back costs what was added since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from index.catalog import Catalog
from index.courtesy import Askers, embedded_beside
from index.embed import Embedder
from index.library import Library
from index.prepare import stored_encoder_text
from index.snapshot import Snapshot

Gate: TypeAlias = Callable[[Snapshot, Snapshot], None]
"""Told the library as it is and as it would be; raises a `GroundwireError` where it must not switch."""

_BATCH = 64
"""Passages stored together: also where those who ask hold it up, a stop waits some seconds at most."""

_ROUNDS = 5
"""Tries to catch up with what is added meanwhile, before it is held off."""

_FILL_SHARE = 0.9

_STEP_ASIDE_S = 0.5
"""Longest wait for those who ask before each few passages: a library that is always asked still moves."""


@dataclass(frozen=True, slots=True)
class Move:
    """What a re-embedding did: the spaces, the vectors made, and the `seq` of the switch."""

    left: str
    entered: str
    embedded: int
    seq: int


def reembed(
    library: Library,
    embedder: Embedder,
    gate: Gate,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Move:
    """Embed the library into the embedder's space and switch to it.

    Raises what the gate raises, and `StoreWriteError`; the library then goes on as it was, and the vectors
    that were made are found again by the next try.
    """
    catalog, left = library.catalog, library.embedder.space.id
    if embedder.space.id == left:
        return Move(left, left, 0, catalog.seq())
    embedded = fill(catalog, embedder, lambda fraction: progress(fraction * _FILL_SHARE), library.askers)
    dense = library.dense_cache(embedder)

    def caught_up() -> bool:
        """Embed what came meanwhile and index it; false where more came at the same time."""
        nonlocal embedded
        # Nobody is stepped aside for: it must get ahead of what arrives, and at last holds changes off.
        embedded += fill(catalog, embedder, lambda fraction: progress(_FILL_SHARE), Askers())
        with catalog.reading():
            if catalog.count_without_vector(embedder.space):
                return False
            dense.catch_up(catalog.seq())
            return dense.snapshot.count == len(catalog.live_keys())

    # The index is built before changes are held off, so that they wait for the last few passages only.
    for _ in range(_ROUNDS):
        if caught_up():
            break
    before = library.snapshot()
    gate(before, before.in_space(embedder, dense.snapshot))
    progress(1.0)
    seq = library.switch(embedder, dense, caught_up)
    return Move(left, embedder.space.id, embedded, seq)


def rebuild(library: Library, progress: Callable[[float], None] = lambda fraction: None) -> int:
    """Make anew what can be made anew: vectors that are damaged or missing, then both caches.

    Gives the number of vectors made. Raises `StoreWriteError`; what was there before is then kept.
    """
    library.catalog.drop_bad_vectors(library.embedder.space)
    made = fill(library.catalog, library.embedder, lambda fraction: progress(fraction / 2), library.askers)
    library.rebuild(lambda fraction: progress((1 + fraction) / 2))
    return made


def fill(catalog: Catalog, embedder: Embedder, progress: Callable[[float], None], askers: Askers) -> int:
    """Embed the live passages that have no vector in the space, behind those who ask; gives how many."""
    total = catalog.count_without_vector(embedder.space)
    done = last = 0
    while batch := catalog.without_vector(embedder.space, after=last, limit=_BATCH):
        last = max(batch)
        passages = catalog.passages(list(batch))
        # Two passages may share a text: it is embedded once.
        texts = {batch[key]: stored_encoder_text(passage) for key, passage in passages.items()}
        rows = embedded_beside(askers, embedder, list(texts.values()), _STEP_ASIDE_S)
        catalog.add_vectors(dict(zip(texts, rows, strict=True)), embedder.space)
        done += len(batch)
        progress(min(1.0, done / max(1, total)))
    return done
