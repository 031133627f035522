"""Values as DynamoDB keeps them.

Moments are texts of fixed width in UTC, which sort by time, or, where space counts, milliseconds
since 1970. Absent values are left out. Numbers come back as int where they have no fraction.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from parley.errors import InvalidInputError

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MAX_NUMBER = 10**38
_LEAST = 1e-100


def stamp(moment: datetime) -> str:
    """A moment as text, such as `2026-11-22T13:00:00.000000Z`. Raises ValueError without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


moment_of = datetime.fromisoformat
"""The moment that `stamp` wrote."""


def milliseconds(moment: datetime) -> int:
    """A moment in milliseconds since 1970, rounded up, so that a claim never looks shorter."""
    return -((_EPOCH - moment) // _MILLISECOND)


def moment_at(epoch_milliseconds: int) -> datetime:
    """The moment so many milliseconds after 1970."""
    return datetime.fromtimestamp(epoch_milliseconds / 1000, UTC)


def encode(values: Mapping[str, Any]) -> dict[str, Any]:
    """An item of plain values; those that are None, and empty sets, are left out."""
    return {name: attribute(value) for name, value in values.items() if _is_there(value)}


def decode(item: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values of an item."""
    return {name: plain(value) for name, value in item.items()}


def attribute(value: Any) -> dict[str, Any]:
    """One plain value as an attribute. Raises TypeError for a type that has no place here."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": number(value)}
        case datetime():
            return {"S": stamp(value)}
        case Mapping():
            return {"M": {k: attribute(v) for k, v in value.items() if _is_there(v)}}
        case list() | tuple():
            return {"L": [attribute(v) for v in value]}
        case set() | frozenset():
            return {"SS": sorted(value)}
    raise TypeError(f"{type(value).__name__} has no place in an item")


def plain(value: Mapping[str, Any]) -> Any:
    """The plain value of one attribute."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return number_of(content)
        case "M":
            return {name: plain(member) for name, member in content.items()}
        case "L":
            return [plain(member) for member in content]
        case "SS":
            return frozenset(content)
        case "NULL":
            return None
    raise TypeError(f"an attribute of type {kind} is none of ours")


def number(value: float) -> str:
    """A number as text. Raises InvalidInputError for one that DynamoDB cannot hold."""
    if not math.isfinite(value) or abs(value) >= _MAX_NUMBER:
        raise InvalidInputError.of("number", "must be finite and have at most 38 digits")
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    return format(Decimal(repr(value)), "f") if abs(value) > _LEAST else "0"


def number_of(text: str) -> int | float:
    """The number in a text: int where it has no fraction."""
    try:
        return int(text)
    except ValueError:
        value = float(text)
        return int(value) if value.is_integer() else value


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The values in slices of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))


def _is_there(value: Any) -> bool:
    return value is not None and not (isinstance(value, set | frozenset) and not value)
