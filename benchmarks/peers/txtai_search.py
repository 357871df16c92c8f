"""txtai: its hybrid index with content, fused as it fuses by default."""

from __future__ import annotations

from typing import Any

import numpy as np
from protocol import Search, serve
from txtai import Embeddings
from txtai.vectors import VectorsFactory


def build(material: dict[str, Any]) -> Search:
    texts, top_k = material["passages"], material["top_k"]
    embeddings = Embeddings(path=material["model"], hybrid=True, content=True, gpu=False)
    known = dict(zip(texts, np.load(material["vectors"]), strict=True))

    def vectors_of(batch: list[str]) -> np.ndarray:
        return np.stack([known[text] for text in batch])

    # Indexed with an external method that knows the vectors, searched with the model itself.
    encoder = embeddings.model
    embeddings.model = VectorsFactory.create({"method": "external", "transform": vectors_of}, None)
    embeddings.index((str(i), text) for i, text in enumerate(texts))
    embeddings.model = encoder
    return lambda question: [found["text"] for found in embeddings.search(question, top_k)]


if __name__ == "__main__":
    serve(build, ("txtai", "faiss-cpu", "transformers"))
