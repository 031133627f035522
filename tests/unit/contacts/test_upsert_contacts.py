"""Contacts in bulk: what is good is kept, what is wrong is listed, nobody is revived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parley.consent import ALL_PROGRAMS, OptOut
from parley.contact import Contact, SubscriptionStatus, Suppression, SuppressionReason
from parley.program import Program, Sender
from parley_aws.memory import ManualClock, MemoryContacts, MemoryJournal, MemoryPrograms
from parley_aws.numbers import read_number
from parley_aws.use_cases.registry import Registry
from parley_aws.use_cases.upsert_contacts import Row, Upserted, upsert_contacts

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
ANN = "+15125550101"
BEN = "+15125550102"
CONSENT = {
    "program": "pizza",
    "source": "web_form",
    "obtained_at": "2026-11-01T12:00:00Z",
    "wording": "Text me offers",
    "evidence": {"ip": "203.0.113.9"},
}


class CountingContacts(MemoryContacts):
    """Counts what is written, and lets somebody else write first."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[str] = []
        self.before_save: list[OptOut] = []

    def save_many(self, saves: Sequence[tuple[Contact, int | None]]) -> list[bool]:
        while self.before_save:
            self.opt_out(ANN, self.before_save.pop())
        self.saved += [contact.phone for contact, _ in saves]
        return super().save_many(saves)


def registry_of(*programs: Program) -> Registry:
    return Registry(
        contacts=CountingContacts(),
        journal=MemoryJournal(),
        programs=MemoryPrograms(*programs),
        clock=ManualClock(NOW),
        id_key=b"k" * 32,
        read_number=read_number,
    )


@pytest.fixture
def registry() -> Registry:
    return registry_of(
        Program(id="pizza", brand="Acme", sender=Sender(from_="+15125550001")),
        Program(id="tea", brand="Tea", sender=Sender(from_="+447400000001"), default_region="GB"),
    )


def upsert(registry: Registry, *rows: Mapping[str, Any], region: str | None = "US") -> Upserted:
    numbered = [Row(index=i, values=row) for i, row in enumerate(rows)]
    return upsert_contacts(numbered, region=region, registry=registry)


def stored(registry: Registry, phone: str) -> Contact:
    contact = registry.contacts.get(phone)
    assert contact is not None
    return contact


def saves(registry: Registry) -> list[str]:
    assert isinstance(registry.contacts, CountingContacts)
    return registry.contacts.saved


def problems(result: Upserted) -> list[tuple[int, str]]:
    return [(r.index, r.field) for r in result.rejected]


def leave(registry: Registry, phone: str, scope: str = ALL_PROGRAMS) -> None:
    registry.contacts.opt_out(
        phone,
        OptOut(event_id="out", scope=scope, source="text", occurred_at=NOW - timedelta(days=1)),
    )


def test_keeps_the_good_rows_and_lists_the_bad_ones(registry: Registry) -> None:
    """G10: one bad row costs only itself."""
    rows: list[dict[str, Any]] = [{"phone": f"+1512555{i:04d}"} for i in range(500)]
    rows[3] = {"phone": "12"}
    result = upsert(registry, *rows)
    assert result.accepted == 499
    assert problems(result) == [(3, "phone")]
    assert "too short for US" in result.rejected[0].message


def test_stores_the_profile_and_where_the_number_is(registry: Registry) -> None:
    upsert(
        registry,
        {
            "phone": "(512) 555-0101",
            "first_name": " Ann ",
            "email": "ann@example.com",
            "state": "tx",
            "timezone": "America/Chicago",
            "language": "en-US",
            "attributes": {"store": "5th St", "visits": 3, "tags": ["a", "b"], "member": True},
            "lists": ["vip"],
        },
    )
    ann = stored(registry, ANN)
    assert (ann.first_name, ann.state, ann.region, ann.number_state) == ("Ann", "TX", "US", "TX")
    assert ann.attributes == {"store": "5th St", "visits": 3, "tags": ["a", "b"], "member": True}
    assert ann.lists == {"vip"}
    assert ann.number_zones == ("America/Chicago",)
    assert ann.subscriptions == {}


def test_fields_merge_null_deletes_and_lists_add(registry: Registry) -> None:
    first = {"first_name": "Ann", "email": "a@b.co", "attributes": {"a": 1, "b": 2}}
    upsert(registry, {"phone": ANN, **first, "lists": ["vip", "old"]})
    change = {"email": None, "attributes": {"b": None, "c": 3}}
    upsert(registry, {"phone": ANN, **change, "lists": ["new"], "remove_lists": ["old"]})
    ann = stored(registry, ANN)
    assert (ann.first_name, ann.email) == ("Ann", None)
    assert ann.attributes == {"a": 1, "c": 3}
    assert ann.lists == {"vip", "new"}


def test_null_for_all_attributes_or_lists_forgets_them(registry: Registry) -> None:
    upsert(registry, {"phone": ANN, "attributes": {"a": 1}, "lists": ["vip"]})
    upsert(registry, {"phone": ANN, "attributes": None, "lists": None})
    assert stored(registry, ANN).attributes == {}
    assert stored(registry, ANN).lists == frozenset()


