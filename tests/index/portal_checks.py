"""What must hold of the sections of every article of a portal's page."""

from index.types import Article


def body_of(article: Article, heading: str) -> str:
    section = next(section for section in article.sections if section.heading == heading)
    return article.text[section.char_start : section.char_end]


def assert_ranges_are_sound(article: Article) -> None:
    position = 0
    for section in article.sections:
        assert position <= section.char_start < section.char_end <= len(article.text)
        content = article.text[section.char_start : section.char_end]
        assert content == content.strip()
        if section.heading:
            assert article.text[: section.char_start].endswith(f"{section.heading}\n\n")
        position = section.char_end
