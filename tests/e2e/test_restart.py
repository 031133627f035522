"""What was there before `make down` is there after `make up`, and the machinery goes on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from infra.local.client import Client, Connections, contact_path
from infra.local.home import Home
from infra.local.stack import running

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("restart")]

PHONE = "+15125550123"
SERVICE = "MG" + "9" * 32
WITHIN_SECONDS = 60


def test_state_survives_a_stop_and_start(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with running(home) as before:
        marketer = Connections.of(before).client("marketer")
        _prepare(Connections.of(before))
        first = _send(marketer, "first")
    assert not home.description.exists()
    with running(home) as after:
        stack = Connections.of(after)
        marketer = stack.client("marketer")
        assert after["api_url"] == before["api_url"]
        assert after["keys"] == before["keys"]
        assert marketer.get(contact_path(PHONE))["first_name"] == "Zoë"
        assert marketer.get(f"/sends/{first}")["counts"]["delivered"] == 1
        assert [m["to"] for m in _texts(stack)] == [PHONE], "the carrier remembers, too"
        _send(marketer, "second")
        assert [m["to"] for m in _texts(stack)] == [PHONE, PHONE], "streams and queues go on"


def _prepare(stack: Connections) -> None:
    stack.client("admin").put(
        "/programs/pizza",
        {
            "brand": "Acme Pizza",
            "sender": {"messaging_service_sid": SERVICE},
            "quiet_hours": {"policy": "none"},
        },
    )
    consent = {"program": "pizza", "source": "web", "obtained_at": "2026-01-02T03:04:05Z"}
    person = {"phone": PHONE, "first_name": "Zoë", "consent": consent}
    answer = stack.client("marketer").post("/contacts", {"contacts": [person]})
    assert (answer["accepted"], answer["rejected"]) == (1, [])


def _send(marketer: Client, key: str) -> str:
    campaign = marketer.post(
        "/campaigns", {"name": key, "program": "pizza", "body": "Hi from Acme!"}
    )
    sent = marketer.post(f"/campaigns/{campaign['id']}/sends", {}, idempotency_key=key)
    deadline = time.monotonic() + WITHIN_SECONDS
    while marketer.get(f"/sends/{sent['id']}")["counts"]["delivered"] != 1:
        assert time.monotonic() < deadline, marketer.get(f"/sends/{sent['id']}")
        time.sleep(0.1)
    return str(sent["id"])


def _texts(stack: Connections) -> list[dict[str, Any]]:
    answer = stack.carrier.get("/simulator/messages", direction="outbound-api")
    return [message for message in answer["messages"] if message["body"].startswith("Hi from")]
