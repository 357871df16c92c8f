"""Which evidence sentences together cover a question: the greedy choice by what each one adds."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from index.tokens import lexical_tokens, query_weights
from rag.datelines import printed
from rag.dates import date_mentions
from rag.familiar import is_of_another
from rag.generate.mend import introduces_list
from rag.generate.weighing import DEFAULT, Weighing
from rag.instructions import is_instruction
from rag.kinds import asks_all, asks_when, lists
from rag.period import tells_when, year_asked
from rag.quantities import quantities
from rag.types import Evidence, QuestionKind, QuestionPart, Understanding


def choose(
    question: Understanding, evidence: Sequence[Evidence], most: int, weighing: Weighing = DEFAULT
) -> list[int]:
    """Give the places of up to `most` sentences, the best first; an empty list where none says anything.

    Of a question that asks several facts or figures each has its own sentences, in the order asked.
    """
    asked = frozenset(lexical_tokens(question.text))
    candidates = [i for i, item in enumerate(evidence) if not item.context and says(item, asked)]
    if question.brief:
        return _facts(question, evidence, candidates, most, weighing)
    best = max((evidence[i].score for i in candidates), default=0.0)
    candidates = [i for i in candidates if evidence[i].score >= weighing.least * best]
    power = 0.0 if question.kind == "comparison" else weighing.other_article
    scores = {i: evidence[i].score for i in candidates}
    weights = _weights(question.kind, scores, evidence, weighing, power)
    values = {
        i: tuple(weight * score for score in evidence[i].parts or (scores[i],))
        for i, weight in weights.items()
    }
    chosen = _greedy(question.query, values, evidence, most, weighing.enough, weighing)
    return [*chosen, *_between(chosen, evidence, asked)][:most]


def _between(chosen: Sequence[int], evidence: Sequence[Evidence], asked: frozenset[str]) -> list[int]:
    """Give the evidence that stands alone between two chosen sentences: without it an account jumps."""
    taken = {_start(evidence[i]) for i in chosen}
    found: dict[tuple[str, int], int] = {}
    for i, item in enumerate(evidence):
        starts = [span.char_start for span in item.passage.sentences]
        at, article = starts.index(item.char_start), item.passage.article_id
        inside = 0 < at < len(starts) - 1 and not item.context and _start(item) not in taken
        if inside and {(article, starts[at - 1]), (article, starts[at + 1])} <= taken and says(item, asked):
            # Passages overlap, so that a sentence can stand among the evidence twice.
            found.setdefault(_start(item), i)
    return list(found.values())


def _start(item: Evidence) -> tuple[str, int]:
    return item.passage.article_id, item.char_start


def _facts(
    question: Understanding,
    evidence: Sequence[Evidence],
    candidates: Sequence[int],
    most: int,
    weighing: Weighing,
) -> list[int]:
    limit = max(1, min(weighing.most_fact, most // len(question.parts)))
    around = "\n".join(dict.fromkeys(item.passage.text for item in evidence))
    chosen: list[int] = []
    for place, part in enumerate(question.parts):
        scores = {i: evidence[i].parts[place] if evidence[i].parts else evidence[i].score for i in candidates}
        weights = _weights(part.kind, scores, evidence, weighing, power=0.0)
        own = _own_words(question.parts, place)
        others = {i for i in weights if is_of_another(part.query, evidence[i].text, around)}
        values = {
            i: (
                weight
                * scores[i]
                * _suits(part, evidence[i].text, weighing)
                * (weighing.of_another if i in others else 1.0)
                * (1 - weighing.told_apart * (1 - _has(own, evidence[i]))),
            )
            for i, weight in weights.items()
        }
        found = _greedy(part.query, values, evidence, limit, weighing.enough_fact, weighing)
        for i in _of_the_asked_first(part, found, others, evidence):
            words = frozenset(lexical_tokens(evidence[i].text))
            said = (frozenset(lexical_tokens(evidence[c].text)) for c in chosen)
            if all(_overlap(words, other) < weighing.repeated for other in said):
                chosen.append(i)
    return chosen[:most]


def _of_the_asked_first(
    part: QuestionPart, found: Sequence[int], others: Collection[int], evidence: Sequence[Evidence]
) -> list[int]:
    """Put a figure of whom a part names before one of the same unit that is somebody else's."""
    units = {q.unit for i in found if i not in others for q in quantities(evidence[i].text)} - {""}
    behind = {
        i
        for i in found
        if part.kind == "figure"
        and i in others
        and any(quantity.unit in units for quantity in quantities(evidence[i].text))
    }
    return [*(i for i in found if i not in behind), *(i for i in found if i in behind)]


