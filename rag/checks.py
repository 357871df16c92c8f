"""What must hold between a statement and the sentences it cites: figures, dates, names, negation, roles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from index.language import detect
from index.tokens import lexical_tokens
from rag import alignment
from rag.chinese_names import has_form_of_name, missing_chinese_names
from rag.converses import told_from_both_sides
from rag.dates import MONTHS, DateMention, date_mentions
from rag.idioms import denies
from rag.names import is_common, is_opener, names_in, opens_sentence
from rag.numerals import english_number
from rag.quantities import Quantity, quantities, restates, same_unit

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"


def missing_figures(statement: str, evidence: str) -> list[str]:
    """Give the amounts of a statement that its evidence does not have, in value, scale and unit."""
    known = quantities(evidence)
    dated = date_mentions(evidence)
    return [
        statement[quantity.char_start : quantity.char_end]
        for quantity in quantities(statement)
        if not _trivial(quantity, statement)
        and not any(restates(quantity, other) and same_unit(quantity, other) for other in known)
        and not _is_date_part(quantity, dated)
    ]


def missing_dates(statement: str, evidence: str, published: Sequence[str]) -> list[str]:
    """Give the dates of a statement that its evidence does not have; the year may be that of publication."""
    known = list(date_mentions(evidence))
    years = {int(day[:4]) for day in published if day[:4].isdecimal()}
    filled = [
        DateMention(m.char_start, m.char_end, year, m.quarter, m.month, m.day)
        for m in known
        if not m.year
        for year in years
    ]
    digits = {token for token in lexical_tokens(evidence) if token.isdecimal()}
    return [
        statement[mention.char_start : mention.char_end]
        for mention in date_mentions(statement)
        if not mention.lies_in([*known, *filled]) and not _only_year_in(mention, digits)
    ]


def missing_names(
    statement: str, evidence: str, context: str, aliases: Mapping[str, frozenset[str]]
) -> list[str]:
    """Give the names of a statement that neither its evidence nor an alias accounts for.

    `context` (title, heading, source) counts where the evidence speaks of someone without a name, and for
    what stands in brackets.
    """
    bracketed = " ".join(re.findall(r"\[([^\]\d][^\]]*)\]", statement))
    plain = re.sub(r"\s?\[[^\]]*\]", "", statement)
    known = f"{evidence}\n{context}" if _speaks_of_someone(evidence) else evidence
    return [
        *(
            word
            for name in names_in(plain)
            for word in _unknown_words(name, known, aliases, opens=opens_sentence(plain, name))
        ),
        *(
            word
            for name in names_in(bracketed)
            for word in _unknown_words(name, f"{evidence}\n{context}", aliases)
        ),
        *_new_chinese_names(plain, known, aliases),
        *missing_chinese_names(plain, known, aliases),
    ]


def negation_differs(statement: str, evidence: str) -> bool:
    """Whether a word that one negates stands without negation in the other.

    A word negated in the statement must not stand free in the evidence alone. The reverse, and a negation of
    something that the evidence never negates, count where the statement repeats its evidence: a paraphrase
    may say "fails" for "does not work".
    """
    read = _chinese_negated if detect(statement) == "zh" else _english_negated
    stated, plain = read(statement, evidence)
    known, known_plain = read(evidence, statement)
    added = stated - known
    if not _copies(statement, evidence):
        return False
    if added & known_plain:
        return True
    dropped = {word for word in plain & known if word not in known_plain and word not in stated}
    return bool(dropped) or bool(added and not known)


def roles_swapped(statement: str, evidence: str) -> bool:
    """Whether a statement says its evidence's words over with names or amounts in each other's place."""
    if told_from_both_sides(alignment.read(statement), alignment.read(evidence)):
        return False
    if detect(statement) == "zh":
        return _chinese_swapped(statement, evidence)
    if not _copies(statement, evidence):
        return False
    stated, known = _anchors(statement), _anchors(evidence)
    order = [anchor for anchor in stated if anchor in known]
    if re.search(r"\bby\b", statement) and not re.search(r"\bby\b", evidence):
        return False
    moved = [
        (a, b)
        for i, a in enumerate(order)
        for b in order[i + 1 :]
        if known[a][0] > known[b][0] and not (_same_role(a, stated, known) or _same_role(b, stated, known))
    ]
    return bool(moved)


def _trivial(quantity: Quantity, statement: str) -> bool:
    text = statement[quantity.char_start : quantity.char_end].casefold()
    return not quantity.unit and text in ("one", "two", "一", "两", "二")


def _is_date_part(quantity: Quantity, dated: Sequence[DateMention]) -> bool:
    parts = {part for mention in dated for part in (mention.year, mention.month, mention.day) if part}
    return (
        quantity.unit in ("", "day", "year")
        and int(quantity.value) in parts
        and quantity.value == int(quantity.value)
    )


def _only_year_in(mention: DateMention, digits: set[str]) -> bool:
    return not mention.month and not mention.quarter and str(mention.year) in digits


_REFERS = re.compile(
    r"\b(?:he|she|it|they|we|his|her|its|their|our|the (?:company|firm|agency|group|government|"
    r"country|team|bank|"
    r"president|startup|city|court|report|authors?|paper))\b|[他她它其]|该|公司|这[家个位]|我们",
    re.IGNORECASE,
)


def _speaks_of_someone(evidence: str) -> bool:
    """Whether a sentence refers to someone whom it has not named before."""
    found = _REFERS.search(evidence)
    return found is not None and not names_in(evidence[: found.start()])


_PLAIN_ENDINGS = (
    "ing", "ed", "ly", "tion", "ity", "ment", "ness", "ful", "ive", "able", "ism", "ers", "ors", "ists",
    "ies", "ents", "ants", "ians", "ages", "ents", "ures", "ings", "ments", "ances", "ences", "ports",
    "ples", "ders",
)  # fmt: skip
_SAME_COUNTRY = (
    ("us", "u.s", "u.s.", "usa", "united", "states", "america", "american", "americans"),
    ("uk", "u.k", "u.k.", "britain", "british", "united", "kingdom"),
    ("eu", "e.u.", "european", "europe", "union"),
    ("un", "u.n.", "united", "nations"),
)


def _unknown_words(
    name: str, known: str, aliases: Mapping[str, frozenset[str]], *, opens: bool = False
) -> list[str]:
    """Give the words of a name that are not known; `opens` where it is the first word of a sentence."""
    folded = known.casefold()
    if any(other.casefold() in folded for other in aliases.get(name, ())):
        return []
    words = set(re.findall(r"[^\W_]+(?:[.'’-][^\W_]+)*", folded))
    initials = _initials(known)
    unknown = []
    for word in re.findall(r"[^\W_]+(?:[.&'’][^\W_]+)*", name):
        plain = re.sub(r"['’]s$", "", word).casefold()
        if len(plain) < 2 or is_common(word) or not word[0].isupper() or plain in words or plain in folded:
            continue
        if name == word and word[1:].islower() and (_may_be_plain(plain) or (opens and is_opener(plain))):
            continue
        if _is_known_month(plain, known) or english_number(plain) is not None:
            continue
        letters = plain.replace(".", "")
        if letters in initials or (word.isupper() and _spells(known, letters)):
            continue
        if not (_related(plain, words) or _country(plain, words)):
            unknown.append(word)
    return unknown


def _is_known_month(word: str, known: str) -> bool:
    return word in MONTHS and any(m.month == MONTHS.index(word) + 1 for m in date_mentions(known))


def _may_be_plain(word: str) -> bool:
    return word.endswith(_PLAIN_ENDINGS) and len(word) > 5


def _related(word: str, words: set[str]) -> bool:
    """Whether a word is a form of one of the others: Iranian of Iran, Fed of Federal."""
    stem = word[: max(4, len(word) - 3)]
    return len(word) >= 3 and any(
        other.startswith(stem)
        or (len(other) >= 4 and word.startswith(other))
        or (len(word) <= 4 and other.startswith(word))
        for other in words
    )


def _country(word: str, words: set[str]) -> bool:
    return any(word in group and any(other in words for other in group) for group in _SAME_COUNTRY)


def _initials(text: str) -> set[str]:
    """Give what the capitals of successive words spell: `fbi` of "Federal Bureau of Investigation"."""
    runs = re.findall(r"(?:[A-Z][\w’'-]*\s+(?:(?:of|and|the|for)\s+)?){1,6}[A-Z][\w’'-]*", _dotless(text))
    found = set()
    for run in runs:
        letters = "".join(word[0] for word in run.split() if word[0].isupper()).casefold()
        found |= {letters[i:j] for i in range(len(letters)) for j in range(i + 2, len(letters) + 1)}
    return found


def _spells(text: str, letters: str) -> bool:
    """Whether adjacent words of meaning spell letters, three or more: `ceo` of "chief executive officer".

    Joining words between them ("of", "and") may lend their letter or not.
    """
    words = re.findall(r"[^\W\d_]+|[.;:,?!\n]", _dotless(text).casefold())
    return len(letters) >= 3 and any(
        word not in _JOINING and _spelt_from(words, at, letters) for at, word in enumerate(words)
    )


def _spelt_from(words: Sequence[str], at: int, letters: str) -> bool:
    if not letters or at == len(words):
        return not letters
    joining = words[at] in _JOINING
    lends = words[at][0] == letters[0] and (joining or not is_common(words[at]) or words[at] in _NAMING)
    return (lends and _spelt_from(words, at + 1, letters[1:])) or (
        joining and _spelt_from(words, at + 1, letters)
    )


_NAMING = frozenset("new data company people money capital venture users police".split())
"""Common words that names of bodies and things are made of."""


def _dotless(text: str) -> str:
    """Write `U.S.` as two words of one letter."""
    return re.sub(r"\b([A-Z])\.(?=[A-Z]\b|\s)", r"\1 ", text)


_JOINING = frozenset("of and the for in on a an to".split())


def _new_chinese_names(statement: str, known: str, aliases: Mapping[str, frozenset[str]]) -> list[str]:
    """Give runs of Chinese characters that stand where the evidence has something else and look like a name.

    Both texts are laid side by side; where one run replaces another inside words that agree, and either
    has the form of a name, the statement names someone else.
    """
    found: list[str] = []
    if not _copies(statement, known):
        return found
    matcher = SequenceMatcher(None, known, statement, autojunk=False)
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        new, old = statement[b1:b2], known[a1:a2]
        if kind != "replace" or not re.fullmatch(rf"[{_HAN}·《》“”]{{1,16}}", new) or new in known:
            continue
        if not re.fullmatch(rf"[{_HAN}·A-Za-z《》“”]{{1,16}}", old) or not _framed(statement, b1, b2):
            continue
        if any(other in known for name, others in aliases.items() if new in name for other in others):
            continue
        if _is_chinese_name(statement, b1, b2) or _is_chinese_name(known, a1, a2):
            found.append(new)
    return found


def _framed(text: str, start: int, end: int) -> bool:
    return bool(re.search(rf"[{_HAN}\w]", text[max(0, start - 1) : start] + text[end : end + 2]))


def _is_chinese_name(text: str, start: int, end: int) -> bool:
    run = text[start:end]
    around = text[max(0, start - 6) : end + 6]
    return (
        has_form_of_name(run)
        or has_form_of_name(text[max(0, start - 1) : end])
        or "·" in around
        or any(run in name or name.startswith(run) for name in names_in(around) if not name.isascii())
    )


_NEGATORS = re.compile(
    r"\b(?:not|no|never|neither|nor|without|cannot|none|nobody|n[o']t)\b|\w+n['’]t\b", re.IGNORECASE
)
_LIGHT = frozenset(
    "be been being have has had do does did a an the to of in on at for and or that is are was were "
    "will would can could may"
    " might should any yet even only also just longer more very so really fully it its".split()
)
_SCOPE = 1


def _english_negated(text: str, other: str) -> tuple[set[str], set[str]]:
    """Give the stems of the content words behind a negator, and of those that stand free of one.

    Idioms that deny nothing of what the other text says are no negators.
    """
    negated: set[str] = set()
    plain: set[str] = set()
    reach = 0
    for match in re.finditer(r"[^\W_]+(?:['’][^\W_]+)?|[.;,:]", text.casefold()):
        word = match.group()
        if word in ".;,:":
            reach = 0
        elif _NEGATORS.fullmatch(word):
            reach = _SCOPE if denies(text, match.start(), other) else 0
        elif word not in _LIGHT:
            (negated if reach else plain).add(word[:5])
            reach = max(0, reach - 1)
    return negated, plain


_CHINESE_NEGATOR = re.compile(
    r"(?<!能)(?:并未|并不|并非|从未|不会|不能|不再|没有|尚未|无法|不是|未能|不|没|未)"
    r"(?![仅断少过同久得管论只妨但如足到止利力良安知料必要容错])(?<!得不)(?<!不得不)"
)


def _chinese_negated(text: str, other: str) -> tuple[set[str], set[str]]:
    negated: set[str] = set()
    plain: set[str] = set()
    covered: set[int] = set()
    for match in _CHINESE_NEGATOR.finditer(text):
        after = re.match(rf"(?:[再曾会能是有被对])?([{_HAN}]{{2}})", text[match.end() :])
        if after and denies(text, match.start(), other):
            negated.add(after[1])
            covered.add(match.end() + after.start(1))
    for at in range(len(text) - 1):
        pair = text[at : at + 2]
        if at not in covered and re.fullmatch(rf"[{_HAN}]{{2}}", pair):
            plain.add(pair)
    return negated, plain - {text[at : at + 2] for at in covered}


def _copies(statement: str, evidence: str) -> bool:
    stated, known = Counter(lexical_tokens(statement)), Counter(lexical_tokens(evidence))
    return (stated & known).total() >= 0.8 * max(1, stated.total())


_PREPOSITIONS = frozenset(
    "in at on for with by from to of between into near after before since until during via than".split()
)


def _anchors(text: str) -> dict[str, tuple[int, str]]:
    """Give names and amounts that occur once, with their place and the word before them."""
    found: list[tuple[str, int]] = [(name, text.find(name)) for name in names_in(text)]
    found += [(f"{q.value} {q.unit}", q.char_start) for q in quantities(text)]
    counts = Counter(anchor for anchor, _ in found)
    return {
        anchor: (at, (text[:at].split() or [""])[-1].casefold())
        for anchor, at in sorted(found, key=lambda pair: pair[1])
        if counts[anchor] == 1
    }


def _same_role(
    anchor: str, stated: Mapping[str, tuple[int, str]], known: Mapping[str, tuple[int, str]]
) -> bool:
    return stated[anchor][1] == known[anchor][1] and stated[anchor][1] in _PREPOSITIONS


_ADJUNCT = re.compile(r"^[，,]?(?:在|于|从|对|向|据|截至|自|当|随着|根据|\d)|日|月|年|时")


def _chinese_swapped(statement: str, evidence: str) -> bool:
    matcher = SequenceMatcher(None, evidence, statement, autojunk=False)
    gone, new = [], []
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        if kind != "equal":
            gone.append(evidence[a1:a2])
            new.append(statement[b1:b2])
    added = [run for run in new if run.strip("，,。 ")]
    if not added or any(_ADJUNCT.search(run) for run in added) or re.search("[被由]", "".join(added)):
        return False
    mutual = any(
        a and b and (b, a) in zip(gone, new, strict=True) for a, b in zip(gone, new, strict=True) if a != b
    )
    left, right = Counter("".join(gone)), Counter("".join(added))
    total = right.total()
    return mutual or (
        total >= 4 and (left & right).total() >= 0.9 * total and len("".join(added)) <= 0.6 * len(statement)
    )
