"""Text to what the reader sees: word-piece ids and, for each, how it meets the other side.

The English vocabulary is that of the encoder. Chinese goes in by single characters: the frequent ones have
ids of their own, the others share a few by code point. A match code tells whether a piece's word (or a
Chinese character with its neighbours) stands in the question too, so that the reader need not learn to
compare spellings, and can do so for characters that it has never seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.tokens import CHINESE
from index.types import Span

if TYPE_CHECKING:
    from tokenizers import Tokenizer

QUESTION_PIECES = 64
CONTEXT_PIECES = 40
PIECES = 384
"""Longest input in pieces; a passage beyond it is read in several windows of whole sentences."""

SHARED_IDS = 64
"""Ids that the Chinese characters outside the vocabulary share."""

MATCH_CODES = 16
_QUESTION_SIDE = 8
_NONE, _FUNCTION, _STEM, _WORD, _CHARACTER, _PAIR, _TRIPLE, _NUMBER = range(8)

_FUNCTION_WORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how if in into"
    " is it its many much of on or she so than that the their them then there they this to up was we were"
    " what when where which who whom whose why will with would you your s t ' , . ? ! : ; - ( ) \" “ ” ’ ‘"
    " 的 了 是 在 和 有 与 为 吗 呢 什 么 ， 。 ？ 、 ： ； “ ” （ ） 《 》".split()
)
_CHINESE = re.compile(f"[{CHINESE}]")
_STEM_LETTERS = 5


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text as ids, with the form of each piece's word: lower case, whole word or single character.

    `left` and `right` hold for a Chinese character the pairs it is part of, else nothing; `spans` are
    the pieces' character ranges.
    """

    ids: tuple[int, ...]
    forms: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    def cut(self, start: int, end: int) -> Pieces:
        """Give the pieces in a range of positions."""
        return Pieces(self.ids[start:end], self.forms[start:end], self.spans[start:end])


@dataclass(frozen=True, slots=True)
class Forms:
    """What stands in a text: words, stems, pairs and triples of Chinese characters."""

    words: Set[str]
    stems: Set[str]
    pairs: Set[str]
    triples: Set[str]

    @classmethod
    def of(cls, *texts: Pieces) -> Forms:
        """Collect the forms of several texts."""
        words = {form for text in texts for form in text.forms}
        runs = ["".join(f if _CHINESE.match(f) else " " for f in text.forms) for text in texts]
        return cls(
            words,
            {stem for word in words if (stem := _stem(word))},
            {run[i : i + 2] for run in runs for i in range(len(run) - 1)},
            {run[i : i + 3] for run in runs for i in range(len(run) - 2)},
        )


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the reader: parallel ids, sides (0 question, 1 passage) and match codes.

    `sentence_of` gives for each piece the place of its sentence in the window, -1 outside of sentences; the
    first piece of each sentence is its mark. `sentences` are their places in the passage.
    """

    ids: tuple[int, ...]
    sides: tuple[int, ...]
    matches: tuple[int, ...]
    sentence_of: tuple[int, ...]
    sentences: tuple[int, ...]


class Reading:
    """Makes windows from questions and passages with one vocabulary."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        ids = {piece: number for number, piece in enumerate(vocabulary)}
        self._first_shared = len(vocabulary)
        self._begin, self._end, self._unknown = ids["[CLS]"], ids["[SEP]"], ids["[UNK]"]
        self.mark = ids["[unused1]"]
        self._bar = ids["[unused2]"]
        self._tokenizer = _tokenizer(ids)

    def pieces(self, text: str) -> Pieces:
        """Cut a text into pieces."""
        return self.pieces_of([text])[0]

    def pieces_of(self, texts: Sequence[str]) -> list[Pieces]:
        """Cut texts into pieces."""
        found: list[Pieces] = []
        for text, encoding in zip(
            texts, self._tokenizer.encode_batch(list(texts), add_special_tokens=False), strict=True
        ):
            spans = encoding.offsets
            words: dict[int | None, tuple[int, int]] = {}
            for word, (start, end) in zip(encoding.word_ids, spans, strict=True):
                first, _ = words.get(word, (start, end))
                words[word] = (first, end)
            forms = [text[slice(*words[word])].lower() for word in encoding.word_ids]
            ids = [
                self._shared_id(form) if number == self._unknown else number
                for number, form in zip(encoding.ids, forms, strict=True)
            ]
            found.append(Pieces(tuple(ids), tuple(forms), tuple(spans)))
        return found

    def _shared_id(self, form: str) -> int:
        if _CHINESE.fullmatch(form):
            return self._first_shared + ord(form) % SHARED_IDS
        return self._unknown

    def windows(
        self,
        question: Pieces,
        context: Pieces,
        sentences: Sequence[Pieces],
        *,
        limit: int = PIECES,
        asked_limit: int = QUESTION_PIECES,
    ) -> list[Window]:
        """Give the windows of a passage: one, or several where it is longer than `limit` pieces.

        A question is cut after `asked_limit` pieces.
        """
        question = question.cut(0, asked_limit)
        context = context.cut(0, CONTEXT_PIECES)
        room = limit - len(question.ids) - len(context.ids) - 4
        asked = Forms.of(question)
        told = Forms.of(context, *sentences)
        head = (self._begin, *question.ids, self._end, *context.ids, self._bar)
        head_matches = (
            0,
            *(code + _QUESTION_SIDE for code in match_codes(question, told)),
            0,
            *match_codes(context, asked),
            0,
        )
        sides = (0,) * (len(question.ids) + 2) + (1,) * (len(context.ids) + 1)
        windows: list[Window] = []
        for group in _grouped([len(s.ids) + 1 for s in sentences], room):
            ids, matches = list(head), list(head_matches)
            owner = [-1] * len(head)
            for place, number in enumerate(group):
                sentence = sentences[number].cut(0, room - 1)
                ids += (self.mark, *sentence.ids)
                matches += (0, *match_codes(sentence, asked))
                owner += [place] * (len(sentence.ids) + 1)
            ids.append(self._end)
            matches.append(0)
            owner.append(-1)
            padded = sides + (1,) * (len(ids) - len(sides))
            windows.append(Window(tuple(ids), padded, tuple(matches), tuple(owner), tuple(group)))
        return windows


