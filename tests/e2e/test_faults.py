"""Two sends race for 300 people through a carrier that throttles, fails and loses answers.

Through HTTP and the carrier only.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from infra.local.client import Client, Connections
from tests.support.shop import WITHIN_SECONDS, Shop, nonzero

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("e2e")]

PEOPLE = 300
FAULTS = {
    "seed": 3,
    "latency_ms": [5, 60],
    "delivery_delay_ms": [50, 1500],
    "http_429_rate": 0.1,
    "http_500_rate": 0.05,
    "lost_answer_rate": 0.05,
    "undelivered_rate": 0.05,
    "duplicate_callback_rate": 0.3,
    "reorder_callbacks": 0.5,
}
LANDLINE = 30006
HANDED_OVER = {"accepted", "sent", "delivered", "undelivered"}


@pytest.fixture
def carrier(stack: Connections) -> Iterator[Client]:
    """The carrier with these faults, which behaves again afterwards."""
    stack.carrier.put("/simulator/behavior", FAULTS)
    try:
        yield stack.carrier
    finally:
        stack.carrier.put("/simulator/behavior", {})


def watched(shop: Shop, send_ids: list[str]) -> list[dict[str, Any]]:
    """Sends when both have completed; looked at again and again, their counts add up (G4), their
    audiences only grow and who has an outcome never waits again."""
    deadline = time.monotonic() + WITHIN_SECONDS
    audiences: Counter[str] = Counter()
    settled: Counter[str] = Counter()
    looks = 0
    while True:
        found = [shop.send(send_id) for send_id in send_ids]
        looks += 1
        for send in found:
            counts = send["counts"]
            assert min(counts.values()) >= 0
            assert counts["audience"] >= audiences[send["id"]]
            decided = counts["audience"] - counts["pending"]
            assert decided >= settled[send["id"]]
            assert sum(send["skipped"].values()) == counts["skipped"]
            audiences[send["id"]], settled[send["id"]] = counts["audience"], decided
        if all(send["status"] == "completed" for send in found):
            assert looks > 10
            return found
        assert time.monotonic() < deadline, found


def landlines(shop: Shop, carrier: Client) -> set[str]:
    """Whose texts came back with the code that suppresses a number at once."""
    return {text["to"] for text in shop.taken(carrier) if text["error_code"] == LANDLINE}


def test_g2_g3_g4_two_sends_race_through_a_faulty_carrier(
    stack: Connections, carrier: Client
) -> None:
    shop = Shop(stack, PEOPLE, frequency_caps=[{"max_messages": 1, "window_hours": 24}])
    sends = [shop.trigger(), shop.trigger()]
    done = watched(shop, sends)
    for send in done:
        assert send["counts"]["audience"] == PEOPLE
        assert not {"pending", "deferred", "unknown", "canceled", "held_out"} & set(nonzero(send))

    texts = shop.texts(carrier)
    assert max(texts.values()) == 1, "G2, G3: nobody is texted twice"
    messages = [shop.messages(send_id) for send_id in sends]
    assert all(set(of_send) == set(shop.phones) for of_send in messages), "G4"
    slots: Counter[str] = Counter()
    skipped: defaultdict[str, set[str]] = defaultdict(set)
    for of_send in messages:
        for phone, message in of_send.items():
            if message["status"] in HANDED_OVER:
                assert phone in texts
                slots[phone] += 1
            elif message["status"] == "failed":
                assert message["reason"] == "not_handed_over"
                assert phone not in texts
                slots[phone] += 1
            else:
                assert message["status"] == "skipped"
                skipped[message["reason"]].add(phone)
    assert skipped.keys() <= {"frequency_cap", "suppressed"}
    assert skipped["suppressed"] <= landlines(shop, carrier), "whose receipt was there first"
    assert slots == dict.fromkeys(shop.phones, 1), "each has the one slot that the cap leaves"
    assert sum(texts.values()) > 0.9 * PEOPLE

    _assert_that_reports_agree(shop, carrier, sends)


def _assert_that_reports_agree(shop: Shop, carrier: Client, sends: list[str]) -> None:
    """Once every receipt is in, the ledger and the metrics tell what the carrier does."""
    taken = {text["sid"]: text for text in shop.taken(carrier)}
    assert {text["status"] for text in taken.values()} == {"delivered", "undelivered"}
    owned: list[str] = []
    for send_id in sends:
        _until_receipts_are_in(shop, send_id)
        messages = list(shop.messages(send_id).values())
        sids = [message["provider_sid"] for message in messages if message["provider_sid"]]
        owned += sids
        for message in messages:
            if message["provider_sid"]:
                text = taken[message["provider_sid"]]
                assert (message["phone"], message["status"]) == (text["to"], text["status"])
        seen = Counter(taken[sid]["status"] for sid in sids)
        counts = nonzero(shop.send(send_id))
        assert {name: counts.get(name, 0) for name in seen} == seen
        report = shop.marketer.get(f"/sends/{send_id}/report")
        assert {name: n for name, n in report["counts"].items() if n} == counts
        assert report["skipped"] == Counter(
            message["reason"] for message in messages if message["status"] == "skipped"
        )
        assert report["parts"] == sum(taken[sid]["parts"] for sid in sids)
        assert Decimal(report["cost"]["amount"]) == Decimal("0.0083") * report["parts"]
        codes = Counter(str(taken[sid]["error_code"]) for sid in sids if taken[sid]["error_code"])
        assert report["errors"] == codes
    assert sorted(owned) == sorted(taken), "every text at the carrier is one message of ours"


def _until_receipts_are_in(shop: Shop, send_id: str) -> None:
    shop.until(send_id, lambda send: not {"accepted", "sent"} & set(nonzero(send)))
