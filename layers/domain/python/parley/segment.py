"""Segments: saved rules that select contacts, compiled once into a plain function.

The rule is the JSON of the API: `all`, `any` and `not` nest; a leaf names one thing to look at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from parley.contact import Contact
from parley.errors import InvalidInputError

Test = Callable[[Contact, datetime], bool]
_MAX_DEPTH = 10
_MAX_PHONES = 10_000
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A compiled rule: the fields of a contact that it `reads`, besides its number, and `phones`,
    the only numbers that can match, where the rule says so."""

    matches: Test
    reads: frozenset[str]
    phones: tuple[str, ...] | None = None


def everyone_of(program_id: str) -> Segment:
    """The segment of a campaign without one: every contact with a subscription in the program."""
    return Segment(
        matches=lambda contact, _now: program_id in contact.subscriptions,
        reads=frozenset({"subscriptions"}),
    )


def compile_segment(rule: Mapping[str, Any], *, field: str = "segment") -> Segment:
    """The segment a JSON rule describes.

    Raises InvalidInputError naming the place in the rule (such as `segment.all[1].attribute`).
    """
    matches = _compile(rule, field, 0)
    return Segment(matches=matches, reads=frozenset(_reads(rule)), phones=_only_phones(rule))


def _compile(rule: object, field: str, depth: int) -> Test:
    if depth > _MAX_DEPTH:
        raise InvalidInputError.of(field, f"nests deeper than {_MAX_DEPTH}; flatten it")
    if not isinstance(rule, Mapping) or not rule:
        raise InvalidInputError.of(field, 'must be an object such as {"list": "vip"}')
    if "attribute" in rule:
        return _attribute(rule, field)
    if len(rule) != 1:
        raise InvalidInputError.of(
            field, f'holds {", ".join(sorted(map(str, rule)))}; combine rules with "all" or "any"'
        )
    name, value = next(iter(rule.items()))
    if name in ("all", "any"):
        return _combination(name, value, f"{field}.{name}", depth)
    if name == "not":
        negated = _compile(value, f"{field}.not", depth + 1)
        return lambda contact, now: not negated(contact, now)
    leaf = _LEAVES.get(name)
    if leaf is None:
        known = ", ".join(["all", "any", "not", "attribute", *_LEAVES])
        raise InvalidInputError.of(f"{field}.{name}", f"is not a segment rule; use one of {known}")
    return leaf(value, f"{field}.{name}")


def _combination(name: str, value: object, field: str, depth: int) -> Test:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise InvalidInputError.of(field, "must be a list of at least one rule")
    tests = [_compile(rule, f"{field}[{i}]", depth + 1) for i, rule in enumerate(value)]
    if name == "all":
        return lambda contact, now: all(test(contact, now) for test in tests)
    return lambda contact, now: any(test(contact, now) for test in tests)


def _list(value: object, field: str) -> Test:
    name = _text(value, field)
    return lambda contact, _now: name in contact.lists


def _language(value: object, field: str) -> Test:
    """A language and, where the rule names no country, every country's way of it.

    Source: RFC 4647, basic filtering.
    """
    language = _text(value, field).casefold().replace("_", "-")

    def test(contact: Contact, _now: datetime) -> bool:
        spoken = (contact.language or "").casefold().replace("_", "-")
        return spoken == language or spoken.startswith(f"{language}-")

    return test


def _phone(value: object, field: str) -> Test:
    phones = frozenset(_phones(value, field))
    return lambda contact, _now: contact.phone in phones


def _phones(value: object, field: str) -> list[str]:
    listed = value.get("in") if isinstance(value, Mapping) and len(value) == 1 else None
    if not isinstance(listed, list) or not listed or not all(isinstance(p, str) for p in listed):
        raise InvalidInputError.of(field, 'must be {"in": ["+1…", …]}')
    if len(listed) > _MAX_PHONES:
        raise InvalidInputError.of(field, f"takes at most {_MAX_PHONES} numbers; import a list")
    for index, phone in enumerate(listed):
        if not _E164.fullmatch(phone):
            message = "must begin with + and the country code, such as +15125550100"
            raise InvalidInputError.of(f"{field}.in[{index}]", message)
    return listed


def _replied(value: object, field: str) -> Test:
    if not isinstance(value, Mapping) or not set(value) <= {"campaign_id", "intent"} or not value:
        raise InvalidInputError.of(field, "takes campaign_id, intent or both")
    campaign_id, intent = value.get("campaign_id"), value.get("intent")

    def test(contact: Contact, _now: datetime) -> bool:
        reply = contact.last_reply
        return (
            reply is not None
            and (campaign_id is None or reply.campaign_id == campaign_id)
            and (intent is None or reply.intent == intent)
        )

    return test


