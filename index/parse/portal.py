"""The text of a news portal's page, as a browser copies it.

Such a page is a head (title, then a line with source and dates), the article without a label,
and blocks that begin with a label of the portal: summary, Q&A, teasers of other articles,
navigation. The labels decide, wherever they stand; everything under an unlabelled line that is
no article is the portal's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from index.dates import parse_date
from index.parse.layout import (
    Block,
    Part,
    compose,
    first_sentence,
    language_of,
    no_text,
    not_found,
    parts_of,
    without_title,
)
from index.parse.qa import end_of_last_answer, is_glued_question, is_marked, is_qa_label, read_pairs
from index.types import Article, QAPair

_Kind: TypeAlias = Literal["main", "summary", "qa", "teasers", "navigation"]

_LABELS: dict[str, _Kind] = {
    "文章摘要": "summary",
    "内容摘要": "summary",
    "內容摘要": "summary",
    "相关问答": "qa",
    "相關問答": "qa",
    "你可能也喜欢": "teasers",
    "你可能也喜歡": "teasers",
    "猜你喜欢": "teasers",
    "热门文章": "teasers",
    "熱門文章": "teasers",
    "相关讨论": "navigation",
    "相關討論": "navigation",
    "活动图片": "navigation",
    "活動圖片": "navigation",
}
_TRADE_LABEL = "交易"
_TRADE_ITEMS = frozenset({"现货", "現貨", "合约", "合約", "杠杆", "理财"})

_DATED = re.compile(r"(?:最后|最近)?(发布于|發布於|發佈於|更新于|更新於)")
_RELATIVE = (
    r"(?:[0-9]{1,3}\s?(?:秒|分钟|分鐘|小时|小時|天|日|周|週|个月|個月|月|年)前|半小时前|刚刚|剛剛|(?:今天|昨天|前天)"
    r"(?:\s?[0-9]{1,2}:[0-9]{2})?|[0-9]{1,2}-[0-9]{1,2}(?:\s[0-9]{1,2}:[0-9]{2})?)"
)
_IS_RELATIVE = re.compile(_RELATIVE)
_ENDS_IN_DATE = re.compile(
    rf"(?P<before>.{{0,30}}?)\s?(?P<date>{_RELATIVE}|[0-9]{{4}}[-./年][0-9]{{1,2}}[-./月][0-9]{{1,2}}日?"
    r"(?:\s[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?)"
)
_READERS = re.compile(
    r"\s*(?:阅读|浏览)?\s?[0-9][0-9.,]{0,12}\s?[万w]?\s?(?:人学过|人阅读|人看过|次阅读|阅读|浏览)\s*"
)
_LONGEST_STAMP = 140
_LONGEST_SOURCE = 30

_BYLINES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (key, re.compile(rf"(?:{words})(?P<value>\S.{{0,118}})", re.IGNORECASE))
    for key, words in (
        ("author", r"(?:by|authors?|written by)\s?[:：]\s*|(?:作者|撰文|文)\s?[:：｜|丨/]\s*"),
        ("editor", r"(?:editors?|edited by)\s?[:：]\s*|(?:编辑|責編|责编|责任编辑)\s?[:：｜|丨/]\s*"),
        (
            "translator",
            r"(?:compiled by|translated by|translation)\s?[:：]\s*|(?:编译|翻译|譯者|译者)\s?[:：｜|丨/]\s*",
        ),
        ("original_title", r"original title\s?[:：]\s*|(?:原文标题|原标题|原文標題)\s?[:：]\s*"),
        ("original_author", r"original authors?\s?[:：]\s*|(?:原文作者|原作者)\s?[:：]\s*"),
    )
)
_BY_NAME = re.compile(r"By (?P<value>[A-Z][\w.’'-]+(?:,? (?:and |& )?[A-Z][\w.’'-]+){0,7})")
_CREDIT = re.compile(
    r"(?:this article (?:(?:is|was|comes|first|originally|reprinted|sourced|adapted|translated) ){1,3}"
    r"(?:from|published)\b"
    r"|(?:本文|文章)\s?(?:来自|来源|源自|首发于|首發於|转载自|轉載自|来源于|來自)|(?:文章|内容|原文)来源\s?[:：])",
    re.IGNORECASE,
)
_LONGEST_CREDIT = 250
_BYLINE_LINES = 5
_CREDIT_LINES = 3
_SHORTEST_BODY = 3
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]{1,300})(?<=\S)\*\*")


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A line that says from whom and of when an article is."""

    source: str
    published_at: str = ""
    updated_at: str = ""
    label: str = ""


