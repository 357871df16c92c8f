"""Sentence ends by one library: lines `{"language", "text"}` in, lists of ends out, a line each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

Splitter: TypeAlias = Callable[[str, str], Sequence[int]]


def pysbd() -> Splitter:
    from pysbd import Segmenter

    segmenters = {name: Segmenter(language=name, clean=False, char_span=True) for name in ("en", "zh")}
    return lambda text, language: [
        span.start + len(text[span.start : span.end].rstrip()) for span in segmenters[language].segment(text)
    ]


def blingfire() -> Splitter:
    from blingfire import text_to_sentences_and_offsets

    return lambda text, language: [end for _, end in text_to_sentences_and_offsets(text)[1]]


def sentencex() -> Splitter:
    from sentencex import segment

    def split(text: str, language: str) -> list[int]:
        ends, position = [], 0
        for sentence in segment(language, text):
            position = text.index(sentence, position) + len(sentence)
            ends.append(position - len(sentence) + len(sentence.rstrip()))
        return ends

    return split


def main() -> None:
    splitter = {"pysbd": pysbd, "blingfire": blingfire, "sentencex": sentencex}[sys.argv[1]]()
    for line in sys.stdin:
        row = json.loads(line)
        print(json.dumps(list(splitter(row["text"], row["language"]))))


if __name__ == "__main__":
    main()
