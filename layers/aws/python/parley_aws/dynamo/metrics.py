"""Metrics: one row for each partition of the ledger, with the mark of what it has counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from parley.ids import LEDGER_SHARDS
from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.ledger import partition
from parley_aws.dynamo.reading import get_many, query
from parley_aws.ports import MetricsRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MARK = "applied"
_RECORDS = "records"
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
