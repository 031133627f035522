"""Sends in trouble, deployed: a carrier that refuses and loses answers, people who stop and go.

Everything through HTTP and the carrier only.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.client import Client, Connections, contact_path
from tests.support.shop import Shop, nonzero

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture
def carrier(stack: Connections) -> Iterator[Client]:
    """The carrier, which behaves again afterwards."""
    try:
        yield stack.carrier
    finally:
        stack.carrier.put("/simulator/behavior", {})


def test_g3_g4_a_carrier_that_loses_answers_is_settled(stack: Connections, carrier: Client) -> None:
    shop = Shop(stack, 60)
    refused = {shop.phones[0]: 21211, shop.phones[1]: 21610, shop.phones[2]: 21612}
    carrier.put(
        "/simulator/behavior",
        {
            "seed": 7,
            "errors": [{"to": to, "error_code": code} for to, code in refused.items()],
            "http_429_rate": 0.2,
            "http_500_rate": 0.15,
            "lost_answer_rate": 0.15,
            "no_receipt_rate": 0.3,
            "duplicate_callback_rate": 0.3,
            "reorder_callbacks": True,
        },
    )
    send_id = shop.trigger()
    done = shop.completed(send_id)
    assert not {"pending", "deferred", "unknown"} & set(nonzero(done))
    texts, messages = shop.texts(carrier), shop.messages(send_id)
    assert max(texts.values()) == 1, "G3"
    assert set(messages) == set(shop.phones), "G4"
    for phone, message in messages.items():
        if phone in texts:
            assert message["status"] in ("accepted", "sent", "delivered", "undelivered")
        else:
            code = refused.get(phone)
            assert message["status"] == "failed"
            assert message["reason"] == (str(code) if code else "not_handed_over")
    suppressed = {
        phone: (stack.client("admin").get(contact_path(phone))["suppressed"] or {}).get("reason")
        for phone in refused
    }
    assert list(suppressed.values()) == ["unreachable", "carrier_block", None]


def test_a_fault_of_the_set_up_pauses_and_nobody_is_lost(
    stack: Connections, carrier: Client
) -> None:
    shop = Shop(stack, 20)
    errors = [{"to": phone, "error_code": 21703} for phone in shop.phones]
    carrier.put("/simulator/behavior", {"errors": errors})
    send_id = shop.trigger()
    paused = shop.until(send_id, lambda send: send["status"] == "paused")
    assert paused["pause_reason"].startswith("21703")
    carrier.put("/simulator/behavior", {})
    time.sleep(3)
    shop.marketer.post(f"/sends/{send_id}/resume")
    done = shop.completed(send_id)
    assert sum(done["counts"][s] for s in ("accepted", "sent", "delivered")) == 20
    assert set(shop.texts(carrier).values()) == {1}


def test_a_send_is_paused_goes_on_and_is_canceled(stack: Connections, carrier: Client) -> None:
    shop = Shop(stack, 200, messages_per_second=10)
    send_id = shop.trigger()
    shop.until(send_id, lambda send: send["counts"]["pending"] < send["counts"]["audience"])
    shop.marketer.post(f"/sends/{send_id}/pause")
    time.sleep(7)
    before = shop.texts(carrier)
    time.sleep(6)
    assert shop.texts(carrier) == before, "nothing is handed over while paused"
    assert 0 < len(before) < 200
    shop.marketer.post(f"/sends/{send_id}/resume")
    shop.until(send_id, lambda _: len(shop.texts(carrier)) > len(before))
    shop.marketer.post(f"/sends/{send_id}/cancel")
    ended = shop.until(send_id, lambda send: not send["counts"]["pending"])
    assert ended["status"] == "canceled"
    assert ended["counts"]["canceled"] == 200 - len(shop.texts(carrier))
    assert max(shop.texts(carrier).values()) == 1


def test_a_scheduled_send_starts_at_its_time(stack: Connections, carrier: Client) -> None:
    shop = Shop(stack, 3)
    send_at = datetime.now(UTC) + timedelta(seconds=6)
    send_id = shop.trigger(send_at=send_at.isoformat())
    assert shop.send(send_id)["status"] == "scheduled"
    shop.completed(send_id)
    assert datetime.now(UTC) >= send_at
    assert len(shop.texts(carrier)) == 3


def test_g7_quiet_hours_defer_and_a_cancel_reaches_who_waits(
    stack: Connections, carrier: Client
) -> None:
    now = datetime.now(UTC)
    quiet = {
        "policy": "window",
        "start": (now - timedelta(hours=3)).strftime("%H:%M"),
        "end": (now + timedelta(hours=3)).strftime("%H:%M"),
    }
    shop = Shop(stack, 30, quiet_hours=quiet, trust_timezone=True)
    shop.marketer.post(
        "/contacts", {"contacts": [{"phone": p, "timezone": "UTC"} for p in shop.phones]}
    )
    send_id = shop.trigger()
    shop.until(send_id, lambda send: send["counts"]["deferred"] == 30)
    assert shop.texts(carrier) == {}
    shop.marketer.post(f"/sends/{send_id}/cancel")
    ended = shop.until(send_id, lambda send: not send["counts"]["deferred"])
    assert nonzero(ended) == {"audience": 30, "canceled": 30}


def test_money_goes_as_far_as_it_goes(stack: Connections, carrier: Client) -> None:
    price = {"amount": "0.01", "currency": "USD"}
    shop = Shop(stack, 8, price_per_part=price)
    send_id = shop.trigger(max_spend={"amount": "0.05", "currency": "USD"})
    done = shop.completed(send_id)
    assert done["skipped"] == {"budget": 3}
    assert len(shop.texts(carrier)) == 5
