"""The OpenAPI document, which names the errors that routes do give instead of those that FastAPI supposes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from service.problems import MEDIA_TYPE

_COMPLETIONS = "/v1/chat/completions"
_SUPPOSED = ("HTTPValidationError", "ValidationError")
_DESCRIPTIONS = {
    "400": "The body is no JSON.",
    "401": "A key is needed, and none or a wrong one came.",
    "404": "Nothing is stored under this id.",
    "413": "The body is too large.",
    "422": "Something that was asked cannot be done; `errors` names the fields.",
    "default": "Any other error.",
}
_TEXT = {"type": "string"}
_PROBLEM = {
    "title": "Problem",
    "description": "An error as RFC 9457 has it; `type` is stable.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {**_TEXT, "examples": ["urn:groundwire:problem:invalid-input"]},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "instance": {**_TEXT, "description": "The request, by the id that the log has it under."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg"],
                "properties": {"loc": _TEXT, "msg": _TEXT},
            },
        },
    },
}
_OPENAI_ERROR = {
    "title": "OpenAIError",
    "description": "An error in the shape that OpenAI's clients read.",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": _TEXT,
                "type": _TEXT,
                "param": {"type": ["string", "null"]},
                "code": _TEXT,
            },
        }
    },
}


class DescribedApp(FastAPI):
    """An app whose `/openapi.json` tells the errors of its routes as they are."""

    def openapi(self) -> dict[str, Any]:
        """Give the document; it is made once."""
        if self.openapi_schema is None:
            self.openapi_schema = with_errors(super().openapi())
        return self.openapi_schema


def with_errors(document: dict[str, Any]) -> dict[str, Any]:
    """Give an OpenAPI document with the errors and the key of this service."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _describe(path, operation)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _SUPPOSED:
        schemas.pop(name, None)
    schemas |= {"Problem": _PROBLEM, "OpenAIError": _OPENAI_ERROR}
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return document


def _describe(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    schema = "OpenAIError" if path == _COMPLETIONS else "Problem"
    media_type = "application/json" if path == _COMPLETIONS else MEDIA_TYPE
    for status in _statuses(path, operation):
        response = responses.setdefault(status, {"description": _DESCRIPTIONS[status]})
        response.setdefault("content", {})[media_type] = {
            "schema": {"$ref": f"#/components/schemas/{schema}"}
        }
    if _keyed(path):
        # Without keys in the settings everybody may call.
        operation["security"] = [{}, {"key": []}]


def _statuses(path: str, operation: dict[str, Any]) -> list[str]:
    body = "requestBody" in operation
    parameters = operation.get("parameters", [])
    given = {
        "400": body,
        "401": _keyed(path),
        "404": any(parameter["in"] == "path" for parameter in parameters) or path == _COMPLETIONS,
        "413": body,
        "422": body or bool(parameters),
        "default": True,
    }
    return [status for status, can_be in given.items() if can_be]


def _keyed(path: str) -> bool:
    return path.startswith("/v1/")
