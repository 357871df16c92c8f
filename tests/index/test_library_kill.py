"""An acknowledged change survives the death of its process at any moment."""

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fakes import FakeEmbedder
from kill_worker import DELETED_EVERY, MUTANTS, article

from index.errors import GroundwireError
from index.library import Library, open_library

COUNT = {"put": 500, "put_many": 500, "all": 150}
KILLS = int(os.environ.get("TORTURE_KILLS", "600"))
HERE = Path(__file__).parent
PATHS = os.pathsep.join(map(str, (HERE.parents[1], HERE.parent)))


class Expected:
    """What must be in the library, by what its writer said."""

    def __init__(self) -> None:
        self.state: dict[str, str] = {}

    def hear(self, line: str) -> None:
        word, _, identity = line.strip().partition(" ")
        if identity:
            self.state[identity] = word

    def of(self, word: str) -> set[str]:
        return {identity for identity, last in self.state.items() if last == word}


def run_and_kill(folder: Path, way: str, expected: Expected, seconds: float | None, mutant: str = "") -> bool:
    """Run the worker and kill it that long after its start; gives whether it came to its end."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "kill_worker.py"), str(folder), str(COUNT[way]), way, mutant],
        env={**os.environ, "PYTHONPATH": PATHS},
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout.readline() == "START\n"
        if seconds is not None:
            killer = threading.Timer(seconds, worker.kill)
            killer.start()
        last = ""
        for line in worker.stdout:
            if line.endswith("\n"):
                last = line
                expected.hear(line)
        if seconds is not None:
            killer.cancel()
            killer.join()
    return last == "DONE\n"


def assert_whole(library: Library, expected: Expected) -> None:
    """Nothing acknowledged is lost, doubled or back again, and the caches hold what the catalog holds."""
    catalog, snapshot = library.catalog, library.snapshot()
    ids, live = catalog.known_ids(), catalog.live_keys().tolist()
    assert expected.of("STORED") <= ids
    assert not expected.of("DELETED") & ids
    assert ids <= expected.state.keys()
    passages = snapshot.passages(live)
    assert sorted(passage.article_id for passage in passages.values()) == sorted(ids)
    assert snapshot.passage_count == snapshot.lexical_leg.searcher.num_docs == len(live)
    assert sorted(hit.key for hit in snapshot.dense("bank", len(live) + 99)) == live
    for key, passage in passages.items():
        word = passage.text.partition(" ")[0]
        assert [hit.key for hit in snapshot.lexical(word, 9)] == [key]
        assert passage.text == article(int(word.removeprefix("Word"))).text
    connection = catalog._database.connection()
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def kill_and_check(folder: Path, way: str, expected: Expected, kills: list[float], mutant: str = "") -> None:
    for seconds in kills:
        run_and_kill(folder, way, expected, seconds, mutant)
        library = open_library(folder, FakeEmbedder())
        try:
            assert library.writable
            assert_whole(library, expected)
        finally:
            library.close()


def prove(folder: Path, way: str, kills: list[float]) -> None:
    expected = Expected()
    kill_and_check(folder, way, expected, kills)
    assert run_and_kill(folder, way, expected, None)
    library = open_library(folder, FakeEmbedder())
    assert_whole(library, expected)
    kept = {f"a{number}" for number in range(COUNT[way]) if number % DELETED_EVERY}
    assert library.catalog.known_ids() == expected.of("STORED") == kept
    library.close()


@pytest.mark.parametrize("way", ["put", "put_many", "all"])
def test_what_was_acknowledged_survives_kills(way, tmp_path):
    chance = random.Random(way)
    longest = 0.8 if way == "put_many" else 3.0
    prove(tmp_path / "library", way, [chance.uniform(0, longest) for _ in range(4)])


@pytest.mark.slow
@pytest.mark.parametrize("way", ["put", "put_many", "all"])
def test_what_was_acknowledged_survives_hundreds_of_kills(way, tmp_path):
    seed = time.time_ns()
    sys.stderr.write(f"seed {seed}\n")
    chance = random.Random(seed)
    for round_number in range(KILLS // 3 // 10):
        kills = [chance.uniform(0, 1.2) for _ in range(10)]
        prove(tmp_path / f"library-{round_number}", way, kills)
        shutil.rmtree(tmp_path / f"library-{round_number}")


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_proof_notices_a_library_that_is_faulty(mutant, tmp_path):
    chance = random.Random(mutant)
    kills = [chance.uniform(1.0, 5.0) for _ in range(30)]
    with pytest.raises((AssertionError, KeyError, GroundwireError)):
        kill_and_check(tmp_path / "library", "put", Expected(), kills, mutant)