def test_a_change_that_changes_nothing_writes_nothing(registry: Registry) -> None:
    row = {"phone": ANN, "first_name": "Ann", "lists": ["vip"], "consent": CONSENT}
    upsert(registry, row)
    before = stored(registry, ANN)
    assert upsert(registry, row).accepted == 1
    assert stored(registry, ANN) == before
    assert saves(registry) == [ANN]
    assert len(registry.journal.of(ANN)) == 1


def test_every_write_moves_the_version(registry: Registry) -> None:
    upsert(registry, {"phone": ANN})
    before = stored(registry, ANN).sending.version
    upsert(registry, {"phone": ANN, "first_name": "Ann"})
    assert stored(registry, ANN).sending.version > before


def test_later_rows_of_a_number_come_on_top_of_earlier_ones(registry: Registry) -> None:
    result = upsert(
        registry,
        {"phone": ANN, "first_name": "Ann", "lists": ["a"]},
        {"phone": "512-555-0101", "first_name": "Anna", "lists": ["b"]},
    )
    assert result.accepted == 2
    assert stored(registry, ANN).first_name == "Anna"
    assert stored(registry, ANN).lists == {"a", "b"}
    assert saves(registry) == [ANN]


def test_consent_subscribes_and_is_journaled_with_its_evidence(registry: Registry) -> None:
    upsert(registry, {"phone": ANN, "consent": CONSENT})
    assert stored(registry, ANN).subscription_status("pizza") is SubscriptionStatus.SUBSCRIBED
    (event,) = registry.journal.of(ANN)
    assert event.occurred_at == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert event.details["wording"] == "Text me offers"
    assert "203.0.113.9" in event.details["evidence"]


def test_national_formats_are_read_in_the_region_of_the_consent_s_program(
    registry: Registry,
) -> None:
    upsert(registry, {"phone": "07400 123456", "consent": {**CONSENT, "program": "tea"}})
    assert stored(registry, "+447400123456").region == "GB"


def test_without_a_common_region_the_country_code_is_needed(registry: Registry) -> None:
    assert registry.default_region() is None
    result = upsert(registry, {"phone": "512-555-0101"}, {"phone": BEN}, region=None)
    assert result.accepted == 1
    assert "country code" in result.rejected[0].message


def test_double_opt_in_leaves_a_bulk_consent_pending() -> None:
    registry = registry_of(
        Program(id="pizza", brand="A", sender=Sender(from_="+1"), double_opt_in=True)
    )
    upsert(registry, {"phone": ANN, "consent": CONSENT})
    assert stored(registry, ANN).subscription_status("pizza") is SubscriptionStatus.PENDING


@pytest.mark.parametrize("scope", [ALL_PROGRAMS, "pizza"])
def test_bulk_consent_never_revives_who_left(registry: Registry, scope: str) -> None:
    leave(registry, ANN, scope)
    row = {"phone": ANN, "first_name": "Ann", "consent": {**CONSENT, "obtained_at": "2026-11-20"}}
    result = upsert(registry, row)
    assert (result.accepted, result.not_revived) == (1, 1)
    assert result.rejected[0].code == "opted_out"
    assert "opted_out" in result.rejected[0].message
    ann = stored(registry, ANN)
    assert ann.first_name == "Ann"
    assert ann.has_left("pizza")
    assert registry.journal.of(ANN) == []


@pytest.mark.parametrize("scope", [ALL_PROGRAMS, "pizza"])
def test_the_same_list_again_names_who_left_since(registry: Registry, scope: str) -> None:
    row = {"phone": ANN, "consent": CONSENT}
    upsert(registry, row)
    leave(registry, ANN, scope)
    result = upsert(registry, row)
    assert (result.accepted, result.not_revived) == (1, 1)
    assert result.rejected[0].code == "opted_out"
    assert stored(registry, ANN).has_left("pizza")
    assert len(registry.journal.of(ANN)) == 1


def test_consent_to_another_program_stands_where_they_left_one(registry: Registry) -> None:
    leave(registry, ANN, "pizza")
    result = upsert(registry, {"phone": ANN, "consent": {**CONSENT, "program": "tea"}})
    assert result.rejected == ()
    assert stored(registry, ANN).subscription_status("tea") is SubscriptionStatus.SUBSCRIBED


def test_an_erased_number_comes_back_suppressed(registry: Registry) -> None:
    """G9: nothing but a keyed hash was kept, and it keeps the number suppressed."""
    entry = Contact(
        phone=registry.erased_key(ANN),
        suppression=Suppression(reason=SuppressionReason.ERASED, since=NOW),
    )
    registry.contacts.save(entry, expected_version=None)
    result = upsert(registry, {"phone": ANN, "consent": CONSENT})
    assert (result.accepted, result.not_revived) == (1, 1)
    assert stored(registry, ANN).suppression == entry.suppression
    assert stored(registry, ANN).subscription_status("pizza") is None


