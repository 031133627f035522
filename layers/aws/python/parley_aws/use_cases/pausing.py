"""Pause a send that cannot go on by itself."""

from __future__ import annotations

from parley.campaign import SendStatus
from parley_aws.ports import Clock, SendStore
from parley_aws.use_cases.complete_send import GOING


def pause_for(sends: SendStore, clock: Clock, send_id: str, cause: str) -> bool:
    """Pause a send that is going on, with the cause in words; whether it was going on."""
    return sends.move(send_id, to=SendStatus.PAUSED, only_from=GOING, at=clock.now(), reason=cause)
