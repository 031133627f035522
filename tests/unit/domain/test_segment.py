"""Segments select contacts by what is known of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from parley.contact import Contact, LastReply
from parley.errors import InvalidInputError
from parley.segment import compile_segment, everyone_of
from parley.sending import Sending
from tests.unit.domain.builders import NOON, claim, contact

ONE, TWO = "+13125550101", "+13125550102"

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
        ({"attribute": "city", "eq": 7}, False),
        ({"attribute": "spent", "eq": 7}, False),
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
        ({"replied": {"campaign_id": "cmp_2"}}, False),
        ({"replied": {"campaign_id": "cmp_2", "intent": "interest"}}, False),
        ({"replied": {"intent": "interest"}}, True),
        ({"replied_within_hours": 4}, True),
        ({"replied_within_hours": 2}, False),
        ({"replied_within_hours": 3}, False),
        ({"replied_within_hours": 744}, True),
        ({"replied_within_hours": 0.5}, False),
        ({"not": {"replied_within_hours": 4}}, False),
        ({"all": [{"replied_within_hours": 4}, {"replied_within_hours": 5}]}, True),
        ({"any": [{"replied_within_hours": 2}, {"replied_within_hours": 4}]}, True),
        ({"not_messaged_within_hours": 24}, True),
        ({"not_messaged_within_hours": 30}, True),
        ({"not_messaged_within_hours": 48}, False),
        ({"all": [{"list": "vip"}, {"attribute": "city", "in": ["Austin"]}]}, True),
        ({"all": [{"list": "vip"}, {"list": "staff"}]}, False),
        ({"any": [{"list": "staff"}, {"list": "vip"}]}, True),
        ({"not": {"list": "staff"}}, True),
        ({"not": {"any": [{"list": "vip"}]}}, False),
    ],
)
def test_rules(rule: dict[str, Any], matches: bool) -> None:
    segment = compile_segment(rule)
    assert segment.matches(ZOE, NOON) is matches
    read = Contact(phone=ZOE.phone, **{name: getattr(ZOE, name) for name in segment.reads})
    assert segment.matches(read, NOON) is matches


@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        ({"phone": {"in": ["+13125550123"]}}, set()),
        ({"list": "vip"}, {"lists"}),
        ({"not": {"language": "es"}}, {"language"}),
        ({"attribute": "list", "in": ["language"]}, {"attributes"}),
        (
            {"all": [{"replied": {"intent": "interest"}}, {"any": [{"list": "vip"}]}]},
            {"last_reply", "lists"},
        ),
        (
            {"any": [{"replied_within_hours": 2}, {"not_messaged_within_hours": 4}]},
            {"last_reply", "sending"},
        ),
    ],
)
def test_a_rule_says_what_it_reads_of_a_contact(rule: dict[str, Any], reads: set[str]) -> None:
    assert compile_segment(rule).reads == reads


NO_RULE = 'must be an object such as {"list": "vip"}'
NO_RULES = "must be a list of at least one rule"
NO_TEXT = "must be a text of at least one character"
NO_PHONES = 'must be {"in": ["+1…", …]}'
NO_E164 = "must begin with + and the country code, such as +15125550100"
NO_ORDER = 'must be a number or a text such as "2026-01-31"'
NO_HOURS = "must be a number of hours over 0 and up to 744"
NO_REPLY = "takes campaign_id, intent or both"
ONE_OPERATOR = (
    "an attribute rule takes exactly one of eq, ne, in, gt, gte, lt, lte, contains, exists"
)
UNKNOWN_RULE = (
    "is not a segment rule; use one of all, any, not, attribute, list, phone, language, replied,"
    " replied_within_hours, not_messaged_within_hours"
)


@pytest.mark.parametrize(
    ("rule", "field", "message"),
    [
        ({}, "segment", NO_RULE),
        ([], "segment", NO_RULE),
        ("vip", "segment", NO_RULE),
        ({"lst": "vip"}, "segment.lst", UNKNOWN_RULE),
        ({"list": ""}, "segment.list", NO_TEXT),
        ({"language": 5}, "segment.language", NO_TEXT),
        (
            {"list": "a", "language": "en"},
            "segment",
            'holds language, list; combine rules with "all" or "any"',
        ),
        ({"all": []}, "segment.all", NO_RULES),
        ({"all": "vip"}, "segment.all", NO_RULES),
        ({"all": [{"list": "a"}, {"list": 3}]}, "segment.all[1].list", NO_TEXT),
        ({"not": {"any": [{"attribute": "x"}]}}, "segment.not.any[0]", ONE_OPERATOR),
        ({"attribute": "x", "eq": 1, "ne": 2}, "segment", ONE_OPERATOR),
        ({"attribute": "x", "like": "y"}, "segment", ONE_OPERATOR),
        ({"attribute": 5, "eq": 1}, "segment.attribute", NO_TEXT),
        ({"attribute": "x", "in": "abc"}, "segment.in", "must be a list of at least one value"),
        ({"attribute": "x", "in": []}, "segment.in", "must be a list of at least one value"),
        ({"attribute": "x", "exists": "yes"}, "segment.exists", "must be true or false"),
        ({"attribute": "x", "gt": True}, "segment.gt", NO_ORDER),
        ({"attribute": "x", "gte": [1]}, "segment.gte", NO_ORDER),
        ({"attribute": "x", "lt": None}, "segment.lt", NO_ORDER),
        ({"attribute": "x", "lte": False}, "segment.lte", NO_ORDER),
        ({"attribute": "x", "contains": 4}, "segment.contains", "must be a text"),
        ({"phone": {"in": []}}, "segment.phone", NO_PHONES),
        ({"phone": ["+1"]}, "segment.phone", NO_PHONES),
        (
            {"phone": {"in": [ONE] * 10_001}},
            "segment.phone",
            "takes at most 10000 numbers; import a list",
        ),
        ({"phone": {"in": [ONE, "(312) 555-0102"]}}, "segment.phone.in[1]", NO_E164),
        ({"phone": {"in": ["+1"]}}, "segment.phone.in[0]", NO_E164),
        ({"phone": {"in": ["+1312555010١"]}}, "segment.phone.in[0]", NO_E164),
        ({"all": [{"phone": {"in": [f"{ONE} "]}}]}, "segment.all[0].phone.in[0]", NO_E164),
        ({"replied": {}}, "segment.replied", NO_REPLY),
        ({"replied": {"when": 1}}, "segment.replied", NO_REPLY),
        ({"replied_within_hours": 0}, "segment.replied_within_hours", NO_HOURS),
        ({"replied_within_hours": True}, "segment.replied_within_hours", NO_HOURS),
        ({"not_messaged_within_hours": 745}, "segment.not_messaged_within_hours", NO_HOURS),
        ({"not_messaged_within_hours": "9"}, "segment.not_messaged_within_hours", NO_HOURS),
    ],
)
def test_g10_a_bad_rule_is_refused_by_its_place(rule: Any, field: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        compile_segment(rule)
    (problem,) = refused.value.problems
    assert (problem.field, problem.message) == (field, message)


def test_ten_thousand_numbers_are_taken() -> None:
    assert compile_segment({"phone": {"in": [ONE] * 10_000}}).phones == (ONE,)


@pytest.mark.parametrize(
    ("spoken", "wanted", "matches"),
    [
        ("es-MX", "es", True),
        ("es_mx", "ES", True),
        ("es-MX", "es-MX", True),
        ("es-MX", "es_mx", True),
        ("es", "es-MX", False),
        ("es-ES", "es-MX", False),
        ("est", "es", False),
    ],
)
def test_a_language_takes_in_every_countrys_way_of_it(
    spoken: str, wanted: str, matches: bool
) -> None:
    assert compile_segment({"language": wanted}).matches(contact(language=spoken), NOON) is matches


def test_nobodys_language_is_unknown() -> None:
    assert not compile_segment({"language": "XXXX"}).matches(contact(), NOON)


def nested(levels: int, wrap: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"list": "vip"}
    for _ in range(levels):
        rule = {"not": rule} if wrap == "not" else {wrap: [rule]}
    return rule


@pytest.mark.parametrize("wrap", ["not", "all", "any"])
def test_g10_rules_nest_ten_deep_and_no_deeper(wrap: str) -> None:
    assert compile_segment(nested(10, wrap)).matches(ZOE, NOON)
    with pytest.raises(InvalidInputError) as refused:
        compile_segment(nested(11, wrap))
    (problem,) = refused.value.problems
    assert problem.message == "nests deeper than 10; flatten it"
    assert problem.field.count(wrap) == 11


def test_g10_bottomless_nesting_is_refused() -> None:
    rule: dict[str, Any] = {"list": "vip"}
    for _ in range(50):
        rule = {"not": rule}
    with pytest.raises(InvalidInputError, match="nests deeper"):
        compile_segment(rule)


@pytest.mark.parametrize(
    ("rule", "phones"),
    [
        ({"phone": {"in": [ONE, TWO, ONE]}}, (ONE, TWO)),
        ({"all": [{"list": "vip"}, {"phone": {"in": [ONE]}}]}, (ONE,)),
        ({"any": [{"phone": {"in": [ONE]}}, {"list": "vip"}]}, None),
        ({"not": {"phone": {"in": [ONE]}}}, None),
        ({"list": "vip"}, None),
    ],
)
def test_a_rule_that_names_its_numbers_is_known_to(
    rule: dict[str, Any], phones: tuple[str, ...] | None
) -> None:
    assert compile_segment(rule).phones == phones


def test_no_rule_means_whoever_ever_subscribed_whatever_their_state() -> None:
    assert everyone_of("pizza").reads == {"subscriptions"}
    assert everyone_of("pizza").matches(contact(left_all_at=NOON), NOON)
    assert not everyone_of("shoes").matches(contact(), NOON)