@dataclass(slots=True)
class _Run:
    """A label's block, or a stretch of the article."""

    kind: _Kind
    label: str = ""
    blocks: list[Block] = field(default_factory=list)


def is_portal_page(text: str) -> bool:
    """Whether a text bears the marks of such a page: two of its labels, or one line with both dates."""
    lines = [line.strip() for line in text.split("\n")]
    labels = {line for line in lines if _label_of(line) is not None}
    stamps = [line for line in lines if _DATED.search(line) and _read_stamp(line)]
    return any(len(_DATED.findall(line)) > 1 for line in stamps) or len(labels) + bool(stamps) > 1


def parse_portal(text: str, name: str) -> tuple[Article, ...]:
    """Return the article of the page, then the teasers that have a text of their own."""
    title, stamp, blocks = _split_head(_lines(text))
    runs = _runs(blocks)
    teasers = [teaser for run in runs if run.kind == "teasers" for teaser in _teasers(run.blocks)]
    return (_main_article(title, stamp, runs, name), *teasers)


def _lines(text: str) -> list[Block]:
    """Return the lines that are not empty; where the copy lost its blank lines, each stands alone."""
    lines = [line.strip() for line in text.split("\n")]
    dense = not any(not line for line in "\n".join(lines).strip().split("\n"))
    padded = ["", *lines, ""]
    return [
        Block(line, alone=dense or not (padded[number] or padded[number + 2]))
        for number, line in enumerate(lines)
        if line
    ]


def _label_of(line: str, following: str = "") -> _Kind | None:
    bare = line.rstrip(":：").rstrip()
    if bare in _LABELS:
        return _LABELS[bare]
    if bare == _TRADE_LABEL and following in _TRADE_ITEMS:
        return "navigation"
    asks = is_marked(following) or (is_glued_question(following, "") and following.endswith(("?", "？")))
    return "qa" if is_qa_label(bare) and asks else None


def _labels(blocks: Sequence[Block]) -> dict[int, _Kind]:
    found: dict[int, _Kind] = {}
    for number, block in enumerate(blocks):
        following = blocks[number + 1].text if number + 1 < len(blocks) else ""
        if kind := _label_of(block.text, following):
            found[number] = kind
    return found


def _read_stamp(line: str) -> _Stamp | None:
    """Read a line with 发布于 or 更新于; prose that contains these words has no bare date behind them."""
    marks = list(_DATED.finditer(line)) if len(line) <= _LONGEST_STAMP else []
    if not marks:
        return None
    values: dict[str, str] = {}
    label = ""
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        written = line[mark.end() : following.start() if following else len(line)].strip()
        key = "updated_at" if mark[1].startswith("更新") else "published_at"
        if _IS_RELATIVE.fullmatch(written):
            label = label or written
            continue
        try:
            values[key] = parse_date(written)
        except ValueError:
            return None
    source = _READERS.sub("", line[: marks[0].start()]).strip()
    if len(source) > _LONGEST_SOURCE:
        return None
    return _Stamp(source, values.get("published_at", ""), values.get("updated_at", ""), label)


