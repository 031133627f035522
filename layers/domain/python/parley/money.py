"""Amounts of money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A decimal `amount` in one ISO 4217 `currency`."""

    amount: Decimal
    currency: str

    def times(self, count: int) -> Money:
        """This amount `count` times over."""
        return Money(amount=self.amount * count, currency=self.currency)
