"""A language model behind an OpenAI-compatible server: vLLM, Ollama, llama.cpp, a hosted service."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from collections.abc import Generator as Pieces
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.errors import ModelFailedError, ModelTimeoutError
from rag.generate import OnDelta, unheard
from rag.generate.breaker import CircuitBreaker
from rag.generate.prompts import MAX_EVIDENCE, Messages, messages
from rag.generate.writing import POLL_S, Limits, drafted
from rag.types import DraftStatement, Evidence, Understanding

if TYPE_CHECKING:
    import ssl

    from openai import APIStatusError, AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk

log = logging.getLogger(__name__)

_RETRIES = 2
_FIRST_DELAY_S = 0.5
_REMEDIES = {
    400: "Check the model's name and the size of its context.",
    401: "Check GROUNDWIRE_OPENAI_API_KEY.",
    403: "Check GROUNDWIRE_OPENAI_API_KEY.",
    404: "Check GROUNDWIRE_OPENAI_BASE_URL and the model's name.",
    429: "Its limit of use is reached; ask again later.",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the server is and the key that it wants, empty for none; the key is never shown."""

    base_url: str
    api_key: str = field(default="", repr=False)


class OpenAIGenerator:
    """Drafts by a chat model of an OpenAI-compatible server, streamed; greedy where the server allows it.

    Only answers of status 429 and 5xx are asked for again, before the first word, with growing pauses.
    Messages of errors never repeat what the server said: it could hold the key or the articles.
    """

    def __init__(
        self, model: str, endpoint: Endpoint, limits: Limits, breaker: CircuitBreaker | None = None
    ) -> None:
        self._model = model
        self._endpoint = endpoint
        self._limits = limits
        self.name = f"openai:{model} ({urlsplit(endpoint.base_url).netloc})"
        self._breaker = breaker or CircuitBreaker(self.name)
        self._options: dict[str, int] = {"temperature": 0, "max_tokens": limits.max_tokens}

    def generate(
        self, question: Understanding, evidence: Sequence[Evidence], on_delta: OnDelta = unheard
    ) -> Iterator[DraftStatement]:
        """Draft statements as the server streams them. Raises `ModelFailedError`."""
        self._breaker.admit()
        given = messages(question, evidence[:MAX_EVIDENCE])
        return drafted(self._pieces(given), on_delta, self._limits, self.name)

    def _pieces(self, given: Messages) -> Pieces[str, None, bool]:
        """Give pieces of text as they come, an empty one whenever there is none for a while.

        The connection lives in an event loop of its own, so that a wait can be ended at any time: by the
        deadline, or by the consumer, whose leaving closes the connection.
        """
        deadline = time.monotonic() + self._limits.timeout_s
        try:
            with asyncio.Runner() as runner:
                source = self._stream(given, deadline)
                while True:
                    step = runner.get_loop().create_task(_next(source))
                    while not step.done():
                        runner.run(self._wait(step, deadline))
                        if not step.done():
                            yield ""
                    piece = step.result()
                    if isinstance(piece, bool):
                        break
                    yield piece
        except _RefusedError:
            raise
        except ModelFailedError:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return piece

    async def _wait(self, step: asyncio.Task[str | bool], deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._late()
        await asyncio.wait((step,), timeout=min(POLL_S, left))

    async def _stream(self, given: Messages, deadline: float) -> AsyncIterator[str | bool]:
        """Give pieces of text, and last whether the model came to its end."""
        import openai

        reason = ""
        try:
            async with self._client() as client, await self._opened(client, given, deadline) as stream:
                async for chunk in stream:
                    choice = next(iter(chunk.choices or ()), None)
                    if choice is None:
                        continue
                    if choice.delta and isinstance(choice.delta.content, str):
                        yield choice.delta.content
                    reason = choice.finish_reason or reason
        except openai.APITimeoutError:
            raise self._late() from None
        except openai.APIStatusError as error:
            raise self._refused(error.status_code) from None
        except openai.APIConnectionError:
            raise ModelFailedError(
                f"The connection to {self.name} could not be made, or broke. "
                "Check GROUNDWIRE_OPENAI_BASE_URL and the server."
            ) from None
        except (openai.APIError, ValueError, AttributeError, TypeError) as error:
            raise ModelFailedError(
                f"{self.name} sent what is no completion ({type(error).__name__}). "
                "Check that GROUNDWIRE_OPENAI_BASE_URL names an OpenAI-compatible server."
            ) from None
        if not reason:
            raise ModelFailedError(f"{self.name} ended its answer in the middle. Ask again.")
        yield reason != "length"

    async def _opened(
        self, client: AsyncOpenAI, given: Messages, deadline: float
    ) -> AsyncStream[ChatCompletionChunk]:
        """Ask the server; again where it is overloaded or fails and there is time."""
        import openai

        retries = 0
        while True:
            try:
                return await client.chat.completions.create(
                    model=self._model,
                    messages=[
                        {"role": "system", "content": given.system},
                        {"role": "user", "content": given.user},
                    ],
                    stream=True,
                    extra_body=self._options,
                )
            except openai.APIStatusError as error:
                if error.status_code == 400 and self._adapted(error.param):
                    continue
                delay = _delay(error, retries)
                retryable = error.status_code == 429 or error.status_code >= 500
                if not retryable or retries == _RETRIES or time.monotonic() + delay >= deadline:
                    raise
                log.warning("%s answered %d; asking again in %.1f s", self.name, error.status_code, delay)
            retries += 1
            await asyncio.sleep(delay)

    def _adapted(self, refused: str | None) -> bool:
        """Do without an option that the server refuses; models that reason take other ones."""
        if refused not in self._options or refused == "max_completion_tokens":
            return False
        options = {name: value for name, value in self._options.items() if name != refused}
        if refused == "max_tokens":
            options["max_completion_tokens"] = self._limits.max_tokens
        log.info("%s does not take %s", self.name, refused)
        self._options = options
        return True

    def _client(self) -> AsyncOpenAI:
        import httpx2
        from openai import AsyncOpenAI

        return AsyncOpenAI(
            base_url=self._endpoint.base_url,
            api_key=self._endpoint.api_key or "none",
            max_retries=0,
            timeout=self._limits.timeout_s,
            http_client=httpx2.AsyncClient(verify=self._tls, timeout=self._limits.timeout_s),
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        import httpx2

        # Reading the certificates takes longer than everything else that a request needs.
        return self._endpoint.base_url.startswith("https:") and httpx2.create_ssl_context()

    def _late(self) -> ModelTimeoutError:
        return ModelTimeoutError(
            f"{self.name} did not finish within {self._limits.timeout_s:g} seconds. "
            "Ask again later, or raise GROUNDWIRE_MODEL_TIMEOUT_S."
        )

    def _refused(self, status: int) -> ModelFailedError:
        kind = ModelFailedError if status == 429 or status >= 500 else _RefusedError
        return kind(f"{self.name} answered with status {status}. {_REMEDIES.get(status, 'Ask again later.')}")


class _RefusedError(ModelFailedError):
    """The server is well but does not do what it was asked for."""


async def _next(source: AsyncIterator[str | bool]) -> str | bool:
    return await anext(source)


def _delay(error: APIStatusError, retries: int) -> float:
    """Give the seconds to wait: what the server asks for, or twice as long each time, not all alike."""
    asked = error.response.headers.get("retry-after", "")
    if asked.isdecimal():
        return float(asked)
    return _FIRST_DELAY_S * 2.0**retries * random.uniform(0.75, 1.25)
