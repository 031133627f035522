"""Stream records of the tables as what changed: the thing before and after.

A record is one of the `Records` that Lambda hands to a consumer of a DynamoDB stream.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from parley.campaign import Campaign, Send
from parley.conversion import Order
from parley.journal import JournalEvent
from parley.lead import Lead
from parley.ledger import Message
from parley_aws.dynamo import campaigns, journal, leads, ledger, orders, sends
from parley_aws.ports import LedgerChange

T = TypeVar("T")

SEQUENCE_DIGITS = 40
"""Sequence numbers have up to 38 digits; padded, they sort as texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[T]):
    """One thing before and after a change; None where it was not there. `id` is the same however
    often the record is delivered."""

    id: str
    before: T | None
    after: T | None


def ledger_changes(records: Iterable[Mapping[str, Any]]) -> list[LedgerChange]:
    """What changed in the ledger, messages and responses alike, in order.

    Never raises: an entry that cannot be read says so, and a record that does not even tell whose
    it is comes without a partition.
    """
    return [_ledger_change(record) for record in records]


def send_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[Change[Send]]:
    """Sends that changed, out of records of the campaigns table."""
    return _changes(records, sends.send_of, lambda keys: keys["sk"]["S"] == "send")


def campaign_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[Change[Campaign]]:
    """Campaigns that changed, out of records of the campaigns table."""
    return _changes(records, campaigns.campaign_of, lambda keys: keys["sk"]["S"] == "campaign")


def journal_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[Change[JournalEvent]]:
    """Events that were added to the journal, or erased."""
    return _changes(records, journal.event_of, journal.is_event)


def lead_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[Change[Lead]]:
    """Leads that changed."""
    return _changes(records, leads.lead_of, leads.is_lead)


def order_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[Change[Order]]:
    """Orders that were recorded, out of records of the leads table."""
    return _changes(records, orders.order_of, orders.is_order)


def is_of_ledger(record: Mapping[str, Any]) -> bool:
    """Whether a record is of the ledger: its partitions end in a shard's number."""
    return re.search(r"#\d\d$", record["dynamodb"]["Keys"]["pk"]["S"]) is not None


def message_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[Change[Message]]:
    """Messages that changed, out of records of the ledger."""
    return _changes(records, ledger.message_of, ledger.is_message)


def table_of(record: Mapping[str, Any]) -> str:
    """The name of the table whose stream a record is from."""
    return str(record["eventSourceARN"]).split("/")[1]


def _changes(
    records: Iterable[Mapping[str, Any]],
    read: Callable[[Mapping[str, Any]], T],
    belongs: Callable[[Mapping[str, Any]], bool],
) -> Iterator[Change[T]]:
    for record in records:
        change = record["dynamodb"]
        if belongs(change["Keys"]):
            before, after = change.get("OldImage"), change.get("NewImage")
            yield Change(
                id=change["SequenceNumber"].zfill(SEQUENCE_DIGITS),
                before=read(before) if before else None,
                after=read(after) if after else None,
            )


def _ledger_change(record: Mapping[str, Any]) -> LedgerChange:
    try:
        change = record["dynamodb"]
        keys = change["Keys"]
        return LedgerChange(
            partition=keys["pk"]["S"],
            key=keys["sk"]["S"],
            sequence=change["SequenceNumber"].zfill(SEQUENCE_DIGITS),
            before=ledger.entry_of(change.get("OldImage")),
            after=ledger.entry_of(change.get("NewImage")),
        )
    except (AttributeError, LookupError, TypeError):
        event_id = str(record.get("eventID", ""))
        return LedgerChange(partition="", key=event_id, sequence="", before=None, after=None)
