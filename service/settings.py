"""Settings: read once, from the environment (`GROUNDWIRE_…`) and from `groundwire.toml`."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from index.embed import DEFAULT_MODEL
from index.errors import InvalidInputError
from rag.generate.load import OPENAI, is_generator
from rag.generate.openai import Endpoint
from rag.generate.writing import Limits
from rag.scorers import READER, SIMILARITY, is_scorer
from rag.supporters import is_support

PREFIX = "GROUNDWIRE_"
TOML = Path("groundwire.toml")
SHIPPED_CORPUS = Path(__file__).resolve().parent.parent / "corpus"


class Settings(BaseSettings):
    """What is in force. Frozen: a running service does not change its mind."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, toml_file=TOML, extra="forbid", frozen=True)

    data: Path = Field(
        default_factory=lambda: user_data_path("groundwire", appauthor=False),
        description="folder of the library",
    )
    host: str = Field("127.0.0.1", description="address that the service listens on")
    port: int = Field(8000, ge=0, le=65535, description="port that the service listens on")
    corpus: Path | None = Field(
        SHIPPED_CORPUS, description="articles that an empty library loads first; empty for nothing"
    )
    embedder: str = Field(DEFAULT_MODEL, description="sentence-transformers model: name or path")
    evidence: str = Field(
        READER,
        description="evidence scorer: reader, reader:FOLDER, similarity, or crossencoder:NAME",
    )
    support: str = Field(
        SIMILARITY,
        description="support check of what the rules leave open: reader, similarity, or crossencoder:NAME",
    )
    generator: str = Field(
        "extractive", description="what writes answers: extractive, transformers:MODEL or openai:MODEL"
    )
    openai_base_url: str = Field(
        "", description="address of the server of openai:MODEL, such as http://host/v1"
    )
    openai_api_key: SecretStr = Field(SecretStr(""), description="key for that server; empty for none")
    max_tokens: int = Field(512, ge=16, le=8192, description="tokens that a language model may write")
    model_timeout_s: float = Field(60.0, ge=1, le=3600, description="seconds that it may take")
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="keys that clients may use, separated by commas; none: no key is asked for"
    )
    fetch_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="hosts that pages and feeds may be fetched from, separated by commas; "
        ".example.com takes in all below it, * is any; none: nothing is fetched",
    )
    max_body_mib: int = Field(64, ge=1, le=4096, description="largest request body in MiB")
    workers: int = Field(
        1, ge=1, le=64, description="processes that serve; one of them writes, the others hand it changes"
    )
    answers_at_once: int = Field(2, ge=1, le=64, description="questions worked on at the same time")

    @field_validator("api_keys", "fetch_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("fetch_hosts")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(host.lower() for host in value)

    @field_validator("corpus", mode="before")
    @classmethod
    def _nothing(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("evidence")
    @classmethod
    def _known_evidence(cls, value: str) -> str:
        if not is_scorer(value):
            raise ValueError(
                "an evidence scorer is 'reader', 'reader:FOLDER', 'similarity' or 'crossencoder:NAME'"
            )
        return value

    @field_validator("support")
    @classmethod
    def _known_support(cls, value: str) -> str:
        if not is_support(value):
            raise ValueError("a support check is 'reader', 'similarity' or 'crossencoder:NAME'")
        return value

    @field_validator("generator")
    @classmethod
    def _known_generator(cls, value: str) -> str:
        if not is_generator(value):
            raise ValueError("a generator is 'extractive', 'transformers:MODEL' or 'openai:MODEL'")
        return value

    @field_validator("openai_base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        address = urlsplit(value)
        if value and (
            address.scheme not in ("http", "https") or not address.hostname or "@" in address.netloc
        ):
            raise ValueError("an address begins with http:// or https:// and holds no user and no password")
        return value

    @model_validator(mode="after")
    def _addressed(self) -> Settings:
        if self.generator.startswith(OPENAI) and not self.openai_base_url:
            raise ValueError(
                "generator openai:MODEL needs the address of its server; set GROUNDWIRE_OPENAI_BASE_URL"
            )
        return self

    @model_validator(mode="after")
    def _closed_to_others(self) -> Settings:
        if not self.api_keys and not _is_loopback(self.host):
            raise ValueError(
                f"the service would listen on {self.host} without a key; set GROUNDWIRE_API_KEYS, "
                "or GROUNDWIRE_HOST to 127.0.0.1"
            )
        return self

    @property
    def limits(self) -> Limits:
        """What a language model may cost for one answer."""
        return Limits(self.max_tokens, self.model_timeout_s)

    @property
    def endpoint(self) -> Endpoint:
        """Where the server of `openai:MODEL` is."""
        return Endpoint(self.openai_base_url, self.openai_api_key.get_secret_value())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """One setting as `groundwire config` shows it; secrets are masked."""

    name: str
    value: str
    origin: str
    description: str


def read_settings() -> Settings:
    """Read the settings. Raises `InvalidInputError` naming the setting and its remedy."""
    try:
        return Settings.model_validate({})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(
            (PREFIX + name.upper()) if name else "settings",
            f"{first['msg']}.",
            f"Set it in the environment or in {TOML}; `groundwire config` shows what is in force.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(
            str(TOML), f"is not TOML: {error}.", "Mend the line, or remove the file."
        ) from error


def settings_in_force(settings: Settings) -> Iterator[SettingInForce]:
    """Tell each setting with where its value came from."""
    in_file = set(tomllib.loads(TOML.read_text())) if TOML.is_file() else set()
    in_environment = {name.upper() for name in os.environ}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if name == "api_keys":
            value = f"{len(value)} keys" if value else "none"
        if name == "fetch_hosts":
            value = ", ".join(value) or "none"
        origin = "default"
        if (PREFIX + name).upper() in in_environment:
            origin = "environment"
        elif name in in_file:
            origin = str(TOML)
        yield SettingInForce(name, "" if value is None else str(value), origin, field.description or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
