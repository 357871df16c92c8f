"""LangChain: a FAISS store and BM25, fused by EnsembleRetriever with equal weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings
from protocol import Search, serve


def build(material: dict[str, Any]) -> Search:
    texts, top_k = material["passages"], material["top_k"]
    encoder = HuggingFaceEmbeddings(
        model_name=material["model"],
        model_kwargs={"device": "cpu"},
        encode_kwargs={"normalize_embeddings": True},
    )
    vectors = np.load(material["vectors"]).tolist()
    store = FAISS.from_embeddings(zip(texts, vectors, strict=True), encoder)
    dense = store.as_retriever(search_kwargs={"k": top_k})
    lexical = BM25Retriever.from_texts(texts, k=top_k)
    both = EnsembleRetriever(retrievers=[lexical, dense], weights=[0.5, 0.5])
    return lambda question: [found.page_content for found in both.invoke(question)[:top_k]]


if __name__ == "__main__":
    serve(build, ("langchain-classic", "langchain-community", "langchain-core", "faiss-cpu", "rank-bm25"))
