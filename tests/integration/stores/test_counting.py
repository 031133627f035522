"""Metrics, recount and orders on a real engine, fed by the engine's own stream (G5)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.config import Config

from parley import ids
from parley.conversion import Attribution, Group, Order, OrderLine, Share
from parley.errors import ConflictError
from parley.ids import LEDGER_SHARDS
from parley.ledger import Response, ResponseKind
from parley.metrics import entry_words, recounted
from parley.money import Money
from parley.themes import WordTally
from parley_aws.dynamo import ledger as ledgers
from parley_aws.dynamo.ledger import DynamoLedger
from parley_aws.dynamo.metrics import DynamoMetrics
from parley_aws.dynamo.orders import DynamoOrders
from parley_aws.dynamo.stream import ledger_changes
from parley_aws.ports import LedgerChange
from parley_aws.use_cases.recount import Recount
from tests.integration.stores.values import NOW, race
from tests.unit.outcomes.stream import OTHER, Delivery, happen
from tests.unit.outcomes.test_metrics import Pausing, nonzero, rows
from tests.unit.sending.world import SEND, World, send

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NewTable = Callable[[str], str]


class Stream:
    """What the engine tells of a table, read whole at each call."""

    def __init__(self, engine: str, client: DynamoDBClient, table: str) -> None:
        client.update_table(
            TableName=table,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self._arn = client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        self._client: Any = botocore.session.get_session().create_client(
            "dynamodbstreams",
            endpoint_url=engine,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(parameter_validation=False),
        )

    def changes(self) -> Sequence[LedgerChange]:
        """Everything that changed since the beginning, in order."""
        found: list[Any] = []
        shards = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]["Shards"]
        for shard in shards:
            iterator = self._client.get_shard_iterator(
                StreamArn=self._arn,
                ShardId=shard["ShardId"],
                ShardIteratorType="TRIM_HORIZON",
            )["ShardIterator"]
            while iterator:
                answer = self._client.get_records(ShardIterator=iterator)
                if not answer["Records"]:
                    break
                found += answer["Records"]
                iterator = answer.get("NextShardIterator")
        return ledger_changes(found)


@pytest.fixture
def ledger(client: DynamoDBClient, new_table: NewTable) -> DynamoLedger:
    return DynamoLedger(client, new_table("messages"))


@pytest.mark.parametrize("seed", range(3))
def test_g5_metrics_equal_the_recount_through_the_engines_stream(
    seed: int, engine: str, client: DynamoDBClient, new_table: NewTable
) -> None:
    chance = random.Random(seed)
    table = new_table("messages")
    stream = Stream(engine, client, table)
    ledger, metrics = DynamoLedger(client, table), DynamoMetrics(client, new_table("metrics"))
    world = World()
    for send_id in (SEND, OTHER):
        world.sends.create(send(id=send_id))
    for _ in range(60):
        happen(ledger, chance)
    said = {"intent": "question", "words": "gluten pizza"}
    ledger.respond([Response(send_id=SEND, kind=ResponseKind.REPLY, id="said", details=said)])
    delivery = Delivery(world, metrics, chance, changes=stream.changes)
    delivery.all()
    for row in [*rows(SEND), *rows(OTHER)]:
        assert nonzero(metrics.row(row).sums) == recounted(ledger.audit(row)), row
        words = Counter(word for entry in ledger.audit(row) for word in entry_words(entry))
        assert metrics.tally(row).tally == WordTally(words=words), row
    assert sum(len(each.words) for each in metrics.tallies(SEND)) > 0
    assert "words" not in metrics.of_send(SEND), "what people wrote is read for themes only"
    assert metrics.of_sends([SEND, OTHER, "snd_none"]) == {
        SEND: metrics.of_send(SEND),
        OTHER: metrics.of_send(OTHER),
        "snd_none": {},
    }

    drifted = next(row for row in rows(SEND) if metrics.row(row).sums)
    standing = metrics.row(drifted)
    assert not metrics.replace(drifted, {}, mark="0" * 40)
    wrong = {**standing.sums, "parts": 999}
    assert metrics.replace(drifted, wrong, mark=standing.mark or "")
    recount = Recount(
        sends=world.sends,
        ledger=ledger,
        metrics=metrics,
        clock=Pausing(NOW, delivery.all),
        patience=timedelta(seconds=3),
    )
    found = recount(SEND, mend=True)
    assert [(d.row, d.metric, d.counted) for d in found.differences] == [(drifted, "parts", 999)]
    assert (found.mended, found.moving) == ((drifted,), ())
    assert recount(SEND).differences == ()
    for _ in range(10):
        happen(ledger, chance)
    delivery.all()
    assert recount(SEND).differences == ()


def line(order_id: str = "a", **changes: Any) -> OrderLine:
    message_id = ids.message_id(b"k", send=SEND, phone="+15125550001")
    values = {
        "amount": 20_000_000,
        "currency": "USD",
        "bucket": "2026-11-22T17",
        "credited": True,
        "compared": True,
        "refund": False,
        **changes,
    }
    return OrderLine(message_id=message_id, group=Group.TEXTED, order_id=order_id, values=values)


def entries(ledger: DynamoLedger) -> list[Any]:
    shards = (f"{SEND}#{shard:02d}" for shard in range(LEDGER_SHARDS))
    return [entry for shard in shards for entry in ledger.audit(shard)]


def test_orders_of_one_buyer_that_race_are_all_kept_once(ledger: DynamoLedger) -> None:
    def add(number: int) -> Callable[[], None]:
        return lambda: ledger.add_orders([line(f"o{number % 4}"), line("shared")])

    race(*(add(n) for n in range(6)))
    (entry,) = entries(ledger)
    assert sorted(entry["orders"]) == ["o0", "o1", "o2", "o3", "shared"]
    assert recounted([entry])["response:conversion"] == 5


def test_an_order_that_is_there_stays_as_it_is(ledger: DynamoLedger) -> None:
    ledger.add_orders([line()])
    ledger.add_orders([line(amount=1)])
    (entry,) = entries(ledger)
    assert entry["orders"]["a"]["amount"] == 20_000_000


def test_a_buyer_without_end_is_refused(
    ledger: DynamoLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "MAX_ORDERS", 3)
    ledger.add_orders([line(f"o{n}") for n in range(3)])
    with pytest.raises(ConflictError):
        ledger.add_orders([line("one more")])


def order(number: int = 1, **changes: Any) -> Order:
    share = Share(
        send_id=SEND,
        campaign_id="cmp_1",
        program_id="pizza",
        message_id=line().message_id,
        group=Group.TEXTED,
        began=NOW,
        credited=True,
        compared=False,
    )
    values: dict[str, Any] = {
        "id": f"A-{number}",
        "contact_ref": "ref",
        "value": Money(amount=Decimal("-20.10"), currency="USD"),
        "occurred_at": NOW,
        "recorded_at": NOW + timedelta(seconds=1),
        "attribution": Attribution(shares=(share,), why="because"),
        "refund_of": "A-0",
        "lead_id": "lead_1",
        **changes,
    }
    return Order(**values)


def test_orders_come_back_whole_and_the_first_of_an_id_stands(
    client: DynamoDBClient, new_table: NewTable
) -> None:
    orders = DynamoOrders(client, new_table("leads"))
    many = [order(n) for n in range(1, 61)]
    assert orders.add_many(many) == many
    plain = order(
        61, refund_of=None, lead_id=None, attribution=Attribution(shares=(), why="nobody")
    )
    again = [order(1, contact_ref="another"), plain, order(2)]
    assert orders.add_many(again) == [many[0], plain, many[1]]
    assert orders.get_many(["A-3", "A-61", "none", "A-3"]) == {"A-3": many[2], "A-61": plain}
    assert orders.get_many([]) == {}
    assert orders.add_many([]) == []


def test_refunds_that_race_take_no_more_than_their_order(
    client: DynamoDBClient, new_table: NewTable
) -> None:
    orders = DynamoOrders(client, new_table("leads"))
    paid = Money(amount=Decimal("20.00"), currency="USD")
    orders.add_many([order(0, refund_of=None, value=paid), order(9, refund_of=None, value=paid)])
    back = Money(amount=Decimal("-6.50"), currency="USD")
    refunds = [order(n, refund_of="A-0", value=back) for n in range(1, 5)]
    fitting = race(*(partial(orders.refund_many, [each]) for each in refunds))
    assert sum(len(each) for each in fitting) == 3
    other = order(8, refund_of="A-9", value=back)
    again = orders.refund_many([*refunds, other])
    assert again == set().union(*fitting, {other.id}), "what was noted stays so"
    assert orders.get_many(["A-0"])["A-0"].value == paid


def test_orders_of_one_id_that_race_leave_one(client: DynamoDBClient, new_table: NewTable) -> None:
    orders = DynamoOrders(client, new_table("leads"))

    def add(number: int) -> Callable[[], list[Order]]:
        return lambda: orders.add_many([order(1, contact_ref=f"ref {number}")])

    standing = {found[0].contact_ref for found in race(*(add(n) for n in range(6)))}
    assert len(standing) == 1
