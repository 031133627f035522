"""The framework of the HTTP API: a route is a function that says who may call it.

How to add one:

    def register(api: Api, services: Services) -> None:
        @api.post("/things/{thing_id}/polish", roles=MARKETERS, tag="Things", status=201)
        def polish(thing_id: str, body: Annotated[PolishInput, Body()]) -> ThingOutput:
            \"\"\"Polish a thing.

            More words for the documentation: the docstring is what /docs shows.
            \"\"\"
            return ThingOutput.of(polish_thing(services.things(), thing_id, shine=body.shine))

and call `register` in `parley_aws.http.app`. What holds for every route:

- `roles` (an admin may do everything) or `public=True`; without one, start-up is refused.
  `EVERYONE` is any key. The caller's key is `api.caller`.
- Parameters named in the path come from it, percent-decoded. Others are
  `Annotated[int, Query(ge=1)]`, `Annotated[str, Header(alias="Idempotency-Key")]`, or the body:
  `Annotated[SomeInput, Body()]` with a model that extends `models.base.Input`. A body that may be
  left out: `Annotated[SomeInput | None, Body()] = None`. In a schema written by hand, null goes by
  `anyOf`: Powertools knows no list of types. Query parameters nobody declared are refused, but
  for those under `free_query="attribute."`; `api.query()` has them all.
- Return a model that extends `models.base.Output` (its annotation documents the answer), or
  `Answer(body, status=200)` annotated `Answer[SomeOutput]` where the status varies, or None with
  `status=204`, or a Powertools `Response` (say `produces="text/csv"`).
- Lists: `limit: Limit = 100, cursor: Cursor = None`, `api.start_key(cursor, scope=...)` on the way
  in and `api.cursor(page.next_key, scope=...)` on the way out; the scope names list and filters.
- Raise errors of `parley.errors` (or `http.problem`); `http.problem` makes the document. Wrong
  fields: `InvalidInputError.of("field", "must be …")`, 422. `ConflictError("…",
  code="quiet_hours", allowed_at="…")`, 409, with `code` and the facts in the document.
"""

from __future__ import annotations

import base64
import functools
import json
import re
import traceback
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from inspect import Parameter, signature
from typing import Annotated, Any, Generic, Protocol, Required, TypedDict, TypeVar, Unpack
from urllib.parse import unquote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
)
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server, Tag
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from parley.keys import ApiKey, Role, key_hash, may
from parley_aws.http import cursor as cursors
from parley_aws.http import strict_json
from parley_aws.http.problem import (
    CONTENT_TYPE,
    BadRequestError,
    ForbiddenError,
    MethodNotAllowedError,
    NoRouteError,
    Problem,
    TooLargeError,
    UnauthorizedError,
    UnsupportedMediaTypeError,
    problem_response,
)
from parley_aws.http.services import Services

ADMINS: frozenset[Role] = frozenset({Role.ADMIN})
MARKETERS = frozenset({Role.MARKETER})
SALES = frozenset({Role.SALES})
EVERYONE = frozenset(Role)

MAX_BODY_BYTES = 256 * 1024
"""What a route takes unless it says otherwise."""

MAX_ARGUMENT_CHARACTERS = 256
"""No id or number in a path is longer."""

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many to answer at most")]
Cursor = Annotated[
    str | None, Query(max_length=2000, description="Where to go on: the last answer's next_cursor")
]

