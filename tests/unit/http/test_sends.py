"""Sends: triggered once, counted to the last person (G4), paused, resumed, canceled, reported."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from parley import ids
from parley.campaign import AudiencePage, SendStatus
from parley.contact import Contact, Subscription, SubscriptionStatus
from parley.ledger import Message, message_metrics
from parley.outcome import MessageStatus
from tests.support.api import FRIDAY_NOON, ID_KEY, ApiClient

PHONES = tuple(f"+1512555{i:04d}" for i in range(100, 112))
KEY = {"Idempotency-Key": "friday"}


class World(ApiClient):
    """A program, a campaign and twelve subscribers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.call("PUT", "/programs/pizza", {"brand": "Acme", "sender": {"from": "+15125550100"}})
        self.campaign_id = self.call(
            "POST",
            "/campaigns",
            {"name": "n", "program": "pizza", "body": "2 for 1! Reply STOP to opt out"},
        ).json["id"]
        for phone in PHONES:
            self.services.the_contacts.save(subscriber(phone), expected_version=None)

    def trigger(self, body: object = None, headers: Any = KEY) -> Any:
        return self.call("POST", f"/campaigns/{self.campaign_id}/sends", body, headers=headers)

    def resolved(self) -> str:
        """A send whose audience is frozen: its id."""
        send_id: str = self.trigger().json["id"]
        page = AudiencePage(send_id=send_id, id="0", phones=PHONES, next_key=None)
        self.services.the_sends.add_page(page)
        return send_id

    def settle(self, send_id: str, phone: str, status: MessageStatus, **more: Any) -> None:
        """Record what became of one message, in ledger and metrics."""
        message = Message(
            id=ids.message_id(ID_KEY, send=send_id, phone=phone),
            send_id=send_id,
            phone=phone,
            status=status,
            updated_at=FRIDAY_NOON,
            **more,
        )
        self.services.the_ledger.record([message])
        change = self.services.the_ledger.changes[-1]
        self.services.the_metrics.add(
            change.partition, message_metrics(change.after), sequence=change.sequence
        )


def subscriber(phone: str, **more: Any) -> Contact:
    since = FRIDAY_NOON - timedelta(days=30)
    subscription = Subscription(
        status=SubscriptionStatus.SUBSCRIBED, since=since, event_id="consent"
    )
    return Contact(
        phone=phone,
        region="US",
        number_zones=("America/Chicago",),
        subscriptions={"pizza": subscription},
        **more,
    )


@pytest.fixture
def world() -> World:
    return World()


def test_a_send_is_triggered_once_per_key(world: World) -> None:
    first = world.trigger({})
    assert first.status == 202
    assert first.json["campaign_id"] == world.campaign_id
    assert first.json["status"] == "resolving"
    world.services.the_clock.advance(timedelta(minutes=1))
    again = world.trigger({"send_at": None})
    assert (again.status, again.json) == (200, first.json)
    assert world.trigger(None).status == 200
    other = world.trigger({"max_spend": {"amount": "5", "currency": "USD"}})
    assert (other.status, other.json["code"]) == (409, "idempotency_key_reused")
    assert world.trigger({}, headers={"Idempotency-Key": "saturday"}).status == 202
    assert len(world.call("GET", f"/sends?campaign_id={world.campaign_id}").json["sends"]) == 2


def test_the_same_key_triggers_each_campaign_on_its_own(world: World) -> None:
    other = world.call("POST", "/campaigns", {"name": "o", "program": "pizza", "body": "Hi"}).json
    first = world.trigger({}).json["id"]
    second = world.call("POST", f"/campaigns/{other['id']}/sends", {}, headers=KEY)
    assert second.status == 202
    assert second.json["id"] != first


def test_the_key_is_required(world: World) -> None:
    for headers in ({}, {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 201}):
        answer = world.trigger({}, headers=headers)
        assert (answer.status, answer.fields) == (400, ["Idempotency-Key"])
    assert world.call("POST", "/campaigns/none/sends", {}, headers=KEY).status == 404


def test_a_send_can_wait(world: World) -> None:
    answer = world.trigger({"send_at": "2026-11-28T12:00:00-06:00"})
    assert answer.json["status"] == "scheduled"
    assert answer.json["starts_at"] == "2026-11-28T18:00:00Z"
    assert answer.json["expires_at"] == "2026-11-29T18:00:00Z"


