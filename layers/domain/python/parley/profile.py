"""What a contact's profile may hold, and how a change to it is read and applied.

Fields merge: what a change leaves out stays, null deletes. Lists add up. Sizes are bounded so that
a contact stays a small item that is cheap to read and to claim.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from parley.contact import AttributeValue, Contact
from parley.errors import FieldProblem, InvalidInputError

MAX_ATTRIBUTES = 50
MAX_ATTRIBUTE_NAME = 64
MAX_ATTRIBUTE_TEXT = 500
MAX_ATTRIBUTE_CHARACTERS = 4000
MAX_LISTS = 50
MAX_LIST_NAME = 64
_MAX_TEXTS = 20
_MAX_NUMBER = 10**18

TEXT_FIELDS = ("first_name", "last_name", "email", "language", "timezone", "state")
"""The fields of a profile that hold one text each."""

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_STATES = (
    " AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ"
    " NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI"
    " AB BC MB NB NL NS NT NU ON PE QC SK YT "
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChange:
    """What to change of a profile: None deletes; what is not named stays.

    `clears_attributes` and `clears_lists` forget all of them before others are added.
    """

    texts: Mapping[str, str | None] = field(default_factory=dict)
    attributes: Mapping[str, AttributeValue | None] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    remove_lists: frozenset[str] = frozenset()
    clears_attributes: bool = False
    clears_lists: bool = False


def read_change(row: Mapping[str, Any]) -> ProfileChange:
    """The change that a row with `TEXT_FIELDS`, attributes, lists and remove_lists asks for.

    Other keys are not looked at. Raises InvalidInputError naming every field that is wrong.
    """
    problems: list[FieldProblem] = []
    texts = {}
    for name in TEXT_FIELDS:
        if name in row:
            try:
                texts[name] = _read_text(name, row[name])
            except ValueError as error:
                problems.append(FieldProblem(field=name, message=str(error)))
    attributes = _read_attributes(row.get("attributes"), problems)
    lists = _read_lists("lists", row.get("lists"), problems)
    remove_lists = _read_lists("remove_lists", row.get("remove_lists"), problems)
    if problems:
        raise InvalidInputError(problems)
    return ProfileChange(
        texts=texts,
        attributes=attributes,
        lists=lists,
        remove_lists=remove_lists,
        clears_attributes="attributes" in row and row["attributes"] is None,
        clears_lists="lists" in row and row["lists"] is None,
    )


def with_change(contact: Contact, change: ProfileChange) -> Contact:
    """The contact after a change of its profile.

    Raises InvalidInputError where it would hold too many or too long attributes or lists.
    """
    kept = {} if change.clears_attributes else contact.attributes
    merged = {**kept, **change.attributes}
    attributes = {name: value for name, value in merged.items() if value is not None}
    lists = (frozenset() if change.clears_lists else contact.lists) | change.lists
    lists -= change.remove_lists
    if len(attributes) > MAX_ATTRIBUTES:
        raise InvalidInputError.of(
            "attributes", f"would be {len(attributes)}; a contact holds at most {MAX_ATTRIBUTES}"
        )
    if sum(map(_characters, attributes.items())) > MAX_ATTRIBUTE_CHARACTERS:
        raise InvalidInputError.of(
            "attributes",
            f"would hold over {MAX_ATTRIBUTE_CHARACTERS} characters in all; shorten or drop some",
        )
    if len(lists) > MAX_LISTS:
        raise InvalidInputError.of(
            "lists", f"would be {len(lists)}; a contact is on at most {MAX_LISTS}"
        )
    texts: dict[str, Any] = dict(change.texts)
    return replace(contact, **texts, attributes=attributes, lists=lists)


def list_name(value: object) -> str:
    """A list's name as it is kept. Raises ValueError saying what is wrong with it."""
    if not isinstance(value, str):
        raise ValueError("must hold texts only")  # noqa: TRY004  # one kind of error for a caller
    name = value.strip()
    if not name:
        raise ValueError("holds an empty name")
    return _within(name, MAX_LIST_NAME)


def _read_text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("must be a text or null")  # noqa: TRY004  # as above
    text = value.strip()
    return _CHECKS[name](text) if text else None


def _name(text: str) -> str:
    return _within(text, 100)


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(_within(text, 254)):
        raise ValueError("must be an e-mail address such as ann@example.com")
    return text


def _language(text: str) -> str:
    if len(text) > 35 or not _LANGUAGE.fullmatch(text):
        raise ValueError('must be a language code such as "en" or "es-MX"')
    return text


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be an IANA time zone such as America/Chicago") from None
    return text


def _state(text: str) -> str:
    state = text.upper()
    if len(state) != 2 or f" {state} " not in _STATES:
        raise ValueError("must be a US state or Canadian province in two letters such as TX")
    return state


_CHECKS = {
    "first_name": _name,
    "last_name": _name,
    "email": _email,
    "language": _language,
    "timezone": _timezone,
    "state": _state,
}


def _read_attributes(
    value: object, problems: list[FieldProblem]
) -> dict[str, AttributeValue | None]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.append(FieldProblem(field="attributes", message="must be an object or null"))
        return {}
    if len(value) > 2 * MAX_ATTRIBUTES:
        problems.append(
            FieldProblem(field="attributes", message=f"holds more than {MAX_ATTRIBUTES}")
        )
        return {}
    found: dict[str, AttributeValue | None] = {}
    for name, attribute in value.items():
        try:
            found[_attribute_name(name)] = _attribute_value(attribute)
        except ValueError as error:
            shown = _CONTROL.sub("?", name)[:MAX_ATTRIBUTE_NAME]
            problems.append(FieldProblem(field=f"attributes.{shown}", message=str(error)))
    return found


def _attribute_name(name: str) -> str:
    if not name.strip() or len(name) > MAX_ATTRIBUTE_NAME or _CONTROL.search(name):
        raise ValueError(f"must have a name of 1 to {MAX_ATTRIBUTE_NAME} printable characters")
    return name.strip()


def _attribute_value(value: object) -> AttributeValue | None:
    match value:
        case None | bool():
            return value
        case str():
            return _within(value, MAX_ATTRIBUTE_TEXT)
        case int() if abs(value) < _MAX_NUMBER:
            return value
        case float() if math.isfinite(value) and abs(value) < _MAX_NUMBER:
            return value
        case list() if len(value) <= _MAX_TEXTS and all(isinstance(v, str) for v in value):
            return [_within(v, MAX_ATTRIBUTE_TEXT) for v in value]
    raise ValueError(
        f"must be a text, a number, true, false, a list of up to {_MAX_TEXTS} texts, or null"
    )


def _read_lists(name: str, value: object, problems: list[FieldProblem]) -> frozenset[str]:
    if value is None:
        return frozenset()
    if not isinstance(value, list):
        problems.append(FieldProblem(field=name, message='must be a list such as ["vip"]'))
        return frozenset()
    if len(value) > 2 * MAX_LISTS:
        problems.append(FieldProblem(field=name, message=f"holds more than {MAX_LISTS} names"))
        return frozenset()
    try:
        return frozenset(list_name(v) for v in value)
    except ValueError as error:
        problems.append(FieldProblem(field=name, message=str(error)))
        return frozenset()


def _within(text: str, longest: int) -> str:
    if len(text) > longest:
        raise ValueError(f"is longer than {longest} characters")
    if _CONTROL.search(text):
        raise ValueError("holds control characters")
    return text


def _characters(attribute: tuple[str, AttributeValue]) -> int:
    name, value = attribute
    texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return len(name) + sum(map(len, texts)) + 10
