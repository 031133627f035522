"""Metrics: one row for each partition of the ledger, with the mark of what it has counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.reading import query

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MARK = "applied"
_NO_METRICS = frozenset({"pk", "sk", _MARK})


class DynamoMetrics:
    """The metrics table: `pk` is a send, `sk` a shard of its ledger, the rest are sums by name."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def add(self, row: str, changes: Mapping[str, int], *, sequence: str) -> bool:
        """Add changes to a ledger partition's row and advance its mark, both or neither.

        `sequence` is the highest stream sequence number among the changes, 40 digits. False where
        the row's mark is there already or past it.
        """
        changed = [(name, change) for name, change in changes.items() if change]
        names = {f"#{i}": name for i, (name, _) in enumerate(changed)}
        values = {f":{i}": {"N": str(change)} for i, (_, change) in enumerate(changed)}
        sums = ", ".join(f"#{i} :{i}" for i in range(len(changed)))
        answer = run_if(
            self._client.update_item,
            stands=lambda: {} if self.mark(row) == sequence else None,
            TableName=self._table,
            Key=_key(row),
            UpdateExpression=f"SET #mark = :mark{f' ADD {sums}' if sums else ''}",
            ConditionExpression="attribute_not_exists(#mark) OR #mark < :mark",
            ExpressionAttributeNames={"#mark": _MARK, **names},
            ExpressionAttributeValues={":mark": {"S": sequence}, **values},
        )
        return answer is not None

    def mark(self, row: str) -> str | None:
        """The highest sequence number applied to a row."""
        answer = run(
            self._client.get_item, TableName=self._table, Key=_key(row), ConsistentRead=True
        )
        mark: str | None = answer.get("Item", {}).get(_MARK, {}).get("S")
        return mark

    def of_send(self, send_id: str) -> dict[str, int]:
        """The metrics of a send, summed over its rows, consistently."""
        rows = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :send",
            ExpressionAttributeValues={":send": {"S": send_id}},
            ConsistentRead=True,
        )
        totals: Counter[str] = Counter()
        for row in rows:
            totals.update({k: int(v["N"]) for k, v in row.items() if k not in _NO_METRICS})
        return dict(totals)


def _key(row: str) -> Item:
    send_id, _, shard = row.rpartition("#")
    return {"pk": {"S": send_id}, "sk": {"S": shard}}
