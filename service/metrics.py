"""Prometheus metrics of the service."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from rag.types import Answer

REQUESTS = Counter("groundwire_requests_total", "Requests by route and status", ("method", "route", "status"))
ANSWERS = Counter("groundwire_answers_total", "Answers by status and reason", ("status", "reason"))
STAGE_SECONDS = Histogram(
    "groundwire_answer_stage_seconds",
    "Time spent on a question by stage",
    ("stage",),
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
SEQ = Gauge("groundwire_library_seq", "Number of the last committed change that is served")
PASSAGES = Gauge("groundwire_library_passages", "Passages that can be found")
ARTICLES = Gauge("groundwire_library_articles", "Articles in the library")


def observe_answer(answer: Answer) -> None:
    """Count an answer and the time that its stages took."""
    ANSWERS.labels(answer.status, answer.reason or "").inc()
    for stage in ("understand", "retrieve", "evidence", "generate", "verify", "total"):
        STAGE_SECONDS.labels(stage).observe(getattr(answer.timings, stage) / 1000)
