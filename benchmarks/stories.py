"""Near-duplicates: precision and recall over thresholds, on copies made from real articles and on others.

Copies are made as syndication makes them: framed by a dateline and a closing line, cut behind two thirds,
a tenth of the sentences left out, one word in twenty replaced, and all of these. Different articles are
the neighbour in the set, and serial reports: two articles of one template about another day or company.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

from material import parser, show_table, write_json

from index.language import detect
from index.sentences import sentence_spans
from index.story import SAME_FIGURES, SAME_WORDS, common_figures, common_words, signature

SETS = ("realtimeqa_en", "crud_news_pool")
_SERIES = re.compile(r"(主力资金净[买卖][入出]|基金净值|收盘[涨跌]|股东户数|融资净[买卖][入出])")
_CODE = re.compile(r"[（(]([0-9]{5,6})(?:\.[A-Z]{2})?[)）]")
_DAY = re.compile(r"([0-9]{1,2}月[0-9]{1,2}日)")
_WORD = re.compile(r"[A-Za-z]{4,}|[\u4e00-\u9fff]{2}")

Edit = Callable[[str, Random], str]


def framed(text: str, random: Random) -> str:
    if detect(text) == "zh":
        return f"【本报综合报道】{text}\n（编辑：{random.choice('赵钱孙李周吴')}某）转载请注明出处。"
    closing = "This story was first published elsewhere. Sign up for our letter."
    return f"By our correspondent, agencies\n{text}\n{closing}"


def cut(text: str, random: Random) -> str:
    return text[: int(len(text) * random.uniform(0.65, 0.8))]


def thinned(text: str, random: Random) -> str:
    spans = sentence_spans(text)
    return "\n".join(text[span.char_start : span.char_end] for span in spans if random.random() > 0.1)


def reworded(text: str, random: Random) -> str:
    return _WORD.sub(lambda word: "another" if random.random() < 0.05 else word[0], text)


def all_of_them(text: str, random: Random) -> str:
    return framed(thinned(reworded(text, random), random), random)


EDITS: dict[str, Edit] = {
    "framed": framed,
    "cut to two thirds": cut,
    "sentences left out": thinned,
    "words replaced": reworded,
    "framed, thinned, reworded": all_of_them,
}


def articles(data: Path, name: str, limit: int) -> list[str]:
    with gzip.open(data / "dev" / name / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    return Random(0).sample(texts, min(limit, len(texts)))


def serial_pairs(texts: Sequence[str], limit: int) -> list[tuple[str, str]]:
    """Give pairs of reports from one template whose stock code or day differs."""
    series: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for text in texts:
        kind, code, day = _SERIES.search(text[:120]), _CODE.search(text[:120]), _DAY.search(text[:120])
        if kind and day:
            series[kind[1][:4]].append((f"{code[1] if code else text[30:50]} {day[1]}", text))
    pairs = [
        (a, b) for reports in series.values() for (one, a), (other, b) in pairwise(reports) if one != other
    ]
    return Random(0).sample(pairs, min(limit, len(pairs)))


def likeness(pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[float, float]]:
    """Give the shares of words and of figures of the pairs that have signatures."""
    for a, b in pairs:
        one, other = signature(a), signature(b)
        if one and other:
            yield common_words(one, other), common_figures(one, other)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--articles", type=int, default=400, help="of each set, for copies and neighbours")
    arguments = options.parse_args()
    data = os.environ.get("GROUNDWIRE_TEST_DATA")
    if not data:
        raise SystemExit("GROUNDWIRE_TEST_DATA does not name the folder of the test data.")
    random = Random(0)
    sets = {name: articles(Path(data), name, arguments.articles) for name in SETS}
    texts = [text for name in SETS for text in sets[name]]
    copies = {name: list(likeness([(t, edit(t, random)) for t in texts])) for name, edit in EDITS.items()}
    others = {
        "neighbours": list(likeness(list(pairwise(texts)))),
        "serial reports": list(likeness(serial_pairs(articles(Path(data), SETS[1], 20_000), 400))),
    }
    report = curve(copies, others)
    header = (
        "words, figures",
        "precision",
        "recall",
        *(f"found: {n}" for n in copies),
        *(f"wrong: {n}" for n in others),
    )
    show_table("one story?", header, ((name, *map(str, row)) for name, row in report.items()))
    write_json(arguments.json, report)


def curve(
    copies: dict[str, list[tuple[float, float]]], others: dict[str, list[tuple[float, float]]]
) -> dict[str, list[float]]:
    """Give precision, recall, the share found of each kind of copy and taken wrongly of each other kind."""
    rows: dict[str, list[float]] = {}
    for words in (0.3, 0.4, SAME_WORDS, 0.6, 0.7, 0.8):
        for figures in (0.0, 0.3, SAME_FIGURES, 0.7):
            found = {n: [w >= words and f >= figures for w, f in pairs] for n, pairs in copies.items()}
            wrong = {n: [w >= words and f >= figures for w, f in pairs] for n, pairs in others.items()}
            right = sum(map(sum, found.values()))
            taken = sum(map(sum, wrong.values()))
            shares = [sum(kind) / len(kind) for kind in (*found.values(), *wrong.values())]
            total = sum(map(len, found.values()))
            figures_of = [right / max(1, right + taken), right / total, *shares]
            rows[f"{words:.1f}, {figures:.1f}"] = [round(value, 3) for value in figures_of]
    return rows


if __name__ == "__main__":
    main()
