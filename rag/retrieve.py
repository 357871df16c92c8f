"""Passages for a question: the dense and the lexical leg side by side, fused by rank."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Literal

from index.dates import day_of
from index.fuse import fuse_legs
from index.snapshot import Snapshot
from index.types import Filters, Hit, IntArray, ScoredKey, StoredPassage
from rag.aliases import Aliases, across_scripts, grouped, merged, named_in, others_of, pairs_in
from rag.tellings import one_per_story
from rag.types import Understanding

CANDIDATES = 100
"""Passages taken from each leg. Neither leg restricts the other's candidates."""

DENSE_WEIGHT = 0.6
"""Weight of the dense leg beside the lexical leg's 1, in a language that the embedder was trained on."""

FOREIGN_DENSE_WEIGHT = 0.1
"""The same in any other language, where near vectors mean little."""

READ = 48
"""Passages of the fusion, best first, that are read from the library to choose from, or four times those that
are wanted."""

PER_ARTICLE = 2
"""Passages that one article gives, unless the question is about it."""

FROM_LEAD = 8
"""Passages that the article gives which the question is about, while others have any."""

LEAD_SHARE = 0.35
"""An article with this share of the first passages of both legs is what the question is about."""

LEAD_SHARE_OF_ACCOUNT = 0.25
"""The same where more than a fact or a figure is asked: an account draws on many passages of an article."""

NEAR_BEST = 0.4
"""Share of the best score of a whole search that what was reported in the time asked about must have."""

LEAD_DEPTH = 8
"""Passages of each leg that are counted for that."""

NAMES_LOOKED_UP = 4
"""Names of a question that other names are looked for."""

_NAMING_PASSAGES = 12
_NO_LETTER = re.compile(r"[\W_]+")
_FIRST_DAY = "0001-01-01"


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What each leg found and what their fusion is, best first.

    `outside_filters` is true where filters left no passage at all to search; `filters` are those that were in
    force, `aliases` the other names that the question was widened by. `summaries_aside` is true where some
    summaries were left out. Where a question asks several things a hit keeps the scores of the search that
    found it, so that they do not fall with the rank, and `part_ranks` has for each the places of passages, by
    key, in the search for it alone.
    """

    dense: tuple[ScoredKey, ...]
    lexical: tuple[ScoredKey, ...]
    hits: tuple[Hit, ...]
    outside_filters: bool = False
    filters: Filters = field(default_factory=Filters)
    aliases: Aliases = field(default_factory=dict)
    summaries_aside: bool = False
    part_ranks: tuple[Mapping[int, int], ...] = ()


def retrieve(
    question: Understanding,
    snapshot: Snapshot,
    *,
    top_k: int,
    aliases: Aliases | None = None,
    summaries: bool = False,
) -> Retrieval:
    """Find the `top_k` passages of a snapshot for a question, inside its filters.

    `aliases` are other names that the user knows; those that the library's texts give in parentheses are
    added. Without `summaries` an article whose body was found is not represented by its summary.
    """
    filters, allowed = _in_force(question, snapshot)
    if allowed is not None and not len(allowed):
        return Retrieval((), (), (), outside_filters=True, filters=filters)
    depth = max(CANDIDATES, top_k)
    reported = _reported(question, filters, snapshot)
    selections = [allowed] if reported is None else [allowed, reported]
    dense, *timely = snapshot.dense_within(question.query, depth, selections)
    lexical = snapshot.lexical(question.query, depth, allowed)
    named, learned = aliases or {}, _learned(question, snapshot, lexical)
    others = others_of(question.query, merged(named, across_scripts(learned)))
    if widened := " ".join([question.dated, *others]).strip():
        lexical = snapshot.lexical(f"{question.query} {widened}", depth, allowed)
    legs = [_Leg("dense", dense), _Leg("lexical", lexical)]
    if timely:
        words = f"{question.query} {widened}".strip()
        legs.append(_near(legs[0], timely[0]))
        legs.append(_near(legs[1], snapshot.lexical(words, depth, reported)))
    spoken = question.language in snapshot.embedder.languages
    hits = _fused(legs, snapshot, DENSE_WEIGHT if spoken else FOREIGN_DENSE_WEIGHT, max(READ, 4 * top_k))
    share = LEAD_SHARE if question.brief else LEAD_SHARE_OF_ACCOUNT
    lead = _about_one_article(hits, (dense, lexical), share)
    kept = hits if summaries else _without_summaries(hits)
    return Retrieval(
        tuple(dense),
        tuple(lexical),
        _chosen(kept, lead, top_k, recent=question.recent),
        filters=filters,
        aliases=merged(named, learned),
        summaries_aside=len(kept) < len(hits),
    )


def retrieve_parts(
    question: Understanding,
    snapshot: Snapshot,
    *,
    top_k: int,
    aliases: Aliases | None = None,
    summaries: bool = False,
) -> Retrieval:
    """Find the `top_k` passages of a snapshot for a question and for each thing that it asks.

    What a question asks beside something else may stand in another article than what answers the whole of it
    best. So the whole and its parts take turns, each with its best passage that is not there yet.
    """

    def found_for(asked: Understanding) -> Retrieval:
        return retrieve(asked, snapshot, top_k=top_k, aliases=aliases, summaries=summaries)

    whole = found_for(question)
    if len(question.parts) < 2 or not whole.hits:
        return whole
    of_parts = [found_for(replace(question, query=part.query, parts=(part,))) for part in question.parts]
    # What a part says by itself may be about something else than the question begins with.
    first = question.parts[0].query
    bare = [part for part in question.parts[1:] if part.query.startswith(first)]
    alone = [found_for(replace(question, query=part.text, parts=(part,))) for part in bare]
    lists = [found.hits for found in (whole, *of_parts, *alone)]
    together = _merged(lists)
    most = Counter(hit.passage.article_id for hit in whole.hits).most_common(1)[0]
    lead = most[0] if most[1] > PER_ARTICLE else ""
    hits = _chosen(together, lead, top_k, recent=False)
    known = whole.aliases
    for found in of_parts:
        known = merged(known, found.aliases)
    aside = any(found.summaries_aside for found in (whole, *of_parts, *alone))
    ranks = tuple({hit.passage.key: hit.rank for hit in found.hits} for found in of_parts)
    return replace(whole, hits=hits, aliases=known, summaries_aside=aside, part_ranks=ranks)


def _merged(lists: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Take from each list in turn what is not there yet; one telling of a story, or those that one list
    has beside each other.
    """
    beside: dict[str, list[set[str]]] = {}
    for hits in lists:
        tellings: dict[str, set[str]] = {}
        for hit in hits:
            if hit.story is not None:
                tellings.setdefault(hit.story.id, set()).add(hit.passage.article_id)
        for story, articles in tellings.items():
            beside.setdefault(story, []).append(articles)
    told: dict[str, set[str]] = {}
    taken: dict[int, Hit] = {}
    for hit in (hit for row in zip_longest(*lists) for hit in row if hit is not None):
        if hit.story is not None:
            articles = told.setdefault(hit.story.id, set())
            if articles and not any(
                articles | {hit.passage.article_id} <= one for one in beside[hit.story.id]
            ):
                continue
            articles.add(hit.passage.article_id)
        taken.setdefault(hit.passage.key, hit)
    return list(taken.values())