def test_a_replay_of_a_send_whose_time_has_come_is_no_error(world: World) -> None:
    body = {"send_at": "2026-11-27T19:00:00Z"}
    first = world.trigger(body)
    world.services.the_clock.advance(timedelta(days=3))
    assert (world.trigger(body).status, world.trigger(body).json["id"]) == (200, first.json["id"])


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"send_at": "2026-11-27T17:00:00Z"}, ["send_at"]),
        ({"send_at": "2028-11-27T17:00:00Z"}, ["send_at"]),
        ({"send_at": "tomorrow"}, ["send_at"]),
        ({"send_at": "2026-11-28T18:00:00"}, ["send_at"]),
        ({"expires_at": "2026-11-27T18:00:00Z"}, ["expires_at"]),
        ({"expires_at": "2026-12-27T18:00:00Z"}, ["expires_at"]),
        (
            {"send_at": "2026-11-29T18:00:00Z", "expires_at": "2026-11-28T18:00:00Z"},
            ["expires_at"],
        ),
        ({"max_spend": {"amount": "5", "currency": "EUR"}}, ["max_spend.currency"]),
        ({"max_spend": {"amount": "0", "currency": "USD"}}, ["max_spend.amount"]),
        ({"max_spend": {"amount": 5, "currency": "USD"}}, ["max_spend.amount"]),
        ({"max_spend": {"amount": "٥", "currency": "USD"}}, ["max_spend.amount"]),
        ({"max_spend": "5"}, ["max_spend"]),
        ({"sendat": None}, ["sendat"]),
    ],
)
def test_g10_what_a_send_cannot_be(world: World, body: Any, fields: list[str]) -> None:
    answer = world.trigger(body)
    assert (answer.status, answer.fields) == (422, fields)
    assert world.call("GET", "/sends").json["sends"] == []


def test_a_send_keeps_the_campaign_as_it_was(world: World) -> None:
    send_id = world.trigger({}).json["id"]
    world.call("PATCH", f"/campaigns/{world.campaign_id}", {"body": "Changed"})
    kept = world.services.the_sends.get(send_id)
    assert kept is not None
    assert kept.campaign.body == "2 for 1! Reply STOP to opt out"
    assert kept.campaign.version == 1


def test_g4_counts_add_up_at_every_moment(world: World) -> None:
    send_id = world.resolved()
    outcomes: list[tuple[MessageStatus, dict[str, Any]]] = [
        (MessageStatus.DELIVERED, {"parts": 1}),
        (MessageStatus.SENT, {"parts": 2}),
        (MessageStatus.UNDELIVERED, {"parts": 1, "error_code": "30003"}),
        (MessageStatus.SKIPPED, {"reason": "opted_out"}),
        (MessageStatus.DEFERRED, {}),
        (MessageStatus.HELD_OUT, {}),
        (MessageStatus.UNKNOWN, {"parts": 1}),
    ]
    for phone, (status, more) in zip(PHONES, outcomes, strict=False):
        shown = world.call("GET", f"/sends/{send_id}").json
        counts = shown["counts"]
        assert counts["audience"] == 12 == sum(counts.values()) - counts["audience"]
        world.settle(send_id, phone, status, **more)
    shown = world.call("GET", f"/sends/{send_id}").json
    assert shown["counts"] == {
        "audience": 12,
        "pending": 5,
        "deferred": 1,
        "accepted": 0,
        "sent": 1,
        "delivered": 1,
        "undelivered": 1,
        "failed": 0,
        "unknown": 1,
        "skipped": 1,
        "held_out": 1,
        "canceled": 0,
    }
    assert shown["skipped"] == {"opted_out": 1}
    assert shown["as_of"] == "2026-11-27T18:00:00Z"


def test_g4_pending_is_never_negative_while_the_audience_grows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_id = world.trigger({}).json["id"]
    metrics = world.services.the_metrics
    of_send = metrics.of_send

    def freeze_after_reading(send_id: str) -> dict[str, int]:
        found = of_send(send_id)
        page = AudiencePage(send_id=send_id, id="0", phones=PHONES, next_key=None)
        world.services.the_sends.add_page(page)
        world.settle(send_id, PHONES[0], MessageStatus.DELIVERED, parts=1)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(metrics, "of_send", freeze_after_reading)
        assert world.call("GET", f"/sends/{send_id}").json["counts"]["pending"] == 12
    assert world.call("GET", f"/sends/{send_id}").json["counts"]["pending"] == 11


