"""Strikes: texts that did not reach a phone, which together mean that nothing does.

A strike is a lost text whose error code blames the phone without a doubt left open for good. A text
delivered afterwards clears it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

STRIKE_WINDOW = timedelta(days=30)
"""Strikes further apart say nothing together."""

DEFAULT_STRIKE_LIMIT = 3
"""So many strikes suppress a number, where the settings name no other."""

UNKNOWN_HANDSET = "30005"
UNKNOWN_HANDSET_LIMIT = 2
"""So many strikes of this code suppress a number, whatever the settings say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """The lost text of one send, handed over `at` a moment."""

    send_id: str
    error_code: str
    at: datetime


def standing(strikes: Iterable[Strike], *, delivered_at: datetime | None) -> tuple[Strike, ...]:
    """The strikes that still speak against a number, oldest first, one for each send.

    `delivered_at` is when the latest of its texts that arrived was handed over.
    """
    of_sends = {strike.send_id: strike for strike in strikes}
    newest = max((strike.at for strike in of_sends.values()), default=None)
    if newest is None:
        return ()
    kept = (
        strike
        for strike in of_sends.values()
        if strike.at > newest - STRIKE_WINDOW and (delivered_at is None or strike.at > delivered_at)
    )
    return tuple(sorted(kept, key=lambda strike: strike.at))


def is_unreachable(strikes: Iterable[Strike], *, limit: int) -> bool:
    """Whether strikes that stand suffice to suppress their number; `limit` is for codes of any
    kind together."""
    codes = [strike.error_code for strike in strikes]
    return len(codes) >= limit or codes.count(UNKNOWN_HANDSET) >= UNKNOWN_HANDSET_LIMIT
