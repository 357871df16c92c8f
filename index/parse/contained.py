"""Documents that could be hostile, read in processes of their own: two at a time, killed when they hang."""

from __future__ import annotations

import atexit
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final

from index.parse import frames
from index.parse.budget import AT_ONCE, CPU_SECONDS, WALL_SECONDS
from index.parse.refusals import damaged, timed_out
from index.parse.rich import RichFormat
from index.types import Article

log = logging.getLogger(__name__)

_START_SECONDS: Final = 60
# The kernel ends a document's process in time; this is for the case that it does not.
_GRACE_SECONDS: Final = 10
_PACKAGES: Final = Path(__file__).resolve().parents[2]


class _Worker:
    """A process that forks for each document and leads a group, so that all of it can be killed."""

    def __init__(self) -> None:
        # What the service knows (keys, settings) is no business of a parser's.
        environment = {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join([str(_PACKAGES), *filter(None, sys.path)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONUTF8": "1",
            "OMP_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "index.parse.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            env=environment,
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests = self._process.stdin.fileno()
        self._answers = self._process.stdout.fileno()
        if frames.receive(self._answers, seconds=_START_SECONDS) != b"ready":
            self.stop()
            raise frames.BrokenFrameError("the parsing process does not start")

    def ask(self, request: bytes, wall_seconds: int) -> bytes:
        """Return what the process says of a document."""
        frames.send(self._requests, request, seconds=_GRACE_SECONDS)
        answer = frames.receive(self._answers, seconds=wall_seconds + _GRACE_SECONDS)
        if not answer:
            raise frames.BrokenFrameError("the parsing process ended")
        return answer

    def stop(self) -> None:
        """Kill the process and its forks."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            log.debug("the parsing process %d had ended", self._process.pid)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()


class ParserPool:
    """At most two workers, started when they are first needed and kept."""

    def __init__(
        self, size: int = AT_ONCE, *, cpu_seconds: int = CPU_SECONDS, wall_seconds: int = WALL_SECONDS
    ) -> None:
        self._cpu_seconds, self._wall_seconds = cpu_seconds, wall_seconds
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._turns = threading.BoundedSemaphore(size)

    def parse(self, kind: RichFormat, content: bytes, name: str) -> tuple[Article, ...]:
        """Return the articles of a document; waits for a turn.

        Raises `RefusedDocumentError`, also where the process does not survive the document.
        """
        with self._turns:
            fields: dict[str, object] = {"format": kind, "name": name}
            fields |= {"cpu_seconds": self._cpu_seconds, "wall_seconds": self._wall_seconds}
            answer = self._ask(json.dumps(fields).encode() + b"\n" + content, name)
            return frames.outcome_from_json(answer, name)

    def close(self) -> None:
        """End all idle workers."""
        while True:
            try:
                self._idle.get_nowait().stop()
            except queue.Empty:
                return

    def _ask(self, request: bytes, name: str) -> bytes:
        """Ask a worker, and a fresh one where an idle one turns out to have died on its own."""
        try:
            return self._ask_once(self._worker(), request)
        except frames.TooSlowError as error:
            raise timed_out(name, "Reading it takes too long.") from error
        except (frames.BrokenFrameError, OSError):
            log.warning("a parsing process was lost; another one takes over")
        try:
            return self._ask_once(_Worker(), request)
        except frames.TooSlowError as error:
            raise timed_out(name, "Reading it takes too long.") from error
        except (frames.BrokenFrameError, OSError) as error:
            raise damaged(name, "Reading it ended in a crash.") from error

    def _ask_once(self, worker: _Worker, request: bytes) -> bytes:
        try:
            answer = worker.ask(request, self._wall_seconds)
        except BaseException:
            worker.stop()
            raise
        self._idle.put(worker)
        return answer

    def _worker(self) -> _Worker:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return _Worker()


_pool = ParserPool()
atexit.register(_pool.close)


def parse_contained(kind: RichFormat, content: bytes, name: str) -> tuple[Article, ...]:
    """Parse a document in a process that cannot harm this one."""
    return _pool.parse(kind, content, name)
