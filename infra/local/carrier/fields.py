"""Reading a JSON object field by field, naming each one that is wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

T = TypeVar("T")
Reader = Callable[[object, str], T]


class BadFieldsError(Exception):
    """The request is refused; ``errors`` holds (field, message) pairs."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors))

    def body(self) -> dict[str, object]:
        """Return the JSON body of the answer."""
        return {"errors": [{"field": field, "message": text} for field, text in self.errors]}


class Fields:
    """One JSON object that is read; errors gather until :meth:`check` raises them together."""

    def __init__(self, value: object, *, at: str = "") -> None:
        self._at = at
        self._errors: list[tuple[str, str]] = []
        self._is_object = isinstance(value, dict)
        self._values: Mapping[str, object] = value if isinstance(value, dict) else {}
        if not self._is_object:
            self._errors.append((at, "Must be a JSON object."))

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Note every field that is not ``known``."""
        for name in self._values:
            if name not in known:
                hint = "Unknown field; known are " + ", ".join(sorted(known)) + "."
                self._errors.append((self._path(name), hint))

    def required(self, name: str, read: Reader[T], *, fallback: T) -> T:
        """Read a field that must be there; ``fallback`` stands in when it is noted as wrong."""
        if name not in self._values:
            if self._is_object:
                self._errors.append((self._path(name), "Is required."))
            return fallback
        return self.optional(name, read, default=fallback)

    def optional(self, name: str, read: Reader[T], *, default: T) -> T:
        """Read a field, or take ``default`` when it is absent or noted as wrong."""
        if name not in self._values:
            return default
        try:
            return read(self._values[name], self._path(name))
        except BadFieldsError as error:
            self._errors.extend(error.errors)
            return default

    def check(self) -> None:
        """Raise :class:`BadFieldsError` if anything was wrong."""
        if self._errors:
            raise BadFieldsError(self._errors)

    def _path(self, name: str) -> str:
        return f"{self._at}.{name}" if self._at else name


def parse_json(raw: bytes) -> object:
    """Return the JSON value in ``raw``; raises :class:`BadFieldsError` if there is none."""
    try:
        value: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadFieldsError([("", "The body must be JSON in UTF-8.")]) from error
    return value


def read_text(value: object, at: str) -> str:
    """Read a string that can be encoded in UTF-8 (a lone surrogate cannot)."""
    if not isinstance(value, str):
        raise BadFieldsError([(at, "Must be a string.")])
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadFieldsError([(at, "Must be encodable in UTF-8.")]) from error
    return value


def read_integer(value: object, at: str) -> int:
    """Read a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadFieldsError([(at, "Must be an integer.")])
    return value


def read_flag(value: object, at: str) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise BadFieldsError([(at, "Must be true or false.")])
    return value


def read_number(value: object, at: str) -> float:
    """Read a finite number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadFieldsError([(at, "Must be a number.")])
    try:
        number = float(value)
    except OverflowError as error:
        raise BadFieldsError([(at, "Is too large.")]) from error
    if not math.isfinite(number) or number < 0:
        raise BadFieldsError([(at, "Must be a finite number, 0 or more.")])
    return number


def read_rate(value: object, at: str) -> float:
    """Read a share from 0 to 1."""
    rate = read_number(value, at)
    if rate > 1:
        raise BadFieldsError([(at, "Must be between 0 and 1.")])
    return rate


def read_list(value: object, at: str, read: Reader[T]) -> tuple[T, ...]:
    """Read a list whose items ``read`` reads, with every wrong item noted."""
    if not isinstance(value, list):
        raise BadFieldsError([(at, "Must be a list.")])
    items: list[T] = []
    errors: list[tuple[str, str]] = []
    for index, item in enumerate(value):
        try:
            items.append(read(item, f"{at}[{index}]"))
        except BadFieldsError as error:
            errors.extend(error.errors)
    if errors:
        raise BadFieldsError(errors)
    return tuple(items)
