"""How many of one text's words another holds."""

from __future__ import annotations

from index.tokens import lexical_tokens, query_weights, stem


def word_share(text: str, source: str) -> float:
    """Give the share of a text's words, those that carry meaning counting most, that a source holds.

    Numbers are left out: they are compared by value elsewhere.
    """
    known = {stem(token) for token in lexical_tokens(source)}
    weights = {token: weight for token, weight in query_weights(text).items() if not token[0].isdecimal()}
    total = sum(weights.values())
    return sum(weight for token, weight in weights.items() if stem(token) in known) / total if total else 1.0


def telling_share(text: str, source: str) -> float:
    """Give the share of a text's words, those alone that carry meaning, that a source holds; 0 where it has
    none.
    """
    telling, known = (
        {word for word, weight in query_weights(words).items() if weight >= 1} for words in (text, source)
    )
    return len(telling & known) / max(1, len(telling))
