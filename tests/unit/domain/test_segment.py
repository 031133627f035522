"""Segments select contacts by what is known of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from parley.contact import LastReply
from parley.errors import InvalidInputError
from parley.segment import compile_segment, everyone_of
from parley.sending import Sending
from tests.unit.domain.builders import NOON, claim, contact

ZOE = contact(
    language="es",
    lists=frozenset({"vip", "austin"}),
    attributes={
        "city": "Austin",
        "orders": 7,
        "spent": "120.50",
        "tags": ["a", "b"],
        "vegan": True,
    },
    last_reply=LastReply(
        body="yes", received_at=NOON - timedelta(hours=3), intent="interest", campaign_id="cmp_1"
    ),
    sending=Sending(claims=(claim(NOON - timedelta(hours=30)),)),
)


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ({"list": "vip"}, True),
        ({"list": "staff"}, False),
        ({"attribute": "city", "eq": "Austin"}, True),
        ({"attribute": "city", "ne": "Austin"}, False),
        ({"attribute": "missing", "ne": "x"}, True),
        ({"attribute": "city", "in": ["Austin", "Waco"]}, True),
        ({"attribute": "city", "contains": "ust"}, True),
        ({"attribute": "tags", "contains": "a"}, True),
        ({"attribute": "orders", "gt": 6}, True),
        ({"attribute": "orders", "gte": 7}, True),
        ({"attribute": "orders", "lt": 7}, False),
        ({"attribute": "orders", "lte": 7}, True),
        ({"attribute": "spent", "gt": 100}, True),
        ({"attribute": "orders", "eq": 7}, True),
        ({"attribute": "spent", "eq": 120.5}, True),
        ({"attribute": "city", "gt": 5}, False),
        ({"attribute": "city", "gt": "Amarillo"}, True),
        ({"attribute": "vegan", "eq": True}, True),
        ({"attribute": "vegan", "eq": 1}, False),
        ({"attribute": "city", "exists": True}, True),
        ({"attribute": "missing", "exists": False}, True),
        ({"attribute": "missing", "gt": 1}, False),
        ({"phone": {"in": ["+13125550123"]}}, True),
        ({"phone": {"in": ["+13125550124"]}}, False),
        ({"language": "ES"}, True),
        ({"replied": {"campaign_id": "cmp_1"}}, True),
        ({"replied": {"campaign_id": "cmp_1", "intent": "question"}}, False),
        ({"replied_within_hours": 4}, True),
        ({"replied_within_hours": 2}, False),
        ({"not_messaged_within_hours": 24}, True),
        ({"not_messaged_within_hours": 48}, False),
        ({"all": [{"list": "vip"}, {"attribute": "city", "in": ["Austin"]}]}, True),
        ({"all": [{"list": "vip"}, {"list": "staff"}]}, False),
        ({"any": [{"list": "staff"}, {"list": "vip"}]}, True),
        ({"not": {"list": "staff"}}, True),
        ({"not": {"any": [{"list": "vip"}]}}, False),
    ],
)
def test_rules(rule: dict[str, Any], matches: bool) -> None:
    assert compile_segment(rule).matches(ZOE, NOON) is matches


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({}, "segment"),
        ([], "segment"),
        ({"lst": "vip"}, "segment.lst"),
        ({"list": ""}, "segment.list"),
        ({"list": "a", "language": "en"}, "segment"),
        ({"all": []}, "segment.all"),
        ({"all": "vip"}, "segment.all"),
        ({"all": [{"list": "a"}, {"list": 3}]}, "segment.all[1].list"),
        ({"not": {"any": [{"attribute": "x"}]}}, "segment.not.any[0]"),
        ({"attribute": "x", "eq": 1, "ne": 2}, "segment"),
        ({"attribute": "x", "like": "y"}, "segment"),
        ({"attribute": 5, "eq": 1}, "segment.attribute"),
        ({"attribute": "x", "in": "abc"}, "segment.in"),
        ({"attribute": "x", "exists": "yes"}, "segment.exists"),
        ({"attribute": "x", "gt": True}, "segment.gt"),
        ({"attribute": "x", "contains": 4}, "segment.contains"),
        ({"phone": {"in": []}}, "segment.phone"),
        ({"phone": ["+1"]}, "segment.phone"),
        ({"replied": {}}, "segment.replied"),
        ({"replied": {"when": 1}}, "segment.replied"),
        ({"replied_within_hours": 0}, "segment.replied_within_hours"),
        ({"not_messaged_within_hours": 745}, "segment.not_messaged_within_hours"),
    ],
)
def test_g10_a_bad_rule_is_refused_by_its_place(rule: Any, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        compile_segment(rule)
    assert refused.value.problems[0].field == field


def test_g10_bottomless_nesting_is_refused() -> None:
    rule: dict[str, Any] = {"list": "vip"}
    for _ in range(50):
        rule = {"not": rule}
    with pytest.raises(InvalidInputError, match="nests deeper"):
        compile_segment(rule)


@pytest.mark.parametrize(
    ("rule", "phones"),
    [
        ({"phone": {"in": ["+1", "+2", "+1"]}}, ("+1", "+2")),
        ({"all": [{"list": "vip"}, {"phone": {"in": ["+1"]}}]}, ("+1",)),
        ({"any": [{"phone": {"in": ["+1"]}}, {"list": "vip"}]}, None),
        ({"not": {"phone": {"in": ["+1"]}}}, None),
        ({"list": "vip"}, None),
    ],
)
def test_a_rule_that_names_its_numbers_is_known_to(
    rule: dict[str, Any], phones: tuple[str, ...] | None
) -> None:
    assert compile_segment(rule).phones == phones


def test_no_rule_means_whoever_ever_subscribed_whatever_their_state() -> None:
    assert everyone_of("pizza").matches(contact(left_all_at=NOON), NOON)
    assert not everyone_of("shoes").matches(contact(), NOON)
