"""Other names of what a question names: StepFun is 阶跃星辰.

Pairs come from a file that the user writes, and from parentheses in the library's own texts
(`阶跃星辰（StepFun）`, `World Health Organization (WHO)`), read at question time from the passages that
hold the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from index.errors import InvalidInputError
from rag.names import names_in

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_LATIN_NAME = r"[A-Z][\w.&'’-]*(?:\s+[A-Z0-9][\w.&'’-]*){0,5}"
_HAN_FIRST = re.compile(
    rf"([{_HAN}·]{{2,16}})[”』》]?\s?[（(]\s?(?:英文名?[:：]?\s?)?({_LATIN_NAME}|[a-z]\w+)\s?[）),，;；]"
)
_LATIN_FIRST = re.compile(rf"({_LATIN_NAME})[”\"]?\s?[（(]\s?[“\"]?([{_HAN}·]{{2,12}})[”\"]?\s?[）),，;；]")
_ACRONYM = re.compile(
    r"((?:[A-Z][\w'’-]+\s+(?:(?:of|and|the|for|on|in)\s+){0,2}){1,6}[A-Z][\w'’-]+)\s?\(([A-Z]{2,8})\)"
)
_LONGEST_HAN = 8

Aliases = Mapping[str, frozenset[str]]
"""A name, as it is written, to its other names."""


def read_aliases(path: Path) -> Aliases:
    """Read a file of lines `StepFun = 阶跃星辰`; empty lines and those that begin with # are left out.

    Raises `InvalidInputError` naming the line that cannot be read.
    """
    groups: list[list[str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        names = [name.strip() for name in line.split("=")]
        if len(names) < 2 or not all(names):
            raise InvalidInputError(
                f"{path}, line {number}",
                f"{line.strip()!r} names no two names.",
                "Write it as NAME = OTHER NAME.",
            )
        groups.append(names)
    return grouped(groups)


def grouped(groups: Iterable[Iterable[str]]) -> Aliases:
    """Give each name of each group the others of its groups."""
    known: dict[str, set[str]] = {}
    for group in groups:
        names = list(group)
        for name in names:
            known.setdefault(name, set()).update(other for other in names if other != name)
    return {name: frozenset(others) for name, others in known.items()}


def merged(*tables: Aliases) -> Aliases:
    """Join tables of aliases."""
    names = {name for table in tables for name in table}
    return {name: frozenset().union(*(table.get(name, frozenset()) for table in tables)) for name in names}


def pairs_in(texts: Iterable[str], question: str) -> list[tuple[str, str]]:
    """Give pairs of names that texts put side by side with parentheses.

    Chinese has no capitals: how far a name before a parenthesis reaches to the left is taken from the
    question where it holds the name, else from how the texts use it elsewhere.
    """
    all_texts = list(texts)
    together = "\n".join(all_texts)
    found: list[tuple[str, str]] = []
    for text in all_texts:
        for match in _HAN_FIRST.finditer(text):
            name = _han_name(match[1], question, together)
            if name:
                found.append((name, match[2]))
        found.extend((match[1], match[2]) for match in _LATIN_FIRST.finditer(text))
        for match in _ACRONYM.finditer(text):
            long = _spelt_out(match[1], match[2])
            if long:
                found.append((long, match[2]))
    return list(dict.fromkeys(found))


def named_in(question: str) -> list[str]:
    """Give the names of a question that may have other names, each once."""
    han = re.findall(rf"[{_HAN}·]{{2,}}", question)
    latin = [name for name in names_in(question) if name[0].isascii()]
    lower = re.findall(r"[A-Za-z][\w-]{2,}", question) if han else []
    return list(dict.fromkeys([*latin, *lower]))


def others_of(question: str, aliases: Aliases) -> list[str]:
    """Give the other names of what a question names, those that it holds already left out."""
    folded = question.casefold()
    return list(
        dict.fromkeys(
            other
            for name, others in aliases.items()
            if _holds(folded, name.casefold())
            for other in sorted(others)
            if other.casefold() not in folded
        )
    )


def across_scripts(aliases: Aliases) -> Aliases:
    """Keep the names of a table that are written in another script: only these does a search lack
    without them.
    """
    return {
        name: foreign
        for name, others in aliases.items()
        if (foreign := frozenset(other for other in others if other.isascii() != name.isascii()))
    }


def _holds(text: str, name: str) -> bool:
    if not name.isascii():
        return name in text
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def _han_name(run: str, question: str, texts: str) -> str:
    suffixes = [run[-length:] for length in range(min(len(run), _LONGEST_HAN), 1, -1)]
    asked = next((suffix for suffix in suffixes if suffix in question), "")
    if asked:
        return asked
    if len(run) <= 4:
        return run
    return next((suffix for suffix in suffixes if len(suffix) > 2 and texts.count(suffix) > 1), "")


def _spelt_out(words: str, acronym: str) -> str:
    """Give the last words whose capitals make up the acronym."""
    parts = words.split()
    for start in range(len(parts) - 1, -1, -1):
        if not parts[start][0].isupper():
            continue
        initials = "".join(part[0] for part in parts[start:] if part[0].isupper())
        if initials == acronym:
            return " ".join(parts[start:])
    return ""
