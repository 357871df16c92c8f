"""Answers in the form of OpenAI's chat completions."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, Field

from index.language import detect
from index.tokens import lexical_tokens
from rag.types import Answer, Citation, Question, Statement
from rag.understand import MAX_TOP_K
from service.conversation import Turn
from service.wire import FiltersIn, Json, Text, answer_out

MODEL = "groundwire"
DONE = b"data: [DONE]\n\n"

_REFUSALS = {
    "en": {
        "no_evidence": "The articles do not answer this.",
        "outside_filters": "No article lies inside the filters.",
        "empty_library": "The library is empty.",
        "unsupported_draft": "A draft was written, but its sources do not support it.",
        "sources": "Sources:",
        "open": "Not answered:",
    },
    "zh": {
        "no_evidence": "文章中没有这个问题的答案。",
        "outside_filters": "没有文章符合筛选条件。",
        "empty_library": "文库中没有文章。",
        "unsupported_draft": "已写出草稿，但来源不足以支持它。",
        "sources": "来源：",
        "open": "未能回答：",
    },
}
_LITERAL_MARK = re.compile(r"[\[【](\d{1,4})[\]】]")
_IMAGE = re.compile(r"!(?=\[)")
_LINK = re.compile(r"\](?=[(\[:])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


class ContentPart(BaseModel):
    """A piece of a message; only text is read."""

    type: str = ""
    text: Text | None = None


class MessageIn(BaseModel):
    """A message of a chat."""

    role: Text
    content: Text | list[ContentPart] | None = None

    def value(self) -> Turn:
        """Give the domain value."""
        if isinstance(self.content, list):
            return Turn(self.role, "\n".join(part.text for part in self.content if part.text))
        return Turn(self.role, self.content or "")


class StreamOptionsIn(BaseModel):
    """What a stream should hold."""

    include_usage: bool | None = False


class CompletionIn(BaseModel):
    """Body of `POST /v1/chat/completions`; what it does not name is ignored."""

    model: Annotated[Text, Field(max_length=300)] = MODEL
    messages: Annotated[list[MessageIn], Field(min_length=1, max_length=2000)]
    stream: bool | None = False
    stream_options: StreamOptionsIn | None = None
    filters: FiltersIn = FiltersIn()
    as_of: Text | None = None
    top_k: Annotated[int, Field(ge=1, le=MAX_TOP_K)] = 8
    generator: Annotated[Text, Field(max_length=300)] = ""
    unsupported: Literal["drop", "mark"] = "drop"

    def turns(self) -> list[Turn]:
        """Give the messages as turns."""
        return [message.value() for message in self.messages]

    def value(self, question: str) -> Question:
        """Give the domain value of the question that was read out of the messages."""
        return Question(
            question,
            filters=self.filters.value(),
            as_of=self.as_of or "",
            top_k=self.top_k,
            generator=self.generator,
            unsupported=self.unsupported,
        )

    @property
    def counts(self) -> bool:
        """Whether a stream should end with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a completion in the pieces of a stream, and where in the whole text its marks are."""

    pieces: tuple[str, ...]
    annotations: tuple[Json, ...] = ()

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)


def content_of(answer: Answer) -> Content:
    """Give an answer as text with marks and a list of sources.

    Chat programs render Markdown: what articles say must not become an image, a link, a tag or a mark.
    """
    words = _REFUSALS["zh" if detect(answer.question) == "zh" else "en"]
    if not answer.statements:
        return Content((words[answer.reason or "no_evidence"],))
    pieces: list[str] = []
    annotations: list[Json] = []
    end = length = 0
    for statement in answer.statements:
        before, marks, after = _apart(answer.text, statement)
        lead = answer.text[end : statement.char_start] + harmless(before)
        annotations += _annotations(statement.citations, length + len(lead), answer.citations)
        pieces.append(lead + marks + harmless(after))
        length += len(pieces[-1])
        end = statement.char_end
    pieces.append(harmless(answer.text[end:]) + _tail(answer, words))
    return Content(tuple(pieces), tuple(annotations))


def _apart(text: str, statement: Statement) -> tuple[str, str, str]:
    """Cut a statement into what stands before its own marks, the marks, and what stands behind them."""
    marked = text[statement.char_start : statement.char_end]
    marks = "".join(f"[{n}]" for n in statement.citations)
    before, _, after = marked.rpartition(marks) if marks else (marked, "", "")
    return before, marks, after


def _annotations(cited: Sequence[int], start: int, citations: Sequence[Citation]) -> Iterator[Json]:
    for n in cited:
        citation, end = citations[n - 1], start + len(f"[{n}]")
        yield {
            "type": "url_citation",
            "url_citation": {
                "start_index": start,
                "end_index": end,
                "url": _address(citation) or f"urn:groundwire:article:{quote(citation.article_id, safe='')}",
                "title": citation.title,
            },
        }
        start = end


def _tail(answer: Answer, words: dict[str, str]) -> str:
    open_parts = [part.question for part in answer.parts if part.status == "abstained"]
    tail = f"\n\n{words['open']} {harmless('; '.join(open_parts))}" if open_parts else ""
    if not answer.citations:
        return tail
    return "\n".join([f"{tail}\n\n{words['sources']}", *(_source(citation) for citation in answer.citations)])


def _source(citation: Citation) -> str:
    about = ", ".join(harmless(part) for part in (citation.source, citation.published_at[:10]) if part)
    line = f"- [{citation.n}] {harmless(citation.title)}" + (f" ({about})" if about else "")
    return " ".join(f"{line} {_address(citation)}".split())


def _address(citation: Citation) -> str:
    """Give the article's address where it is a web address, else nothing."""
    try:
        scheme = urlsplit(citation.url).scheme
    except ValueError:
        return ""
    return quote(citation.url, safe=":/?#@!$&'*+,;=%~-._") if scheme in ("http", "https") else ""


