"""Orders in memory."""

from __future__ import annotations

from collections.abc import Sequence

from parley.conversion import Order


class MemoryOrders:
    """Orders by the shop's own id."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}

    def get_many(self, order_ids: Sequence[str]) -> dict[str, Order]:
        return {id_: self._orders[id_] for id_ in order_ids if id_ in self._orders}

    def add_many(self, orders: Sequence[Order]) -> list[Order]:
        return [self._orders.setdefault(order.id, order) for order in orders]
