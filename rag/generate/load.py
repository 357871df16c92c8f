"""The generator of a setting: `extractive`, `transformers:<model>` or `openai:<model>`."""

from __future__ import annotations

from index.errors import ModelError
from rag.generate import Generator
from rag.generate.extractive import ExtractiveGenerator
from rag.generate.openai import Endpoint, OpenAIGenerator
from rag.generate.transformers import TransformersGenerator
from rag.generate.writing import Limits

EXTRACTIVE = "extractive"
TRANSFORMERS = "transformers:"
OPENAI = "openai:"


def is_generator(name: str) -> bool:
    """Tell whether a name has the form of one of the three generators."""
    return name == EXTRACTIVE or any(
        name.startswith(kind) and bool(name.removeprefix(kind).strip()) for kind in (TRANSFORMERS, OPENAI)
    )


def load_generator(name: str, limits: Limits, endpoint: Endpoint) -> Generator:
    """Give the generator of a name. Raises `ModelError` where its model is not on this machine."""
    if name == EXTRACTIVE:
        return ExtractiveGenerator()
    if name.startswith(TRANSFORMERS):
        return TransformersGenerator(name.removeprefix(TRANSFORMERS), limits)
    if name.startswith(OPENAI):
        return OpenAIGenerator(name.removeprefix(OPENAI), endpoint, limits)
    raise ModelError(f"There is no generator {name!r}. Use extractive, transformers:MODEL or openai:MODEL.")
