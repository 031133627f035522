"""Lost texts and numbers out of reach, deployed: through HTTP and the carrier only."""

from __future__ import annotations

import time
from typing import Any

import pytest

from infra.local.client import Connections, contact_path
from tests.support.shop import Shop

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

UNKNOWN_HANDSET, OUT_OF_REACH, LANDLINE = 30005, 30003, 30006


def test_strikes_suppress_who_is_out_of_reach(stack: Connections) -> None:
    shop = Shop(stack, 4)
    codes = dict(zip(shop.phones, (UNKNOWN_HANDSET, OUT_OF_REACH, LANDLINE), strict=False))
    errors = [{"to": phone, "error_code": code} for phone, code in codes.items()]
    stack.carrier.put("/simulator/behavior", {"errors": errors})
    try:
        _lose_one(shop, [*codes])
        assert _suppressed(stack, shop.phones, until=3) == [None, None, "unreachable", None]
        second = _lose_one(shop, [*codes][:2])
        assert _suppressed(stack, shop.phones, until=1) == [
            "unreachable",
            None,
            "unreachable",
            None,
        ]
        assert second[shop.phones[2]]["reason"] == "suppressed"
        third = _lose_one(shop, [shop.phones[1]])
        assert _suppressed(stack, shop.phones, until=2) == [
            "unreachable",
            "unreachable",
            "unreachable",
            None,
        ]
        assert third[shop.phones[0]]["reason"] == "suppressed"
        assert third[shop.phones[3]]["status"] in ("accepted", "sent", "delivered")
    finally:
        stack.carrier.put("/simulator/behavior", {})


def _lose_one(shop: Shop, phones: list[str]) -> dict[str, Any]:
    """Send once, and wait until the receipts of those who are out of reach are in."""
    send_id = shop.trigger()
    shop.completed(send_id)
    until = time.monotonic() + 60
    while True:
        messages = shop.messages(send_id)
        if all(messages[phone]["status"] == "undelivered" for phone in phones):
            return messages
        assert time.monotonic() < until, {p: m["status"] for p, m in messages.items()}
        time.sleep(0.3)


def _suppressed(stack: Connections, phones: list[str], *, until: int) -> list[str | None]:
    """Why each of them is suppressed, once the one in place `until` is."""
    deadline = time.monotonic() + 20
    while True:
        people = [stack.client("admin").get(contact_path(phone)) for phone in phones]
        reasons = [(person["suppressed"] or {}).get("reason") for person in people]
        if reasons[until - 1] or time.monotonic() > deadline:
            return reasons
        time.sleep(0.3)
