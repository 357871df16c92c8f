"""The encoder alone: the floor under every search that embeds the question with it."""

from __future__ import annotations

from typing import Any

from protocol import Search, serve
from sentence_transformers import SentenceTransformer


def build(material: dict[str, Any]) -> Search:
    model = SentenceTransformer(material["model"], device="cpu")

    def encode(question: str) -> list[str]:
        model.encode(question)
        return []

    return encode


if __name__ == "__main__":
    serve(build, ("sentence-transformers", "transformers", "torch"))
