"""Pause, resume and cancel a send. Its stream record makes the rest follow."""

from __future__ import annotations

from collections.abc import Callable

from parley.campaign import Send, SendStatus, check_transition, resumed_status
from parley.errors import NotFoundError, TransientError
from parley_aws.ports import Clock, Queue, SendStore
from parley_aws.use_cases.launch_send import requeue_command

_ATTEMPTS = 5
PAUSED_BY_HAND = "requested"


def pause_send(sends: SendStore, clock: Clock, send_id: str) -> None:
    """Park what is not handed over yet; nothing to do where it is paused already.

    Raises NotFoundError, and ConflictError where the send has ended.
    """
    _move(sends, clock, send_id, lambda _: SendStatus.PAUSED, {SendStatus.PAUSED})


def resume_send(sends: SendStore, clock: Clock, send_id: str) -> None:
    """Go on with a paused send; nothing to do where it was not paused. Raises as `pause_send`."""
    running = {SendStatus.SCHEDULED, SendStatus.RESOLVING, SendStatus.SENDING}
    _move(sends, clock, send_id, lambda send: resumed_status(send, clock.now()), running)


def cancel_send(sends: SendStore, clock: Clock, send_id: str, *, launches: Queue) -> None:
    """Hand nothing more over. Raises as `pause_send`.

    One that is canceled already is taken up again: should the stream have lost its record, somebody
    who waits for it to be counted through can have that by asking once more.
    """
    if not _move(sends, clock, send_id, lambda _: SendStatus.CANCELED, {SendStatus.CANCELED}):
        launches.send([requeue_command(send_id)])


def _move(
    sends: SendStore,
    clock: Clock,
    send_id: str,
    wanted: Callable[[Send], SendStatus],
    already: set[SendStatus],
) -> bool:
    """Change a send's status; False where it is among those wanted `already`."""
    for _ in range(_ATTEMPTS):
        send = sends.get(send_id)
        if send is None:
            raise NotFoundError("no such send")
        if send.status in already:
            return False
        to = wanted(send)
        check_transition(send.status, to)
        reason = PAUSED_BY_HAND if to is SendStatus.PAUSED else None
        if sends.move(
            send_id, to=to, only_from=frozenset({send.status}), at=clock.now(), reason=reason
        ):
            return True
    raise TransientError("the send keeps changing")
