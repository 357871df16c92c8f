"""Whether passages and sentences speak at all of what a question names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from index.tokens import lexical_tokens, singular_stem
from rag.aliases import Aliases
from rag.names import may_be_common, names_in, opens_sentence
from rag.types import ScoredPassage, Understanding


def names_nothing_found(question: Understanding, passages: Sequence[ScoredPassage], aliases: Aliases) -> bool:
    """Tell whether no passage, with its title and heading, holds any name of a question that has names.

    However alike the words around it are, a passage about somebody else is no evidence. One word of one
    name is enough to be found, in any of its forms, one slip in a longer word forgiven. Passages in another
    language than the question's spell names differently: where there are only such, nothing is said.
    """
    if not any(passage.hit.passage.language == question.language for passage in passages):
        return False
    wanted = _named(question.text, aliases)
    texts = [_context(passage) for passage in passages]
    found = frozenset().union(*map(_words, texts))
    if not wanted or {singular_stem(word) for word in wanted} & {singular_stem(word) for word in found}:
        return False
    names = frozenset(word for text in texts for name in names_in(text) for word in _words(name))
    return not any(_misspelt(word, names) for word in wanted)


_LONG_WORD = 6


def _misspelt(word: str, known: Collection[str]) -> bool:
    """Whether a longer word of letters is one slip away from a word of a known name that begins alike."""
    return (
        len(word) >= _LONG_WORD
        and word.isascii()
        and word.isalpha()
        and any(other[:1] == word[0] and _one_slip(word, other) for other in known)
    )


def _one_slip(one: str, other: str) -> bool:
    """Whether two words differ by one letter put in, left out or changed, or by two neighbours in each
    other's place (Damerau 1964).
    """
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = long[at : at + 2] == short[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped


_DAY = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September"
    r"|October|November|December"
)


def is_of_another(asked: str, said: str, around: str) -> bool:
    """Tell whether a sentence begins with somebody's name and has none that a question names.

    One that begins otherwise may well speak of whom the one before it named; and a common word at the head of
    a sentence is a name where the text around it has it elsewhere with a capital.
    """
    first = next(iter(names_in(said)), "")
    if not first or not said.lstrip("\"'“‘「『(（").startswith(first):
        return False
    if _DAY.fullmatch(first) or (may_be_common(said, first) and opens_sentence(around, first)):
        return False
    wanted = {singular_stem(word) for word in _named(asked, {})}
    return bool(wanted) and not wanted & {singular_stem(word) for word in _words(said)}


def _named(asked: str, aliases: Aliases) -> frozenset[str]:
    names = (name for name in names_in(asked) if not may_be_common(asked, name))
    return frozenset(
        word for name in names for form in (name, *aliases.get(name, ())) for word in _words(form)
    )


def _context(passage: ScoredPassage) -> str:
    found = passage.hit.passage
    return f"{found.title}\n{found.heading}\n{found.text}"


def _words(text: str) -> frozenset[str]:
    # A single Chinese character is in nearly every text; the pairs of a name are not. Beyoncé is asked for as
    # Beyonce.
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return frozenset(token for token in lexical_tokens(plain) if len(token) > 1)
