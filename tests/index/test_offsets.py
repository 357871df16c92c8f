"""What the catalog gives back of a passage are the characters at its offsets, on real and made-up texts."""

import gzip
import itertools
import json

import pytest
from fakes import FakeEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from index.library import Library, open_library
from index.types import Article

PIECES = st.sampled_from(
    (
        *("Kimi raised $2.5 billion.", "月之暗面完成融资。", "“为什么？”", "\n", "\n\n", "…", "😀", "é"),
        *("\u3000", "1. ", "Mr. X left.", " "),
    )
)
TEXTS = st.lists(PIECES, min_size=1, max_size=40).map("".join).filter(str.strip)


def assert_given_back(library: Library, article: Article) -> None:
    identity = library.put(article).article_id
    stored = library.catalog.article(identity)
    assert stored.text == article.text
    keys = [int(key) for key in library.catalog.live_keys()]
    passages = [p for p in library.catalog.passages(keys).values() if p.article_id == identity]
    assert passages
    for passage in passages:
        assert passage.text == article.text[passage.char_start : passage.char_end]
        for sentence in passage.sentences:
            assert passage.char_start <= sentence.char_start < sentence.char_end <= passage.char_end
            cut = article.text[sentence.char_start : sentence.char_end]
            assert cut == cut.strip() != ""
    kept = "".join(
        article.text[s.char_start : s.char_end]
        for passage in sorted(passages, key=lambda p: p.ordinal)
        for s in passage.sentences
    )
    assert "".join(kept.split()) == "".join(article.text.split())


@pytest.mark.parametrize("name", ["realtimeqa_en", "crud_news_pool", "covidqa"])
def test_passages_of_real_articles_are_the_characters_at_their_offsets(name, library, test_data):
    with gzip.open(test_data / "dev" / name / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, itertools.islice(lines, 0, 90, 6)):
            assert_given_back(library, Article(row["title"] or "T", row["text"], article_id=row["id"]))


@pytest.fixture(scope="module")
def shared_library(tmp_path_factory):
    opened = open_library(tmp_path_factory.mktemp("offsets") / "library", FakeEmbedder())
    yield opened
    opened.close()


@given(text=TEXTS)
@settings(max_examples=15)
def test_passages_of_any_text_are_the_characters_at_their_offsets(shared_library, text):
    assert_given_back(shared_library, Article("T", text, article_id="one"))
