"""JSON as the API takes it: one object, every key once, numbers and texts that can be stored."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NoReturn

from parley_aws.http.problem import BadRequestError

MAX_DIGITS = 18
MAX_DEPTH = 20
"""Deeper than any rule of a segment; tables hold 32 levels."""

_SMALLEST = 1e-120
_LARGEST = 1e120


def loads(text: str) -> dict[str, Any]:
    """The object in a request's body.

    Raises BadRequestError for anything else, for a key that occurs twice, for NaN and numbers
    beyond 18 digits, for halves of surrogate pairs, which are no characters, and for more than 20
    levels.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole_number,
            parse_float=_number,
            parse_constant=_constant,
        )
    except RecursionError:
        raise BadRequestError.of("body", "nests too deeply") from None
    except json.JSONDecodeError as error:
        raise BadRequestError.of(
            "body", f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    if not isinstance(value, dict):
        raise BadRequestError.of("body", "must be a JSON object")
    if _is_deeper(value, MAX_DEPTH):
        raise BadRequestError.of("body", f"nests deeper than {MAX_DEPTH} levels")
    if "\\ud" in text.lower():
        _check_characters(value)
    return value


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise BadRequestError.of("body", f"holds {json.dumps(name[:100])} twice")
        found[name] = value
    return found


def _whole_number(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise BadRequestError.of("body", f"holds a number of more than {MAX_DIGITS} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value) or (value and not _SMALLEST < abs(value) < _LARGEST):
        raise BadRequestError.of("body", "holds a number that is too large or too small")
    return value


def _constant(name: str) -> NoReturn:
    raise BadRequestError.of("body", f"holds {name}, which is no JSON number")


def _is_deeper(value: object, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return bool(inner) and (levels == 0 or any(_is_deeper(v, levels - 1) for v in inner))


def _check_characters(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadRequestError.of("body", "holds half of a surrogate pair") from None
