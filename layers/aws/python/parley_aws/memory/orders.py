"""Orders in memory."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from parley.conversion import Order, within


class MemoryOrders:
    """Orders by the shop's own id."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._refunds: dict[str, dict[str, Decimal]] = {}

    def get_many(self, order_ids: Sequence[str]) -> dict[str, Order]:
        return {id_: self._orders[id_] for id_ in order_ids if id_ in self._orders}

    def add_many(self, orders: Sequence[Order]) -> list[Order]:
        return [self._orders.setdefault(order.id, order) for order in orders]

    def refund_many(self, refunds: Sequence[Order]) -> set[str]:
        fitting = set()
        for refund in refunds:
            order = self._orders[refund.refund_of or ""]
            noted = within(order, self._refunds.get(order.id, {}), [refund])
            self._refunds[order.id] = noted
            if refund.id in noted:
                fitting.add(refund.id)
        return fitting
