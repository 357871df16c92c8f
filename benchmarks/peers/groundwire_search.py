"""Groundwire: what an answer retrieves, reading the question included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from protocol import Search, serve

from index.chunk import context
from index.embed import DEFAULT_MODEL, load_embedder
from index.library import open_library
from index.types import StoredPassage
from rag.retrieve import retrieve
from rag.types import Question
from rag.understand import understand


def build(material: dict[str, Any]) -> Search:
    library = open_library(Path(material["library"]), load_embedder(DEFAULT_MODEL))
    top_k = material["top_k"]

    def search(question: str) -> list[str]:
        found = retrieve(understand(Question(question, top_k=top_k)), library.snapshot(), top_k=top_k)
        return [encoder_text(hit.passage) for hit in found.hits]

    return search


def encoder_text(passage: StoredPassage) -> str:
    return f"{context(passage.title, passage.heading)}\n{passage.text}"


if __name__ == "__main__":
    serve(build, ("faiss-cpu", "tantivy"))