def _in_force(question: Understanding, snapshot: Snapshot) -> tuple[Filters, IntArray | None]:
    """Give the filters and the keys they allow; a window read out of the question needs articles with
    dates.
    """
    if question.window is not None and _has_dates(question, snapshot):
        return question.window, snapshot.keys_matching(question.window)
    return question.filters, snapshot.keys_matching(question.filters)


def _reported(question: Understanding, filters: Filters, snapshot: Snapshot) -> IntArray | None:
    """Give the keys of what was published when that which is asked was reported; nothing where nothing was,
    or where a window on dates is in force already.
    """
    if question.reported is None or filters.published_after or filters.published_before:
        return None
    keys = snapshot.keys_matching(question.reported)
    return keys if keys is not None and len(keys) else None


def _has_dates(question: Understanding, snapshot: Snapshot) -> bool:
    return snapshot.any_matching(replace(question.filters, published_after=_FIRST_DAY))


def _learned(question: Understanding, snapshot: Snapshot, lexical: Sequence[ScoredKey]) -> Aliases:
    """Read other names of what the question names out of the passages that hold the name.

    Chinese names do not show by their spelling: there the first passages of the lexical leg are read.
    """
    groups: list[tuple[str, str]] = []
    for name in named_in(question.query)[:NAMES_LOOKED_UP]:
        keys = [hit.key for hit in snapshot.lexical(name, _NAMING_PASSAGES)]
        texts = [passage.text for passage in snapshot.passages(keys).values()]
        groups += (pair for pair in pairs_in(texts, question.query) if name in pair)
    if question.language == "zh":
        keys = [hit.key for hit in lexical[:_NAMING_PASSAGES]]
        texts = [passage.text for passage in snapshot.passages(keys).values()]
        groups += (
            pair for pair in pairs_in(texts, question.query) if any(name in question.query for name in pair)
        )
    return grouped(groups)