def test_an_opt_out_between_read_and_write_stands(registry: Registry) -> None:
    """G1: whoever left while the row was being stored is not revived by it."""
    upsert(registry, {"phone": ANN})
    assert isinstance(registry.contacts, CountingContacts)
    registry.contacts.before_save.append(
        OptOut(event_id="out", scope=ALL_PROGRAMS, source="text", occurred_at=NOW)
    )
    result = upsert(registry, {"phone": ANN, "first_name": "Ann", "consent": CONSENT})
    assert (result.accepted, result.not_revived) == (1, 1)
    assert stored(registry, ANN).has_left("pizza")
    assert stored(registry, ANN).first_name == "Ann"


@pytest.mark.parametrize(
    ("consent", "field", "message"),
    [
        ("yes", "consent.program", "is required"),
        ({}, "consent.program", "is required"),
        ({**CONSENT, "program": "nope"}, "consent.program", "not the id of a program"),
        ({**CONSENT, "source": ""}, "consent.source", "must be a text"),
        ({**CONSENT, "source": 5}, "consent.source", "must be a text"),
        ({**CONSENT, "obtained_at": None}, "consent.obtained_at", "is required"),
        ({**CONSENT, "obtained_at": "yesterday"}, "consent.obtained_at", "must be a time"),
        ({**CONSENT, "obtained_at": "2026-13-01"}, "consent.obtained_at", "must be a time"),
        ({**CONSENT, "obtained_at": "2026-11-21T00:00:00Z"}, "consent.obtained_at", "future"),
        ({**CONSENT, "wording": 7}, "consent.wording", "must be a text"),
        ({**CONSENT, "evidence": "yes"}, "consent.evidence", "must be an object"),
        ({**CONSENT, "evidence": {"a": {}}}, "consent.evidence", "must be an object"),
        ({**CONSENT, "when": "now"}, "consent.when", "not known"),
    ],
)
def test_a_consent_that_proves_nothing_costs_its_row(
    registry: Registry, consent: object, field: str, message: str
) -> None:
    result = upsert(registry, {"phone": ANN, "consent": consent}, {"phone": BEN})
    assert result.accepted == 1
    assert (0, field) in problems(result)
    assert message in next(r.message for r in result.rejected if r.field == field)
    assert registry.contacts.get(ANN) is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"phone": None}, "phone"),
        ({"phone": 15125550101}, "phone"),
        ({"phone": ""}, "phone"),
        ({"first_name": 5}, "first_name"),
        ({"first_name": "x" * 101}, "first_name"),
        ({"last_name": "\x00"}, "last_name"),
        ({"email": "ann"}, "email"),
        ({"language": "english please"}, "language"),
        ({"timezone": "Texas"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"timezone": "America"}, "timezone"),
        ({"state": "Texas"}, "state"),
        ({"state": "ZZ"}, "state"),
        ({"attributes": []}, "attributes"),
        ({"attributes": {"a": {}}}, "attributes.a"),
        ({"attributes": {"a": "x" * 501}}, "attributes.a"),
        ({"attributes": {"a": [1]}}, "attributes.a"),
        ({"attributes": {"a": 10**19}}, "attributes.a"),
        ({"attributes": {"": 1}}, "attributes."),
        ({"attributes": {str(i): i for i in range(51)}}, "attributes"),
        ({"attributes": {str(i): "x" * 500 for i in range(9)}}, "attributes"),
        ({"lists": "vip"}, "lists"),
        ({"lists": [1]}, "lists"),
        ({"lists": [" "]}, "lists"),
        ({"lists": [str(i) for i in range(51)]}, "lists"),
        ({"remove_lists": "vip"}, "remove_lists"),
        ({"frist_name": "Ann"}, "frist_name"),
    ],
)
def test_a_wrong_field_is_named_and_the_row_left_out(
    registry: Registry, values: dict[str, Any], field: str
) -> None:
    result = upsert(registry, {"phone": ANN, **values})
    assert result.accepted == 0
    assert problems(result) == [(0, field)]
    assert registry.contacts.get(ANN) is None


def test_all_that_is_wrong_with_a_row_is_listed(registry: Registry) -> None:
    result = upsert(registry, {"phone": "12", "email": "x", "consent": {"program": "pizza"}})
    assert {field for _, field in problems(result)} == {
        "phone",
        "email",
        "consent.source",
        "consent.obtained_at",
    }
    assert result.accepted == 0


def test_attributes_are_bounded_after_the_merge(registry: Registry) -> None:
    upsert(registry, {"phone": ANN, "attributes": {str(i): i for i in range(50)}})
    before = stored(registry, ANN)
    result = upsert(registry, {"phone": ANN, "attributes": {"one more": 1}})
    assert problems(result) == [(0, "attributes")]
    assert stored(registry, ANN) == before


def test_a_number_learns_where_it_is_when_it_was_only_known_by_its_opt_out(
    registry: Registry,
) -> None:
    leave(registry, ANN)
    assert stored(registry, ANN).region is None
    upsert(registry, {"phone": ANN})
    assert stored(registry, ANN).region == "US"
    assert stored(registry, ANN).has_left("pizza")
