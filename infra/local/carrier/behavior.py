"""How the carrier and the handsets behave: the settings of ``PUT /simulator/behavior``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A delay in milliseconds, drawn evenly between two bounds."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberError:
    """An error for every message to a number.

    ``to`` is a number or ``*`` for all. ``error_code`` 30xxx is reported later by a status
    callback, any other refuses the create. ``times`` limits it to the first attempts to a number;
    None is no limit. ``with_effect``: the message is accepted although the answer is the error.
    """

    to: str
    error_code: int
    times: int | None = None
    with_effect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """How handsets answer what the API texted them.

    Of all delivered texts the share ``stop_rate`` is answered with an opt-out and the share
    ``reply_rate`` with one of ``replies``, after ``reply_delay_ms``. A text within
    ``answer_gap_ms`` after the handset's own last text counts as an answer to that, and is not
    answered in turn.
    """

    reply_rate: float = 0.0
    stop_rate: float = 0.0
    replies: tuple[str, ...] = (
        "YES",
        "Yes please!",
        "yes, hold one for me",
        "Count me in",
        "What time do you close tonight?",
        "Is that for pickup too?",
        "How much is it?",
        "haha nice",
        "ok 👍",
        "No thanks",
        "not tonight, maybe next week",
        "I'm driving right now, I will get back to you later",
    )
    stops: tuple[str, ...] = (
        "STOP",
        "Stop",
        "stop ",
        "UNSUBSCRIBE",
        "Stop please",
        "please opt me out",
        "no more texts",
    )
    reply_delay_ms: Span = Span(low=200, high=1500)
    answer_gap_ms: float = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """All that can be set; rates are shares from 0 to 1, decided by ``seed``.

    ``latency_ms``: from the acceptance of a create to its answer. ``delivery_delay_ms``: from
    acceptance to the final status; ``sent`` comes halfway. ``http_500_rate``: every other one of
    these has been accepted nevertheless. ``lost_answer_rate``: accepted, then the connection is
    closed without an answer. ``no_receipt_rate``: no status callback ever, and the message stays
    ``sent`` at the provider. ``reorder_callbacks``: the share whose final receipt comes before
    the one for ``sent`` (true is 1, false is 0).
    """

    seed: int = 0
    latency_ms: Span = Span(low=0, high=0)
    delivery_delay_ms: Span = Span(low=200, high=200)
    errors: tuple[NumberError, ...] = ()
    http_429_rate: float = 0.0
    http_500_rate: float = 0.0
    lost_answer_rate: float = 0.0
    undelivered_rate: float = 0.0
    no_receipt_rate: float = 0.0
    duplicate_callback_rate: float = 0.0
    reorder_callbacks: float = 0.0
    persona: Persona = Persona()
