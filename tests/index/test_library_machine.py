"""The library against a dictionary, through any order of changes, searches and restarts."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from fakes import FakeEmbedder
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from index.errors import NotFoundError
from index.library import open_library
from index.types import Article, Filters

WORDS = ("bank", "port", "zebra", "上海", "gold")
IDS = st.sampled_from(["a", "b", "c", "d"])
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(lambda words: " ".join(words) + ".")
SOURCES = st.sampled_from(["BBC", "CNN"])


class LibraryMachine(RuleBasedStateMachine):
    """The model: the article of each id, the number of its version, and how many changes there were."""

    @initialize()
    def opened(self):
        self.folder = tempfile.TemporaryDirectory()
        self.embedder = FakeEmbedder(1024)
        self.library = open_library(Path(self.folder.name), self.embedder)
        self.articles: dict[str, Article] = {}
        self.versions: dict[str, int] = {}
        self.changes = 0
        self.held = None

    def teardown(self):
        if hasattr(self, "library"):
            self.library.close()
            self.folder.cleanup()

    def expect_put(self, article):
        known = self.articles.get(article.article_id)
        if known == article:
            return "unchanged"
        self.articles[article.article_id] = article
        self.versions[article.article_id] = self.versions.get(article.article_id, 0) + 1
        return "updated" if known else "created"

    @rule(identity=IDS, text=TEXTS, source=SOURCES)
    def put(self, identity, text, source):
        article = Article("Title", text, source, article_id=identity)
        status = self.expect_put(article)
        self.changes += status != "unchanged"
        result = self.library.put(article)
        assert (result.status, result.version) == (status, self.versions[identity])

    @rule(items=st.lists(st.tuples(IDS, TEXTS), max_size=5))
    def put_many(self, items):
        articles = [Article("Title", text, "BBC", article_id=identity) for identity, text in items]
        expected = [self.expect_put(article) for article in articles]
        self.changes += any(status != "unchanged" for status in expected)
        results = []
        self.library.put_many(articles, results.append, lambda position, refusal: results.append(refusal))
        assert [result.status for result in results] == expected

    @rule(identity=IDS)
    def delete(self, identity):
        if identity not in self.versions:
            try:
                self.library.delete(identity)
            except NotFoundError:
                return
            raise AssertionError("an article that never was could be deleted")
        self.changes += self.articles.pop(identity, None) is not None
        assert self.library.delete(identity) <= self.changes

    @rule()
    def reopen(self):
        self.library.close()
        self.library = open_library(Path(self.folder.name), self.embedder)
        self.held = None

    @rule()
    def checkpoint(self):
        self.library.checkpoint()

    @rule()
    def hold(self):
        self.held = (self.library.snapshot(), {i: replace(article) for i, article in self.articles.items()})

    @precondition(lambda self: self.held)
    @rule(word=st.sampled_from(WORDS))
    def ask_the_held_snapshot(self, word):
        snapshot, then = self.held
        found = snapshot.passages([hit.key for hit in snapshot.lexical(word, 50)])
        assert {(p.article_id, p.text) for p in found.values()} <= {
            (identity, article.text) for identity, article in then.items() if word in article.text
        }

    @rule(word=st.sampled_from(WORDS), source=st.sampled_from(["", "BBC", "CNN"]))
    def search(self, word, source):
        snapshot = self.library.snapshot()
        allowed = snapshot.keys_matching(Filters(sources=(source,) if source else ()))
        inside = {i: a for i, a in self.articles.items() if not source or a.source == source}
        lexical = [hit.key for hit in snapshot.lexical(word, 50, allowed)]
        passages = snapshot.passages(lexical)
        assert sorted(passages[key].article_id for key in lexical) == sorted(
            identity for identity, article in inside.items() if word in article.text
        )
        dense = snapshot.dense(word, 50, allowed)
        passages = snapshot.passages([hit.key for hit in dense])
        assert sorted(passages[hit.key].article_id for hit in dense) == sorted(inside)
        [query] = self.embedder.embed_queries([word])
        for hit in dense:
            [row] = self.embedder.embed_queries([f"Title\n{passages[hit.key].text}"])
            assert abs(hit.score - float(np.dot(row, query))) < 2e-3

    @invariant()
    def the_library_is_the_model(self):
        if not hasattr(self, "library"):
            return
        state = self.library.state()
        assert state.seq == state.dense_seq == state.lexical_seq == self.changes
        assert state.articles == state.passages == len(self.articles)
        items, total, _ = self.library.catalog.articles(Filters(), limit=100, after=0)
        assert total == len(items) == len(self.articles)
        for item in items:
            article = self.articles[item.article_id]
            stored = self.library.catalog.article(item.article_id)
            assert (stored.text, stored.source) == (article.text, article.source)
            assert stored.version == self.versions[item.article_id]


LibraryMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20)
TestLibraryEqualsADictionary = LibraryMachine.TestCase
