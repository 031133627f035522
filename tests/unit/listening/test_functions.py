"""The functions, with what AWS hands them, over ports in memory."""

from __future__ import annotations

import base64
import json
import logging
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from twilio.request_validator import RequestValidator

import functions.handle_reply.handler as handle_reply
import functions.publish_events.handler as publish_events
import functions.receive_receipt.handler as receive_receipt
import functions.receive_reply.handler as receive_reply
from parley import ids
from parley.consent import OptOut
from parley.contact import SuppressionReason
from parley.errors import TransientError
from parley.facts import Fact
from parley.journal import JournalEvent, JournalKind
from parley.outcome import MessageStatus
from parley.program import Sender
from parley_aws import replies, wiring
from parley_aws.dynamo.journal import item_of
from parley_aws.memory import ManualClock, MemoryQueue, MemoryScheduler
from parley_aws.memory.webhooks import MemoryWebhooks
from parley_aws.publish import EventBridgeBus, Wanted
from parley_aws.secrets import Secret
from tests.support.faults import CrashPoint
from tests.unit.listening.world import ANNA, KEY, NOON, World, program

SAMPLES = Path(__file__).parents[3] / "events" / "aws"
MESSAGE = ids.message_id(KEY, send="snd_0123456789abcdef0123", phone=ANNA)
BASE = "https://api.acme.example"
TOKEN = "12345"
PHONE = "+14155552345"
CONTEXT: Any = SimpleNamespace(
    aws_request_id="r",
    function_name="f",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    get_remaining_time_in_millis=lambda: 10_000,
)


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return event


def signed(params: dict[str, str], path: str, query: str = "") -> dict[str, Any]:
    url = BASE + path + (f"?{query}" if query else "")
    return {
        "headers": {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": RequestValidator(TOKEN).compute_signature(url, params),
        },
        "rawQueryString": query,
        "body": base64.b64encode(urlencode(params).encode()).decode(),
        "isBase64Encoded": True,
    }


NOBODY = Wanted(MemoryWebhooks(), ManualClock(NOON))


class TellTale:
    """A bus that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Fact] = []

    def publish(self, told: list[Fact]) -> None:
        self.told.extend(told)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in memory behind the functions."""
    world = World(
        programs=(program(sender=Sender(messaging_service_sid="MG" + "c" * 32)),),
    )
    secret = Secret(account_sid="AC" + "b" * 32, auth_token=TOKEN, id_key=KEY)
    receipts = MemoryQueue(world.clock)
    ports: dict[str, Any] = {
        "contacts": world.contacts,
        "journal": world.journal,
        "programs": world.programs,
        "sends": world.sends,
        "ledger": world.ledger,
        "leads": world.leads,
        "provider": world.provider,
        "clock": world.clock,
        "secret": secret,
        "public_base_url": BASE,
        "bus": TellTale(),
        "scheduler": MemoryScheduler(world.clock, MemoryQueue(world.clock)),
    }
    for name, port in ports.items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    queues = {"replies": world.replies, "receipts": receipts}
    monkeypatch.setattr(wiring, "queue", queues.__getitem__)
    return world


def queue(name: str) -> MemoryQueue:
    found: Any = wiring.queue(name)
    assert isinstance(found, MemoryQueue)
    return found


