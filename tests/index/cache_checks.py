"""A library of thirty articles, what it answers, and ways to damage its caches."""

from pathlib import Path

import pytest

from index.types import Article

WORDS = "bank port gold kimi rain moon zebra walrus 银行 上海".split()


QUESTIONS = ("bank", "zebra moon", "上海银行", "port of gold", "nothing")


def article(number: int, addition: str = "") -> Article:
    chosen = [WORDS[number % 10], WORDS[number % 7], WORDS[number % 3]]
    return Article(f"Title {number}", f"{' '.join(chosen)} {number}{addition}.", article_id=f"a{number}")


def answers(library):
    """Keys and scores of both legs for some questions."""
    snapshot = library.snapshot()
    return [
        [(hit.key, pytest.approx(hit.score, abs=1e-5)) for hit in leg(question, 50)]
        for question in QUESTIONS
        for leg in (snapshot.dense, snapshot.lexical)
    ]


def assert_caches_agree(library):
    """Both legs hold the live passages of the catalog, each once."""
    snapshot, live = library.snapshot(), library.catalog.live_keys().tolist()
    assert sorted(hit.key for hit in snapshot.dense("bank", len(live) + 50)) == live
    assert snapshot.passage_count == snapshot.lexical_leg.searcher.num_docs == len(live)
    for key in live:
        assert key in [hit.key for hit in snapshot.lexical(snapshot.passages([key])[key].text, 50)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
