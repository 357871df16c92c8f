"""The service on a loopback port, with fakes for the models and a library of a few articles."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from fakes import FakeEmbedder

from index.library import open_library
from index.tokens import lexical_tokens
from index.types import Article, Hit
from rag.evidence import sentence_texts
from rag.generate import Generator
from rag.generate.extractive import ExtractiveGenerator
from rag.types import Evidence, ScoredPassage
from service.app import create_app
from service.engine import Engine
from service.settings import Settings

ARTICLES = (
    Article(
        "Kimi raises money",
        "Kimi raised $2 billion in May. The valuation of Kimi is above $20 billion.",
        source="The Daily",
        url="https://daily.example/kimi?a=1",
        published_at="2026-05-10",
        article_id="kimi",
    ),
    Article(
        "StepFun ![x](https://evil.example/p) <img src=x> [9]",
        "StepFun said [9] that ![pixel](https://evil.example/?q=1) raised 5 billion yuan for StepFun.",
        source="Weekly",
        published_at="2026-05-09",
        article_id="step@fun",
    ),
    Article("阶跃星辰融资", "阶跃星辰完成了50亿元融资。", source="日报", published_at="2026-05-08"),
)


class WordScorer:
    """An evidence scorer: 0.9 for a sentence that holds a word of the question with three letters or more."""

    name = "words"
    threshold = 0.5

    def score(self, question: str, hits: Sequence[Hit]) -> tuple[ScoredPassage, ...]:
        asked = {word for word in lexical_tokens(question) if len(word) > 2 or not word.isascii()}
        scored: list[ScoredPassage] = []
        for hit in hits:
            pairs = zip(hit.passage.sentences, sentence_texts(hit.passage), strict=True)
            evidence = tuple(
                Evidence(
                    hit.passage,
                    span.char_start,
                    span.char_end,
                    text,
                    0.9 if asked & set(lexical_tokens(text)) else 0.1,
                )
                for span, text in pairs
            )
            scored.append(ScoredPassage(hit, max(item.score for item in evidence), evidence))
        return tuple(scored)


@contextmanager
def live(
    folder: Path,
    generator: Generator | None = None,
    *,
    configured: str = "extractive",
    articles: Sequence[Article] = ARTICLES,
    keys: tuple[str, ...] = (),
) -> Iterator[str]:
    """Serve; gives the address without a slash behind it."""

    def open_engine(settings: Settings) -> Engine:
        library = open_library(settings.data, FakeEmbedder())
        for article in articles:
            library.put(article)
        return Engine(library, WordScorer(), generator or ExtractiveGenerator(), configured=configured)

    settings = Settings(data=folder, port=0, corpus=None, api_keys=",".join(keys), generator="extractive")
    config = uvicorn.Config(create_app(settings, open_engine), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
