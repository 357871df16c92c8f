import gzip
import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.chunk import CHINESE_UNIT, PASSAGE_UNITS, chunk, context
from index.sentences import sentence_spans
from index.types import Article, Section

ENGLISH_WORDS = st.sampled_from("Kimi raised money in May while banks sold 5.5 percent".split())
ENGLISH = st.lists(ENGLISH_WORDS, min_size=1, max_size=30).map(
    lambda words: " ".join(words).capitalize() + "."
)
CHINESE = st.text(alphabet="月之暗面完成新一轮融资上海银行，", min_size=1, max_size=60).map(
    lambda text: text + "。"
)
ODD = st.sampled_from(["😀😀.", "…", "“Yes.”", "A_b.", "e\u0301te\u0301.", "1.", "\u200b"])
PARAGRAPHS = st.lists(st.one_of(ENGLISH, CHINESE, ODD), min_size=1, max_size=12).map(" ".join)
BODIES = st.lists(PARAGRAPHS, max_size=4).map("\n".join)
MAX_UNITS = st.sampled_from([5.0, 20.0, 60.0, PASSAGE_UNITS])


@st.composite
def articles(draw):
    """Articles of headed sections, the headings outside the ranges, or of plain text."""
    if draw(st.booleans()):
        return Article("T", draw(BODIES))
    text, sections = "", []
    for number, body in enumerate(draw(st.lists(BODIES, min_size=1, max_size=4))):
        text += f"Heading {number}\n\n"
        sections.append(Section(f"Heading {number}", len(text), len(text) + len(body)))
        text += body + "\n\n"
    return Article("T", text, sections=tuple(sections))


def units(text: str) -> float:
    """Words, numbers and marks count one, Chinese characters 0.65."""
    chinese = len(re.findall(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]", text))
    rest = re.sub(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]", " ", text)
    return chinese * CHINESE_UNIT + len(re.findall(r"\w+|[^\w\s]", rest))


def assert_sound(article: Article, max_units: float) -> None:
    passages = chunk(article, max_units=max_units)
    sections = article.sections or (Section("", 0, len(article.text)),)
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    for passage in passages:
        section = sections[passage.section]
        assert section.char_start <= passage.char_start < passage.char_end <= section.char_end
        assert passage.char_start == passage.sentences[0].char_start
        assert passage.char_end == passage.sentences[-1].char_end
        size = sum(units(article.text[s.char_start : s.char_end]) for s in passage.sentences)
        assert size <= max_units + 1e-6 or len(passage.sentences) == 1
    cut = [(p.section, sentence) for p in passages for sentence in p.sentences]
    whole = [
        (number, span)
        for number, section in enumerate(sections)
        for span in sentence_spans(article.text, section.char_start, section.char_end)
    ]
    assert cut == whole


@given(articles(), MAX_UNITS)
def test_every_sentence_is_whole_and_in_exactly_one_passage_of_its_section(article, max_units):
    assert_sound(article, max_units)


@given(articles())
def test_no_character_of_a_section_is_lost(article):
    sections = article.sections or (Section("", 0, len(article.text)),)
    given_text = "".join("".join(article.text[s.char_start : s.char_end].split()) for s in sections)
    kept = "".join(
        "".join(article.text[s.char_start : s.char_end].split()) for p in chunk(article) for s in p.sentences
    )
    assert kept == given_text


@pytest.mark.parametrize("sentences", [16, 31, 46, 100])
def test_passages_of_a_section_are_of_nearly_equal_size(sentences):
    text = " ".join(["One two three four five six seven eight nine."] * sentences)
    sizes = [len(passage.sentences) for passage in chunk(Article("T", text))]
    assert max(sizes) - min(sizes) <= 2
    assert len(sizes) == -(-sentences // 15)


def test_a_sentence_beyond_the_maximum_is_a_passage_of_its_own():
    long = " ".join(["Word"] * 400) + "."
    passages = chunk(Article("T", f"Short one. {long} Short two."))
    assert [len(passage.sentences) for passage in passages] == [1, 1, 1]


def test_a_text_without_sentences_has_no_passages():
    assert chunk(Article("T", " \n ")) == ()
    assert chunk(Article("T", "Head", sections=(Section("Head", 4, 4),))) == ()


def test_context_is_title_and_heading_without_the_empty_ones_and_bounded():
    assert context("Title ", " Heading") == "Title\nHeading"
    assert context("", "Heading") == "Heading"
    assert context("", "") == ""
    assert len(context("t" * 1000, "h" * 1000)) <= 200 + 1 + 120


@pytest.mark.parametrize("name", ["analytical_en", "analytical_zh"])
def test_real_articles_are_cut_whole(name, test_data):
    with gzip.open(test_data / "dev" / name / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, 100):
            row = json.loads(line)
            assert_sound(Article(row["title"], row["text"]), PASSAGE_UNITS)
