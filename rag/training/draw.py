"""What a training step sees: groups drawn by a fixed pattern, their passages chosen, changed and cut up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from index.chunk import context
from rag.reader.text import Reading, Window, sentence_texts
from rag.training.perturb import other_question, without_answer
from rag.training.types import Candidate, Group

PATTERN = {"span en": 14, "span zh": 9, "analytical en": 5, "analytical zh": 4}
"""Draws of each stratum in a round. Analytical groups have about twice the passages of the others."""

_CHANGED_QUESTION = 0.2
_CUT_PASSAGE = 0.35
_PIECES = 320


@dataclass(frozen=True, slots=True)
class Example:
    """One question with the windows of its chosen passages and the labels of each window's sentences."""

    windows: tuple[Window, ...]
    labels: tuple[tuple[int, ...], ...]

    @property
    def padded(self) -> int:
        """Pieces that the example takes in a batch where its longest window decides."""
        return max(len(window.ids) for window in self.windows) * len(self.windows)


def stratum(group: Group) -> str:
    """Name the stratum of a group."""
    return f"{group.kind} {group.language}"


class Draws:
    """An endless, seeded sequence of examples; draw `n` is the same whenever it is asked for."""

    def __init__(self, groups: Sequence[Group], reading: Reading, seed: int) -> None:
        self._strata: Mapping[str, list[Group]] = {
            name: [g for g in groups if stratum(g) == name] for name in PATTERN
        }
        names = [name for name in PATTERN for _ in range(PATTERN[name]) if self._strata[name]]
        if not names:
            raise ValueError("there are no groups to draw from")
        Random(seed).shuffle(names)
        self._round = names
        self._seed = seed
        self._reading = reading
        self._order = cache(self._ordered)

    def examples(self, draw: int) -> Iterator[Example]:
        """Yield the examples of one draw: the group, and at times its question changed."""
        rounds, place = divmod(draw, len(self._round))
        name = self._round[place]
        nth = rounds * self._round.count(name) + self._round[:place].count(name)
        groups = self._strata[name]
        epoch, within = divmod(nth, len(groups))
        group = groups[self._order(name, epoch)[within]]
        random = Random(f"{self._seed}:{draw}")
        yield self._example(group.question, choose(group, random))
        changed = self._changed(group, groups, random)
        if changed is not None:
            yield changed

    def _ordered(self, name: str, epoch: int) -> list[int]:
        order = list(range(len(self._strata[name])))
        Random(f"{self._seed}:{name}:{epoch}").shuffle(order)
        return order

    def _changed(self, group: Group, groups: Sequence[Group], random: Random) -> Example | None:
        answering = [c for c in group.candidates if c.answers]
        if not answering or random.random() > _CHANGED_QUESTION:
            return None
        others = " ".join([random.choice(groups).question for _ in range(20)] + [c.text for c in answering])
        question = other_question(group.question, others, random)
        if not question:
            return None
        first = answering[0]
        return self._example(question, [replace(first, labels=(0,) * len(first.labels))])

    def _example(self, question: str, candidates: Sequence[Candidate]) -> Example:
        asked = self._reading.pieces(question)
        windows: list[Window] = []
        labels: list[tuple[int, ...]] = []
        for candidate in candidates:
            pieces = self._reading.pieces_of(
                [
                    context(candidate.title, candidate.heading),
                    *sentence_texts(candidate.text, candidate.sentences),
                ]
            )
            for window in self._reading.windows(asked, pieces[0], pieces[1:], limit=_PIECES):
                windows.append(window)
                labels.append(tuple(candidate.labels[number] for number in window.sentences))
        return Example(tuple(windows), tuple(labels))


def choose(group: Group, random: Random) -> list[Candidate]:
    """Choose the passages of a group: those that answer, with hard negatives beside them."""
    ranked = sorted(group.candidates, key=lambda c: c.rank or 99)
    wrong = [c for c in ranked if not c.answers and not c.doubtful and c.rank]
    if not group.answerable:
        return [c for c in ranked if c.article_id == group.source_id][:2] + _some(
            [c for c in wrong if c.article_id != group.source_id][:4], 1, random
        )
    answering = [c for c in ranked if c.answers]
    if group.kind == "analytical":
        own = [c for c in wrong if c.article_id == group.source_id]
        other = [c for c in wrong if c.article_id != group.source_id]
        return _some(answering, 3, random) + _some(random.choice((own, other))[:4], 1, random)
    chosen = answering[:1]
    cut = without_answer(chosen[0]) if chosen and random.random() < _CUT_PASSAGE else None
    return [*chosen, cut] if cut else chosen + _some(wrong[:5], 1, random)


def _some(items: Sequence[Candidate], most: int, random: Random) -> list[Candidate]:
    return random.sample(items, min(most, len(items)))
