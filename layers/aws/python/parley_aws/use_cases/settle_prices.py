"""Learn what a send's texts cost, from the provider, once it has settled its prices.

The provider names a text's price some minutes after it left. So a send that has ended is walked
through later, some hundreds of texts at a time, and what each of these pieces cost is one entry of
the ledger: no text is written to again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from parley.campaign import Send, SendStatus
from parley.conversion import millionths
from parley.ledger import Message, Response, ResponseKind
from parley.money import Money
from parley.outcome import MessageStatus
from parley_aws.ports import Ledger, PriceList, Queue

PRICES = "prices"
"""Kind of the command that settles a piece."""

PIECE = 200
_ATTEMPTS = 3
_ENDED = (SendStatus.COMPLETED, SendStatus.CANCELED)
_LONGEST_DELAY = timedelta(minutes=15)


def follow_end(before: Send | None, after: Send, commands: Queue, delay: timedelta) -> None:
    """Have a send's prices settled later when it has just ended."""
    if after.status in _ENDED and (before is None or before.status not in _ENDED):
        command = _command(after.id, start_key=None, attempt=1)
        commands.send([command], delay=min(delay, _LONGEST_DELAY))


class SettlePrices:
    """Settles the prices of a send, piece by piece."""

    def __init__(
        self, *, ledger: Ledger, prices: PriceList, commands: Queue, delay: timedelta
    ) -> None:
        self._ledger = ledger
        self._prices = prices
        self._commands = commands
        self._delay = min(delay, _LONGEST_DELAY)

    def __call__(self, send_id: str, *, start_key: str | None, attempt: int) -> None:
        """Note what the texts from a key on cost, and have the next ones looked at.

        Where some have no price yet, the piece is looked at again later, up to three times; those
        that never get one stay counted by their parts. Raises TransientError.
        """
        page = self._ledger.entries(
            send_id, status=None, reason=None, limit=PIECE, start_key=start_key
        )
        sent = [message for message in page.items if message.provider_sid is not None]
        found = self._prices.prices([message.provider_sid or "" for message in sent])
        is_last = attempt >= _ATTEMPTS
        if len(found) < len(sent) and not is_last:
            again = _command(send_id, start_key=start_key, attempt=attempt + 1)
            self._commands.send([again], delay=self._delay)
            return
        summed = _summed(sent, found, unpriced_are_free=is_last)
        self._ledger.respond(
            [
                Response(
                    send_id=send_id,
                    kind=ResponseKind.PRICE,
                    id=f"{start_key or send_id}/{currency}",
                    details={
                        "amount": str(millionths(amount)),
                        "currency": currency,
                        "parts": str(parts),
                    },
                )
                for currency, (amount, parts) in summed.items()
            ]
        )
        if page.next_key is not None:
            self._commands.send([_command(send_id, start_key=page.next_key, attempt=1)])


def _summed(
    sent: Sequence[Message], found: Mapping[str, Money], *, unpriced_are_free: bool
) -> dict[str, tuple[Decimal, int]]:
    """Amount and parts by currency. A text that failed may never get a price: it costs nothing."""
    sums: dict[str, tuple[Decimal, int]] = {}
    for message in sent:
        price = found.get(message.provider_sid or "")
        if price is None and unpriced_are_free and message.status is MessageStatus.FAILED:
            some = next(iter(found.values()), None)
            price = Money(amount=Decimal(0), currency=some.currency) if some else None
        if price is not None:
            amount, parts = sums.get(price.currency, (Decimal(0), 0))
            sums[price.currency] = amount + price.amount, parts + message.parts
    return sums


def _command(send_id: str, *, start_key: str | None, attempt: int) -> dict[str, Any]:
    return {"kind": PRICES, "send_id": send_id, "start_key": start_key, "attempt": attempt}
