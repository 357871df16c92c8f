"""Two articles, and what a library has of them."""

import sqlite3

from index.types import Article

KIMI = Article("Kimi", "Kimi raised two billion. 😀 The zebra round closed.", article_id="kimi")


PORT = Article("Port", "Shanghai opened a port. It cost forty million.", article_id="port")


def found(library, question, snapshot=None):
    """Texts of the lexical hits."""
    snapshot = snapshot or library.snapshot()
    keys = [hit.key for hit in snapshot.lexical(question, 20)]
    passages = snapshot.passages(keys)
    return [passages[key].text for key in keys if key in passages]


def seq_of(library):
    seq = library.catalog.seq()
    assert library.snapshot().seq == seq
    return seq


def rows(folder, query):
    connection = sqlite3.connect(folder / "library.sqlite3")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
