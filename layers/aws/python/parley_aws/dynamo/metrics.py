"""Metrics: one row for each partition of the ledger, with the mark of what it has counted.

The tallies of what people wrote lie apart, under `<send>#words`: the counts of a send are read far
more often than its themes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from parley.ids import LEDGER_SHARDS
from parley.themes import WordTally
from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.codec import decode, encode
from parley_aws.dynamo.ledger import partition
from parley_aws.dynamo.reading import get_many, query
from parley_aws.ports import MetricsRow, TallyRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MARK = "applied"
_RECORDS = "records"
_WORDS = "#words"
_NO_METRICS = frozenset({"pk", "sk", _MARK, _RECORDS})


class DynamoMetrics:
    """The metrics table: `pk` is a send, `sk` a shard of its ledger, the rest are sums by name."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def add(
        self,
        row: str,
        changes: Mapping[str, int],
        *,
        sequence: str,
        first: str | None = None,
        records: int = 1,
    ) -> bool:
        """Add changes to a ledger partition's row and advance its mark, both or neither.

        `sequence` is the highest stream sequence number among the changes, `first` the lowest
        (by default the same), 40 digits; `records` is how many there are. False where the row's
        mark is at `first` or past it.
        """
        changed = [(name, change) for name, change in changes.items() if change]
        names = {f"#{i}": name for i, (name, _) in enumerate(changed)}
        values = {f":{i}": {"N": str(change)} for i, (_, change) in enumerate(changed)}
        sums = "".join(f", #{i} :{i}" for i in range(len(changed)))
        answer = run_if(
            self._client.update_item,
            stands=lambda: {} if self.mark(row) == sequence else None,
            TableName=self._table,
            Key=_key(row),
            UpdateExpression=f"SET #mark = :mark ADD #records :records{sums}",
            ConditionExpression="attribute_not_exists(#mark) OR #mark < :first",
            ExpressionAttributeNames={"#mark": _MARK, "#records": _RECORDS, **names},
            ExpressionAttributeValues={
                ":records": {"N": str(records)},
                ":mark": {"S": sequence},
                ":first": {"S": first or sequence},
                **values,
            },
        )
        return answer is not None

    def mark(self, row: str) -> str | None:
        """The highest sequence number applied to a row."""
        return self.row(row).mark

    def row(self, row: str) -> MetricsRow:
        """A row, consistently; without a mark where there is none yet."""
        answer = run(
            self._client.get_item, TableName=self._table, Key=_key(row), ConsistentRead=True
        )
        item: Item = answer.get("Item", {})
        return MetricsRow(
            sums=_sums(item),
            mark=item.get(_MARK, {}).get("S"),
            records=int(item.get(_RECORDS, {}).get("N", 0)),
        )

    def replace(self, row: str, sums: Mapping[str, int], *, mark: str) -> bool:
        """Replace a row's sums if its mark still is `mark`; whether it was."""
        wanted = {name: n for name, n in sums.items() if n}
        answer = run_if(
            self._client.put_item,
            stands=lambda: {} if self.row(row) == MetricsRow(sums=wanted, mark=mark) else None,
            TableName=self._table,
            Item=_key(row)
            | {_MARK: {"S": mark}}
            | {name: {"N": str(n)} for name, n in wanted.items()},
            ConditionExpression="#mark = :mark",
            ExpressionAttributeNames={"#mark": _MARK},
            ExpressionAttributeValues={":mark": {"S": mark}},
        )
        return answer is not None

    def of_send(self, send_id: str) -> dict[str, int]:
        """The metrics of a send, summed over its rows, consistently."""
        return _summed(
            query(
                self._client,
                self._table,
                KeyConditionExpression="pk = :send",
                ExpressionAttributeValues={":send": {"S": send_id}},
                ConsistentRead=True,
            )
        )

    def of_sends(self, send_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """The metrics of any number of sends, each summed over its rows, consistently."""
        rows: dict[str, list[Item]] = {send_id: [] for send_id in send_ids}
        keys = [
            _key(partition(send_id, shard)) for send_id in rows for shard in range(LEDGER_SHARDS)
        ]
        for item in get_many(self._client, self._table, keys) if keys else ():
            rows[item["pk"]["S"]].append(item)
        return {send_id: _summed(items) for send_id, items in rows.items()}

    def tally(self, row: str) -> TallyRow:
        """The tally beside a row, consistently; empty and without a mark where there is none."""
        answer = run(
            self._client.get_item, TableName=self._table, Key=_tally_key(row), ConsistentRead=True
        )
        item: Item = answer.get("Item", {})
        return TallyRow(tally=_tally_of(item), mark=item.get(_MARK, {}).get("S"))

    def put_tally(self, row: str, tally: WordTally, *, mark: str, expected: str | None) -> bool:
        """Replace the tally beside a row if its mark still is `expected`; whether it was."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if expected is not None:
            condition = {
                "ConditionExpression": "#mark = :expected",
                "ExpressionAttributeNames": {"#mark": _MARK},
                "ExpressionAttributeValues": {":expected": {"S": expected}},
            }
        values = {_MARK: mark, "words": tally.words, "missed": tally.missed}
        answer = run_if(
            self._client.put_item,
            stands=lambda: {} if self.tally(row) == TallyRow(tally=tally, mark=mark) else None,
            TableName=self._table,
            Item=_tally_key(row) | encode(values),
            **condition,
        )
        return answer is not None

    def tallies(self, send_id: str) -> list[WordTally]:
        """All tallies of a send, consistently."""
        items = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :words",
            ExpressionAttributeValues={":words": {"S": f"{send_id}{_WORDS}"}},
            ConsistentRead=True,
        )
        return [_tally_of(item) for item in items]


def _summed(rows: Iterable[Item]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for row in rows:
        totals.update(_sums(row))
    return dict(totals)


def _sums(item: Item) -> dict[str, int]:
    return {name: int(value["N"]) for name, value in item.items() if name not in _NO_METRICS}


def _key(row: str) -> Item:
    send_id, _, shard = row.rpartition("#")
    return {"pk": {"S": send_id}, "sk": {"S": shard}}


def _tally_key(row: str) -> Item:
    send_id, _, shard = row.rpartition("#")
    return {"pk": {"S": f"{send_id}{_WORDS}"}, "sk": {"S": shard}}


def _tally_of(item: Item) -> WordTally:
    values = decode(item)
    return WordTally(words=values.get("words", {}), missed=values.get("missed", 0))
