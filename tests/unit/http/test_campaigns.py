"""Campaigns: checked before they are kept, warned about, changed without losing an edit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import ApiClient

CAMPAIGN = {
    "name": "Friday two-for-one",
    "program": "pizza",
    "body": "Hi {{ contact.first_name | default: 'there' }}! 2 for 1. Reply STOP to opt out",
    "segment": {"all": [{"list": "vip"}, {"attribute": "city", "in": ["Austin", "Waco"]}]},
    "holdout_percent": 10,
    "attribution_hours": 72,
    "auto_reply": "Great! We will text you in a minute.",
    "lead_keywords": ["YES"],
}


@pytest.fixture
def client() -> ApiClient:
    client = ApiClient()
    client.call("PUT", "/programs/pizza", {"brand": "Acme", "sender": {"from": "+15125550100"}})
    return client


def warned(client: ApiClient, body: str) -> dict[str, str]:
    answer = client.call("POST", "/campaigns", {**CAMPAIGN, "body": body})
    assert answer.status == 201
    return {warning["code"]: warning["message"] for warning in answer.json["warnings"]}


def test_a_campaign_is_written_read_and_listed(client: ApiClient) -> None:
    written = client.call("POST", "/campaigns", CAMPAIGN)
    assert written.status == 201
    assert {name: written.json[name] for name in CAMPAIGN} == CAMPAIGN
    assert (written.json["version"], written.json["warnings"]) == (1, [])
    assert client.call("GET", f"/campaigns/{written.json['id']}").json == written.json
    assert client.call("GET", "/campaigns").json["campaigns"] == [written.json]
    assert client.call("GET", "/campaigns/none").status == 404


def test_only_name_program_and_body_are_required(client: ApiClient) -> None:
    least = {name: CAMPAIGN[name] for name in ("name", "program", "body")}
    written = client.call("POST", "/campaigns", least).json
    assert written["segment"] is None
    assert written["holdout_percent"] == 0
    assert written["attribution_hours"] == 72
    assert written["auto_reply"] is None
    assert written["lead_keywords"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"program": "burger"}, "program"),
        ({"program": None}, "program"),
        ({"body": ""}, "body"),
        ({"body": "  "}, "body"),
        ({"body": "Hi {{ contact.first_name"}, "body"),
        ({"body": "Hi {% if %}"}, "body"),
        ({"body": "Hi {{ customer.name }}"}, "body"),
        ({"body": "{% include 'x' %}"}, "body"),
        ({"segment": []}, "segment"),
        ({"segment": {}}, "segment"),
        ({"segment": {"lst": "vip"}}, "segment.lst"),
        ({"segment": {"all": [{"list": "vip"}, {"list": 5}]}}, "segment.all[1].list"),
        ({"segment": {"attribute": "age", "gt": [1]}}, "segment.gt"),
        ({"segment": {"list": "vip", "language": "en"}}, "segment"),
        ({"segment": {"replied_within_hours": "24"}}, "segment.replied_within_hours"),
        ({"holdout_percent": -1}, "holdout_percent"),
        ({"holdout_percent": 101}, "holdout_percent"),
        ({"holdout_percent": "10"}, "holdout_percent"),
        ({"attribution_hours": 0}, "attribution_hours"),
        ({"attribution_hours": 15 * 24 + 1}, "attribution_hours"),
        ({"auto_reply": ""}, "auto_reply"),
        ({"auto_reply": "Hi {{ contact.first_name }}!"}, "auto_reply"),
        ({"lead_keywords": ["STOP"]}, "lead_keywords"),
        ({"lead_keywords": "YES"}, "lead_keywords"),
        ({"id": "mine"}, "id"),
    ],
)
def test_g10_what_a_campaign_cannot_be(
    client: ApiClient, change: dict[str, Any], field: str
) -> None:
    answer = client.call("POST", "/campaigns", {**CAMPAIGN, **change})
    assert (answer.status, answer.fields) == (422, [field])
    assert client.call("GET", "/campaigns").json["campaigns"] == []


def test_problems_of_program_body_and_segment_come_together(client: ApiClient) -> None:
    wrong = {**CAMPAIGN, "program": "none", "body": "{{", "segment": {"x": 1}}
    assert client.call("POST", "/campaigns", wrong).fields == ["program", "body", "segment.x"]


def test_warnings_name_what_to_look_at(client: ApiClient) -> None:
    stop = " Reply STOP to opt out"
    assert warned(client, "2 for 1 tonight!" + stop) == {}
    assert "’" in warned(client, "Tonight’s deal" + stop)["ucs_2"]
    assert "right single quotation mark" in warned(client, "Tonight’s" + stop)["ucs_2"]
    assert "ucs_2" in warned(client, "{{ contact.first_name | default: '🍕' }}" + stop)
    assert "no_opt_out_wording" in warned(client, "2 for 1 tonight!")
    assert "bit.ly" in warned(client, "See https://bit.ly/abc" + stop)["public_link_shortener"]
    assert warned(client, "See https://rabbit.lychee.com and t.co.uk" + stop) == {}
    assert "many_parts" in warned(client, "x" * 500 + stop)
    assert "many_parts" not in warned(client, "x" * 400 + stop)
    missing = warned(client, "Hi {{ contact.first_name }}" + stop)["missing_default"]
    assert "contact.first_name" in missing


def test_a_patch_changes_what_it_names_and_counts_a_version(client: ApiClient) -> None:
    written = client.call("POST", "/campaigns", CAMPAIGN).json
    path = f"/campaigns/{written['id']}"
    changed = client.call("PATCH", path, {"body": "New. Reply STOP to opt out", "segment": None})
    assert changed.status == 200
    assert changed.json == {
        **written,
        "version": 2,
        "body": "New. Reply STOP to opt out",
        "segment": None,
    }
    assert client.call("GET", path).json == changed.json


def test_a_patch_is_checked_whole(client: ApiClient) -> None:
    written = client.call("POST", "/campaigns", CAMPAIGN).json
    path = f"/campaigns/{written['id']}"
    for change, field in (
        ({"body": "{{"}, "body"),
        ({"program": "none"}, "program"),
        ({"name": None}, "name"),
        ({"segment": {"x": 1}}, "segment.x"),
        ({"nmae": "x"}, "nmae"),
    ):
        answer = client.call("PATCH", path, change)
        assert (answer.status, answer.fields) == (422, [field])
    assert client.call("GET", path).json == written
    assert client.call("PATCH", "/campaigns/none", {"name": "x"}).status == 404


def test_an_edit_of_an_old_version_is_refused(client: ApiClient) -> None:
    written = client.call("POST", "/campaigns", CAMPAIGN).json
    path = f"/campaigns/{written['id']}"
    assert client.call("PATCH", path, {"name": "A", "version": 1}).status == 200
    late = client.call("PATCH", path, {"name": "B", "version": 1})
    assert (late.status, late.json["code"]) == (409, "version_conflict")
    assert client.call("GET", path).json["name"] == "A"
