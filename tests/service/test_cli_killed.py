"""A load from the command line that is killed: nothing lost, nothing doubled."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def articles_file(folder, count):
    file = folder / "many.jsonl"
    rows = (
        {"id": f"a{n}", "title": f"Title {n}", "text": f"Word{n} moved. Bank {n % 13} rose."}
        for n in range(count)
    )
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def stored_so_far():
    """Articles that are committed, read beside whatever process writes."""
    try:
        with closing(
            sqlite3.connect(f"file:{os.environ['GROUNDWIRE_DATA']}/library.sqlite3?mode=ro", uri=True)
        ) as base:
            return base.execute("SELECT count(*) FROM versions").fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # not made yet


def add_and_kill(file, once_stored):
    """Add a file in a process of its own that is killed once so many articles are stored."""
    paths = os.pathsep.join(map(str, (HERE.parents[1], HERE.parent, HERE)))
    environment = {**os.environ, "PYTHONPATH": paths, "GROUNDWIRE_CORPUS": ""}
    command = [sys.executable, str(HERE / "cli_worker.py"), "add", str(file)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None and stored_so_far() < once_stored:
            time.sleep(0.002)
        process.kill()
        out, _ = process.communicate()
    return out


def prove_that_kills_lose_nothing(groundwire, folder, moments):
    file = articles_file(folder, 500)
    held = 0
    for once_stored in moments:
        out = add_and_kill(file, once_stored)
        state = json.loads(groundwire("status", "--json")[1])
        assert state["articles"] == state["passages"] == state["versions"]
        assert state["dense_seq"] == state["lexical_seq"] == state["seq"]
        assert state["articles"] >= max(held, once_stored), "what was stored is still there"
        held = state["articles"]
        if "added" in out:
            assert held == 500, "what the command reported is there"
    summary = json.loads(groundwire("add", file, "--json")[1])
    assert (summary["unchanged"], summary["added"], summary["updated"]) == (held, 500 - held, 0)
    listed = json.loads(groundwire("articles", "--limit", 500, "--json")[1])
    assert {item["id"] for item in listed["items"]} == {f"a{n}" for n in range(500)}
    assert listed["total"] == len(listed["items"]) == 500


def test_a_load_that_is_killed_loses_and_doubles_nothing(groundwire, tmp_path):
    prove_that_kills_lose_nothing(groundwire, tmp_path, [1, 150, 400])


@pytest.mark.slow
def test_a_load_that_is_killed_at_many_moments_loses_and_doubles_nothing(groundwire, tmp_path, monkeypatch):
    chance = random.Random()
    for number in range(10):
        monkeypatch.setenv("GROUNDWIRE_DATA", str(tmp_path / f"data-{number}"))
        prove_that_kills_lose_nothing(groundwire, tmp_path, sorted(chance.sample(range(500), 5)))
