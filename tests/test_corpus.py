"""The articles that ship: whole, attributed, and with nothing in them that their source does not say."""

import re

import pytest
from fakes import FakeEmbedder

from index.library import open_library
from index.parse import parse_all
from service.ingest import add_paths
from service.settings import SHIPPED_CORPUS

FILES = sorted(SHIPPED_CORPUS.rglob("*.md"))
NAMES = [str(path.relative_to(SHIPPED_CORPUS)) for path in FILES]
ENGLISH = [path for path in FILES if path.parent.name == "en"]
CHINESE = [path for path in FILES if path.parent.name == "zh"]
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SCALES = {
    "万亿": 1e12,
    "亿": 1e8,
    "万": 1e4,
    "trillion": 1e12,
    "billion": 1e9,
    "million": 1e6,
    "thousand": 1e3,
}
QUANTITY = re.compile(rf"({NUMBER.pattern})\s*({'|'.join(SCALES)})?", re.IGNORECASE)

RENDERED = {"15th five-year plan": "“十五五”", "第十五个五年规划": "“十五五”"}
"""Numbers that the page writes out, by the words that an article uses for them."""


def article_of(path):
    (article,) = parse_all(path.read_bytes(), path.name)
    return article


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_an_article_has_all_that_a_citation_shows(path):
    article = article_of(path)
    assert article.title
    assert article.source
    assert re.fullmatch(r"2026-\d\d-\d\d", article.published_at)
    assert article.language == path.parent.name
    assert sum(bool(section.heading) for section in article.sections) >= 3
    assert len(article.qa_pairs) == 5
    assert all(pair.question and pair.answer for pair in article.qa_pairs)
    assert len({pair.question for pair in article.qa_pairs}) == 5
    assert article.kind == "article"
    assert not article.missing


def test_twelve_are_english_and_six_of_them_are_there_again_in_chinese():
    assert len(ENGLISH) >= 12
    assert len(CHINESE) >= 6
    assert {path.name for path in CHINESE} <= {path.name for path in ENGLISH}
    assert sorted(ENGLISH + CHINESE) == FILES


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    library = open_library(tmp_path_factory.mktemp("corpus"), FakeEmbedder())
    summary = add_paths([SHIPPED_CORPUS], library)
    yield library, summary
    library.close()


def test_all_of_them_are_stored_and_none_is_refused(loaded):
    library, summary = loaded
    assert (summary.added, summary.refused) == (len(FILES), 0)
    assert library.state().questions == 5 * len(FILES)


def test_questions_and_their_answers_are_in_no_passage(loaded):
    library, _ = loaded
    snapshot = library.snapshot()
    passages = snapshot.passages(library.catalog.live_keys().tolist()).values()
    indexed = "\n".join(passage.text for passage in passages)
    for path in FILES:
        article = article_of(path)
        stored = next(p for p in passages if p.title == article.title)
        assert "Q&A" not in stored.heading
        for pair in article.qa_pairs:
            assert pair.question not in article.text
            assert pair.question not in indexed
            assert pair.answer not in indexed
            # The word index is asked as well: no passage holds a whole question.
            for hit in snapshot.lexical(pair.question, 5):
                assert pair.question not in snapshot.passages([hit.key])[hit.key].text


def quantities(text):
    """Every number of a text, scaled by the word behind it: `$2.5 billion` and `25亿` are the same."""
    found = set()
    for digits, scale in QUANTITY.findall(text):
        found.add(round(float(digits.replace(",", "")) * SCALES.get(scale.lower(), 1), 6))
    return found


@pytest.fixture(scope="module")
def source(test_data):
    return (test_data / "seed" / "portal_page.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_figure_stands_in_the_page_that_the_articles_were_written_from(path, source):
    article = article_of(path)
    answers = "\n".join(f"{pair.question}\n{pair.answer}" for pair in article.qa_pairs)
    written = f"{article.title}\n{article.text}\n{answers}"
    for words, original in RENDERED.items():
        assert words not in written or original in source
        written = written.replace(words, original)
    assert not quantities(written) - quantities(source)


def test_figures_are_compared_across_scales_and_scripts():
    assert quantities("$2.5 billion, 25亿美元, 1,000 and 3.2%; 10万亿") == {2.5e9, 1000.0, 3.2, 1e13}


def test_each_article_names_where_its_facts_come_from():
    for path in FILES:
        assert re.search(
            r"marsbit|Off the Page|a16z|Odaily|PANews|According to|据|Groundwire", path.read_text("utf-8")
        )


def test_no_paragraph_is_copied_from_the_page(source):
    sentences = [s.strip() for s in re.split(r"[.!?。！？\n]", source) if len(s.strip()) > 60]
    assert len(sentences) > 50
    texts = "\n".join(path.read_text("utf-8") for path in FILES)
    assert [sentence for sentence in sentences if sentence in texts] == []
