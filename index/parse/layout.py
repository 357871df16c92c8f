"""What the parsers share: the text of an article out of its parts, and headings in unmarked text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.errors import RefusedDocumentError
from index.language import detect
from index.parse.qa import is_marked
from index.sentences import sentence_spans
from index.types import Section, SectionKind

MAX_TITLE = 120
"""Where a title has to be taken from the text, it is cut at this many characters."""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with the paragraphs under it; what comes before the first heading has none."""

    heading: str
    paragraphs: Sequence[str]
    kind: SectionKind = "body"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of unmarked text; `alone` where it is one line between blank lines."""

    text: str
    alone: bool


def compose(parts: Iterable[Part]) -> tuple[str, tuple[Section, ...]]:
    """Join parts into the text of an article, with the range of each part's content.

    A heading without content keeps its line in the text but makes no section: there is nothing to
    cite under it.
    """
    pieces: list[str] = []
    sections: list[Section] = []
    position = 0
    for part in parts:
        heading = " ".join(part.heading.split())
        if heading:
            pieces.append(heading)
            position += len(heading) + 2
        content = "\n\n".join(filter(None, (paragraph.strip() for paragraph in part.paragraphs)))
        if content:
            pieces.append(content)
            sections.append(Section(heading, position, position + len(content), part.kind))
            position += len(content) + 2
    return "\n\n".join(pieces), tuple(sections)


def first_sentence(text: str) -> str:
    """Stand in for a missing title with the first sentence, cut where it is long."""
    spans = sentence_spans(text, 0, 10 * MAX_TITLE)
    return " ".join(text[spans[0].char_start : spans[0].char_end][:MAX_TITLE].split()) if spans else ""


def language_of(text: str) -> str:
    """Detect the language; `""` where the letters do not tell."""
    found = detect(text)
    return "" if found == "und" else found


def not_found(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Name the fields that a parser looked for and left empty."""
    return tuple(name for name, value in fields.items() if not value)


def no_text(name: str) -> RefusedDocumentError:
    """Refuse a document that has no text which could be cited."""
    return RefusedDocumentError(
        name,
        "no-text",
        "There is no article text in it.",
        "Give a document with at least a sentence of body text.",
    )


def without_title(blocks: Sequence[Block], title: str) -> list[Block]:
    """Drop the title where it is repeated as the first line above other text."""
    repeated = len(blocks) > 1 and blocks[0].text == title
    return list(blocks[1:] if repeated else blocks)


def parts_of(blocks: Sequence[Block]) -> list[Part]:
    """Divide blocks at the headings among them."""
    headings = find_headings(blocks)
    parts: list[Part] = []
    heading, paragraphs = "", list[str]()
    for number, block in enumerate(blocks):
        if number not in headings:
            paragraphs.append(block.text)
            continue
        if heading or paragraphs:
            parts.append(Part(heading, paragraphs))
        heading, paragraphs = block.text.rstrip(":：").rstrip(), []
    return [*parts, Part(heading, paragraphs)]


_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_ENDED = re.compile(r"[.!?。！？…；;][\"'”’」』）)\]】]{0,3}\Z")
_LEADS_ON = re.compile(r"[.!?。！？…；;:：,，、—–-][\"'”’」』）)\]】]{0,3}\Z")
_CAPTION = re.compile(
    r"(?:图源|图片|图[：:｜|]|来源|数据来源|摄影|供图|photo|image|source|credit|figure|read more|by |@)",
    re.IGNORECASE,
)
_CLOSING_WORDS = re.compile(
    r"(?:写在最后|写在结尾|结语|结论|总结|小结|后记|尾声|引言|前言|导语|编者按"
    r"|conclusions?|epilogue|introduction|background|closing words|final thoughts|the bottom line)",
    re.IGNORECASE,
)
_MINOR_WORDS = re.compile(
    r"an?|the|of|and|or|but|nor|in|to|for|on|with|from|into|over|than|that|at|by|as|is|vs|per|via|off|up"
    r"|not|its"
)
_ROMAN = r"(?P<roman>[IVXLC]{1,7}|[Ⅰ-Ⅻ])[.．、:：]"
_ARABIC = r"(?P<arabic>[0-9]{1,2})(?:[.．、)）](?![0-9])|(?<=0[0-9])\s)"
_CHINESE = (
    r"(?P<chinese>[一二三四五六七八九十]{1,3})[、.．:：]|[（(](?P<bracketed>[一二三四五六七八九十]{1,3})[)）]"
)
_ORDINAL = (
    r"第(?P<ordinal>[一二三四五六七八九十]{1,3}|[0-9]{1,2})(?:部分|章|节|節|篇)[、.:：\s]?"
    r"|(?:Part|Chapter|Section|Step)\s(?P<part>[0-9]{1,2}|[IVX]{1,5}|One|Two|Three|Four|Five|Six|Seven"
    r"|Eight|Nine|Ten)"
    r"(?:[.:：]|\s?[-–—]\s)"
)
_NUMBERED = re.compile(rf"(?:{_ROMAN}|{_ARABIC}|{_CHINESE}|{_ORDINAL})\s*(?P<rest>\S.*)", re.DOTALL)
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_LONGEST_HEADING = 100
_LONGEST_EAST_ASIAN_HEADING = 45


