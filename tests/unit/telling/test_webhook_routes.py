"""Webhook subscriptions through the API."""

from __future__ import annotations

from typing import Any

import pytest

from parley.webhook import MAX_SUBSCRIPTIONS, Delivery, DeliveryStatus
from tests.support.api import FRIDAY_NOON, ApiClient

PATH = "/webhook-subscriptions"
URL = "https://hooks.example.com/parley"


@pytest.fixture
def client() -> ApiClient:
    client = ApiClient()
    client.services.the_resolver.hosts["hooks.example.com"] = ["8.8.8.8"]
    return client


def body(**changes: Any) -> dict[str, Any]:
    return {"url": URL, "facts": ["LeadCreated", "LeadOverdue"], **changes}


def test_a_subscription_is_made_listed_and_removed(client: ApiClient) -> None:
    made = client.call("POST", PATH, body())
    assert made.status == 201
    assert made.json["secret"].startswith("whsec_")
    assert len(made.json["secret"]) > 40
    (listed,) = client.call("GET", PATH).json["webhook_subscriptions"]
    assert listed == {k: v for k, v in made.json.items() if k != "secret"}
    assert client.call("GET", f"{PATH}/{made.json['id']}").json == listed
    assert client.call("DELETE", f"{PATH}/{made.json['id']}").status == 204
    assert client.call("DELETE", f"{PATH}/{made.json['id']}").status == 404
    assert client.call("GET", f"{PATH}/{made.json['id']}").status == 404
    assert client.call("GET", PATH).json["webhook_subscriptions"] == []


def test_the_secret_may_be_ones_own_and_is_shown_once(client: ApiClient) -> None:
    made = client.call("POST", PATH, body(secret="sixteen-characters"))
    assert made.json["secret"] == "sixteen-characters"
    assert "sixteen" not in client.call("GET", PATH).text
    assert "sixteen" not in client.log.getvalue()
    assert "hooks.example.com" not in client.log.getvalue()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"facts": []}, "facts"),
        ({"facts": ["LeadCreated", "Nonsense"]}, "facts[1]"),
        ({"facts": "LeadCreated"}, "facts"),
        ({"url": "http://hooks.example.com"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": 7}, "url"),
        ({"url": ""}, "url"),
        ({"secret": "short"}, "secret"),
        ({"secret": "sixteen characters, some of them blanks"}, "secret"),
        ({"event": "x"}, "event"),
    ],
)
def test_bad_input_names_the_field(client: ApiClient, changes: Any, field: str) -> None:
    answer = client.call("POST", PATH, body(**changes))
    assert answer.status == 422
    assert answer.fields == [field]
    assert client.services.the_webhooks.all() == []


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["fd00:ec2::254"], ["::ffff:8.8.8.8"]]
)
def test_a_name_that_leads_inside_is_refused(client: ApiClient, addresses: list[str]) -> None:
    client.services.the_resolver.hosts["hooks.example.com"] = addresses
    answer = client.call("POST", PATH, body())
    assert (answer.status, answer.fields) == (422, ["url"])


def test_a_list_that_is_too_short_or_too_long_is_told_in_plain_words(client: ApiClient) -> None:
    url = "https://hooks.example.com/parley"
    for facts, message in (
        ([], "facts: must have at least 1 item"),
        (["LeadCreated"] * 12, "facts: must have at most 11 items"),
    ):
        answer = client.call("POST", "/webhook-subscriptions", {"url": url, "facts": facts})
        assert answer.json["detail"] == message


def test_a_name_that_is_not_known_yet_is_taken(client: ApiClient) -> None:
    assert client.call("POST", PATH, body(url="https://soon.example.com/")).status == 201


def test_there_are_not_too_many(client: ApiClient) -> None:
    for _ in range(MAX_SUBSCRIPTIONS):
        assert client.call("POST", PATH, body()).status == 201
    assert client.call("POST", PATH, body()).status == 429
    page = client.call("GET", f"{PATH}?limit=15").json
    assert len(page["webhook_subscriptions"]) == 15
    rest = client.call("GET", f"{PATH}?limit=15&cursor={page['next_cursor']}").json
    assert len(rest["webhook_subscriptions"]) == MAX_SUBSCRIPTIONS - 15


def test_the_last_deliveries_are_shown_newest_first(client: ApiClient) -> None:
    made = client.call("POST", PATH, body()).json
    for number in range(60):
        client.services.the_webhooks.note(
            made["id"],
            Delivery(
                fact_id=f"{number:032x}",
                fact="LeadCreated",
                attempt=1,
                status=DeliveryStatus.FAILED,
                http_status=503,
                error="answered 503",
                at=FRIDAY_NOON,
                milliseconds=12,
            ),
        )
    shown = client.call("GET", f"{PATH}/{made['id']}").json["last_deliveries"]
    assert [int(each["fact_id"], 16) for each in shown] == list(range(59, 9, -1))
    (listed,) = client.call("GET", PATH).json["webhook_subscriptions"]
    assert listed["last_deliveries"] == shown[:10]
    assert shown[0] == {
        "fact": "LeadCreated",
        "fact_id": f"{59:032x}",
        "attempt": 1,
        "status": "failed",
        "http_status": 503,
        "error": "answered 503",
        "at": "2026-11-27T18:00:00Z",
        "milliseconds": 12,
    }