def _replied_within(value: object, field: str) -> Test:
    window = _hours(value, field)
    return lambda contact, now: (
        contact.last_reply is not None and contact.last_reply.received_at > now - window
    )


def _not_messaged_within(value: object, field: str) -> Test:
    window = _hours(value, field)
    return lambda contact, now: all(c.post_by <= now - window for c in contact.sending.claims)


_LEAVES: dict[str, Callable[[object, str], Test]] = {
    "list": _list,
    "phone": _phone,
    "language": _language,
    "replied": _replied,
    "replied_within_hours": _replied_within,
    "not_messaged_within_hours": _not_messaged_within,
}


_FIELDS = {
    "attribute": "attributes",
    "list": "lists",
    "language": "language",
    "replied": "last_reply",
    "replied_within_hours": "last_reply",
    "not_messaged_within_hours": "sending",
}
"""The field of a contact that a leaf looks at; a `phone` looks at none but the number."""


def _same(actual: object, wanted: object) -> bool:
    """Equality that forgives a number that came in as text, as CSV columns do."""
    if actual == wanted and isinstance(actual, bool) == isinstance(wanted, bool):
        return True
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return isinstance(actual, str) and _number(actual) == wanted
    return False


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except ValueError:
        return None


_Operator = Callable[[Any, Any], bool]


def _comparison(compare: _Operator) -> _Operator:
    def test(actual: Any, wanted: Any) -> bool:
        number = _number(actual) if isinstance(wanted, (int, float)) else actual
        try:
            return number is not None and compare(number, wanted)
        except TypeError:
            return False

    return test


_OPERATORS: dict[str, _Operator] = {
    "eq": _same,
    "ne": lambda actual, wanted: not _same(actual, wanted),
    "in": lambda actual, wanted: any(_same(actual, w) for w in wanted),
    "gt": _comparison(lambda actual, wanted: actual > wanted),
    "gte": _comparison(lambda actual, wanted: actual >= wanted),
    "lt": _comparison(lambda actual, wanted: actual < wanted),
    "lte": _comparison(lambda actual, wanted: actual <= wanted),
    "contains": lambda actual, wanted: (
        wanted in actual if isinstance(actual, (str, list)) and isinstance(wanted, str) else False
    ),
    "exists": lambda actual, wanted: (actual is not None) is wanted,
}


def _attribute(rule: Mapping[str, Any], field: str) -> Test:
    name = _text(rule["attribute"], f"{field}.attribute")
    operators = [key for key in rule if key != "attribute"]
    if len(operators) != 1 or operators[0] not in _OPERATORS:
        raise InvalidInputError.of(
            field, f"an attribute rule takes exactly one of {', '.join(_OPERATORS)}"
        )
    operator = operators[0]
    wanted = rule[operator]
    _check_operand(operator, wanted, f"{field}.{operator}")
    compare = _OPERATORS[operator]
    return lambda contact, _now: compare(contact.attributes.get(name), wanted)


def _check_operand(operator: str, wanted: object, field: str) -> None:
    if operator == "in" and (not isinstance(wanted, list) or not wanted):
        raise InvalidInputError.of(field, "must be a list of at least one value")
    if operator == "exists" and not isinstance(wanted, bool):
        raise InvalidInputError.of(field, "must be true or false")
    if operator in ("gt", "gte", "lt", "lte") and (
        isinstance(wanted, bool) or not isinstance(wanted, (int, float, str))
    ):
        raise InvalidInputError.of(field, 'must be a number or a text such as "2026-01-31"')
    if operator == "contains" and not isinstance(wanted, str):
        raise InvalidInputError.of(field, "must be a text")


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidInputError.of(field, "must be a text of at least one character")
    return value


def _hours(value: object, field: str) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 744:
        raise InvalidInputError.of(field, "must be a number of hours over 0 and up to 744")
    return timedelta(hours=value)


def _reads(rule: Mapping[str, Any]) -> Iterator[str]:
    """The fields that a rule which compiles looks at."""
    for name, value in rule.items():
        if name in ("all", "any"):
            for part in value:
                yield from _reads(part)
        elif name == "not":
            yield from _reads(value)
        elif name in _FIELDS:
            yield _FIELDS[name]


def _only_phones(rule: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The numbers outside of which nothing can match: a `phone` leaf, alone or under `all`."""
    if "phone" in rule:
        return tuple(dict.fromkeys(rule["phone"]["in"]))
    for part in rule.get("all", ()):
        phones = _only_phones(part)
        if phones is not None:
            return phones
    return None
