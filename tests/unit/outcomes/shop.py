"""A shop over ports in memory: sends that texted some and held others out, and orders after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from parley import ids
from parley.campaign import AudiencePage, Campaign, Send, SendStatus
from parley.contact import Contact
from parley.ledger import Message
from parley.metrics import recounted
from parley.outcome import MessageStatus
from parley.program import Program, Sender
from parley.sending import Claim, Sending
from parley_aws.use_cases.record_metrics import record_metrics
from tests.support.api import FRIDAY_NOON, ID_KEY, ApiClient

PIZZA = Program(
    id="pizza",
    brand="Acme Pizza",
    sender=Sender(messaging_service_sid="MG" + "0" * 32),
    timezone="America/Chicago",
)


def phone(number: int) -> str:
    """A number in Austin."""
    return f"+1512555{number:04d}"


class Shop:
    """The API with a program, and sends whose outcomes are written by hand."""

    def __init__(self) -> None:
        self.client = ApiClient()
        self.services = self.client.services
        self.services.the_programs.put(PIZZA)
        self.services.the_clock.advance(timedelta(hours=2))
        self._counted = 0

    def send(
        self,
        name: str = "1",
        *,
        texted: Sequence[int] = (),
        held_out: Sequence[int] = (),
        at: datetime = FRIDAY_NOON,
        hours: int = 72,
        program: str = "pizza",
        status: MessageStatus = MessageStatus.DELIVERED,
    ) -> str:
        """A completed send that handed over to some at a time, and held others out."""
        services = self.services
        campaign = Campaign(
            id=f"cmp_{name}",
            version=1,
            name=f"Deal {name}",
            program_id=program,
            body="2 for 1",
            segment=None,
            holdout_percent=10 if held_out else 0,
            attribution_hours=hours,
            auto_reply=None,
            lead_keywords=(),
            created_at=at,
            updated_at=at,
        )
        send_id = ids.send_id(ID_KEY, campaign_id=campaign.id, idempotency_key=name)
        services.the_campaigns.create(campaign)
        services.the_sends.create(
            Send(
                id=send_id,
                campaign=campaign,
                status=SendStatus.SENDING,
                created_at=at,
                starts_at=at,
                expires_at=at + timedelta(hours=24),
                request_hash="",
                resolved_at=at,
            )
        )
        people = tuple(phone(n) for n in (*texted, *held_out))
        page = AudiencePage(send_id=send_id, id="0", phones=people, next_key=None)
        services.the_sends.add_page(page)
        for number in texted:
            self._claim(send_id, program, number, at)
            self._record(send_id, number, status, handed_over_at=at, parts=1, updated_at=at)
        for number in held_out:
            self._record(send_id, number, MessageStatus.HELD_OUT, updated_at=at)
        self.count()
        return send_id

    def order(
        self, number: int, order_id: str, amount: str = "20.00", **more: Any
    ) -> dict[str, Any]:
        """An order as the API takes it, one hour after noon unless it says otherwise."""
        return {
            "phone": phone(number),
            "order_id": order_id,
            "amount": amount,
            "currency": "USD",
            "occurred_at": (FRIDAY_NOON + timedelta(hours=1)).isoformat(),
            **more,
        }

    def post(self, *orders: dict[str, Any]) -> dict[str, Any]:
        """Record orders in one batch and count them; the answer."""
        answer = self.client.call("POST", "/conversions", {"conversions": list(orders)})
        assert answer.status == 200, answer.text
        self.count()
        found: dict[str, Any] = answer.json
        return found

    def count(self) -> None:
        """Count what the ledger's stream tells."""
        changes = self.services.the_ledger.changes
        record_metrics(
            changes[self._counted :],
            metrics=self.services.the_metrics,
            sends=self.services.the_sends,
            clock=self.services.the_clock,
        )
        self._counted = len(changes)

    def metrics(self, send_id: str) -> dict[str, int]:
        """The send's metrics but zeroes, which equal a recount (G5)."""
        found = {n: v for n, v in self.services.the_metrics.of_send(send_id).items() if v}
        shards = (f"{send_id}#{shard:02d}" for shard in range(ids.LEDGER_SHARDS))
        assert found == recounted(e for s in shards for e in self.services.the_ledger.audit(s))
        return found

    def report(self, path: str) -> dict[str, Any]:
        """A report."""
        answer = self.client.call("GET", path)
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def _claim(self, send_id: str, program: str, number: int, at: datetime) -> None:
        contacts = self.services.the_contacts
        stored = contacts.get(phone(number))
        contact = stored or Contact(phone=phone(number), region="US")
        claim = Claim(
            send_id=send_id, program_id=program, nonce=send_id, post_by=at + timedelta(seconds=5)
        )
        sending = Sending(
            version=contact.sending.version + 1, claims=(*contact.sending.claims, claim)
        )
        expected = stored.sending.version if stored else None
        contacts.save(replace(contact, sending=sending), expected_version=expected)

    def _record(self, send_id: str, number: int, status: MessageStatus, **more: Any) -> None:
        message = Message(
            id=ids.message_id(ID_KEY, send=send_id, phone=phone(number)),
            send_id=send_id,
            phone=phone(number),
            status=status,
            **more,
        )
        self.services.the_ledger.record([message])
