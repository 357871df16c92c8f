"""An acknowledged change survives a power loss at any moment, and the library opens."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest
from disk_worker import ORDER_MUTANTS
from lossy_disk import BYTES_SURVIVE, NAMES_SURVIVE, Disk
from power_worker import article, make_small, opened, put
from recorded_run import OPTIONS, Call, Replay, calls
from test_library_disk_errors import strace
from test_library_kill import PATHS

from index.errors import GroundwireError
from index.generations import verified_manifest
from index.library import Library
from index.verify import verify

WORKER = Path(__file__).parent / "power_worker.py"
LOSSES = int(os.environ.get("TORTURE_POWER_LOSSES", "600"))
NEW = 900_000

__all__ = ["strace"]


class Expected:
    """What may be in the library, by what its writer said: the editions that each article may have."""

    def __init__(self) -> None:
        self.editions: dict[str, set[int]] = defaultdict(lambda: {0})

    def hear(self, lines: list[str]) -> None:
        for line in lines:
            word, *about = line.split()
            if word == "BEGIN":
                self.editions[about[0]].add(int(about[1]))
            elif word == "DONE":
                self.editions[about[0]] = {int(about[1])}

    def copy(self) -> Expected:
        other = Expected()
        other.editions.update({identity: set(editions) for identity, editions in self.editions.items()})
        return other


def recorded(strace: str, folder: Path, first: int = 0, mutant: str = "") -> list[Call]:
    """Run the worker on `folder / data / library` and give its calls."""
    trace = folder.with_suffix(".trace")
    command = [sys.executable, str(WORKER), str(folder / "data" / "library"), str(first), mutant]
    done = subprocess.run(
        [strace, *OPTIONS, f"-o{trace}", *filter(None, command)],
        env={**os.environ, "PYTHONPATH": PATHS, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stdout.endswith("END\n"), done.stdout + done.stderr
    with trace.open() as lines:
        found = list(calls(lines))
    trace.unlink()
    return found


def lose_power_and_check(
    run: list[Call], base: Path, expected: Expected, losses: int, chance: random.Random, scratch: Path
) -> int:
    """Lose power at so many moments of a run, check what each leaves; gives how many moments there were."""
    moments = sorted(chance.choices(changing(run, base), k=losses))
    ways = itertools.cycle(itertools.product(NAMES_SURVIVE, BYTES_SURVIVE))
    shuffled = [next(ways) for _ in moments]
    chance.shuffle(shuffled)
    replay, heard, position = Replay(Disk(base)), 0, 0
    expected = expected.copy()
    for moment, (names, content) in zip(moments, shuffled, strict=True):
        while position <= moment:
            replay.do(run[position])
            position += 1
        expected.hear(replay.said[heard:])
        heard = len(replay.said)
        replay.disk.lose_power(chance, names, content, scratch)
        try:
            check(scratch / "data" / "library", expected)
        except (AssertionError, GroundwireError, OSError) as error:
            raise AssertionError(
                f"power lost after call {moment} ({run[moment].name}); names: {names}, bytes: {content}; {error}"
            ) from error
        shutil.rmtree(scratch)
    return len(moments)


def changing(run: list[Call], base: Path) -> list[int]:
    """Give the calls after which the disk may be another one than before."""
    replay = Replay(Disk(base))
    return [number for number, call in enumerate(run) if replay.do(call)]


def check(folder: Path, expected: Expected) -> None:
    """What stands under a final name is whole; the library opens, has what it must, and goes on."""
    acknowledged = any(0 not in editions for editions in expected.editions.values())
    if (folder / "dense").is_dir():
        for generation in (folder / "dense").glob("g*"):
            assert verified_manifest(generation) is not None, f"{generation} is not whole"
    if acknowledged:
        places = list((folder / "lexical").iterdir())
        assert any(verified_manifest(place) for place in places), "no lexical index is whole"
    library = opened(folder)
    try:
        assert library.writable
        assert_has(library, expected)
        put(library, NEW)
        assert [found.article_id for found in passages_of(library, f"Word{NEW}x1")] == [f"a{NEW}"]
        embedder = library.embedder
    finally:
        library.close()
    faults = [fault.what for fault in verify(folder, embedder).faults]
    assert not faults, faults


def passages_of(library: Library, word: str) -> list:
    snapshot = library.snapshot()
    return list(snapshot.passages([hit.key for hit in snapshot.lexical(word, 9)]).values())


def assert_has(library: Library, expected: Expected) -> None:
    """Every article has an edition that it may have, and both legs find that one and no other."""
    catalog, snapshot = library.catalog, library.snapshot()
    ids, live = catalog.known_ids(), catalog.live_keys().tolist()
    assert ids <= expected.editions.keys()
    assert snapshot.passage_count == snapshot.lexical_leg.searcher.num_docs == len(live) == len(ids)
    assert sorted(hit.key for hit in snapshot.dense("bank", len(live) + 99)) == live
    for identity, editions in expected.editions.items():
        stored = catalog.article(identity).text if identity in ids else None
        texts = {article(int(identity[1:]), edition).text if edition else None: edition for edition in editions}
        assert stored in texts, f"{identity} is {stored!r} and may be one of {list(texts)}"
        for edition in range(1, 4):
            found = [passage.article_id for passage in passages_of(library, f"Word{identity[1:]}x{edition}")]
            assert found == ([identity] if edition == texts[stored] else []), (identity, edition, found)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    from index import dense
    from index import library as library_module

    for module, name in (
        (dense, "MERGE_AFTER"),
        (dense, "REPLAY_AT_MOST"),
        (library_module, "BATCH_PASSAGES"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))
    make_small()


def prove(strace: str, folder: Path, losses: int, seed: int, mutant: str = "") -> int:
    base = folder / "base"
    base.mkdir()
    run = recorded(strace, base, mutant=mutant)
    shutil.rmtree(base)
    base.mkdir()
    return lose_power_and_check(run, base, Expected(), losses, random.Random(seed), folder / "left")


def test_what_was_acknowledged_survives_a_power_loss(strace, tmp_path):
    assert prove(strace, tmp_path, 40, seed=7) == 40
