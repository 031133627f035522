"""The JSON form of :class:`~infra.local.carrier.behavior.Behavior`."""

from __future__ import annotations

from dataclasses import asdict, fields

from infra.local.carrier.behavior import Behavior, NumberError, Persona, Span
from infra.local.carrier.fields import (
    BadFieldsError,
    Fields,
    read_flag,
    read_integer,
    read_list,
    read_number,
    read_rate,
    read_text,
)
from infra.local.carrier.numbers import is_possible

_ONE_DAY_MS = 86_400_000
_LOWEST_CODE, _HIGHEST_CODE = 10_000, 99_999
_RATES = (
    "http_429_rate",
    "http_500_rate",
    "lost_answer_rate",
    "undelivered_rate",
    "no_receipt_rate",
    "duplicate_callback_rate",
)


def behavior_from_json(value: object) -> Behavior:
    """Read a whole behavior; what is not named keeps its default.

    Raises :class:`~infra.local.carrier.fields.BadFieldsError`.
    """
    default = Behavior()
    given = Fields(value)
    given.refuse_unknown([field.name for field in fields(Behavior)])
    rates = {
        name: given.optional(name, read_rate, default=float(getattr(default, name)))
        for name in _RATES
    }
    behavior = Behavior(
        seed=given.optional("seed", read_integer, default=default.seed),
        latency_ms=given.optional("latency_ms", _read_span, default=default.latency_ms),
        delivery_delay_ms=given.optional(
            "delivery_delay_ms", _read_span, default=default.delivery_delay_ms
        ),
        errors=given.optional("errors", _read_errors, default=default.errors),
        reorder_callbacks=given.optional(
            "reorder_callbacks", _read_flag_or_rate, default=default.reorder_callbacks
        ),
        persona=given.optional("persona", _read_persona, default=default.persona),
        **rates,
    )
    given.check()
    return behavior


def behavior_to_json(behavior: Behavior) -> dict[str, object]:
    """Return ``behavior`` in the form that :func:`behavior_from_json` reads."""
    body: dict[str, object] = asdict(behavior)
    body["latency_ms"] = _span_to_json(behavior.latency_ms)
    body["delivery_delay_ms"] = _span_to_json(behavior.delivery_delay_ms)
    body["persona"] = {
        **asdict(behavior.persona),
        "reply_delay_ms": _span_to_json(behavior.persona.reply_delay_ms),
    }
    return body


def _span_to_json(span: Span) -> float | list[float]:
    return span.low if span.low == span.high else [span.low, span.high]


def _read_errors(value: object, at: str) -> tuple[NumberError, ...]:
    return read_list(value, at, _read_error)


def _read_error(value: object, at: str) -> NumberError:
    given = Fields(value, at=at)
    given.refuse_unknown([field.name for field in fields(NumberError)])
    error = NumberError(
        to=given.required("to", _read_target, fallback=""),
        error_code=given.required("error_code", _read_code, fallback=0),
        times=given.optional("times", _read_times, default=None),
        with_effect=given.optional("with_effect", read_flag, default=False),
    )
    given.check()
    return error


def _read_target(value: object, at: str) -> str:
    target = read_text(value, at)
    if target != "*" and not is_possible(target):
        raise BadFieldsError([(at, "Must be a number in E.164 form, or * for all.")])
    return target


def _read_code(value: object, at: str) -> int:
    code = read_integer(value, at)
    if not _LOWEST_CODE <= code <= _HIGHEST_CODE:
        raise BadFieldsError([(at, "Must be one of Twilio's five-digit error codes.")])
    return code


def _read_times(value: object, at: str) -> int | None:
    if value is None:
        return None
    times = read_integer(value, at)
    if times < 1:
        raise BadFieldsError([(at, "Must be 1 or more, or null.")])
    return times


def _read_flag_or_rate(value: object, at: str) -> float:
    return float(value) if isinstance(value, bool) else read_rate(value, at)


def _read_persona(value: object, at: str) -> Persona:
    default = Persona()
    given = Fields(value, at=at)
    given.refuse_unknown([field.name for field in fields(Persona)])
    persona = Persona(
        reply_rate=given.optional("reply_rate", read_rate, default=default.reply_rate),
        stop_rate=given.optional("stop_rate", read_rate, default=default.stop_rate),
        replies=given.optional("replies", _read_texts, default=default.replies),
        stops=given.optional("stops", _read_texts, default=default.stops),
        reply_delay_ms=given.optional("reply_delay_ms", _read_span, default=default.reply_delay_ms),
        answer_gap_ms=given.optional("answer_gap_ms", read_number, default=default.answer_gap_ms),
    )
    given.check()
    if persona.reply_rate + persona.stop_rate > 1:
        raise BadFieldsError([(at, "reply_rate and stop_rate must not exceed 1 together.")])
    return persona


def _read_texts(value: object, at: str) -> tuple[str, ...]:
    texts = read_list(value, at, read_text)
    if not texts:
        raise BadFieldsError([(at, "Must hold at least one text.")])
    return texts


def _read_span(value: object, at: str) -> Span:
    """Read milliseconds: a number, or a list of the least and the most."""
    if isinstance(value, list):
        bounds = read_list(value, at, _read_milliseconds)
        if len(bounds) != 2 or bounds[0] > bounds[1]:
            raise BadFieldsError([(at, "Must be a number or [least, most].")])
        return Span(low=bounds[0], high=bounds[1])
    milliseconds = _read_milliseconds(value, at)
    return Span(low=milliseconds, high=milliseconds)


def _read_milliseconds(value: object, at: str) -> float:
    milliseconds = read_number(value, at)
    if milliseconds > _ONE_DAY_MS:
        raise BadFieldsError([(at, "Must be at most a day in milliseconds.")])
    return milliseconds
