"""The protocol between `search_peers.py` and a system under test: lines of JSON on stdin and stdout.

The system is started with the path of a JSON file that holds `passages` (texts), `vectors` (path of their
unit vectors, a row each), `questions`, `model` (path of the encoder), `library` (folder of the same passages
as a Groundwire library) and `top_k`. Once it has indexed the passages it writes one line `{"ready": …}`. For
each line `{"question": …}` it writes `{"ms": …, "found": […]}`: how long the search took, and the texts of
the passages that it gave back. It ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

Search = Callable[[str], Sequence[str]]
"""A question in, the texts of the passages found out, best first."""


def serve(build: Callable[[dict[str, Any]], Search], packages: Sequence[str]) -> None:
    """Index the material that the command line names, then answer questions until the input ends.

    `packages` are the distributions whose versions are told.
    """
    # Whatever a library prints goes to stderr, so that stdout holds the protocol alone.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    material = json.loads(Path(sys.argv[1]).read_text())
    started = time.perf_counter()
    search = build(material)
    ready = {"seconds": time.perf_counter() - started, "versions": {name: version(name) for name in packages}}
    answers.write(json.dumps({"ready": ready}) + "\n")
    for line in sys.stdin:
        question = json.loads(line)["question"]
        started = time.perf_counter()
        found = search(question)
        spent = (time.perf_counter() - started) * 1000
        answers.write(json.dumps({"ms": spent, "found": list(found)}) + "\n")