def harmless(text: str) -> str:
    """Give a text that Markdown shows as it is: no image, no link, no tag, no mark that is not ours."""
    unmarked = _LITERAL_MARK.sub(r"(\1)", text)
    return _TAG.sub("< ", _LINK.sub("] ", _IMAGE.sub("! ", unmarked)))


class Completion:
    """One completion as OpenAI's clients read it, whole or as the chunks of a stream."""

    def __init__(self, asked: CompletionIn) -> None:
        self._asked = asked
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())

    def whole(self, content: Content, answer: Answer | None) -> Json:
        """Give the completion; `groundwire` holds the whole answer. Usage counts words."""
        message = {
            "role": "assistant",
            "content": content.text,
            "refusal": None,
            "annotations": list(content.annotations),
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": self._usage(content),
            "groundwire": answer_out(answer) if answer else None,
        }

    def opening(self) -> bytes:
        """Give the first event of a stream, which says who speaks."""
        return self._chunk({"role": "assistant", "content": ""})

    def chunks(self, content: Content, answer: Answer | None) -> Iterator[bytes]:
        """Give the events behind the opening: text, the end with the whole answer, usage where asked for."""
        last = len(content.pieces) - 1
        for number, piece in enumerate(content.pieces):
            annotated = {"annotations": list(content.annotations)} if number == last else {}
            yield self._chunk({"content": piece, **annotated})
        told = answer_out(answer) if answer else None
        yield self._chunk({}, finish="stop", extra={"groundwire": told})
        if self._asked.counts:
            yield event({**self._head("chat.completion.chunk"), "choices": [], "usage": self._usage(content)})
        yield DONE

    def _chunk(self, delta: Json, *, finish: str | None = None, extra: Json | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage: Json = {"usage": None} if self._asked.counts else {}
        return event({**self._head("chat.completion.chunk"), "choices": [choice], **usage, **(extra or {})})

    def _head(self, kind: str) -> Json:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._asked.model}

    def _usage(self, content: Content) -> Json:
        read = sum(len(lexical_tokens(turn.text)) for turn in self._asked.turns())
        written = len(lexical_tokens(content.text))
        return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def event(data: Json) -> bytes:
    """Give a server-sent event of OpenAI's kind."""
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
