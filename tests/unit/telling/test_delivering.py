"""Facts on their way to outsiders: what is posted, when it comes again, when it is given up."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import functions.deliver_facts.handler as deliver_facts
from parley.errors import TransientError
from parley.facts import FactName
from parley.webhook import RETRY_AFTER, Delivery, DeliveryStatus, WebhookSubscription, retry_after
from parley_aws import telling, wiring
from parley_aws.memory import ManualClock, MemoryQueue
from parley_aws.memory.webhooks import MemoryCourier, MemoryWebhooks
from parley_aws.use_cases.deliver_fact import DeliverFact, Errand
from tests.unit.listening.test_functions import CONTEXT

NOON = datetime(2026, 6, 10, 17, tzinfo=UTC)
DETAIL = {"id": "f" * 32, "version": 1, "lead_id": "lead_1"}
SECRET = "sixteen-characters"


class HidingQueue(MemoryQueue):
    """A queue that remembers what it was asked to hide, and for how long."""

    def __init__(self) -> None:
        super().__init__(ManualClock(NOON))
        self.hidden: dict[str, timedelta] = {}

    def hide(self, receipt_handle: str, duration: timedelta) -> None:
        self.hidden[receipt_handle] = duration


class World:
    """Outsiders in memory, behind the function."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.webhooks = MemoryWebhooks()
        self.courier = MemoryCourier()
        self.queue = HidingQueue()

    def subscribe(self, *facts: FactName, name: str = "whk_1", url: str = "") -> str:
        self.webhooks.add(
            WebhookSubscription(
                id=name,
                url=url or f"https://{name.replace('_', '-')}.example.com/x",
                facts=facts or (FactName.LEAD_CREATED,),
                secret=SECRET,
                created_at=NOON,
            )
        )
        return name

    def deliver(self, errand: Errand) -> bool:
        return DeliverFact(
            webhooks=self.webhooks, courier=self.courier, clock=self.clock, local_receiver=None
        )(errand)

    def last(self, name: str = "whk_1") -> Delivery:
        return self.webhooks.deliveries(name, limit=1)[0]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World()
    ports: dict[str, Any] = {
        "webhooks": world.webhooks,
        "courier": world.courier,
        "clock": world.clock,
    }
    for name, port in ports.items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    monkeypatch.setattr(wiring, "queue", {"deliveries": world.queue}.__getitem__)
    telling._deliver_fact.cache_clear()
    yield world
    telling._deliver_fact.cache_clear()


def errand(name: str = "whk_1", attempt: int = 1) -> Errand:
    return Errand(subscription_id=name, fact="LeadCreated", detail=DETAIL, attempt=attempt)


def record(body: object, *, number: int = 1, received: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"handle-{number}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(received)},
    }


def event(*names: str) -> dict[str, Any]:
    """What the bus puts on the queue."""
    resources = [f"webhook-subscription/{name}" for name in names]
    return {
        "version": "0",
        "id": "1",
        "detail-type": "LeadCreated",
        "source": "parley",
        "resources": resources,
        "detail": DETAIL,
    }


def handled(*records: dict[str, Any]) -> list[str]:
    answer = deliver_facts.handler({"Records": list(records)}, CONTEXT)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_what_is_posted_is_signed_over_time_and_body(world: World) -> None:
    world.subscribe()
    assert world.deliver(errand())
    (carried,) = world.courier.carried
    assert json.loads(carried.body) == {"fact": "LeadCreated", "detail": DETAIL}
    moment = int(NOON.timestamp())
    digest = hmac.new(SECRET.encode(), f"{moment}.".encode() + carried.body, hashlib.sha256)
    assert carried.headers["Parley-Signature"] == f"t={moment},v1={digest.hexdigest()}"
    assert carried.headers["Parley-Fact-Id"] == DETAIL["id"]
    assert carried.headers["Content-Type"] == "application/json"
    assert (carried.destination.host, carried.destination.target) == ("whk-1.example.com", "/x")
    delivery = world.last()
    assert (delivery.status, delivery.http_status) == (DeliveryStatus.DELIVERED, 200)
    assert delivery.error is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (500, "answered 500"),
        (404, "answered 404"),
        (410, "answered 410"),
        (302, "answered a redirect, which is not followed"),
        (199, "answered 199"),
        (None, "did not answer in time"),
    ],
)
def test_all_but_2xx_has_to_come_again(world: World, answer: int | None, error: str) -> None:
    world.subscribe()
    world.courier.answers = [answer]
    assert not world.deliver(errand(attempt=3))
    delivery = world.last()
    assert (delivery.http_status, delivery.error, delivery.attempt) == (answer, error, 3)
    assert delivery.status is DeliveryStatus.FAILED


def test_who_unsubscribed_or_never_wanted_it_is_told_nothing(world: World) -> None:
    assert world.deliver(errand())
    world.subscribe(FactName.LEAD_OVERDUE)
    assert world.deliver(errand())
    assert world.courier.carried == []


def test_an_address_that_is_not_admitted_any_more_is_not_called(world: World) -> None:
    world.subscribe(url="http://127.0.0.1:8099/x")
    assert not world.deliver(errand())
    assert world.courier.carried == []
    assert world.last().error == "its address is not admitted any more"


def test_a_delivery_is_not_repeated_because_it_could_not_be_noted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TransientError("no")

    world.subscribe()
    monkeypatch.setattr(world.webhooks, "note", fail)
    assert world.deliver(errand())


def test_a_fact_that_one_wants_is_delivered_at_once(world: World) -> None:
    world.subscribe()
    assert handled(record(event("whk_1"))) == []
    assert len(world.courier.carried) == 1
    assert world.queue.waiting == []


def test_of_several_each_is_tried_by_itself(world: World) -> None:
    world.subscribe(name="whk_1")
    world.subscribe(name="whk_2")
    assert handled(record(event("whk_1", "whk_2"))) == []
    assert world.courier.carried == []
    bodies = [queued.body for queued in world.queue.waiting]
    assert [body["subscription_id"] for body in bodies] == ["whk_1", "whk_2"]
    assert handled(*(record(body, number=i) for i, body in enumerate(bodies))) == []
    told = {carried.destination.host for carried in world.courier.carried}
    assert told == {"whk-1.example.com", "whk-2.example.com"}


def test_what_failed_stays_hidden_longer_each_time(world: World) -> None:
    world.subscribe()
    for received in range(1, len(RETRY_AFTER) + 1):
        world.courier.answers = [503]
        assert handled(record(event("whk_1"), received=received)) == ["message-1"]
        assert world.queue.hidden == {"handle-1": retry_after(received)}
    assert sorted(RETRY_AFTER) == list(RETRY_AFTER)
    assert max(RETRY_AFTER) <= timedelta(hours=12), "SQS hides no message for longer"
    assert timedelta(hours=20) < sum(RETRY_AFTER, timedelta()) < timedelta(hours=24)


def test_one_that_cannot_be_read_takes_none_along(world: World) -> None:
    world.subscribe()
    poisoned = [record("{", number=2), record({"x": 1}, number=3), record("[]", number=4)]
    failed = handled(record(event("whk_1")), *poisoned)
    assert failed == ["message-2", "message-3", "message-4"]
    assert len(world.courier.carried) == 1


def test_an_event_that_names_nobody_is_done_with(world: World) -> None:
    assert handled(record(event())) == []
    assert world.queue.waiting == []
