"""Which generator answers: by setting, and by what a request names."""

from __future__ import annotations

import pytest
import tiny_models
from pydantic import ValidationError

from index.errors import InvalidInputError, ModelError
from index.library import Library
from rag.generate.extractive import ExtractiveGenerator
from rag.generate.load import load_generator
from rag.generate.openai import Endpoint, OpenAIGenerator
from rag.generate.transformers import TransformersGenerator
from rag.generate.writing import Limits
from rag.types import Question
from service.engine import Engine
from service.settings import Settings, read_settings, settings_in_force

KEY = "sk-very-secret-0123456789"


@pytest.mark.parametrize("name", ["", "gpt", "openai", "openai:", "transformers: ", "Extractive", "vllm:x"])
def test_a_generator_of_no_known_kind_is_refused(name):
    with pytest.raises(ValidationError, match="a generator is"):
        Settings(generator=name)


def test_a_server_needs_an_address(monkeypatch):
    monkeypatch.setenv("GROUNDWIRE_GENERATOR", "openai:m")
    with pytest.raises(InvalidInputError, match="GROUNDWIRE_OPENAI_BASE_URL"):
        read_settings()
    monkeypatch.setenv("GROUNDWIRE_OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")
    assert read_settings().endpoint == Endpoint("http://127.0.0.1:8080/v1")


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8080", "ftp://host/v1", "http://me:secret@host/v1", "http:///v1"]
)
def test_an_address_that_is_none_or_holds_a_password_is_refused(address, monkeypatch):
    monkeypatch.setenv("GROUNDWIRE_OPENAI_BASE_URL", address)
    with pytest.raises(InvalidInputError, match="begins with http://") as refused:
        read_settings()
    assert "secret" not in str(refused.value)


def test_the_key_of_the_server_is_never_shown(monkeypatch):
    monkeypatch.setenv("GROUNDWIRE_OPENAI_API_KEY", KEY)
    settings = read_settings()
    assert settings.endpoint.api_key == KEY
    assert KEY not in repr(settings) + repr(settings.endpoint)
    assert KEY not in "".join(str(setting) for setting in settings_in_force(settings))


def test_each_name_gives_its_generator(tmp_path):
    limits, endpoint = Limits(), Endpoint("http://127.0.0.1:1/v1")
    folder = tiny_models.causal(tmp_path, "Yes, it did.")
    assert isinstance(load_generator("extractive", limits, endpoint), ExtractiveGenerator)
    assert isinstance(load_generator("openai:m", limits, endpoint), OpenAIGenerator)
    assert isinstance(load_generator(f"transformers:{folder}", limits, endpoint), TransformersGenerator)
    with pytest.raises(ModelError, match="no generator"):
        load_generator("other", limits, endpoint)


def test_a_request_may_name_the_configured_generator_or_the_extractive_one(library: Library):
    configured = OpenAIGenerator("m", Endpoint("http://127.0.0.1:1/v1"), Limits())
    engine = Engine(library, scorer=None, generator=configured, configured="openai:m")
    for name in ("", "openai:m", configured.name, "extractive"):
        engine.check(Question("Why?", generator=name))
    with pytest.raises(InvalidInputError, match="extractive or openai:m"):
        engine.check(Question("Why?", generator="openai:other"))