def _suits(part: QuestionPart, said: str, weighing: Weighing) -> float:
    """Give the weight of a sentence by whether it has the sum, the names, the day, the year that a part asks
    for.
    """
    weight = 1.0
    if part.kind == "figure" and _ASKS_TOTAL.search(part.text) and not _TOTAL.search(said):
        weight *= weighing.without_total
    if part.kind != "figure" and asks_all(part.text) and not lists(said):
        weight *= weighing.without_list
    if asks_when(part.text):
        return weight if tells_when(said) else weight * weighing.without_figure
    year = year_asked(part.text)
    named = {mention.year for mention in date_mentions(said)} - {0}
    return weight * weighing.other_year if year and named and year not in named else weight


def _own_words(parts: Sequence[QuestionPart], place: int) -> frozenset[str]:
    """Give the words of a part that the others do not have: what tells 女单冠军 from 男单冠军."""
    others = frozenset(
        word for other, part in enumerate(parts) if other != place for word in lexical_tokens(part.text)
    )
    # Function words and words that ask tell nothing apart.
    telling = (word for word, weight in query_weights(parts[place].text).items() if weight >= 1)
    return frozenset(telling) - others if others else frozenset()


def _has(own: frozenset[str], item: Evidence) -> float:
    """Give the share of words that a sentence has; what only its surroundings have counts half."""
    if not own:
        return 1.0
    passage = item.passage
    around = f"{passage.title}\n{passage.heading}\n{passage.text}\n{passage.published_at[:4]}"
    said, near = frozenset(lexical_tokens(item.text)), frozenset(lexical_tokens(around))
    return (len(own & said) + 0.5 * len(own & (near - said))) / len(own)


def _greedy(
    asked: str,
    values: Mapping[int, tuple[float, ...]],
    evidence: Sequence[Evidence],
    limit: int,
    enough: float,
    weighing: Weighing,
) -> list[int]:
    """Take the sentence that adds most to those taken, until the next adds too little."""
    candidates = list(values)
    words = {i: frozenset(lexical_tokens(evidence[i].text)) for i in candidates}
    rarity = _rarity(asked, words)
    chosen: list[int] = []
    first = 0.0
    while candidates and len(chosen) < limit:
        gains = {i: _gain(i, values, words, chosen, rarity, weighing) for i in candidates}
        added = max(candidates, key=lambda i: (gains[i], -i))
        if gains[added] <= 0 or gains[added] < enough * first:
            break
        first = first or gains[added]
        chosen.append(added)
        candidates.remove(added)
    return chosen


def says(item: Evidence, asked: frozenset[str]) -> bool:
    """Tell whether a sentence of the evidence says something, as `states` does, where it stands."""
    passage = item.passage
    before = passage.text[: item.char_start - passage.char_start].rstrip(" ")
    # Behind another sentence of its line stands no heading: a full stop was forgotten.
    return states(item.text, asked, heading=not before.endswith(_FULL_STOPS))


def states(text: str, asked: frozenset[str], *, heading: bool = True) -> bool:
    """Tell whether a sentence says something: no question, heading, bare date, pointer to another article
    or order to the reader, no echo of the question, nothing that a page puts around its text.

    What ends without a full stop passes for a heading where it can be one, else for a sentence if English.
    """
    text = printed(text)
    tokens = frozenset(lexical_tokens(text))
    # The full stop of "3 p.m." may be taken for the sentence's and be left behind.
    whole = text.rstrip().endswith((*_FULL_STOPS, "a.m", "p.m")) or introduces_list(text)
    whole = whole or (not (heading or _NO_END.search(text)) and bool(_FINITE.search(text)))
    return (
        whole
        and len(tokens) >= 3
        and not tokens <= asked
        and not _is_bare_date(text)
        and not _POINTS_ELSEWHERE.match(text)
        and not is_instruction(text)
    )


def _is_bare_date(text: str) -> bool:
    """Whether nothing but a date stands there: the line that a page prints above its text."""
    for mention in reversed(date_mentions(text)):
        text = f"{text[: mention.char_start]} {text[mention.char_end :]}"
    words = [token for token in lexical_tokens(_AGO.sub(" ", text)) if not token.isdigit()]
    return len(words) < 2


