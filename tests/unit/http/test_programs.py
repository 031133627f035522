"""Programs and settings: what they take, what they fill in, what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import ApiClient

MINIMAL = {"brand": "Acme", "sender": {"from": "+15125550100"}}
FULL: dict[str, Any] = {
    "brand": "Acme Pizza",
    "sender": {
        "messaging_service_sid": "MG0123456789abcdef0123456789abcdef",
        "keyword_replies": "twilio",
    },
    "default_region": "US",
    "timezone": "America/Chicago",
    "frequency_caps": [
        {"max_messages": 1, "window_hours": 24},
        {"max_messages": 3, "window_hours": 168},
    ],
    "quiet_hours": {"policy": "us_states"},
    "opt_out_scope": "all",
    "messages_per_second": 10,
    "keywords": {"join": ["PIZZA"]},
    "double_opt_in": False,
    "disclosure_every_days": 30,
    "texts": {"welcome": "w", "double_opt_in": "d", "opt_out": "o", "help": "h"},
    "lead_sla_minutes": 15,
    "price_per_part": {"amount": "0.0083", "currency": "USD"},
}


@pytest.fixture
def client() -> ApiClient:
    return ApiClient()


def test_a_program_is_created_replaced_read_and_listed(client: ApiClient) -> None:
    created = client.call("PUT", "/programs/pizza", FULL)
    assert created.status == 201
    assert {
        k: v for k, v in created.json.items() if k in FULL and k not in ("sender", "quiet_hours")
    } == {k: v for k, v in FULL.items() if k not in ("sender", "quiet_hours")}
    replaced = client.call("PUT", "/programs/pizza", MINIMAL)
    assert replaced.status == 200
    assert client.call("GET", "/programs/pizza").json == replaced.json
    assert client.call("GET", "/programs").json == {
        "programs": [replaced.json],
        "next_cursor": None,
    }
    assert client.call("GET", "/programs/other").status == 404


def test_what_was_read_can_be_written_back(client: ApiClient) -> None:
    read = client.call("PUT", "/programs/pizza", FULL).json
    assert client.call("PUT", "/programs/pizza", read).json == read
    other = client.call("PUT", "/programs/tacos", read)
    assert (other.status, other.fields) == (422, ["id"])


def test_what_is_left_out_takes_its_default(client: ApiClient) -> None:
    program = client.call("PUT", "/programs/pizza", MINIMAL).json
    assert program == {
        "id": "pizza",
        "brand": "Acme",
        "sender": {
            "messaging_service_sid": None,
            "from": "+15125550100",
            "keyword_replies": "twilio",
        },
        "default_region": "US",
        "timezone": "UTC",
        "frequency_caps": [],
        "quiet_hours": {"policy": "us_states", "start": None, "end": None},
        "trust_timezone": False,
        "opt_out_scope": "all",
        "messages_per_second": 10,
        "keywords": {"join": []},
        "double_opt_in": False,
        "disclosure_every_days": 30,
        "texts": {"welcome": None, "double_opt_in": None, "opt_out": None, "help": None},
        "lead_sla_minutes": 15,
        "price_per_part": {"amount": "0.0083", "currency": "USD"},
    }


@pytest.mark.parametrize(
    ("region", "quiet"),
    [
        ("US", {"policy": "us_states", "start": None, "end": None}),
        ("CA", {"policy": "us_states", "start": None, "end": None}),
        ("FR", {"policy": "window", "start": "21:00", "end": "08:00"}),
    ],
)
def test_quiet_hours_default_by_region(
    client: ApiClient, region: str, quiet: dict[str, Any]
) -> None:
    answer = client.call("PUT", "/programs/p", {**MINIMAL, "default_region": region})
    assert answer.json["quiet_hours"] == quiet


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"brand": ""}, "brand"),
        ({"brand": "  "}, "brand"),
        ({"brand": None}, "brand"),
        ({"sender": None}, "sender"),
        ({"sender": {}}, "sender"),
        ({"sender": {"from": "+15125550100", "messaging_service_sid": "MG0"}}, "sender"),
        ({"sender": {"from": "5125550100x"}}, "sender.from"),
        ({"sender": {"from": "+1512"}}, "sender.from"),
        ({"sender": {"from": "PIZZA"}}, "sender.from"),
        ({"sender": {"messaging_service_sid": "SM0"}}, "sender.messaging_service_sid"),
        ({"sender": {"from": "+15125550100", "keyword_replies": "x"}}, "sender.keyword_replies"),
        ({"sender": {"from": "+15125550100", "name": "x"}}, "sender.name"),
        ({"default_region": "us"}, "default_region"),
        ({"default_region": "ZZ"}, "default_region"),
        ({"timezone": "Austin"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"frequency_caps": {}}, "frequency_caps"),
        (
            {"frequency_caps": [{"max_messages": 0, "window_hours": 1}]},
            "frequency_caps[0].max_messages",
        ),
        (
            {"frequency_caps": [{"max_messages": 1, "window_hours": 745}]},
            "frequency_caps[0].window_hours",
        ),
        (
            {"frequency_caps": [{"max_messages": 1, "window_hours": 0}]},
            "frequency_caps[0].window_hours",
        ),
        (
            {"frequency_caps": [{"max_messages": True, "window_hours": 1}]},
            "frequency_caps[0].max_messages",
        ),
        ({"frequency_caps": [{"max_messages": 1}]}, "frequency_caps[0].window_hours"),
        ({"quiet_hours": {"policy": "always"}}, "quiet_hours.policy"),
        ({"quiet_hours": {"policy": "window"}}, "quiet_hours"),
        ({"quiet_hours": {"policy": "window", "start": "21:00", "end": "21:00"}}, "quiet_hours"),
        (
            {"quiet_hours": {"policy": "window", "start": "9pm", "end": "08:00"}},
            "quiet_hours.start",
        ),
        ({"quiet_hours": {"policy": "window", "start": "00:00", "end": "23:59"}}, "quiet_hours"),
        ({"quiet_hours": {"policy": "none", "start": "21:00", "end": "08:00"}}, "quiet_hours"),
        ({"trust_timezone": "yes"}, "trust_timezone"),
        ({"opt_out_scope": "brand"}, "opt_out_scope"),
        ({"messages_per_second": 0}, "messages_per_second"),
        ({"messages_per_second": 1.5}, "messages_per_second"),
        ({"keywords": {"join": ["STOP"]}}, "keywords.join"),
        ({"keywords": {"join": ["help"]}}, "keywords.join"),
        ({"keywords": {"join": [" Start "]}}, "keywords.join"),
        ({"keywords": {"join": ["YES"]}}, "keywords.join"),
        ({"keywords": {"join": ["!!"]}}, "keywords.join"),
        ({"keywords": {"leave": ["X"]}}, "keywords.leave"),
        ({"double_opt_in": 1}, "double_opt_in"),
        ({"disclosure_every_days": 0}, "disclosure_every_days"),
        ({"texts": {"welcome": "x" * 1601}}, "texts.welcome"),
        ({"texts": {"bye": "x"}}, "texts.bye"),
        ({"texts": {"help": "{% if x %}Call us{% endif %}"}}, "texts.help"),
        ({"lead_sla_minutes": 0}, "lead_sla_minutes"),
        ({"price_per_part": {"amount": 0.01, "currency": "USD"}}, "price_per_part.amount"),
        ({"price_per_part": {"amount": "1e-3", "currency": "USD"}}, "price_per_part.amount"),
        ({"price_per_part": {"amount": "-1", "currency": "USD"}}, "price_per_part.amount"),
        ({"price_per_part": {"amount": "0.01", "currency": "dollars"}}, "price_per_part.currency"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_g10_what_a_program_cannot_be(
    client: ApiClient, change: dict[str, Any], field: str
) -> None:
    answer = client.call("PUT", "/programs/pizza", {**MINIMAL, **change})
    assert (answer.status, answer.fields) == (422, [field])
    assert client.call("GET", "/programs/pizza").status == 404


def test_every_wrong_field_is_named_at_once(client: ApiClient) -> None:
    answer = client.call("PUT", "/programs/pizza", {"sender": {"from": "+15125550100"}, "x": 1})
    assert sorted(answer.fields) == ["brand", "x"]


@pytest.mark.parametrize("program_id", ["all", "ALL", "a b", "-a", "x" * 65, "a#b"])
def test_ids_that_a_program_cannot_have(client: ApiClient, program_id: str) -> None:
    answer = client.call("PUT", f"/programs/{program_id.replace(' ', '%20')}", MINIMAL)
    assert answer.status in (400, 404)


def test_short_codes_and_services_are_senders(client: ApiClient) -> None:
    assert client.call("PUT", "/programs/a", {**MINIMAL, "sender": {"from": "55512"}}).status == 201
    by_service = {**MINIMAL, "sender": {"messaging_service_sid": "MG" + "a1" * 16}}
    assert client.call("PUT", "/programs/b", by_service).status == 201


def test_one_sender_belongs_to_one_program(client: ApiClient) -> None:
    client.call("PUT", "/programs/a", MINIMAL)
    taken = client.call("PUT", "/programs/b", MINIMAL)
    assert taken.status == 409
    assert "a" in taken.json["detail"]


def test_keywords_are_kept_once_each(client: ApiClient) -> None:
    join = ["pizza", "Pizza!", "free  pie"]
    answer = client.call("PUT", "/programs/a", {**MINIMAL, "keywords": {"join": join}})
    assert answer.json["keywords"]["join"] == ["PIZZA", "FREE PIE"]


def test_null_turns_the_disclosure_off(client: ApiClient) -> None:
    answer = client.call("PUT", "/programs/a", {**MINIMAL, "disclosure_every_days": None})
    assert answer.json["disclosure_every_days"] is None


def test_lists_go_on_where_the_last_page_ended(client: ApiClient) -> None:
    for i in range(5):
        sender = {"from": f"+1512555010{i}"}
        client.call("PUT", f"/programs/p{i}", {"brand": "Acme", "sender": sender})
    seen: list[str] = []
    cursor = ""
    while True:
        page = client.call("GET", f"/programs?limit=2{cursor}").json
        seen += [program["id"] for program in page["programs"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["p0", "p1", "p2", "p3", "p4"]


def test_settings_are_replaced_whole(client: ApiClient) -> None:
    defaults = {"frequency_caps": [], "test_phones": [], "strike_limit": 3}
    assert client.call("GET", "/settings").json == defaults
    wanted = {
        "frequency_caps": [{"max_messages": 5, "window_hours": 168}],
        "test_phones": ["+15125550100"],
        "strike_limit": 5,
    }
    assert client.call("PUT", "/settings", wanted).json == wanted
    assert client.call("GET", "/settings").json == wanted
    answer = client.call("PUT", "/settings", {"test_phones": ["5125550100", "+15125550100"]})
    assert answer.fields == ["test_phones[0]"]
    assert client.call("GET", "/settings").json == wanted
    assert client.call("PUT", "/settings", {"strike_limit": 0}).fields == ["strike_limit"]
    assert client.call("PUT", "/settings", {}).json == defaults