def find_headings(blocks: Sequence[Block]) -> frozenset[int]:
    """Find the headings among blocks of text without marks, and rather too few than too many.

    A heading is a short line alone between blank lines that does not end like a sentence and has
    text under it. Where the headings are numbered, a line without a number has to say more
    plainly that it is one.
    """
    numbered = frozenset(_numbered(blocks))
    plain = frozenset(
        number
        for number in range(len(blocks) - 1)
        if number not in numbered and _is_plain_heading(blocks, number, strict=bool(numbered))
    )
    return numbered | plain


def _numbered(blocks: Sequence[Block]) -> Iterator[int]:
    """Yield the numbered lines that count sections; items of a list follow one another directly."""
    candidates = {number: found for number, block in enumerate(blocks) if (found := _number_of(block))}
    by_style: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, (style, value) in candidates.items():
        following = candidates.get(number + 1)
        if number + 1 < len(blocks) and (following is None or following[0] != style):
            by_style[style].append((number, value))
    for places in by_style.values():
        for number, value in places:
            neighbours = {value - 1: -1, value + 1: 1}
            if value == 1 or any(
                other in neighbours and (place - number) * neighbours[other] > 0 for place, other in places
            ):
                yield number


def _number_of(block: Block) -> tuple[str, int] | None:
    """Return the style and the number of a line that could be a numbered heading."""
    if not block.alone or not _is_short(block.text):
        return None
    found = _NUMBERED.fullmatch(block.text)
    if found is None:
        return None
    rest = found["rest"]
    if rest.endswith((".", "。", ";", "；", ",", "，", "、", "…")) or len(sentence_spans(rest)) > 1:
        return None
    style, label = next((name, text) for name, text in found.groupdict().items() if text and name != "rest")
    return style, _value(label)


def _value(label: str) -> int:
    if label.isascii() and label.isdecimal():
        return int(label)
    if "Ⅰ" <= label <= "Ⅻ":
        return ord(label) - ord("Ⅰ") + 1
    if label.casefold() in _WORDS:
        return _WORDS.index(label.casefold()) + 1
    if label[0] in _ROMAN_VALUES:
        values = [_ROMAN_VALUES[letter] for letter in label]
        return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
    tens, ten, ones = label.rpartition("十")
    digits = "零一二三四五六七八九"
    return (digits.find(tens or "一") * 10 if ten else 0) + (digits.find(ones) if ones else 0)


def _is_short(line: str) -> bool:
    east = len(_EAST_ASIAN.findall(line[: _LONGEST_HEADING + 1]))
    return (
        len(line) <= (_LONGEST_EAST_ASIAN_HEADING if 2 * east > len(line) else _LONGEST_HEADING)
        and "\n" not in line
    )


def _is_plain_heading(blocks: Sequence[Block], number: int, *, strict: bool) -> bool:
    """Judge a line without a number by itself and by the paragraphs around it."""
    block, below = blocks[number], blocks[number + 1]
    if not block.alone or not _is_short(block.text) or _CAPTION.match(block.text):
        return False
    if not _ENDED.search(below.text) or is_marked(block.text):
        return False
    bare = block.text.rstrip(":：").rstrip()
    if _CLOSING_WORDS.fullmatch(bare):
        return True
    if bare != block.text or "【" in bare:
        return (
            not _LEADS_ON.search(bare) and _is_title_case(bare) and ("【" in bare or len(bare.split()) >= 3)
        )
    if strict or _LEADS_ON.search(bare) or len(sentence_spans(bare)) > 1:
        return False
    in_run = _is_one_sentence(below) and (number == 0 or _is_one_sentence(blocks[number - 1]))
    if _EAST_ASIAN.search(bare):
        return _is_east_asian_heading(bare) and not (in_run and "，" in bare)
    if _is_title_case(bare) and len(bare.split()) >= 3:
        return True
    return bare[:1].isupper() and 1 <= len(bare.split()) <= 10 and not in_run and len(below.text) >= 80


def _is_one_sentence(block: Block) -> bool:
    return _ENDED.search(block.text) is not None and len(sentence_spans(block.text)) == 1


def _is_title_case(line: str) -> bool:
    words = [word for word in re.findall(r"[^\W_][\w’'-]*", line) if not _EAST_ASIAN.search(word)]
    if not words or len(words) > 14 or not (words[0][0].isupper() or words[0][0].isdecimal()):
        return False
    return all(not word[0].islower() or _MINOR_WORDS.fullmatch(word) for word in words)


def _is_east_asian_heading(line: str) -> bool:
    east = len(_EAST_ASIAN.findall(line))
    if 4 * east < len(line.replace(" ", "")):
        return _is_title_case(line)
    return 2 <= len(line) <= 30 and line.count("，") + line.count(",") <= 1 and "：" not in line[:4]