_POINTS_ELSEWHERE = re.compile(
    r"\W*(?:(?:extended|further|related|recommended) reading|related (?:articles?|stories|coverage)"
    r"|read (?:more|also|next)|see also"
    r"|延伸阅读|扩展阅读|相关(?:阅读|新闻|报道|文章)|推荐阅读|阅读更多|更多阅读)\W*[:：]",
    re.IGNORECASE,
)
_AGO = re.compile(
    r"\d+\s?(?:minutes?|hours?|days?|weeks?|months?|years?)\s+ago"
    r"|\d+\s?(?:分钟|小时|天|周|个月|年)前",
    re.IGNORECASE,
)


_FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|will|would|can|could|may|might|must|does|did|says?|said)\s+\w+\s+\w+"
)
"""What an English sentence without a full stop has and a credit or a caption seldom."""

_NO_END = re.compile(
    r"[?？]\s*$|^\W*(?:who|whom|what|when|where|why|how|which)\b|\b(?:a|an|the|of|in|on|at|to|for|from|by|with|and|or|but|as|that|than|into|its|their|his|her)\s*$"
    r"|©|\b(?:all rights reserved|reporting by|editing by|photo|read (?:more|our))\b",
    re.IGNORECASE,
)

_FULL_STOPS = (".", "!", "。", "！", "”", '"', "’", "」", "）", ")", "…", ";", "；", "]")


def _weights(
    kind: QuestionKind,
    scores: Mapping[int, float],
    evidence: Sequence[Evidence],
    weighing: Weighing,
    power: float,
) -> dict[int, float]:
    """Weigh each candidate by where it stands; a summary is left out where the body says as much.

    `scores` are the candidates' probabilities, `power` that of an article's share of the evidence.
    """
    mass: dict[str, float] = {}
    body: dict[str, float] = {}
    for i in sorted(scores, key=lambda i: -scores[i]):
        article = evidence[i].passage.article_id
        mass[article] = mass.get(article, 0.0) + scores[i]
        if not _is_summary(evidence[i]):
            body.setdefault(article, scores[i])
    most = max(mass.values(), default=0.0) or 1.0
    weights: dict[int, float] = {}
    for i, score in scores.items():
        item = evidence[i]
        weight = (mass[item.passage.article_id] / most) ** power
        if item.passage.article_kind == "teaser":
            weight *= weighing.teaser
        elif _is_summary(item) and body.get(item.passage.article_id, 0.0) >= weighing.summary * score:
            continue
        if kind == "figure" and not _has_figure(item.text):
            weight *= weighing.without_figure
        weights[i] = weight
    return weights


def _gain(
    i: int,
    values: Mapping[int, tuple[float, ...]],
    words: Mapping[int, frozenset[str]],
    chosen: Sequence[int],
    rarity: Mapping[str, float],
    weighing: Weighing,
) -> float:
    repeated = max((_overlap(words[i], words[c]) for c in chosen), default=0.0)
    if repeated >= weighing.repeated:
        return 0.0
    open_parts = [
        math.prod(1 - weighing.covered * values[c][part] for c in chosen) for part in range(len(values[i]))
    ]
    worth = sum(value * still for value, still in zip(values[i], open_parts, strict=True)) / len(open_parts)
    told = frozenset().union(*(words[c] for c in chosen))
    new = sum(weight for word, weight in rarity.items() if word in words[i] and word not in told)
    return worth * (1 - repeated**2) * (1 + weighing.asked * new)


_ASKS_TOTAL = re.compile(
    r"\b(?:(?:al)?together|in total|in all\b(?! \w)|combined|collectively|total|sum|overall)\b"
    r"|(?<!统)一共|总共|共计|合计|加起来|总计|总[金数额量人]|总融资",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"\b(?:(?:al)?together|total(?:s|led|ed|ling|ing)?|in all\b(?! \w)|combined|collectively|sum"
    r"|simultaneously)\b|(?<!统)一共|总共|共计|合计|总计|总[金数额量人]|总融资",
    re.IGNORECASE,
)


def _rarity(asked: str, words: Mapping[int, frozenset[str]]) -> dict[str, float]:
    """Give the words of a question the share of its meaning that each carries among the sentences
    at hand.
    """
    frequency = Counter(word for found in words.values() for word in found)
    weights = {
        word: weight * math.log(1 + len(words) / (0.5 + frequency[word]))
        for word, weight in query_weights(asked).items()
        if frequency[word]
    }
    total = sum(weights.values()) or 1.0
    return {word: weight / total for word, weight in weights.items()}


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Give the share of the shorter sentence's words that the longer one has."""
    return len(one & other) / max(1, min(len(one), len(other)))


def _is_summary(item: Evidence) -> bool:
    return item.passage.section_kind == "summary"


def _has_figure(text: str) -> bool:
    return bool(quantities(text)) or bool(date_mentions(text))
