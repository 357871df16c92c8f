"""LlamaIndex: a FAISS store and BM25, fused by QueryFusionRetriever with reciprocal ranks."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.llms.mock import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissVectorStore
from protocol import Search, serve


def build(material: dict[str, Any]) -> Search:
    top_k = material["top_k"]
    vectors = np.load(material["vectors"])
    nodes = [
        TextNode(text=text, embedding=vector.tolist())
        for text, vector in zip(material["passages"], vectors, strict=True)
    ]
    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(vectors.shape[1]))
    index = VectorStoreIndex(
        nodes,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=HuggingFaceEmbedding(model_name=material["model"], device="cpu"),
    )
    both = QueryFusionRetriever(
        [
            index.as_retriever(similarity_top_k=top_k),
            BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=top_k),
        ],
        llm=MockLLM(),
        mode="reciprocal_rerank",
        similarity_top_k=top_k,
        num_queries=1,
        use_async=False,
    )
    return lambda question: [found.node.text for found in both.retrieve(question)]


if __name__ == "__main__":
    serve(
        build,
        (
            "llama-index-core",
            "llama-index-retrievers-bm25",
            "llama-index-vector-stores-faiss",
            "bm25s",
            "faiss-cpu",
        ),
    )
