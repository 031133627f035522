"""Bodies of campaigns: Liquid over `contact.*` and `program.brand`, strict about missing values.

In a body, `contact` holds the profile (`phone`, `first_name`, `last_name`, `email`, `language`,
`timezone`, `state`), `last_reply` (what they said last), `attributes`, and every attribute under
its own name too. Empty texts count as missing. A body reads no file, no other body and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import Any

from liquid import BoundTemplate, Environment, RenderContext, Undefined
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.echo_tag import EchoNode
from liquid.exceptions import LiquidError, ResourceLimitError

from parley.contact import Contact
from parley.decide import Draft
from parley.errors import InvalidInputError
from parley.parts import MAX_BODY_CHARACTERS
from parley.program import Program

_FIELD = "body"
_FORBIDDEN_TAGS = ("include", "render")
_PROGRAM_FIELDS = ("brand",)
_PROFILE = ("phone", "first_name", "last_name", "email", "language", "timezone", "state")
_TOO_LONG = " " * (MAX_BODY_CHARACTERS + 1)


class _MissingValueError(Exception):
    """A value that this contact lacks was about to be written into the text."""


class _Missing(Undefined):
    """A value that is not there: false in conditions, empty in loops, never written."""

    __slots__ = ()

    force_liquid_default = True

    def __str__(self) -> str:
        raise _MissingValueError((self.hint or self.name).removesuffix(" is undefined"))

    def __int__(self) -> int:
        return int(str(self))


def _keeping_missing(apply: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that passes a missing value on, so that a later `default` can still fill it in."""

    @wraps(apply)
    def filter_(value: object, *args: Any, **kwargs: Any) -> Any:
        return value if isinstance(value, _Missing) else apply(value, *args, **kwargs)

    return filter_


class _BodyEnvironment(Environment):
    loop_iteration_limit = 1_000
    local_namespace_limit = 20_000
    output_stream_limit = 4 * MAX_BODY_CHARACTERS

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for tag in _FORBIDDEN_TAGS:
            del self.tags[tag]
        for name, apply in self.filters.items():
            if name != "default":
                self.filters[name] = _keeping_missing(apply)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return _BodyEnvironment(undefined=_Missing)


@lru_cache(maxsize=256)
def _parse(body: str) -> BoundTemplate:
    return _environment().from_string(body)


def renderer(body: str, program: Program) -> Callable[[Contact], Draft]:
    """A function that renders a body for one contact.

    Its draft names the first value that was to be written and is missing, such as
    `contact.first_name`; `body` where nothing at all would be written or a filter cannot use what
    the contact holds. Raises InvalidInputError for a body that `check` refuses to parse.
    """
    template = _parsed(body)
    of_program = {"brand": program.brand}

    def render(contact: Contact) -> Draft:
        try:
            text = template.render(contact=_values(contact), program=of_program)
        except _MissingValueError as error:
            return Draft(body="", missing_value=str(error))
        except ResourceLimitError:
            return Draft(body=_TOO_LONG)
        except LiquidError:
            return Draft(body="", missing_value=_FIELD)
        return Draft(body=text, missing_value=None if text.strip() else _FIELD)

    return render


def check(body: str) -> None:
    """Refuse a body that is no Liquid or that names what no contact can have.

    Raises InvalidInputError for the field `body` with the line and the cause.
    """
    template = _parsed(body)
    analysis = template.analyze(include_partials=False)
    for name, spans in analysis.filters.items():
        if name not in template.env.filters:
            raise _at(body, spans[0].index, f"unknown filter '{name}'")
    for name, uses in analysis.globals.items():
        for use in uses:
            cause = _wrong_use(name, use.segments)
            if cause is not None:
                raise _at(body, use.span.index, cause)


def without_default(body: str) -> tuple[str, ...]:
    """The contact's values that a body writes without a default and without asking for them.

    Whoever lacks one of them would be skipped. Raises InvalidInputError as `renderer` does.
    """
    template = _parsed(body)
    written: dict[str, None] = {}
    asked: set[str] = set()
    for node in _nodes(template):
        for expression in node.expressions():
            if not isinstance(node, (OutputNode, EchoNode)):
                asked.update(_paths(expression))
            elif isinstance(expression, FilteredExpression) and not any(
                f.name == "default" for f in expression.filters or ()
            ):
                written.update(dict.fromkeys(_paths(expression.left)))
    return tuple(path for path in written if path.startswith("contact.") and path not in asked)


def _parsed(body: str) -> BoundTemplate:
    try:
        return _parse(body)
    except LiquidError as error:
        place = error.context()
        where = f"line {place[0]}: " if place else ""
        raise InvalidInputError.of(_FIELD, f"{where}{error.message}") from error


def _at(body: str, index: int, cause: str) -> InvalidInputError:
    line = body.count("\n", 0, max(index, 0)) + 1
    return InvalidInputError.of(_FIELD, f"line {line}: {cause}")


def _wrong_use(name: str, segments: list[Any]) -> str | None:
    field = segments[1] if len(segments) > 1 else None
    if name == "contact":
        if isinstance(field, str):
            return None
        return "name a field of the contact, such as contact.first_name"
    if name == "program":
        return None if field in _PROGRAM_FIELDS else "of the program there is only program.brand"
    return f"{name} is unknown; use contact.* or program.brand"


def _nodes(template: BoundTemplate) -> Iterator[Node]:
    context = RenderContext(template)
    waiting = list(template.nodes)
    while waiting:
        node = waiting.pop(0)
        yield node
        waiting[:0] = node.children(context, include_partials=False)


def _paths(expression: Any) -> Iterator[str]:
    if isinstance(expression, Path):
        yield str(expression)
    for child in expression.children():
        yield from _paths(child)


def _values(contact: Contact) -> dict[str, object]:
    attributes = {name: v for name, v in contact.attributes.items() if _is_there(v)}
    profile = {name: v for name in _PROFILE if _is_there(v := getattr(contact, name))}
    values: dict[str, object] = {**attributes, **profile, "attributes": attributes}
    if contact.last_reply is not None and _is_there(contact.last_reply.body):
        values["last_reply"] = contact.last_reply.body
    return values


def _is_there(value: object) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip()) and value != []