def match_codes(text: Pieces, other: Forms) -> list[int]:
    """Tell for each piece how its form meets the other side."""
    run = "".join(f if _CHINESE.match(f) else " " for f in text.forms)
    return [_code(form, run, place, other) for place, form in enumerate(text.forms)]


def _code(form: str, run: str, place: int, other: Forms) -> int:
    if form in other.words:
        if form in _FUNCTION_WORDS:
            return _FUNCTION
        if run[place] != " ":
            return _chinese_code(run, place, other)
        return _NUMBER if form[:1].isdigit() else _WORD
    stem = _stem(form)
    return _STEM if stem and stem in other.stems else _NONE


def _chinese_code(run: str, place: int, other: Forms) -> int:
    if any(run[i : i + 3] in other.triples for i in range(max(0, place - 2), place + 1)):
        return _TRIPLE
    if any(run[i : i + 2] in other.pairs for i in range(max(0, place - 1), place + 1)):
        return _PAIR
    return _CHARACTER


def _stem(form: str) -> str:
    long_enough = len(form) > _STEM_LETTERS or (len(form) == _STEM_LETTERS and form.isalpha())
    return form[:_STEM_LETTERS] if long_enough and form[0].isalpha() and not _CHINESE.match(form) else ""


def _grouped(sizes: Sequence[int], room: int) -> list[list[int]]:
    """Share sentences out to windows of at most `room` pieces, in order; a longer one stands alone."""
    groups: list[list[int]] = []
    filled = 0
    for number, size in enumerate(sizes):
        size = min(size, room)
        if not groups or filled + size > room:
            groups.append([])
            filled = 0
        groups[-1].append(number)
        filled += size
    return groups


def sentence_texts(text: str, spans: Sequence[Span]) -> list[str]:
    """Give the texts of ranges."""
    return [text[span.char_start : span.char_end] for span in spans]


def _tokenizer(ids: dict[str, int]) -> Tokenizer:
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = BertNormalizer(lowercase=True, handle_chinese_chars=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer
