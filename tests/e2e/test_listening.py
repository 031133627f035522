"""Consent by text, deployed: through HTTP and the carrier only."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from infra.local.client import Client, Connections, contact_path

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

WITHIN_SECONDS = 60
CONSENT = {"source": "web form", "obtained_at": "2026-01-02T03:04:05Z", "wording": "Deals!"}


def eventually(check: Callable[[], Any]) -> Any:
    """What `check` answers once it is true; fails after a bounded time."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (answer := check()):
        assert time.monotonic() < deadline, f"still not: {check}"
        time.sleep(0.1)
    return answer


class Place:
    """A program of the test's own, and one handset."""

    def __init__(self, stack: Connections, **settings: Any) -> None:
        self.marketer: Client = stack.client("marketer")
        self.sales: Client = stack.client("sales")
        self.carrier: Client = stack.carrier
        self.program = f"listening-{uuid4().hex[:8]}"
        self.service = f"MG{uuid4().hex}"
        self.phone = f"+1512{uuid4().int % 7_000_000 + 2_000_000}"
        stack.client("admin").put(
            f"/programs/{self.program}",
            {
                "brand": "Acme",
                "sender": {"messaging_service_sid": self.service},
                "quiet_hours": {"policy": "none"},
                **settings,
            },
        )

    def consents(self) -> None:
        """The handset's person is on a list that agreed."""
        row = {"phone": self.phone, "consent": {"program": self.program, **CONSENT}}
        assert self.marketer.post("/contacts", {"contacts": [row]})["accepted"] == 1

    def says(self, body: str) -> None:
        """The person texts."""
        text = {"from": self.phone, "to": self.service, "body": body}
        assert self.carrier.post("/simulator/inbound", text)["webhook_status"] == 200

    def gets(self) -> list[str]:
        """What the handset was texted, oldest first."""
        texts = self.carrier.get("/simulator/messages", to=self.phone)["messages"]
        return [text["body"] for text in texts]

    def person(self) -> dict[str, Any]:
        """What is held on them."""
        person: dict[str, Any] = self.marketer.get(contact_path(self.phone))
        return person

    def standing(self) -> str:
        """Their subscription."""
        return str(self.person()["subscriptions"][self.program]["status"])

    def leads(self, status: str) -> list[dict[str, Any]]:
        """Their leads of a status."""
        return list(self.sales.pages("/leads", "leads", status=status, program=self.program))


def test_who_comes_by_a_list_is_asked_once_and_texted_only_after_a_yes(stack: Connections) -> None:
    place = Place(
        stack, double_opt_in=True, texts={"double_opt_in": "Really? YES", "welcome": "Welcome!"}
    )
    place.consents()
    assert place.standing() == "pending"
    eventually(lambda: place.gets() == ["Really? YES"])
    place.consents()
    place.says("What is this?")
    place.says("no")
    assert place.standing() == "pending"
    campaign = place.marketer.post(
        "/campaigns", {"name": "Friday", "program": place.program, "body": "2 for 1"}
    )
    estimate = place.marketer.post(f"/campaigns/{campaign['id']}/estimate")
    assert (estimate["audience"], estimate["would_skip"]) == (1, {"not_subscribed": 1})
    place.says("Yes!")
    assert place.standing() == "subscribed"
    asked, answered = place.person()["consents"]
    assert (asked["source"], answered["wording"]) == ("web form", "Yes!")
    assert answered["evidence"]["sid"]
    assert place.gets() == ["Really? YES", "Welcome!"]
    assert place.marketer.post(f"/campaigns/{campaign['id']}/estimate")["would_send"] == 1


def test_a_yes_confirms_nothing_after_a_stop(stack: Connections) -> None:
    place = Place(stack, double_opt_in=True)
    place.consents()
    place.says("STOP")
    place.says("YES")
    assert place.standing() == "opted_out"
    place.consents()
    assert len(place.person()["consents"]) == 1
    place.says("START")
    assert place.standing() == "subscribed"
    assert [consent["wording"] for consent in place.person()["consents"]] == ["Deals!", "START"]


def test_who_leaves_is_no_hot_lead_any_more(stack: Connections) -> None:
    place = Place(stack)
    place.consents()
    place.says("How much is it?")
    (hot,) = eventually(lambda: place.leads("open"))
    place.sales.post(f"/leads/{hot['id']}/claim", {"owner": "sam"})
    place.says("please take me off your list")
    (cold,) = eventually(lambda: [x for x in place.leads("claimed") if x["temperature"] == "warm"])
    assert (cold["id"], cold["owner"], cold["score"]) == (hot["id"], "sam", 0)
    assert cold["reasons"][-1] == "asked for no more texts"
