"""`POST /v1/answers/{id}/feedback`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from service.access import AnswersDep, KeyedRoute
from service.answer_log import Thumbs
from service.wire import Text

router = APIRouter(route_class=KeyedRoute)


class FeedbackIn(BaseModel):
    """What a reader thought of an answer."""

    model_config = ConfigDict(extra="forbid")

    thumbs: Thumbs
    comment: Annotated[Text, Field(max_length=4000)] = ""


@router.post("/v1/answers/{answer_id}/feedback")
def rate(answer_id: str, body: FeedbackIn, answers: AnswersDep) -> Response:
    """Rate an answer; rating it again replaces what was said before."""
    answers.rate(answer_id, body.thumbs, body.comment)
    return JSONResponse({"id": answer_id, "thumbs": body.thumbs, "comment": body.comment})
