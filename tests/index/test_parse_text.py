import pytest

from index.parse import parse
from index.types import Article

BODY = "Kimi raised $2 billion. It was May."


def read(text: str) -> Article:
    return parse(text.encode(), "given.txt")


def test_short_first_line_above_a_blank_line_is_the_title():
    article = read(f"Kimi Raises Money\n\n{BODY}\n")
    assert (article.title, article.text) == ("Kimi Raises Money", BODY)
    assert article.missing == ("source", "published_at")
    assert article.language == "en"


@pytest.mark.parametrize("text", [BODY, f"{BODY}\nMore of it.", f"{'x' * 201}\n\n{BODY}"])
def test_first_sentence_stands_in_for_a_missing_title(text):
    article = read(text)
    assert "title" in article.missing
    assert article.title == text.split(". ")[0].split("\n")[0][:119] + "." or article.title == "x" * 120
    assert article.text.startswith(article.title)


def test_text_without_letters_has_no_language():
    article = read("12345")
    assert article.language == ""
    assert article.missing == ("title", "source", "published_at", "language")


def test_wrapped_lines_become_one_paragraph_and_lines_of_a_list_stay():
    wrapped = "The company said on Monday that it had raised two billion\ndollars from investors."
    article = read(f"A Title\n\n{wrapped}\n\nApples\nPears\nPlums")
    assert article.text == wrapped.replace("\n", " ") + "\n\nApples\nPears\nPlums"


def test_lines_that_are_sentences_become_paragraphs():
    assert read("标题\n\n第一段。\n第二段。\n").text == "第一段。\n\n第二段。"


def test_headings_divide_the_text():
    article = read(f"A Title\n\n{BODY}\n\nI. The First Part\n\n{BODY}\n\nII. The Second Part\n\n{BODY}")
    assert [section.heading for section in article.sections] == [
        "",
        "I. The First Part",
        "II. The Second Part",
    ]
    assert all(article.text[s.char_start : s.char_end] == BODY for s in article.sections)


def test_title_repeated_above_the_body_is_dropped():
    assert read(f"A Title\n\nA Title\n\n{BODY}").text == BODY


def test_questions_under_a_label_leave_the_text():
    article = read(
        f"A Title\n\n{BODY}\n\nFAQ\n\nQ: Who raised money?\nA: Kimi.\n\n问：多少？\n答：20亿美元。\n"
    )
    assert [(pair.question, pair.answer) for pair in article.qa_pairs] == [
        ("Who raised money?", "Kimi."),
        ("多少？", "20亿美元。"),
    ]
    assert article.text == BODY


def test_section_behind_the_questions_stays():
    behind = f"What Comes After This\n\n{BODY}\n\nThe end came. It did."
    article = read(f"A Title\n\n{BODY}\n\nQ&A\n\nQ: Who?\nA: Kimi.\n\n{behind}")
    assert [section.heading for section in article.sections] == ["", "What Comes After This"]
    assert len(article.qa_pairs) == 1


def test_label_without_pairs_is_an_ordinary_line():
    article = read(f"A Title\n\n{BODY}\n\nQ&A\n\nThe session was short. Nobody asked a question.")
    assert article.qa_pairs == ()
    assert "Nobody asked" in article.text
