"""Evaluations as jobs of the service."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from typing import Any

from eval.feedback import JudgedAnswer
from service.answer_log import AnswerLog
from service.engine import Engine
from service.evaluation_jobs import KIND, AskedEvaluation, run_asked
from service.jobs import JobKind, JobRun
from service.settings import Settings
from service.store import FILE_NAME, ServiceStore


def evaluation_kind(engine: Engine, settings: Settings) -> JobKind:
    """Give the kind of job that runs evaluations; a run that was cut off goes on where it was."""

    def run(job: JobRun) -> Mapping[str, Any]:
        asked = AskedEvaluation(
            job.params["set"], job.params["sample"], job.params["seed"], job.params["oracle"]
        )
        return run_asked(asked, job.id, engine, settings, lambda: judged(settings), job.progress)

    return JobKind(KIND, run, "read", resumable=True)


def judged(settings: Settings) -> list[JudgedAnswer]:
    """Give the answers that readers judged."""
    with closing(ServiceStore(settings.data / FILE_NAME)) as store:
        return [JudgedAnswer.model_validate(asdict(row)) for row in AnswerLog(store).rated()]
