"""Taking messages in: from the API, from answers to webhooks, and from the provider itself."""

from __future__ import annotations

from dataclasses import dataclass

from infra.local.carrier.conduct import Attempt, Conduct
from infra.local.carrier.delivery import Delivery
from infra.local.carrier.errors import OPTED_OUT, ProviderError, is_reported_later
from infra.local.carrier.intake import Order
from infra.local.carrier.records import Direction, Message, Origin, Sender, Status
from infra.local.carrier.store import Store

_LONGEST_VALIDITY = 36_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A message that was accepted, and what its caller gets to see of that.

    ``error_code``: an error although it was accepted; ``lost``: no answer at all.
    """

    message: Message
    error_code: int | None
    lost: bool


class Outbox:
    """Accepts or refuses what is to be texted to handsets."""

    def __init__(self, *, store: Store, conduct: Conduct, delivery: Delivery) -> None:
        self._store = store
        self._conduct = conduct
        self._delivery = delivery

    def accept(self, order: Order, attempt: Attempt) -> Acceptance:
        """Take in an API request as the behavior in force has it for ``attempt``.

        Raises :class:`~infra.local.carrier.errors.ProviderError` where nothing was accepted.
        """
        behavior = self._conduct.behavior
        if attempt.happens("http_429", behavior.http_429_rate):
            raise ProviderError(20429)
        answered, reported = self._error_for(attempt)
        sender = self._store.sender(order.sender)
        if self._store.is_opted_out(sender, order.to):
            raise ProviderError(OPTED_OUT)
        if attempt.happens("http_500", behavior.http_500_rate):
            if attempt.happens("http_500_without_effect", 0.5):
                raise ProviderError(20500)
            answered = 20500
        message = self._store.add(
            handset=order.to,
            sender=sender,
            body=order.body,
            direction=Direction.OUTBOUND_API,
            origin=Origin.API,
            status=Status.QUEUED if sender.service_sid is None else Status.ACCEPTED,
        )
        plan = self._delivery.plan(
            attempt, callback=order.callback, validity=order.validity, error_code=reported
        )
        self._delivery.start(message, plan)
        lost = attempt.happens("lost_answer", behavior.lost_answer_rate)
        return Acceptance(message=message, error_code=answered, lost=lost)

    def reply(self, *, sender: Sender, handset: str, body: str, origin: Origin) -> Message | None:
        """Text ``handset`` without an API call; None if it has opted out.

        The provider's own confirmations pass that block.
        """
        if origin is not Origin.PROVIDER and self._store.is_opted_out(sender, handset):
            return None
        message = self._store.add(
            handset=handset,
            sender=sender,
            body=body,
            direction=Direction.OUTBOUND_REPLY,
            origin=origin,
            status=Status.QUEUED,
        )
        attempt = self._conduct.next_attempt(handset)
        plan = self._delivery.plan(
            attempt, callback=None, validity=_LONGEST_VALIDITY, error_code=None
        )
        self._delivery.start(message, plan)
        return message

    def _error_for(self, attempt: Attempt) -> tuple[int | None, int | None]:
        """Return the error that is answered and the one that is reported later, or raise one."""
        for error in self._conduct.behavior.errors:
            if error.to not in ("*", attempt.to):
                continue
            if error.times is not None and attempt.count >= error.times:
                continue
            if is_reported_later(error.error_code):
                return None, error.error_code
            if not error.with_effect:
                raise ProviderError(error.error_code)
            return error.error_code, None
        return None, None
