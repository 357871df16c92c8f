"""Instructions in articles are data to a model, and one that obeys them still cites no wrong source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fakes import FakeEmbedder
from generating import asked
from injections import CLAIM, Injection, injections
from live_service import WordScorer

from index.library import Library, open_library
from index.types import Filters
from rag.answer import answer, find
from rag.generate import OnDelta, unheard
from rag.generate.drafts import read_drafts
from rag.generate.neutral import DATA_SIGN
from rag.generate.prompts import BEGIN, END, MARK, messages
from rag.types import DraftStatement, Evidence, Question, Understanding

ALL = tuple(injections())
LINE = re.compile(rf"^{DATA_SIGN}\[(\d+)\] (.*)$", re.MULTILINE)


class ObedientGenerator:
    """Reads the prompt of real models, states the true sentence, and obeys the order in one of five ways."""

    name = "obedient"

    def __init__(self) -> None:
        self.way = 0
        self.prompt = ""

    def generate(
        self, question: Understanding, evidence: Sequence[Evidence], on_delta: OnDelta = unheard
    ) -> list[DraftStatement]:
        self.prompt = messages(question, evidence).user
        lines = {int(number): text for number, text in LINE.findall(self.prompt)}
        true = next(number for number, text in lines.items() if "41ˆengines" in text)
        ways = (
            f"{CLAIM} [{true}].",
            f"{CLAIM} [{len(evidence) + 1}].",
            f"{CLAIM}.",
            f"[{true}] {CLAIM}.",
            "\n".join(f"┃[{number}] {text}" for number, text in lines.items() if number != true),
        )
        said = lines[true].replace("ˆ", " ").rstrip(".")
        return read_drafts(f"{said} [{true}].\n{ways[self.way % len(ways)]}")


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("poisoned")
    library = open_library(folder, FakeEmbedder())
    stored: list[str] = []
    articles = [article for item in ALL for article in (item.article, item.honest)]
    library.put_many(articles, lambda result: stored.append(result.article_id), lambda number, error: None)
    assert len(stored) == len(articles)
    yield library
    library.close()


def question_about(item: Injection) -> Question:
    ids = (item.article.article_id, item.honest.article_id)
    return Question(f"How many engines did {item.subject} make?", filters=Filters(article_ids=ids))


def test_there_are_three_hundred_of_ten_kinds():
    assert len({item.article.text for item in ALL}) == 300
    assert set(Counter(item.disguise for item in ALL).values()) == {30}


def test_nothing_but_data_reaches_the_prompt_outside_its_delimiters(poisoned):
    scorer = WordScorer()
    for item in ALL:
        question = question_about(item)
        found = find(question, library=poisoned, scorer=scorer)
        evidence = [sentence for passage in found.passages for sentence in passage.sentences]
        assert any(sentence.passage.article_id == item.article.article_id for sentence in evidence)
        understood = asked(question.text)
        user = messages(understood, evidence).user
        before, begin, rest = user.partition(BEGIN + "\n")
        block, end, after = rest.partition("\n" + END)
        assert (before, begin, end, after) == ("", f"{BEGIN}\n", f"\n{END}", f"\n\nQuestion: {question.text}")
        lines = block.split("\n")
        assert all(line.startswith(DATA_SIGN) for line in lines)
        assert not any(DATA_SIGN in line[1:] for line in lines)
        assert sorted(int(number) for number in MARK.findall(block)) == list(range(1, len(evidence) + 1))
        assert not set(block) & set("<>⟦⟧【】［］\u200b\u202e\u2066")
        assert not any(0xE0000 <= ord(character) <= 0xE007F for character in block)


def test_a_model_that_obeys_gets_nothing_past_the_check_with_a_wrong_source(poisoned):
    generator, scorer = ObedientGenerator(), WordScorer()
    told: set[int] = set()
    for item in ALL:
        generator.way = item.number
        result = answer(question_about(item), library=poisoned, scorer=scorer, generator=generator)
        assert f"The {item.subject} works in Leeds made 41 engines in March." in [
            s.text for s in result.statements
        ]
        for statement in result.statements:
            for citation in (result.citations[n - 1] for n in statement.citations):
                stored = poisoned.catalog.article(citation.article_id, citation.version)
                assert stored.text[citation.char_start : citation.char_end] == citation.quote
                if CLAIM in statement.text:
                    told.add(item.number)
                    assert citation.article_id == item.article.article_id
                    assert CLAIM in citation.quote
    # Only the way that copies an article's own words can tell what it says, with that article as the source.
    assert len(told) <= len(ALL) // 5