BodyT = TypeVar("BodyT", bound=BaseModel)
HandlerT = TypeVar("HandlerT", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Answer(Generic[BodyT]):
    """A body with a status that is not the route's usual one."""

    body: BodyT
    status: int = 200


class RouteOptions(TypedDict, total=False):
    """What a route says of itself.

    `also` documents further statuses, e.g. {409: "Another program has this sender"}; `produces` is
    the media type of an answer that is no JSON.
    """

    tag: Required[str]
    roles: frozenset[Role]
    public: bool
    status: int
    also: Mapping[int, str]
    produces: str
    max_body_bytes: int
    free_query: str
    compress: bool


class Registration(Protocol):
    """A decorator that leaves the function as it is."""

    def __call__(self, function: HandlerT, /) -> HandlerT:
        """Register the function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """Who may call a route (None: anyone), and what it takes."""

    roles: frozenset[Role] | None
    tag: str
    matches: Callable[[str], object]
    max_body_bytes: int
    free_query: str | None


@dataclass(slots=True)
class _Trace:
    """What is logged of a request: never its path, which may hold a phone number (G9)."""

    route: str = "none"
    key_id: str | None = None
    error: str | None = None
    at: list[str] = field(default_factory=list)


class Api:
    """Routes, keys, problem documents and the OpenAPI document of them all."""

    def __init__(
        self,
        services: Services,
        *,
        title: str,
        version: str,
        description: str,
        logger: Logger | None = None,
    ) -> None:
        self._services = services
        self._title, self._version, self._description = title, version, description
        self._declared: dict[tuple[str, str], _Declared] = {}
        self._trace = _Trace()
        self._logger = logger or Logger()
        self._resolver = APIGatewayHttpResolver(json_body_deserializer=strict_json.loads)
        self._resolver.use([self._gate])
        self._resolver.exception_handler(Exception)(self._problem)
        self._validate = OpenAPIRequestValidationMiddleware()  # type: ignore[no-untyped-call]

    def handle(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer an HTTP API request (payload format 2.0), with one line of log."""
        self._trace = trace = _Trace()
        answer = self._resolver.resolve(event, context)
        details = {"route": trace.route, "status": answer["statusCode"], "key_id": trace.key_id}
        if trace.error is not None:
            details["error"] = trace.error
        if trace.at:
            self._logger.error("request", extra={**details, "at": trace.at})
        else:
            self._logger.info("request", extra=details)
        return answer

    @property
    def caller(self) -> ApiKey:
        """The key of the request being served."""
        key: ApiKey = self._resolver.context["caller"]
        return key

    def query(self) -> dict[str, str]:
        """The query of the request being served, the last value of each name."""
        return dict(self._resolver.current_event.query_string_parameters)

    def start_key(self, cursor: str | None, *, scope: str) -> str | None:
        """The table key in a cursor of the list that `scope` names, None for its beginning."""
        if cursor is None:
            return None
        return cursors.unseal(self._services.secret().id_key, scope=scope, cursor=cursor)

    def cursor(self, next_key: str | None, *, scope: str) -> str | None:
        """The `next_cursor` of a page that goes on at a table key."""
        if next_key is None:
            return None
        return cursors.seal(self._services.secret().id_key, scope=scope, start_key=next_key)

    def get(self, path: str, **options: Unpack[RouteOptions]) -> Registration:
        """Register a function that reads."""
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Unpack[RouteOptions]) -> Registration:
        """Register a function that makes or does something."""
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Unpack[RouteOptions]) -> Registration:
        """Register a function that replaces something."""
        return self.route("PUT", path, **options)

    def patch(self, path: str, **options: Unpack[RouteOptions]) -> Registration:
        """Register a function that changes some fields."""
        return self.route("PATCH", path, **options)

    def delete(self, path: str, **options: Unpack[RouteOptions]) -> Registration:
        """Register a function that removes something."""
        return self.route("DELETE", path, **options)

    def route(self, method: str, path: str, **options: Unpack[RouteOptions]) -> Registration:
        """Register a function for a method and a path such as `/things/{thing_id}`.

        Raises TypeError for a route without roles that is not public, or with both.
        """
        public, roles = options.get("public", False), options.get("roles", frozenset())
        if public == bool(roles):
            raise TypeError(f"{method} {path} must have roles or be public, and not both")
        declared = _Declared(
            roles=None if public else roles,
            tag=options["tag"],
            matches=re.compile(re.sub(r"{\w+}", "[^/]+", path)).fullmatch,
            max_body_bytes=options.get("max_body_bytes", MAX_BODY_BYTES),
            free_query=options.get("free_query"),
        )

        def register(function: HandlerT) -> HandlerT:
            summary, description = _documentation(function)
            status = options.get("status", 200)
            endpoint, model = _endpoint(function, status)
            self._declared[method, path] = declared
            self._resolver.route(
                re.sub(r"{(\w+)}", r"<\1>", path),
                method=method,
                compress=options.get("compress", False),
                summary=summary,
                description=description,
                operation_id=function.__name__,
                tags=[declared.tag],
                responses=_responses(model, status, path, options),
                openapi_extensions={"x-roles": sorted({Role.ADMIN, *roles})} if roles else None,
                middlewares=[self._validate],
            )(endpoint)
            return function

        return register

    def routes(self) -> dict[tuple[str, str], frozenset[Role] | None]:
        """Every method and path with the roles that may call it; None: no key needed."""
        return {place: declared.roles for place, declared in self._declared.items()}

    @functools.cached_property
    def openapi(self) -> str:
        """The OpenAPI 3.1 document of all routes, as JSON."""
        document = json.loads(
            self._resolver.get_openapi_json_schema(
                title=self._title,
                version=self._version,
                description=self._description,
                servers=[Server(url=self._services.public_base_url())],
                tags=[
                    Tag(name=tag) for tag in dict.fromkeys(d.tag for d in self._declared.values())
                ],
                security_schemes={
                    "key": HTTPBearer(description="An API key, as POST /keys answers it")
                },
                security=[{"key": []}],
            )
        )
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if self._declared[method.upper(), path].roles is None:
                    operation["security"] = []
                for parameter in operation.get("parameters", ()):
                    if parameter["in"] == "header":
                        parameter["name"] = parameter["name"].title()
        for unused in ("ValidationError", "HTTPValidationError", "ResponseValidationError"):
            document["components"]["schemas"].pop(unused, None)
        return json.dumps(document, ensure_ascii=False)

    def _gate(self, app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
        """Let through who may: runs before anything of the request is looked at (G8)."""
        route: Route = app.context["_route"]
        declared = self._declared.get((route.method, route.openapi_path))
        if declared is None:
            raise self._no_route(route.method, app.context["_path"])
        self._trace.route = f"{route.method} {route.openapi_path}"
        if declared.roles is not None:
            app.context["caller"] = self._authorized(app, declared.roles)
        self._check_query(app, route, declared)
        if route.dependant.body_params:
            _check_body(app, declared.max_body_bytes)
        arguments = {n: unquote(text) for n, text in app.context["_route_args"].items()}
        if any(len(text) > MAX_ARGUMENT_CHARACTERS for text in arguments.values()):
            raise NoRouteError("there is nothing at this address")
        app.context["_route_args"] = arguments
        return next_middleware(app)

    def _no_route(self, method: str, path: str) -> Exception:
        allowed = sorted(m for (m, _), declared in self._declared.items() if declared.matches(path))
        if allowed and method not in allowed:
            return MethodNotAllowedError(allowed)
        return NoRouteError("there is nothing at this address")

    def _authorized(self, app: APIGatewayHttpResolver, roles: frozenset[Role]) -> ApiKey:
        scheme, _, secret = (app.current_event.headers.get("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise UnauthorizedError("send your key as `Authorization: Bearer <key>`")
        key = self._services.keys().by_hash(key_hash(secret.strip()))
        if key is None:
            raise UnauthorizedError("this key is not known, or it was revoked")
        self._trace.key_id = key.id
        if not may(key.role, roles):
            wanted = " or ".join(sorted({Role.ADMIN, *roles}))
            raise ForbiddenError(f"this takes a key of {wanted}; yours is of {key.role}")
        return key

    def _check_query(self, app: APIGatewayHttpResolver, route: Route, declared: _Declared) -> None:
        known = {p.alias for p in route.dependant.query_params}
        free = declared.free_query
        for name in app.current_event.query_string_parameters:
            if name not in known and not (free is not None and name.startswith(free)):
                names = ", ".join(sorted(known)) or "none"
                raise BadRequestError.of(name[:100], f"is no query parameter here; known: {names}")

    def _problem(self, error: Exception) -> Response[str]:
        response = problem_response(error)
        self._trace.error = type(error).__name__
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            frames = traceback.extract_tb(error.__traceback__)[-6:]
            self._trace.at = [f"{f.filename}:{f.lineno} {f.name}" for f in frames]
        return response


def _check_body(app: APIGatewayHttpResolver, max_bytes: int) -> None:
    event = app.current_event
    body = event.body or ""
    if len(body) > max_bytes * (4 / 3 if event.is_base64_encoded else 1):
        raise TooLargeError(f"a body here holds at most {max_bytes // 1024} KB")
    media_type = (event.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if body and media_type not in ("", "application/json"):
        raise UnsupportedMediaTypeError("send JSON, with Content-Type: application/json")
    if event.is_base64_encoded:
        try:
            base64.b64decode(body, validate=True).decode()
        except ValueError:
            raise BadRequestError.of("body", "is not UTF-8") from None


def _endpoint(
    function: Callable[..., object], status: int
) -> tuple[Callable[..., Response[Any]], type[BaseModel] | None]:
    """The function as Powertools calls it, and the model of its answer."""
    hints = typing.get_type_hints(function, include_extras=True)
    returned = hints.get("return")
    if typing.get_origin(returned) is Answer:
        returned = typing.get_args(returned)[0]
    model = returned if isinstance(returned, type) and issubclass(returned, BaseModel) else None

    @functools.wraps(function)
    def endpoint(**arguments: object) -> Response[Any]:
        result = function(**arguments)
        if isinstance(result, Response):
            return result
        if isinstance(result, Answer):
            return _json(result.body, result.status)
        if isinstance(result, BaseModel):
            return _json(result, status)
        return Response(status_code=status, body="")

    parameters = [
        parameter.replace(annotation=hints[name], kind=Parameter.KEYWORD_ONLY)
        for name, parameter in signature(function).parameters.items()
    ]
    shape = signature(function).replace(parameters=parameters, return_annotation=model)
    endpoint.__signature__ = shape  # type: ignore[attr-defined]
    return endpoint, model


def _json(body: BaseModel, status: int) -> Response[str]:
    return Response(
        status_code=status,
        content_type="application/json",
        body=body.model_dump_json(by_alias=True),
    )


def _documentation(function: Callable[..., object]) -> tuple[str, str | None]:
    summary, _, description = (function.__doc__ or "").partition("\n")
    if not summary:
        raise TypeError(f"{function.__qualname__} has no docstring for the documentation")
    lines = [line.strip() for line in description.strip().splitlines()]
    return summary.strip().rstrip("."), "\n".join(lines) or None


_PROBLEMS = {
    400: "The request cannot be read",
    401: "No key, or a wrong one",
    403: "Another role's work",
    404: "No such thing",
    422: "Fields break rules; each is named",
    503: "Try again",
}


def _responses(
    model: type[BaseModel] | None, status: int, path: str, options: RouteOptions
) -> dict[int, Any]:
    success: dict[str, Any] = {"description": HTTPStatus(status).phrase, "content": {}}
    if model is not None:
        success["content"] = {"application/json": {"model": model}}
    elif status != HTTPStatus.NO_CONTENT:
        success["content"] = {options.get("produces", "text/plain"): {"schema": {"type": "string"}}}
    problem = {CONTENT_TYPE: {"model": Problem}}
    left_out = {401, 403, 422} if options.get("public") else set()
    if "{" not in path:
        left_out |= {404}
    responses: dict[int, Any] = {status: success}
    for code, description in {**_PROBLEMS, **options.get("also", {})}.items():
        if code not in left_out:
            content = success["content"] if code < HTTPStatus.BAD_REQUEST else problem
            responses[code] = {"description": description, "content": content}
    return responses