def _split_head(blocks: list[Block]) -> tuple[str, _Stamp, list[Block]]:
    """Return title and stamp, and the lines of the page without them.

    What stands above the title is navigation. Where a label comes before the dates, the title is
    the first line.
    """
    labels = _labels(blocks)
    first_label = min(labels, default=len(blocks))
    foreign = min((n for n, kind in labels.items() if kind in ("teasers", "navigation")), default=len(blocks))
    places = [n for n in range(len(blocks)) if _read_stamp(blocks[n].text)]
    own = [n for n in places if n < foreign]
    if not own:
        return _first_line(blocks, labels, _Stamp(""))
    stamp, after = _merged(blocks, own[0])
    if own[0] > first_label:
        return _first_line([*blocks[: own[0]], *blocks[after:]], labels, stamp)
    above = [block.text for block in blocks[: own[0]]]
    if not above:
        return _first_line(blocks[after:], {n - after: kind for n, kind in labels.items()}, stamp)
    title = above.pop()
    if not stamp.source and above and len(title) < len(above[-1]) and len(title) <= _LONGEST_SOURCE:
        stamp = _Stamp(title, stamp.published_at, stamp.updated_at, stamp.label)
        title = above.pop()
    return title, stamp, blocks[after:]


def _first_line(
    blocks: list[Block], labels: dict[int, _Kind], stamp: _Stamp
) -> tuple[str, _Stamp, list[Block]]:
    """Take the first line as the title where it can be one."""
    if blocks and 0 not in labels and len(blocks[0].text) <= 200:
        return blocks[0].text, stamp, blocks[1:]
    return "", stamp, blocks


def _merged(blocks: Sequence[Block], place: int) -> tuple[_Stamp, int]:
    """Join the dates of stamps that stand on lines of their own, one below the other."""
    source = published_at = updated_at = label = ""
    while place < len(blocks) and (stamp := _read_stamp(blocks[place].text)):
        source, label = source or stamp.source, label or stamp.label
        published_at, updated_at = published_at or stamp.published_at, updated_at or stamp.updated_at
        place += 1
    return _Stamp(source, published_at, updated_at, label), place


def _runs(blocks: Sequence[Block]) -> list[_Run]:
    labels = _labels(blocks)
    runs = [_Run("main")]
    for number, block in enumerate(blocks):
        if number in labels:
            runs.append(_Run(labels[number], block.text.rstrip(":：").rstrip()))
        else:
            runs[-1].blocks.append(block)
    return runs


def _main_article(title: str, stamp: _Stamp, runs: Sequence[_Run], name: str) -> Article:
    summaries, blocks, pairs = _sort_out(runs)
    blocks, metadata = _without_credits(without_title(blocks, title))
    if stamp.label:
        metadata["published_label"] = stamp.label
    text, sections = compose([*summaries, *parts_of(blocks)])
    if not sections:
        raise no_text(name)
    language = language_of(f"{title}\n{text}")
    return Article(
        title=" ".join((title or first_sentence(text[sections[-1].char_start :])).split()),
        text=text,
        source=stamp.source,
        language=language,
        published_at=stamp.published_at,
        updated_at=stamp.updated_at,
        sections=sections,
        qa_pairs=pairs,
        metadata=metadata,
        missing=not_found(
            {"title": title, "source": stamp.source, "published_at": stamp.published_at, "language": language}
        ),
    )


