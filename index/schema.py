"""The tables of the library, as numbered migrations."""

from __future__ import annotations

import sqlite3

from index.errors import StoreError, StoreVersionError

APPLICATION_ID = 0x67726E77
"""`grnw`: marks an SQLite file as a Groundwire library."""

_MIGRATIONS = (
    """
    CREATE TABLE state (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        seq INTEGER NOT NULL,
        changed_at TEXT NOT NULL
    );
    INSERT INTO state VALUES (1, 0, '');

    CREATE TABLE articles (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0
    );

    CREATE TABLE versions (
        article INTEGER NOT NULL REFERENCES articles (number),
        version INTEGER NOT NULL,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        source TEXT NOT NULL,
        url TEXT NOT NULL,
        language TEXT NOT NULL,
        published_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        kind TEXT NOT NULL,
        sections TEXT NOT NULL,
        metadata TEXT NOT NULL,
        content_sha256 BLOB NOT NULL,
        added_at TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (article, version)
    );

    CREATE TABLE qa_pairs (
        article INTEGER NOT NULL,
        version INTEGER NOT NULL,
        ordinal INTEGER NOT NULL,
        question TEXT NOT NULL,
        answer TEXT NOT NULL,
        PRIMARY KEY (article, version, ordinal),
        FOREIGN KEY (article, version) REFERENCES versions (article, version) ON DELETE CASCADE
    );

    -- A passage holds offsets, never text: with its version deleted, nothing of the article is left.
    -- Rows of replaced versions stay, so that a question which began before the change ends on them.
    CREATE TABLE passages (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        article INTEGER NOT NULL REFERENCES articles (number),
        version INTEGER NOT NULL,
        ordinal INTEGER NOT NULL,
        section INTEGER NOT NULL,
        char_start INTEGER NOT NULL,
        char_end INTEGER NOT NULL,
        sentences TEXT NOT NULL,
        content_sha256 BLOB NOT NULL,
        added_seq INTEGER NOT NULL,
        removed_seq INTEGER
    );
    CREATE INDEX passages_by_article ON passages (article);
    CREATE INDEX passages_by_added_seq ON passages (added_seq);
    CREATE INDEX passages_by_removed_seq ON passages (removed_seq) WHERE removed_seq IS NOT NULL;
    CREATE INDEX passages_by_content ON passages (content_sha256);

    CREATE TABLE vectors (
        content_sha256 BLOB NOT NULL,
        space TEXT NOT NULL,
        vector BLOB NOT NULL,
        vector_sha256 BLOB NOT NULL,
        PRIMARY KEY (content_sha256, space)
    ) WITHOUT ROWID;
    """,
    # Stories of near-duplicate articles (`index.story`).
    """
    CREATE TABLE stories (number INTEGER PRIMARY KEY AUTOINCREMENT);

    CREATE TABLE story_articles (
        article INTEGER PRIMARY KEY REFERENCES articles (number),
        story INTEGER NOT NULL REFERENCES stories (number),
        minhash BLOB NOT NULL,
        figures BLOB NOT NULL
    );
    CREATE INDEX story_articles_by_story ON story_articles (story);

    CREATE TABLE story_bands (
        key INTEGER NOT NULL,
        article INTEGER NOT NULL,
        PRIMARY KEY (key, article)
    ) WITHOUT ROWID;
    """,
    # The spaces that a library has vectors of; it is searched in the active one.
    """
    CREATE TABLE spaces (
        id TEXT PRIMARY KEY,
        model TEXT NOT NULL,
        dimension INTEGER NOT NULL,
        active INTEGER NOT NULL,
        left_seq INTEGER
    );
    CREATE UNIQUE INDEX active_space ON spaces (active) WHERE active;
    INSERT INTO spaces
        SELECT space, substr(space, 1, instr(space, '@') - 1), length(vector) / 2, 1, NULL
        FROM vectors LIMIT 1;

    -- Holds all that filters read: these columns stand behind the text, which would be read past otherwise.
    CREATE INDEX versions_by_filter ON versions (article, version, source, language, published_at);
    """,
)
SCHEMA_VERSION = len(_MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to the current schema; an empty one is created.

    Raises `StoreError` for a file of another application and `StoreVersionError` for one that a
    newer Groundwire wrote. Nothing is changed in either case.
    """
    for number in range(check(connection), SCHEMA_VERSION):
        connection.executescript(
            f"BEGIN IMMEDIATE; {_MIGRATIONS[number]}"
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number + 1}; COMMIT;"
        )


def check(connection: sqlite3.Connection) -> int:
    """Give the format of a database, 0 for an empty one; refuse a foreign one and a newer one."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and tables:
        raise StoreError(
            "The file library.sqlite3 in the data folder is not a Groundwire library. "
            "Choose another folder in GROUNDWIRE_DATA."
        )
    if version > SCHEMA_VERSION:
        raise StoreVersionError(
            f"The library has format {version}, this Groundwire reads up to {SCHEMA_VERSION}. "
            "Install the newer Groundwire that wrote it, or choose another folder in GROUNDWIRE_DATA."
        )
    return int(version)
