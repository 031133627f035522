"""Errors as problem documents (RFC 9457): the one place where an error becomes a status.

400: the request itself cannot be read (JSON, query, header, path). 422: it reads, but fields break
rules. Nothing of an unexpected error shows; nor does the value that was refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parley.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    NotFoundError,
    ParleyError,
    QuotaError,
    TransientError,
)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2


class FieldError(BaseModel):
    """What is wrong with one field, and how to mend it."""

    field: str = Field(examples=["sender.from"])
    message: str = Field(examples=["must be a number such as +15125550100"])


class Problem(BaseModel):
    """An error (RFC 9457). `code` is for programs; some codes add facts of their own."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:parley:problem:invalid-fields",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "code": "invalid_fields",
                    "detail": "brand: is required",
                    "errors": [{"field": "brand", "message": "is required"}],
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError]


class HttpError(ParleyError):
    """An error that belongs to HTTP itself."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    headers: Mapping[str, str] = {}


class BadRequestError(InvalidInputError):
    """The request can't be read: broken JSON, or a wrong query, header or path."""


class UnauthorizedError(HttpError):
    """No key came along, or one that nobody holds."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"
    headers = {"WWW-Authenticate": 'Bearer realm="parley"'}


class ForbiddenError(HttpError):
    """The key's role may not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class NoRouteError(HttpError):
    """There is nothing at this path."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class MethodNotAllowedError(HttpError):
    """The path exists, but not with this method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"use {' or '.join(allowed)} here")
        self.headers = {"Allow": ", ".join(allowed)}


class TooLargeError(HttpError):
    """The body is larger than the route takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"


class UnsupportedMediaTypeError(HttpError):
    """The body is declared to be something else than JSON."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"


def problem_response(error: Exception) -> Response[str]:
    """The answer to an error that reached the edge."""
    match error:
        case HttpError():
            return _response(error.status, error.code, str(error), headers=error.headers)
        case RequestValidationError():
            problems = [_field_problem(e) for e in error.errors()]
            unreadable = any(e["loc"][0] != "body" for e in error.errors())
            return _invalid(problems, unreadable=unreadable)
        case InvalidInputError():
            return _invalid(error.problems, unreadable=isinstance(error, BadRequestError))
        case NotFoundError():
            return _response(HTTPStatus.NOT_FOUND, "not_found", str(error))
        case ConflictError():
            return _response(HTTPStatus.CONFLICT, error.code, str(error), facts=error.details)
        case QuotaError():
            return _response(HTTPStatus.TOO_MANY_REQUESTS, "quota", str(error))
        case TransientError():
            return _response(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "unavailable",
                "something Parley depends on did not answer; try again",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
        case _:
            return _response(
                HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "the fault is ours; it was logged"
            )


def problems_of(error: ValidationError) -> list[FieldProblem]:
    """What is wrong with an object that was validated apart from its request."""
    return [
        _field_problem({**each, "loc": ("body", *each["loc"])})
        for each in error.errors(include_url=False, include_input=False)
    ]


def _invalid(problems: Sequence[FieldProblem], *, unreadable: bool) -> Response[str]:
    status = HTTPStatus.BAD_REQUEST if unreadable else HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_request" if unreadable else "invalid_fields"
    detail = "; ".join(f"{p.field}: {p.message}" for p in problems)
    errors = [FieldError(field=p.field, message=p.message) for p in problems]
    return _response(status, code, detail, errors=errors)


def _response(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    facts: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    problem = Problem(
        type=f"urn:parley:problem:{code.replace('_', '-')}",
        title=status.phrase,
        status=status.value,
        code=code,
        detail=detail,
        errors=list(errors),
        **(facts or {}),
    )
    return Response(
        status_code=status.value,
        content_type=CONTENT_TYPE,
        body=problem.model_dump_json(),
        headers=dict(headers or {}),
    )


_ENUM_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")

_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not known here; check its spelling or leave it out",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


def _field_problem(error: Mapping[str, Any]) -> FieldProblem:
    place, *rest = error["loc"]
    names = [n.title() for n in rest] if place == "header" else rest or [place]
    field = "".join(f"[{n}]" if isinstance(n, int) else f".{n}" for n in names).removeprefix(".")
    return FieldProblem(field=field[:200], message=_message(error))


def _message(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    message = str(error["msg"]).removeprefix("Value error, ")
    message = _ENUM_MEMBER.sub(r"\1", message)
    message = message.replace("Input should", "must").replace("String should", "must")
    message = message.replace("List should", "must").replace("Dictionary should", "must")
    message = message.partition(" after validation")[0]
    return message[:1].lower() + message[1:]
