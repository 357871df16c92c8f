"""Haystack: its in-memory store, BM25 and embeddings, joined by reciprocal rank fusion in a pipeline."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder
from protocol import Search, serve


def build(material: dict[str, Any]) -> Search:
    texts, top_k = material["passages"], material["top_k"]
    store = InMemoryDocumentStore(embedding_similarity_function="dot_product")
    store.write_documents(
        [
            Document(id=str(number), content=text, embedding=vector.tolist())
            for number, (text, vector) in enumerate(zip(texts, np.load(material["vectors"]), strict=True))
        ]
    )
    encoder = SentenceTransformersTextEmbedder(
        model=material["model"],
        device=ComponentDevice.from_str("cpu"),
        normalize_embeddings=True,
        progress_bar=False,
    )
    pipeline = Pipeline()
    pipeline.add_component("encoder", encoder)
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=top_k))
    pipeline.add_component("lexical", InMemoryBM25Retriever(store, top_k=top_k))
    pipeline.add_component("both", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=top_k))
    pipeline.connect("encoder.embedding", "dense.query_embedding")
    pipeline.connect("lexical", "both")
    pipeline.connect("dense", "both")
    pipeline.warm_up()

    def search(question: str) -> list[str]:
        found = pipeline.run({"encoder": {"text": question}, "lexical": {"query": question}})
        return [document.content for document in found["both"]["documents"]]

    return search


if __name__ == "__main__":
    os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
    serve(build, ("haystack-ai", "sentence-transformers-haystack", "sentence-transformers"))