class TestReceiveReply:
    def test_the_sample(self, world: World) -> None:
        answer = receive_reply.handler(sample("http_api_inbound"), CONTEXT)
        assert answer["statusCode"] == 200
        assert answer["headers"]["content-type"].startswith("text/xml")
        assert "<Message>" not in answer["body"]
        contact = world.contacts.get(PHONE)
        assert contact is not None
        assert contact.suppression is not None
        assert contact.suppression.reason is SuppressionReason.OPTED_OUT

    def test_a_bad_signature_changes_nothing(self, world: World) -> None:
        event = sample("http_api_inbound")
        event["headers"]["x-twilio-signature"] = "bm8="
        assert receive_reply.handler(event, CONTEXT)["statusCode"] == 403
        assert world.contacts.get(PHONE) is None
        assert world.journal.of(PHONE) == []
        assert world.replies.waiting == []

    def test_a_text_from_a_short_code_is_let_be(self, world: World) -> None:
        params = {"From": "72727", "MessageSid": "SM" + "a" * 32, "Body": "STOP"}
        answer = receive_reply.handler(signed(params, "/webhooks/twilio/inbound"), CONTEXT)
        assert answer["statusCode"] == 200
        assert world.replies.waiting == []

    def test_while_a_store_is_down_the_provider_is_asked_to_come_again(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down(*_: object) -> None:
            raise TransientError("down")

        monkeypatch.setattr(world.journal, "append", down)
        answer = receive_reply.handler(sample("http_api_inbound"), CONTEXT)
        assert answer["statusCode"] == 503
        contact = world.contacts.get(PHONE)
        assert contact is not None
        assert contact.suppression is not None

    def test_a_stranger_who_joins_is_placed_by_their_number(self, world: World) -> None:
        params = {
            "From": PHONE,
            "To": "+15005550006",
            "MessagingServiceSid": "MG" + "c" * 32,
            "MessageSid": "SM" + "b" * 32,
            "Body": "pizza",
        }
        answer = receive_reply.handler(signed(params, "/webhooks/twilio/inbound"), CONTEXT)
        assert "<Message>Acme Pizza: You are subscribed." in answer["body"]
        contact = world.contacts.get(PHONE)
        assert contact is not None
        assert (contact.region, contact.number_state) == ("US", "CA")
        assert contact.number_zones == ("America/Los_Angeles",)

    def test_nothing_private_is_logged(
        self, world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """G9"""
        with caplog.at_level(logging.DEBUG):
            receive_reply.handler(sample("http_api_inbound"), CONTEXT)
            world.drain()
        output = capsys.readouterr()
        logged = caplog.text + output.out + output.err
        assert PHONE not in logged
        assert PHONE[1:] not in logged


class TestReceiveReceipt:
    def test_one_that_is_delivered_is_in_the_ledger_and_on_no_queue(self, world: World) -> None:
        params = {"MessageSid": "SM" + "a" * 32, "MessageStatus": "delivered"}
        event = signed(params, "/webhooks/twilio/status", f"message_id={MESSAGE}")
        assert receive_receipt.handler(event, CONTEXT)["statusCode"] == 204
        message = world.ledger.get(MESSAGE)
        assert message is not None
        assert message.status is MessageStatus.DELIVERED
        assert queue("receipts").waiting == []

    def test_the_sample_is_queued_for_it_speaks_of_the_number(self, world: World) -> None:
        answer = receive_receipt.handler(sample("http_api_status"), CONTEXT)
        assert answer["statusCode"] == 204
        (queued,) = queue("receipts").waiting
        assert queued.body["status"] == "undelivered"
        assert queued.body["received_at"] == NOON.isoformat()
        assert PHONE not in json.dumps(queued.body)

    def test_a_bad_signature_queues_nothing(self, world: World) -> None:
        event = sample("http_api_status")
        event["rawQueryString"] += "0"
        assert receive_receipt.handler(event, CONTEXT)["statusCode"] == 403
        assert queue("receipts").waiting == []

    def test_one_of_another_text_is_thanked_for_and_dropped(self, world: World) -> None:
        params = {"MessageSid": "SM" + "a" * 32, "MessageStatus": "delivered"}
        event = signed(params, "/webhooks/twilio/status", "message_id=text-1")
        assert receive_receipt.handler(event, CONTEXT)["statusCode"] == 204
        assert queue("receipts").waiting == []

    def test_while_the_ledger_is_down_the_provider_is_answered_all_the_same(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down(*_: object, **__: object) -> None:
            raise TransientError("down")

        monkeypatch.setattr(world.ledger, "report", down)
        params = {"MessageSid": "SM" + "a" * 32, "MessageStatus": "delivered"}
        event = signed(params, "/webhooks/twilio/status", f"message_id={MESSAGE}")
        assert receive_receipt.handler(event, CONTEXT)["statusCode"] == 204
        assert len(queue("receipts").waiting) == 1

    def test_while_the_queue_is_down_too_the_provider_is_asked_to_come_again(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down(*_: object) -> None:
            raise TransientError("down")

        monkeypatch.setattr(queue("receipts"), "send", down)
        answer = receive_receipt.handler(sample("http_api_status"), CONTEXT)
        assert answer["statusCode"] == 503


class TestHandleReply:
    def batch(self, *sids: tuple[str, str]) -> dict[str, Any]:
        (record,) = sample("sqs_replies")["Records"]
        return {
            "Records": [
                {
                    **record,
                    "messageId": sid,
                    "body": json.dumps({"sid": sid}),
                    "attributes": {**record["attributes"], "MessageGroupId": group},
                }
                for sid, group in sids
            ]
        }

    def test_the_sample(self, world: World) -> None:
        receive_reply.handler(sample("http_api_inbound"), CONTEXT)
        answer = handle_reply.handler(sample("sqs_replies"), CONTEXT)
        assert answer == {"batchItemFailures": []}
        assert world.events(JournalKind.UNDERSTANDING, PHONE)

    def test_a_failure_holds_up_its_own_number_only(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handled: list[str] = []

        def handle(sid: str) -> None:
            if sid == "bad":
                raise TransientError("down")
            handled.append(sid)

        monkeypatch.setattr(replies, "handle", handle)
        batch = self.batch(("bad", "anna"), ("later", "anna"), ("good", "bob"))
        answer = handle_reply.handler(batch, CONTEXT)
        failures = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        assert failures == ["bad", "later"]
        assert handled == ["good"]

    def test_when_all_fail_all_are_reported(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.crash = CrashPoint(0)
        monkeypatch.setattr(wiring, "journal", lambda: world.crash.guard(world.journal))
        answer = handle_reply.handler(sample("sqs_replies"), CONTEXT)
        assert len(answer["batchItemFailures"]) == 1


class TestPublishEvents:
    @pytest.mark.parametrize(
        ("stream", "names"),
        [
            ("stream_journal", ["ReplyReceived", "ContactOptedOut", "ContactOptedIn"]),
            ("stream_leads", ["LeadCreated", "LeadOverdue", "ConversionRecorded"]),
            ("stream_campaigns", ["SendCompleted"]),
            (
                "stream_messages",
                ["MessageHandedOver", "MessageDelivered", "MessageFailed", "MessageSkipped"],
            ),
        ],
    )
    def test_the_samples(self, world: World, stream: str, names: list[str]) -> None:
        publish_events.handler(sample(stream), CONTEXT)
        bus: Any = wiring.bus()
        assert [fact.name for fact in bus.told] == names

    def test_a_new_consent_that_awaits_an_answer_is_to_be_asked_about(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        releases = MemoryQueue(world.clock)
        monkeypatch.setattr(wiring, "queue", {"releases": releases}.__getitem__)
        event = JournalEvent(
            id="c1",
            phone=ANNA,
            kind=JournalKind.CONSENT,
            occurred_at=NOON,
            program_id="pizza",
            details={"kind": "bulk", "source": "form", "awaits": "answer"},
        )
        item = item_of(event)
        keys = {"phone": item["phone"], "sk": item["sk"]}
        added = {"SequenceNumber": "1", "Keys": keys, "NewImage": item}
        erased = {"SequenceNumber": "2", "Keys": keys, "OldImage": item}
        records = [{"dynamodb": change} for change in (added, erased)]
        publish_events.handler({"Records": records}, CONTEXT)
        assert [queued.body for queued in releases.waiting] == [{"consent_ids": ["c1"]}]

    def test_g1_a_salespersons_text_to_one_who_left_is_noted_and_counted(
        self, world: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gone = OptOut(event_id="e", scope="pizza", source="sms", occurred_at=NOON)
        world.contacts.opt_out(ANNA, gone)
        texts = [
            JournalEvent(
                id=f"text-{kind}",
                phone=ANNA,
                kind=JournalKind.TEXT,
                occurred_at=NOON + timedelta(minutes=1),
                program_id="pizza",
                details={"kind": kind, "body": "Hi", "status": "accepted", "parts": "1"},
            )
            for kind in ("conversational", "opt_out_confirmation")
        ]
        items = [item_of(text) for text in texts]
        records = [
            {
                "dynamodb": {
                    "SequenceNumber": str(n),
                    "Keys": {"phone": item["phone"], "sk": item["sk"]},
                    "NewImage": item,
                }
            }
            for n, item in enumerate(items)
        ]
        for _ in range(2):
            publish_events.handler({"Records": records}, CONTEXT)
        counted = [change.after for change in world.ledger.changes]
        assert [entry and entry["text"] for entry in counted] == [
            "conversational",
            "opt_out_confirmation",
        ], "each once"
        (violation,) = world.events(JournalKind.TEXT_AFTER_OPT_OUT)
        assert violation.details == {"message_id": "text-conversational", "kind": "conversational"}
        assert '"TextAfterOptOut":1' in capsys.readouterr().out


class Events:
    """EventBridge, some of whose entries or requests fail at first."""

    def __init__(self, *failing: set[int] | Exception) -> None:
        self._failing = list(failing)
        self.requests: list[list[dict[str, Any]]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # the SDK's
        self.requests.append(Entries)
        failing = self._failing.pop(0) if self._failing else set()
        if isinstance(failing, Exception):
            raise failing
        return {
            "FailedEntryCount": len(failing),
            "Entries": [
                {"ErrorCode": "ThrottlingException"} if i in failing else {"EventId": "e"}
                for i in range(len(Entries))
            ],
        }


class TestBus:
    def facts(self, count: int) -> list[Fact]:
        return [
            Fact(name="SendCompleted", occurred_at=NOON, detail={"id": str(i)})
            for i in range(count)
        ]

    def test_ten_at_a_time(self) -> None:
        events: Any = Events()
        EventBridgeBus(events, "bus", NOBODY).publish(self.facts(23))
        assert sorted(len(request) for request in events.requests) == [3, 10, 10], "side by side"
        told = [entry for request in events.requests for entry in request]
        ids = sorted(int(json.loads(entry["Detail"])["id"]) for entry in told)
        assert ids == list(range(23))
        entry = next(entry for entry in told if json.loads(entry["Detail"])["id"] == "0")
        assert entry["EventBusName"] == "bus"
        assert (entry["Source"], entry["DetailType"]) == ("parley", "SendCompleted")
        assert entry["Time"] == NOON.timestamp(), "in seconds, as the protocol has it"

    def test_what_the_bus_did_not_take_is_told_again(self) -> None:
        events: Any = Events({1, 2})
        EventBridgeBus(events, "bus", NOBODY).publish(self.facts(4))
        assert [json.loads(e["Detail"])["id"] for e in events.requests[1]] == ["1", "2"]

    def test_a_bus_that_keeps_refusing_fails_the_batch(self) -> None:
        events: Any = Events({0}, {0}, {0}, {0})
        with pytest.raises(TransientError):
            EventBridgeBus(events, "bus", NOBODY).publish(self.facts(1))

    def test_a_request_that_fails_comes_again(self) -> None:
        lost = HTTPClientError(error=OSError("lost"))
        busy = ClientError({"Error": {"Code": "InternalException", "Message": ""}}, "PutEvents")
        events: Any = Events(lost, busy, {0})
        EventBridgeBus(events, "bus", NOBODY).publish(self.facts(2))
        ids = [[json.loads(e["Detail"])["id"] for e in request] for request in events.requests]
        assert ids == [["0", "1"], ["0", "1"], ["0", "1"], ["0"]]
        events = Events(*[lost] * 4)
        with pytest.raises(TransientError):
            EventBridgeBus(events, "bus", NOBODY).publish(self.facts(1))

    def test_no_facts_no_request(self) -> None:
        events: Any = Events()
        EventBridgeBus(events, "bus", NOBODY).publish([])
        assert events.requests == []