@dataclass(frozen=True, slots=True)
class _Leg:
    """What a search brought, best first: `kind` is the way in which it searched."""

    kind: Literal["dense", "lexical"]
    found: Sequence[ScoredKey]


def _near(whole: _Leg, then: Sequence[ScoredKey]) -> _Leg:
    """Give a search among what was reported in time without what comes far behind the best of all: that it is
    of that time does not make it speak of what is asked.
    """
    best = max((hit.score for hit in whole.found), default=0.0)
    return _Leg(whole.kind, [hit for hit in then if hit.score >= NEAR_BEST * best])


def _fused(legs: Sequence[_Leg], snapshot: Snapshot, dense_weight: float, most: int) -> list[Hit]:
    scores = [{hit.key: hit.score for hit in leg.found} for leg in legs]
    names = [f"{leg.kind} {place}" for place, leg in enumerate(legs)]
    weights = [dense_weight if leg.kind == "dense" else 1.0 for leg in legs]
    # What was deleted since the snapshot was taken has no article any more, and is left out.
    article_of = snapshot.article_ids(list(dict.fromkeys(key for found in scores for key in found)))
    fused = fuse_legs(
        dict(zip(names, scores, strict=True)), article_of, dict(zip(names, weights, strict=True))
    )
    said: dict[str, dict[int, float]] = {"dense": {}, "lexical": {}}
    for leg, found in zip(legs, scores, strict=True):
        said[leg.kind] = {**found, **said[leg.kind]}
    stories = snapshot.stories_of(sorted(set(article_of.values())))
    passages = snapshot.passages([key for key, _ in fused[:most]])
    told = one_per_story(fused[:most], passages, stories)
    return [
        Hit(
            passages[key],
            rank,
            said["dense"].get(key),
            said["lexical"].get(key),
            score,
            stories.get(article_of[key]),
        )
        for rank, (key, score) in enumerate(told, start=1)
    ]


def _chosen(hits: Sequence[Hit], lead: str, top_k: int, *, recent: bool) -> tuple[Hit, ...]:
    """Take the best hits, few of each article but the one that the question is about, and repeated texts
    once.

    What the limits leave out follows at the end where there is room.
    """
    taken: Counter[str] = Counter()
    texts: set[str] = set()
    first: list[Hit] = []
    rest: list[Hit] = []
    for hit in hits:
        article, text = hit.passage.article_id, _essence(hit.passage)
        full = taken[article] >= (FROM_LEAD if article == lead else PER_ARTICLE)
        (rest if full or text in texts else first).append(hit)
        taken[article] += 1
        texts.add(text)
    if recent:
        first = _newer_first(first, top_k)
    ordered = [*first, *rest][:top_k]
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(ordered, start=1))


def _without_summaries(hits: Sequence[Hit]) -> list[Hit]:
    """Leave out summaries of articles whose body is there as well: what they sum up says more."""
    bodies = {hit.passage.article_id for hit in hits if hit.passage.section_kind != "summary"}
    return [
        hit for hit in hits if hit.passage.section_kind != "summary" or hit.passage.article_id not in bodies
    ]


def _about_one_article(hits: Sequence[Hit], legs: Sequence[Sequence[ScoredKey]], share: float) -> str:
    """Name the best hit's article where it has this share of the first passages of the legs; else nothing."""
    article_of = {hit.passage.key: hit.passage.article_id for hit in hits}
    counts = Counter(article_of.get(hit.key, "") for leg in legs for hit in leg[:LEAD_DEPTH])
    lead = hits[0].passage.article_id if hits else ""
    return lead if counts[lead] >= share * counts.total() else ""


def _essence(passage: StoredPassage) -> str:
    """What of a passage shows that two articles print the same: its first letters, without case and marks."""
    return _NO_LETTER.sub("", passage.text[:600]).casefold()[:400]


def _newer_first(hits: list[Hit], top_k: int) -> list[Hit]:
    """Order hits that scored alike by date: the newer report of the state of things goes first."""
    best = sorted(hits[:top_k], key=lambda hit: hit.rank)
    for place in range(1, len(best)):
        above, below = best[place - 1], best[place]
        newer = day_of(below.passage.published_at) > day_of(above.passage.published_at)
        if (
            newer
            and above.passage.article_id != below.passage.article_id
            and below.fused >= 0.9 * above.fused
        ):
            best[place - 1], best[place] = below, above
    return [*best, *hits[top_k:]]
