"""Writes whose answers get lost: none is taken for a lost race, none is made twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from parley.campaign import AudiencePage, SendStatus
from parley.consent import ALL_PROGRAMS, OptOut
from parley.errors import TransientError
from parley.ids import LEDGER_SHARDS
from parley.imports import Import, ImportKind, ImportStatus, Tally
from parley.keys import ApiKey, Role
from parley.lead import LeadStatus
from parley.ledger import Response, ResponseKind
from parley.outcome import MessageStatus, Outcome
from parley.sending import Sending
from parley_aws import wire
from parley_aws.dynamo.allowance import DynamoAllowance
from parley_aws.dynamo.campaigns import DynamoCampaigns
from parley_aws.dynamo.client import StoreError
from parley_aws.dynamo.contacts import DynamoContacts
from parley_aws.dynamo.imports import DynamoImports
from parley_aws.dynamo.journal import DynamoJournal
from parley_aws.dynamo.keys import DynamoKeys
from parley_aws.dynamo.leads import DynamoLeads
from parley_aws.dynamo.ledger import DynamoLedger
from parley_aws.dynamo.metrics import DynamoMetrics
from parley_aws.dynamo.programs import DynamoPrograms
from parley_aws.dynamo.sends import DynamoSends
from parley_aws.ports import SendingWrite, WriteResult
from tests.integration.stores.test_ledger import event
from tests.integration.stores.values import (
    NOW,
    SEND,
    campaign,
    contact,
    lead,
    message,
    program,
    send,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WRITES = (
    "put_item",
    "update_item",
    "delete_item",
    "transact_write_items",
    "batch_write_item",
    "batch_execute_statement",
)


class Faulty:
    """A client whose next writes fail in given ways: `lost` after their effect, `cut` before it,
    `throttled` likewise and saying so."""

    def __init__(self, client: DynamoDBClient, *faults: str) -> None:
        self._client = client
        self.faults = list(faults)

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        return partial(self._write, call, name) if name in _WRITES else call

    def _write(self, call: Callable[..., Any], name: str, **params: Any) -> Any:
        fault = self.faults.pop(0) if self.faults else None
        if fault == "throttled":
            code = "ProvisionedThroughputExceededException"
            raise ClientError({"Error": {"Code": code}, "ResponseMetadata": {}}, name)  # type: ignore[typeddict-item]
        if fault == "cut":
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
        answer = call(**params)
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
        return answer


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(wire, "_LONGEST_PAUSE", 0.001)


@pytest.fixture(params=["lost", "cut", "throttled"])
def faulty(request: pytest.FixtureRequest, client: DynamoDBClient) -> Any:
    """A client whose first write goes wrong."""
    return cast("Any", Faulty(client, request.param))


@pytest.fixture
def campaigns_table(new_table: Callable[[str], str]) -> str:
    return new_table("campaigns")


def test_saves_stand(faulty: Any, new_table: Callable[[str], str]) -> None:
    contacts = DynamoContacts(faulty, new_table("contacts"))
    assert contacts.save(contact(), expected_version=None)
    faulty.faults = ["lost"]
    newer = contact(first_name="Ann", sending=Sending(version=1))
    assert contacts.save(newer, expected_version=0)
    assert contacts.get(contact().phone) == newer


def test_many_saves_stand(faulty: Any, new_table: Callable[[str], str]) -> None:
    contacts = DynamoContacts(faulty, new_table("contacts"))
    saves = [(contact(n), None) for n in range(3)]
    assert contacts.save_many([*saves, (contact(0, first_name="Ann"), None)]) == [
        True,
        True,
        True,
        False,
    ]
    assert len(contacts.get_many([contact(n).phone for n in range(3)])) == 3


def test_g1_an_opt_out_stands(faulty: Any, new_table: Callable[[str], str]) -> None:
    contacts = DynamoContacts(faulty, new_table("contacts"))
    opt_out = OptOut(event_id="e", scope=ALL_PROGRAMS, source="text", occurred_at=NOW)
    assert contacts.opt_out("+1", opt_out).left_all_at == NOW


def test_g3_a_claim_is_never_repeated_blindly(
    client: DynamoDBClient, new_table: Callable[[str], str]
) -> None:
    faulty = Faulty(client)
    contacts = DynamoContacts(cast("DynamoDBClient", faulty), new_table("contacts"))
    contacts.save(contact(), expected_version=None)
    for version, (fault, result) in enumerate(
        [
            ("lost", WriteResult.AMBIGUOUS),
            ("throttled", WriteResult.WRITTEN),
            ("cut", WriteResult.AMBIGUOUS),
        ]
    ):
        faulty.faults = [fault]
        write = SendingWrite(
            phone=contact().phone, expected_version=version, sending=Sending(version=version + 1)
        )
        assert contacts.write_sending([write]) == [result]
        assert not faulty.faults
    stored = contacts.get(contact().phone)
    assert stored is not None
    assert stored.sending.version == 2


def test_a_move_that_was_made_is_told_so(faulty: Any, campaigns_table: str) -> None:
    sends = DynamoSends(faulty, campaigns_table)
    assert sends.create(send()) == send()
    faulty.faults = ["lost"]
    only = frozenset({SendStatus.SCHEDULED})
    assert sends.move(send().id, to=SendStatus.RESOLVING, only_from=only, at=NOW)
    assert not sends.move(send().id, to=SendStatus.RESOLVING, only_from=only, at=NOW)


def test_g4_a_page_counts_once(client: DynamoDBClient, faulty: Any, campaigns_table: str) -> None:
    DynamoSends(client, campaigns_table).create(send())
    sends = DynamoSends(faulty, campaigns_table)
    page = AudiencePage(send_id=send().id, id="0", phones=("+1", "+2"), next_key=None)
    assert sends.add_page(page) == page
    stored = sends.get(send().id)
    assert stored is not None
    assert stored.audience == 2


def test_organization_stands(faulty: Any, campaigns_table: str) -> None:
    programs = DynamoPrograms(faulty, campaigns_table)
    programs.put(program())
    assert programs.all() == [program()]
    faulty.faults = ["lost"]
    campaigns = DynamoCampaigns(faulty, campaigns_table)
    campaigns.create(campaign())
    faulty.faults = ["lost"]
    edited = replace(campaign(), version=2)
    assert campaigns.replace(edited, expected_version=1)
    faulty.faults = ["lost"]
    keys = DynamoKeys(faulty, campaigns_table)
    key = ApiKey(id="k1", role=Role.ADMIN, owner="Ann", created_at=NOW)
    keys.add(key, secret_hash="h")
    assert keys.all() == [key]


def test_a_piece_counts_once(client: DynamoDBClient, faulty: Any, campaigns_table: str) -> None:
    job = Import(
        id="imp_1", kind=ImportKind.OPT_OUTS, status=ImportStatus.PROCESSING, created_at=NOW
    )
    DynamoImports(client, campaigns_table).create(job)
    imports = DynamoImports(faulty, campaigns_table)
    counted = imports.count_piece(job.id, piece=0, tally=Tally(rows=2, accepted=2))
    assert (counted.pieces_done, counted.tally.rows) == (1, 2)


def test_money_is_taken_once(client: DynamoDBClient, faulty: Any, campaigns_table: str) -> None:
    taken = DynamoAllowance(faulty, campaigns_table)
    assert taken.spend("snd_1", Decimal("0.60"), limit=Decimal("1.00"))
    faulty.faults = ["lost"]
    taken.refund("snd_1", Decimal("0.50"))
    plain = DynamoAllowance(client, campaigns_table)
    assert plain.spend("snd_1", Decimal("0.90"), limit=Decimal("1.00"))
    assert not plain.spend("snd_1", Decimal("0.01"), limit=Decimal("1.00"))


def test_records_and_reports_stand(faulty: Any, new_table: Callable[[str], str]) -> None:
    ledger = DynamoLedger(faulty, new_table("messages"))
    ledger.record([message(n) for n in range(3)])
    assert ledger.get(message(2).id) == message(2)
    faulty.faults = ["lost"]
    delivered = Outcome(status=MessageStatus.DELIVERED)
    assert ledger.report(message().id, delivered, provider_sid=None, error_code=None, at=NOW)
    faulty.faults = ["lost"]
    ledger.respond([Response(send_id=SEND, kind=ResponseKind.LEAD, id="lead_1", details={})])
    shards = (f"{SEND}#{shard:02d}" for shard in range(LEDGER_SHARDS))
    assert [e["kind"] for s in shards for e in ledger.audit(s) if "kind" in e] == ["lead"]


def test_g5_metrics_are_added_once(faulty: Any, new_table: Callable[[str], str]) -> None:
    metrics = DynamoMetrics(faulty, new_table("metrics"))
    assert metrics.add(f"{SEND}#00", {"parts": 2}, sequence=f"{1:040d}")
    assert metrics.of_send(SEND) == {"parts": 2}


def test_leads_stand(faulty: Any, new_table: Callable[[str], str]) -> None:
    leads = DynamoLeads(faulty, new_table("leads"))
    assert leads.open(lead())
    for status in (LeadStatus.CLAIMED, LeadStatus.WON):
        faulty.faults = ["lost"]
        stored = leads.get(lead().id)
        assert stored is not None
        assert leads.update(replace(stored, status=status), expected=stored)


def test_the_journal_stands(faulty: Any, new_table: Callable[[str], str]) -> None:
    journal = DynamoJournal(faulty, new_table("journal"))
    events = [event(n, phone="+1") for n in range(3)]
    journal.append(events)
    assert journal.of("+1") == events


def test_what_keeps_failing_is_transient(
    client: DynamoDBClient, new_table: Callable[[str], str]
) -> None:
    faulty = cast("DynamoDBClient", Faulty(client, *["cut"] * 50))
    contacts = DynamoContacts(faulty, new_table("contacts"))
    journal = DynamoJournal(faulty, new_table("journal"))
    with pytest.raises(TransientError):
        contacts.save(contact(), expected_version=None)
    with pytest.raises(TransientError):
        journal.append([event(1)])


def test_what_is_refused_is_not_tried_again(client: DynamoDBClient) -> None:
    contacts = DynamoContacts(client, "no-such-table")
    with pytest.raises(StoreError):
        contacts.get("+1")
    with pytest.raises(StoreError):
        contacts.write_sending(
            [SendingWrite(phone="+1", expected_version=0, sending=Sending(version=1))]
        )
