"""A text that came in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundText:
    """A text from a phone: `to` is the number texted, `service` the messaging service it is in.

    `opt_out_type` is the keyword that the provider says it acted on: STOP, START or HELP.
    `media` is how many pictures or other files came with it; they stay with the provider.
    """

    sid: str
    phone: str
    to: str
    service: str | None
    body: str
    opt_out_type: str | None
    media: int = 0