def _sort_out(runs: Sequence[_Run]) -> tuple[list[Part], list[Block], tuple[QAPair, ...]]:
    """Divide the page's own blocks into summary, body and pairs.

    A label says where its block begins, but the article behind a summary has no label of its own,
    so what follows the summary's paragraph is the article; the same holds for the last answer of a
    Q&A block, where the page has no other text that could be the article.
    """
    summaries: list[Part] = []
    body: list[Block] = []
    pairs: list[QAPair] = []
    for run in runs:
        if run.kind == "main":
            body.extend(run.blocks)
        elif run.kind == "summary":
            end = _end_of_summary(run.blocks)
            summaries.append(
                Part(run.label, [_unmarked(block.text) for block in run.blocks[:end]], "summary")
            )
            body.extend(run.blocks[end:])
    for run in runs:
        if run.kind == "qa":
            lines = [block.text for block in run.blocks]
            end = end_of_last_answer(lines, glued=True)
            if body or len(lines) - end < _SHORTEST_BODY:
                end = len(lines)
            pairs.extend(read_pairs(lines[:end], glued=True))
            body.extend(run.blocks[end:])
    return summaries, [Block(_unmarked(block.text), block.alone) for block in body], tuple(pairs)


def _end_of_summary(blocks: Sequence[Block]) -> int:
    """Return how many blocks a summary has: up to a byline that is near, else one."""
    bylines = (number for number, block in enumerate(blocks[:5]) if number and _byline(block.text))
    return next(bylines, min(1, len(blocks)))


def _unmarked(text: str) -> str:
    """Take off the asterisks that a summary written as Markdown leaves in the page."""
    return _BOLD.sub(r"\1", text)


def _byline(line: str) -> tuple[str, str] | None:
    for key, pattern in _BYLINES:
        if found := pattern.fullmatch(line):
            return key, found["value"].strip()
    found = _BY_NAME.fullmatch(line)
    return ("author", found["value"]) if found else None


def _without_credits(blocks: Sequence[Block]) -> tuple[list[Block], dict[str, object]]:
    """Take bylines at the top, and the note on where the article is from at either end, out of the body."""
    metadata: dict[str, object] = {}
    kept: list[Block] = []
    for number, block in enumerate(blocks):
        byline = _byline(block.text) if number < _BYLINE_LINES else None
        edge = number < _CREDIT_LINES or number >= len(blocks) - _CREDIT_LINES
        if byline and byline[0] not in metadata:
            metadata[byline[0]] = byline[1]
        elif edge and len(block.text) <= _LONGEST_CREDIT and _CREDIT.match(block.text):
            metadata["credit"] = " ".join(filter(None, (str(metadata.get("credit", "")), block.text)))
        else:
            kept.append(block)
    return kept, metadata


def _teasers(blocks: Sequence[Block]) -> Iterator[Article]:
    """Yield the teasers of a block: title, text, then a line with source and date.

    The portal prints each a second time without its text, for the picture; that copy makes nothing.
    """
    shown: set[str] = set()
    group: list[str] = []
    for block in blocks:
        stamp = _read_stamp(block.text) or _read_teaser_stamp(block.text)
        if stamp is None:
            if not (group == [] and block.text in shown):
                group.append(block.text)
            continue
        if len(group) > 1:
            shown.add(group[0])
            yield _teaser(group[0], group[1:], stamp)
        group = []


def _read_teaser_stamp(line: str) -> _Stamp | None:
    found = _ENDS_IN_DATE.fullmatch(line)
    if found is None:
        return None
    source = _READERS.sub("", found["before"]).strip()
    if _IS_RELATIVE.fullmatch(found["date"]):
        return _Stamp(source, label=found["date"])
    try:
        return _Stamp(source, published_at=parse_date(found["date"]))
    except ValueError:
        return _Stamp(source, label=found["date"])


def _teaser(title: str, paragraphs: Sequence[str], stamp: _Stamp) -> Article:
    text, sections = compose([Part("", [_unmarked(paragraph) for paragraph in paragraphs])])
    language = language_of(f"{title}\n{text}")
    return Article(
        title=" ".join(title.split()),
        text=text,
        source=stamp.source,
        language=language,
        published_at=stamp.published_at,
        updated_at=stamp.updated_at,
        sections=sections,
        kind="teaser",
        metadata={"published_label": stamp.label} if stamp.label else {},
        missing=not_found({"source": stamp.source, "published_at": stamp.published_at, "language": language}),
    )