def test_a_completed_send_shows_nobody_pending(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_id = world.resolved()
    metrics = world.services.the_metrics
    of_send = metrics.of_send

    def complete_after_reading(send_id: str) -> dict[str, int]:
        found = of_send(send_id)
        if not found:
            for phone in PHONES:
                world.settle(send_id, phone, MessageStatus.DELIVERED, parts=1)
            running = frozenset({SendStatus.RESOLVING})
            world.services.the_sends.move(
                send_id, to=SendStatus.COMPLETED, only_from=running, at=FRIDAY_NOON
            )
        return found

    monkeypatch.setattr(metrics, "of_send", complete_after_reading)
    shown = world.call("GET", f"/sends/{send_id}").json
    assert shown["status"] == "completed"
    assert (shown["counts"]["pending"], shown["counts"]["delivered"]) == (0, 12)


def test_messages_are_everyone_with_or_without_an_outcome(world: World) -> None:
    send_id = world.resolved()
    world.settle(send_id, PHONES[3], MessageStatus.DELIVERED, parts=1, body="Hi")
    world.settle(send_id, PHONES[7], MessageStatus.SKIPPED, reason="opted_out")
    everyone = listed(world, send_id, "", limit=5)
    assert sorted(message["phone"] for message in everyone) == sorted(PHONES)
    assert len({message["id"] for message in everyone}) == 12
    pending = listed(world, send_id, "&status=pending", limit=4)
    assert sorted(m["phone"] for m in pending) == sorted(set(PHONES) - {PHONES[3], PHONES[7]})
    assert {message["status"] for message in pending} == {"pending"}
    (skipped,) = listed(world, send_id, "&status=skipped&reason=opted_out", limit=100)
    assert (skipped["phone"], skipped["reason"]) == (PHONES[7], "opted_out")
    assert listed(world, send_id, "&reason=suppressed", limit=100) == []
    assert listed(world, send_id, "&status=pending&reason=opted_out", limit=100) == []


@pytest.mark.parametrize("limit", range(1, 15))
def test_pages_of_messages_neither_repeat_nor_lose(world: World, limit: int) -> None:
    send_id = world.resolved()
    for phone in PHONES[::3]:
        world.settle(send_id, phone, MessageStatus.DELIVERED, parts=1)
    phones = [message["phone"] for message in listed(world, send_id, "", limit=limit)]
    assert sorted(phones) == sorted(PHONES)


def listed(world: World, send_id: str, filters: str, *, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(50):
        page = world.call("GET", f"/sends/{send_id}/messages?limit={limit}{filters}{cursor}").json
        assert len(page["messages"]) <= limit
        found += page["messages"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"
    raise AssertionError("the list does not end")


def test_a_cursor_fits_its_own_list_only(world: World) -> None:
    send_id = world.resolved()
    cursor = world.call("GET", f"/sends/{send_id}/messages?limit=1").json["next_cursor"]
    path = f"/sends/{send_id}/messages?cursor={cursor}"
    assert world.call("GET", path).status == 200
    for other in (f"{path}&status=pending", f"/sends?cursor={cursor}"):
        answer = world.call("GET", other)
        assert (answer.status, answer.fields) == (400, ["cursor"])
    assert world.call("GET", "/sends/none/messages").status == 404
    assert world.call("GET", f"/sends/{send_id}/messages?status=x").fields == ["status"]


def test_a_send_is_paused_resumed_and_canceled(world: World) -> None:
    send_id = world.resolved()
    path = f"/sends/{send_id}"
    paused = world.call("POST", f"{path}/pause").json
    assert (paused["status"], paused["pause_reason"]) == ("paused", "requested")
    assert world.call("POST", f"{path}/pause").status == 200
    resumed = world.call("POST", f"{path}/resume").json
    assert (resumed["status"], resumed["pause_reason"]) == ("resolving", None)
    assert world.call("POST", f"{path}/resume").json["status"] == "resolving"
    assert world.call("POST", f"{path}/cancel").json["status"] == "canceled"
    launches = world.services.queue("launches")
    assert launches.waiting == [], "what follows is told by the stream"
    assert world.call("POST", f"{path}/cancel").json["status"] == "canceled"
    assert [w.body for w in launches.waiting] == [{"kind": "requeue", "send_id": send_id}], (
        "asked again, it does not count on the stream"
    )
    for action in ("pause", "resume"):
        assert world.call("POST", f"{path}/{action}").status == 409
    assert world.call("POST", "/sends/none/pause").status == 404


@pytest.mark.parametrize(
    ("send_at", "resolved_at", "status"),
    [
        ("2026-11-28T18:00:00Z", None, "scheduled"),
        (None, None, "resolving"),
        (None, FRIDAY_NOON, "sending"),
    ],
)
def test_a_paused_send_goes_on_where_it_was(
    world: World, send_at: str | None, resolved_at: datetime | None, status: str
) -> None:
    send_id = world.trigger({"send_at": send_at}).json["id"]
    if resolved_at is not None:
        world.services.the_sends.close_segment(send_id, 0, 1, resolved_at)
    world.call("POST", f"/sends/{send_id}/pause")
    assert world.call("POST", f"/sends/{send_id}/resume").json["status"] == status


def test_an_estimate_decides_over_everyone_and_changes_nothing(world: World) -> None:
    contacts = world.services.the_contacts
    gone = Subscription(status=SubscriptionStatus.OPTED_OUT, since=FRIDAY_NOON, event_id="opt-out")
    contacts.save(
        Contact(phone="+15125550200", region="US", subscriptions={"pizza": gone}),
        expected_version=None,
    )
    contacts.save(Contact(phone="+15125550201", region="US"), expected_version=None)
    before = dict(contacts._contacts)
    found = world.call("POST", f"/campaigns/{world.campaign_id}/estimate").json
    assert found["audience"] == 13
    assert (found["would_send"], found["would_defer"], found["held_out"]) == (12, 0, 0)
    assert found["would_skip"] == {"opted_out": 1}
    assert found["message_parts"] == 12
    assert found["estimated_cost"] == {"amount": "0.0996", "currency": "USD"}
    assert found["approximate"] is False
    assert len(found["samples"]) == 5
    assert found["samples"][0] == {
        "phone": PHONES[0],
        "body": "2 for 1! Reply STOP to opt out\nAcme",
        "parts": 1,
        "encoding": "GSM-7",
    }
    assert contacts._contacts == before
    assert world.call("GET", "/sends").json["sends"] == []
    assert world.call("POST", "/campaigns/none/estimate").status == 404


def test_an_estimate_at_night_counts_who_waits_and_what_they_will_cost(world: World) -> None:
    world.services.the_clock.advance(timedelta(hours=9))
    found = world.call("POST", f"/campaigns/{world.campaign_id}/estimate").json
    assert (found["would_send"], found["would_defer"], found["message_parts"]) == (0, 12, 12)


def test_an_estimate_of_named_phones_reads_those_only(world: World) -> None:
    segment = {"phone": {"in": [PHONES[0], PHONES[1], "+15125559999"]}}
    world.call("PATCH", f"/campaigns/{world.campaign_id}", {"segment": segment})
    found = world.call("POST", f"/campaigns/{world.campaign_id}/estimate").json
    assert (found["audience"], found["would_send"], found["examined"]) == (2, 2, 2)


def test_a_large_estimate_says_that_it_is_approximate(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley_aws.use_cases.estimate._PAGE", 5)
    monkeypatch.setattr("parley_aws.use_cases.estimate.MAX_CONTACTS", 10)
    found = world.call("POST", f"/campaigns/{world.campaign_id}/estimate").json
    assert (found["audience"], found["examined"], found["approximate"]) == (10, 10, True)


def test_a_test_texts_known_phones_only(world: World) -> None:
    path = f"/campaigns/{world.campaign_id}/test"
    stranger = world.call("POST", path, {"phones": [PHONES[0], "+15125550999"]})
    assert (stranger.status, stranger.fields) == (422, ["phones[1]"])
    world.call("PUT", "/settings", {"test_phones": ["+15125550999"]})
    answer = world.call("POST", path, {"phones": [PHONES[0], "+1 (512) 555-0999"]})
    assert [(m["phone"], m["status"]) for m in answer.json["messages"]] == [
        (PHONES[0], "accepted"),
        ("+15125550999", "accepted"),
    ]
    assert world.call("GET", "/sends").json["sends"] == []


def test_opt_outs_hold_for_tests_too(world: World) -> None:
    left = subscriber(PHONES[0], left_all_at=FRIDAY_NOON)
    world.services.the_contacts._contacts[PHONES[0]] = left
    answer = world.call("POST", f"/campaigns/{world.campaign_id}/test", {"phones": [PHONES[0]]})
    assert [(m["status"], m["reason"]) for m in answer.json["messages"]] == [
        ("skipped", "opted_out")
    ]


def test_a_test_says_which_value_is_missing(world: World) -> None:
    path = f"/campaigns/{world.campaign_id}"
    world.call("PATCH", path, {"body": "Hi {{ contact.first_name }}"})
    (text,) = world.call("POST", f"{path}/test", {"phones": [PHONES[0]]}).json["messages"]
    assert (text["status"], text["reason"]) == ("skipped", "missing_value")
    assert text["detail"] == "contact.first_name"


def test_tests_are_few(world: World) -> None:
    path = f"/campaigns/{world.campaign_id}/test"
    for phones, field in (
        ([], "phones"),
        (list(PHONES[:6]), "phones"),
        (["x"], "phones[0]"),
        ([5], "phones[0]"),
    ):
        assert world.call("POST", path, {"phones": phones}).fields == [field]
    for _ in range(4):
        assert world.call("POST", path, {"phones": list(PHONES[:5])}).status == 200
    assert world.call("POST", path, {"phones": [PHONES[0]]}).status == 429
    world.services.the_clock.advance(timedelta(days=1))
    assert world.call("POST", path, {"phones": [PHONES[0]]}).status == 200


def test_a_report_tells_what_came_of_it(world: World) -> None:
    send_id = world.resolved()
    for phone in PHONES[:8]:
        world.settle(send_id, phone, MessageStatus.DELIVERED, parts=2)
    world.settle(send_id, PHONES[8], MessageStatus.FAILED, error_code="21211")
    world.settle(send_id, PHONES[9], MessageStatus.SKIPPED, reason="opted_out")
    world.settle(send_id, PHONES[10], MessageStatus.HELD_OUT)
    report = world.call("GET", f"/sends/{send_id}/report").json
    assert report["counts"]["delivered"] == 8
    assert report["skipped"] == {"opted_out": 1}
    assert report["errors"] == {"21211": 1}
    assert report["parts"] == 16
    unsettled = {"settled": False, "settled_parts": 0, "charged": {}}
    assert report["cost"] == {"amount": "0.1328", "currency": "USD", **unsettled}
    assert report["rates"]["delivered"] == {"value": 1.0, "of": 8}
    assert report["rates"]["failed"] == {"value": 0.1111, "of": 9}
    assert report["holdout"]["held_out"] == 1
    assert (report["replies"], report["leads"], report["conversions"]) == (0, 0, 0)
    assert report["revenue"]["currency"] == "USD"
    (hour,) = report["timeline"]
    assert (hour["hour"], hour["delivered"], hour["failed"]) == ("2026-11-27T18:00:00Z", 8, 1)
    of_campaign = world.call("GET", f"/campaigns/{world.campaign_id}/report").json
    assert report.pop("themes") == {"intents": {}, "words": [], "missed": 0}
    assert of_campaign == report
    assert world.call("GET", "/sends/none/report").status == 404
    assert world.call("GET", "/campaigns/none/report").status == 404


def test_a_campaigns_report_adds_its_sends_up(world: World) -> None:
    world.settle(world.resolved(), PHONES[0], MessageStatus.DELIVERED, parts=1)
    other = world.trigger({}, headers={"Idempotency-Key": "again"}).json["id"]
    world.services.the_sends.add_page(
        AudiencePage(send_id=other, id="0", phones=PHONES[:2], next_key=None)
    )
    world.settle(other, PHONES[1], MessageStatus.DELIVERED, parts=1)
    report = world.call("GET", f"/campaigns/{world.campaign_id}/report").json
    assert report["counts"]["audience"] == 14
    assert (report["counts"]["delivered"], report["counts"]["pending"]) == (2, 12)
    assert report["parts"] == 2
