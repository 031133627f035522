"""Ids that follow from other ids, and the wording a text must carry."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from parley import disclosure, ids
from parley.sending import Sending
from tests.unit.domain.builders import NOON, program

KEY = b"k" * 32


def test_g3_a_messages_id_follows_from_send_and_number_and_hides_the_number() -> None:
    send = ids.send_id(KEY, campaign_id="cmp_1", idempotency_key="friday")
    message = ids.message_id(KEY, send=send, phone="+13125550123")
    assert message == ids.message_id(KEY, send=send, phone="+13125550123")
    assert message != ids.message_id(b"other", send=send, phone="+13125550123")
    assert message != ids.message_id(KEY, send=send, phone="+13125550124")
    assert ids.send_of_message(message) == send
    assert "3125550123" not in message


def test_parts_of_a_hash_cannot_run_into_each_other() -> None:
    assert ids.keyed_hash(KEY, "ab", "c") != ids.keyed_hash(KEY, "a", "bc")


def test_shards_are_used_evenly() -> None:
    shards = {ids.ledger_shard(ids.message_id(KEY, send="snd_1", phone=str(n))) for n in range(500)}
    assert shards == set(range(ids.LEDGER_SHARDS))


@pytest.mark.parametrize("bad", ["", "snd_1", "x-" + "a" * 20, "snd_1-short"])
def test_what_is_no_message_id_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="not a message id"):
        ids.send_of_message(bad)


@pytest.mark.parametrize(
    ("body", "has"),
    [
        ("Deal! Reply STOP to opt out", True),
        ("Txt STOP to end", True),
        ("STOP=opt-out", True),
        ("Unsubscribe any time", True),
        ("Envía BAJA para salir", True),
        ("We can't stop baking", False),
        ("Stop by tonight", False),
    ],
)
def test_opt_out_wording_is_recognized(body: str, has: bool) -> None:
    assert disclosure.has_opt_out_wording(body) is has


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, True),
        (NOON - timedelta(days=30), True),
        (NOON - timedelta(days=30) + timedelta(microseconds=1), False),
        (NOON, False),
    ],
)
def test_disclosure_is_due_at_first_and_every_so_often(last: datetime | None, due: bool) -> None:
    monthly = program(disclosure_every=timedelta(days=30))
    told = Sending(disclosed={"pizza": last} if last else {"shoes": NOON})
    assert disclosure.is_due(monthly, told, NOON) is due
    assert not disclosure.is_due(program(disclosure_every=None), told, NOON)


@pytest.mark.parametrize(
    ("body", "disclosed"),
    [
        ("Deal!", "Deal!\nAcme Pizza: Reply STOP to opt out"),
        ("ACME PIZZA deal!", "ACME PIZZA deal!\nReply STOP to opt out"),
        ("Deal! Reply STOP to opt out", "Deal! Reply STOP to opt out\nAcme Pizza"),
        ("Acme Pizza: reply STOP to opt out", "Acme Pizza: reply STOP to opt out"),
    ],
)
def test_what_lacks_is_appended(body: str, disclosed: str) -> None:
    assert disclosure.disclose(body, program()) == disclosed
