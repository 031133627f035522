"""What may still be taken: a program's pace and a send's money, in the campaigns table."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.codec import milliseconds, moment_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoAllowance:
    """Reservations of time and money, in the campaigns table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name
        self._taken_until: dict[str, int] = {}
        """By program, in milliseconds, as far as this process knows: which write to try first."""

    def pace(
        self, program_id: str, *, count: int, per_second: int, now: datetime, until: datetime
    ) -> datetime | None:
        """Reserve a program's next `count` hand-overs; when they may start, not before `now`.

        None, and nothing is reserved, where that would be after `until`.
        """
        width = -(-count * 1000 // per_second)
        start, latest = milliseconds(now), milliseconds(until)
        key = {"pk": {"S": f"pace#{program_id}"}, "sk": {"S": "pace"}}
        ways = [self._behind_others, self._at_once]
        if self._taken_until.get(program_id, 0) <= start:
            ways.reverse()
        while True:
            for take in ways:
                starts = take(key, width, start, latest)
                if starts is not None:
                    self._taken_until[program_id] = starts + width
                    return max(moment_at(starts), now)
            taken = self._item(key).get("next_at")
            if taken is not None and int(taken["N"]) > latest:
                self._taken_until[program_id] = int(taken["N"])
                return None

    def _behind_others(self, key: Item, width: int, start: int, latest: int) -> int | None:
        """Take a pace after those who took it before us; when it begins, in milliseconds."""
        queued = run_if(
            self._client.update_item,
            stands=None,
            TableName=self._table,
            Key=key,
            UpdateExpression="SET next_at = next_at + :width",
            ConditionExpression="next_at > :now AND next_at <= :until",
            ExpressionAttributeValues={
                ":width": {"N": str(width)},
                ":now": {"N": str(start)},
                ":until": {"N": str(latest)},
            },
            ReturnValues="UPDATED_OLD",
        )
        return None if queued is None else int(queued["Attributes"]["next_at"]["N"])

    def _at_once(self, key: Item, width: int, start: int, _latest: int) -> int | None:
        """Take a pace that nobody holds now; when it begins, in milliseconds."""
        free = run_if(
            self._client.update_item,
            stands=None,
            TableName=self._table,
            Key=key,
            UpdateExpression="SET next_at = :next",
            ConditionExpression="attribute_not_exists(next_at) OR next_at <= :now",
            ExpressionAttributeValues={
                ":next": {"N": str(start + width)},
                ":now": {"N": str(start)},
            },
        )
        return None if free is None else start

    def spend(self, send_id: str, amount: Decimal, *, limit: Decimal) -> bool:
        """Reserve money of a send if its sum stays within the limit; whether it does."""
        if amount > limit:
            return False
        return self._add(
            send_id,
            amount,
            condition="(attribute_not_exists(spent) OR spent <= :most)",
            values={":most": {"N": f"{limit - amount:f}"}},
        )

    def refund(self, send_id: str, amount: Decimal) -> None:
        """Give back money that was reserved and not spent."""
        self._add(send_id, -amount, condition="attribute_exists(spent)", values={})

    def _add(
        self, send_id: str, amount: Decimal, *, condition: str, values: dict[str, Any]
    ) -> bool:
        """Add to a send's sum once: a repeated request finds its own token and fails."""
        token = secrets.token_urlsafe(9)
        key = {"pk": {"S": f"send#{send_id}"}, "sk": {"S": "spend"}}
        answer = run_if(
            self._client.update_item,
            stands=lambda: {} if self._item(key).get("last_token") == {"S": token} else None,
            TableName=self._table,
            Key=key,
            UpdateExpression="SET last_token = :token ADD spent :amount",
            ConditionExpression=f"{condition} AND "
            "(attribute_not_exists(last_token) OR last_token <> :token)",
            ExpressionAttributeValues={
                ":token": {"S": token},
                ":amount": {"N": f"{amount:f}"},
                **values,
            },
        )
        return answer is not None

    def _item(self, key: Item) -> Item:
        answer = run(self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True)
        item: Item = answer.get("Item", {})
        return item
