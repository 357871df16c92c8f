import math
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from index.library import open_library
from index.tokens import lexical_tokens
from index.types import Article

K1, B = 1.2, 0.75
SHARES = {"body": 1.0, "context": 0.4}


def bm25(documents: dict[int, dict[str, str]], weights: dict[str, float]) -> list[tuple[int, float]]:
    """Okapi BM25 with the idf of Robertson and Spärck Jones plus one, over weighted fields, by key."""
    scores: Counter[int] = Counter()
    for name, share in SHARES.items():
        counts = {key: Counter(lexical_tokens(fields[name])) for key, fields in documents.items()}
        average = sum(count.total() for count in counts.values()) / len(counts)
        for term, weight in weights.items():
            holding = sum(term in count for count in counts.values())
            idf = math.log(1 + (len(counts) - holding + 0.5) / (holding + 0.5))
            for key, count in counts.items():
                if term in count:
                    norm = K1 * (1 - B + B * count.total() / average)
                    scores[key] += share * weight * idf * count[term] * (K1 + 1) / (count[term] + norm)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


# Words that are their own stems. Below 40 tokens Tantivy keeps the length of a field exactly.
WORDS = st.sampled_from("bank port gold kimi rain moon 5.5 the of 银行 上海 港".split())
TITLES = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
BODIES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@given(
    st.lists(st.tuples(TITLES, BODIES), min_size=1, max_size=12),
    st.lists(WORDS, min_size=1, max_size=4, unique=True),
)
@settings(max_examples=30)
def test_scores_are_those_of_bm25_over_passage_and_context(articles, words):
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Path(folder), FakeEmbedder())
        for number, (title, text) in enumerate(articles):
            library.put(Article(title, text, article_id=f"a{number}"))
        snapshot = library.snapshot()
        found = snapshot.lexical(" ".join(words), 50)
        passages = snapshot.passages(list(range(1, len(articles) + 1)))
        library.close()
    assert len(passages) == len(articles)
    documents = {key: {"body": p.text, "context": p.title} for key, p in passages.items()}
    weights = {
        token: 0.3 if token in ("the", "of") or (len(token) == 1 and token > "\u3400") else 1.0
        for token in lexical_tokens(" ".join(words))
    }
    expected = dict(bm25(documents, weights))
    assert {hit.key for hit in found} == expected.keys()
    for hit in found:
        assert hit.score == pytest.approx(expected[hit.key], rel=1e-4, abs=1e-4)
    scores = [hit.score for hit in found]
    assert scores == sorted(scores, reverse=True)


def titled(library, *texts):
    for number, text in enumerate(texts):
        library.put(Article(f"Title {number}", text, article_id=f"a{number}"))
    return library.snapshot()


def test_a_word_is_found_in_its_other_forms(library):
    snapshot = titled(library, "The bank raises money.", "A port.")
    assert [hit.key for hit in snapshot.lexical("raised", 5)] == [1]
    assert [hit.key for hit in snapshot.lexical("raising raised raise", 5)] == [1]


def test_a_chinese_name_is_found_inside_a_sentence(library):
    snapshot = titled(library, "月之暗面完成新一轮融资。", "上海港今年开放。")
    assert snapshot.lexical("月之暗面融资了多少？", 5)[0].key == 1
    assert [hit.key for hit in snapshot.lexical("上海港", 5)] == [2]


def test_a_heading_is_found_beside_the_passage(library):
    library.put(Article("Plain", "It rose.", article_id="a"))
    assert [hit.key for hit in library.snapshot().lexical("plain", 5)] == [1]


def test_filters_leave_the_scores_of_what_they_let_through(library):
    snapshot = titled(library, *(f"bank {'port ' * (i % 7)}" for i in range(60)))
    unfiltered = {hit.key: hit.score for hit in snapshot.lexical("bank", 60)}
    allowed = np.array([3, 40, 59, 60, 1000])
    found = snapshot.lexical("bank", 2, allowed)
    best = sorted((3, 40, 59, 60), key=lambda key: (-unfiltered[key], key))[:2]
    assert [(hit.key, hit.score) for hit in found] == [(key, unfiltered[key]) for key in best]
    assert snapshot.lexical("bank", 5, np.empty(0, np.int64)) == []


@pytest.mark.parametrize(
    "question", ["", "?!", "zebra", '"bank', "body:bank AND (", "bank^9 *", "\0", "b" * 70_000]
)
def test_any_text_can_be_asked(question, library):
    snapshot = titled(library, "A bank.")
    assert {hit.key for hit in snapshot.lexical(question, 5)} <= {1}


def test_an_empty_library_has_no_hits(library):
    assert library.snapshot().lexical("bank", 5) == []
    assert library.snapshot().dense("bank", 5) == []


def test_removed_passages_are_not_found(library):
    titled(library, "A bank.", "A bank and a port.")
    library.delete("a0")
    assert [hit.key for hit in library.snapshot().lexical("bank", 5)] == [2]
