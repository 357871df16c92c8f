"""A language model on this machine, run by transformers: causal or seq2seq, by name or path."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Generator as Pieces
from collections.abc import Iterator, Sequence
from functools import cached_property
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from index.errors import ModelFailedError, ModelTimeoutError
from rag.generate import OnDelta, unheard
from rag.generate.local_model import LocalModel, find_model, fingerprint, load_model
from rag.generate.prompts import MAX_EVIDENCE, PROMPTS, Messages, messages, plain
from rag.generate.writing import POLL_S, Limits, drafted
from rag.types import DraftStatement, Evidence, Understanding

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import BatchEncoding, PreTrainedTokenizerBase

log = logging.getLogger(__name__)

_NEXT_QUESTIONS = tuple(f"\n{prompt.label}" for prompt in PROMPTS)
_OVER = object()
_SHORTEST_TOKEN = 3
"""Special tokens below this length, such as a `!` that pads, are ordinary text too."""


class TransformersGenerator:
    """Drafts by a local model, greedily; loaded when first used and held once.

    One answer is written at a time; others wait for their turn within their limit of time.
    """

    def __init__(self, model: str, limits: Limits) -> None:
        """Find the model's folder. Raises `ModelError` where it is not on this machine."""
        self._name = model
        self._folder = find_model(model)
        self._limits = limits
        self._turn = Lock()

    @cached_property
    def name(self) -> str:
        """The model with the hash of its weights."""
        return f"transformers:{self._name} (sha256 {fingerprint(self._folder)[:16]})"

    @cached_property
    def _loaded(self) -> LocalModel:
        return load_model(self._folder, self._name)

    def generate(
        self, question: Understanding, evidence: Sequence[Evidence], on_delta: OnDelta = unheard
    ) -> Iterator[DraftStatement]:
        """Draft statements as the model writes them. Raises `ModelError`."""
        return drafted(
            self._pieces(question, evidence[:MAX_EVIDENCE]),
            on_delta,
            self._limits,
            f"transformers:{self._name}",
        )

    def _pieces(self, question: Understanding, evidence: Sequence[Evidence]) -> Pieces[str, None, bool]:
        """Give pieces of text as they are written, an empty one whenever there is none for a while."""
        deadline = time.monotonic() + self._limits.timeout_s
        while not self._turn.acquire(timeout=POLL_S):
            self._check(deadline)
            yield ""
        try:
            writer = _Writer(self._loaded, *self._prompt(question, evidence), self._turn)
        except BaseException:
            self._turn.release()
            raise
        deadline = time.monotonic() + self._limits.timeout_s
        text = ""
        try:
            for piece in writer.pieces():
                self._check(deadline)
                yield piece
                text += piece
                if text.endswith(_NEXT_QUESTIONS) or any(label in text for label in _NEXT_QUESTIONS):
                    return True
        finally:
            writer.stop()
        return writer.complete(self._name)

    def _check(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise ModelTimeoutError(
                f"transformers:{self._name} did not finish within {self._limits.timeout_s:g} seconds. "
                "Ask again later, or raise GROUNDWIRE_MODEL_TIMEOUT_S."
            )

    def _prompt(self, question: Understanding, evidence: Sequence[Evidence]) -> tuple[BatchEncoding, int]:
        """Give the prompt with as much of the best evidence as fits, and how many tokens may follow it."""
        loaded = self._loaded
        new = min(self._limits.max_tokens, loaded.context // 2)
        room = loaded.context if loaded.seq2seq else loaded.context - new
        count = len(evidence)
        while count:
            encoded = _encoded(loaded, messages(question, evidence[:count]), question.language)
            if encoded["input_ids"].shape[1] <= room:
                return encoded, new
            count = count * 3 // 4
        raise ModelFailedError(
            f"transformers:{self._name} takes {loaded.context} tokens, too few for a question with evidence. "
            "Choose a model with a larger context."
        )


class _Writer:
    """One run of a model in a thread of its own, which gives back its turn when it ends."""

    def __init__(self, loaded: LocalModel, prompt: BatchEncoding, new_tokens: int, turn: Lock) -> None:
        from transformers import TextIteratorStreamer

        self._loaded = loaded
        self._prompt = prompt
        self._new_tokens = new_tokens
        self._turn = turn
        self._stopped = Event()
        self._last_token = -1
        self._error: Exception | None = None
        self._streamer: Any = TextIteratorStreamer(
            loaded.tokenizer, skip_prompt=True, skip_special_tokens=True
        )
        Thread(target=self._run, name="groundwire-writer", daemon=True).start()

    def pieces(self) -> Iterator[str]:
        """Give the text as it comes, an empty piece whenever there is none for a while."""
        while True:
            try:
                piece = self._streamer.text_queue.get(timeout=POLL_S)
            except queue.Empty:
                yield ""
                continue
            if piece is _OVER:
                return
            # The streamer's own end, None, comes before the run's outcome is known.
            yield piece or ""

    def stop(self) -> None:
        """End the run after the token that is being computed."""
        self._stopped.set()

    def complete(self, name: str) -> bool:
        """Tell, once all pieces are there, whether the model came to its end. Raises `ModelFailedError`."""
        if self._error is not None:
            raise ModelFailedError(
                f"transformers:{name} failed: {type(self._error).__name__}. The log has the details."
            ) from self._error
        return self._last_token in self._loaded.ends

    def _run(self) -> None:
        try:
            self._last_token = self._write()
        except Exception as error:  # whatever a model raises is told to the one who waits for it
            log.exception("a language model failed")
            self._error = error
        finally:
            self._turn.release()
            self._streamer.text_queue.put(_OVER)

    def _write(self) -> int:
        import torch
        from transformers import StoppingCriteriaList

        model: Any = self._loaded.model
        with torch.inference_mode():
            output = model.generate(
                **self._prompt.to(model.device),
                max_new_tokens=self._new_tokens,
                do_sample=False,
                num_beams=1,
                temperature=None,
                top_p=None,
                top_k=None,
                streamer=self._streamer,
                stopping_criteria=StoppingCriteriaList([self._is_stopped]),
            )
        return int(output[0, -1])

    def _is_stopped(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        import torch

        return torch.full((input_ids.shape[0],), self._stopped.is_set(), device=input_ids.device)


def _encoded(loaded: LocalModel, given: Messages, language: str) -> BatchEncoding:
    tokenizer = loaded.tokenizer
    user = given.user
    for token in tokenizer.all_special_tokens:
        if len(token) >= _SHORTEST_TOKEN:
            user = user.replace(token, " ")
    given = Messages(given.system, user)
    if not tokenizer.chat_template:
        encoded: BatchEncoding = tokenizer(plain(given, language), return_tensors="pt")
        return encoded
    return _templated(tokenizer, given)


def _templated(tokenizer: PreTrainedTokenizerBase, given: Messages) -> BatchEncoding:
    from jinja2 import TemplateError

    fill: Any = tokenizer.apply_chat_template
    system = {"role": "system", "content": given.system}
    user = {"role": "user", "content": given.user}
    alone = {"role": "user", "content": f"{given.system}\n\n{given.user}"}
    # Some templates refuse to hear of a system; to them it speaks through the user.
    for turns in ([system, user], [alone]):
        try:
            encoded: BatchEncoding = fill(
                turns,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                enable_thinking=False,
            )
        except TemplateError:
            continue
        return encoded
    raise ModelFailedError("The model's chat template takes no message of a user. Choose another model.")
