"""Orders, in the leads table: an item each under `order#<the shop's id>`.

An item holds no phone number: the journal has the order too, and is what an erasure empties.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from parley.conversion import Attribution, Group, Order, Share, within
from parley.errors import TransientError
from parley.money import Money
from parley_aws.dynamo import partiql
from parley_aws.dynamo.client import run, run_if, side_by_side
from parley_aws.dynamo.codec import decode, encode, moment_of
from parley_aws.dynamo.reading import get_many
from parley_aws.wire import pause

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ORDER = "order#"
_ATTEMPTS = 4


class DynamoOrders:
    """Orders by the shop's own id."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def get_many(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """The orders that exist among any number of ids, consistently."""
        keys = [{"pk": {"S": f"{_ORDER}{order_id}"}} for order_id in dict.fromkeys(order_ids)]
        found = map(order_of, get_many(self._client, self._table, keys))
        return {order.id: order for order in found}

    def add_many(self, orders: Sequence[Order]) -> list[Order]:
        """Keep orders, each unless its id is taken; those that stand, in order.

        Raises TransientError where it is not certain that all are there.
        """
        if partiql.insert_once(self._client, self._table, map(item_of, orders)):
            return list(orders)
        standing = self.get_many([order.id for order in orders])
        return [standing[order.id] for order in orders]

    def refund_many(self, refunds: Sequence[Order]) -> set[str]:
        """Note with the orders that are there what goes back of each: the ids of the refunds that
        together are within their order. One that was noted before is within it.

        Raises TransientError where an order keeps changing.
        """
        by_order: dict[str, list[Order]] = {}
        for refund in refunds:
            by_order.setdefault(refund.refund_of or "", []).append(refund)
        noted = side_by_side(lambda of: self._refund(*of), list(by_order.items()))
        return {refund.id for refund in refunds} & set().union(*noted)

    def _refund(self, order_id: str, refunds: Sequence[Order]) -> set[str]:
        """Note refunds of one order; the ids of all that are noted with it."""
        key = {"pk": {"S": f"{_ORDER}{order_id}"}}
        for attempt in range(_ATTEMPTS):
            if attempt:
                pause(attempt)
            answer = run(self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True)
            item = answer["Item"]
            stored = decode(item).get("refunds", {})
            refunded = {id_: Decimal(amount) for id_, amount in stored.items()}
            noted = within(order_of(item), refunded, refunds)
            if noted == refunded:
                return set(noted)
            values = encode({":noted": {id_: str(amount) for id_, amount in noted.items()}})
            condition = "attribute_not_exists(refunds)"
            if "refunds" in item:
                condition, values[":stored"] = "refunds = :stored", item["refunds"]
            if run_if(
                self._client.update_item,
                stands=None,
                TableName=self._table,
                Key=key,
                UpdateExpression="SET refunds = :noted",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            ):
                return set(noted)
        raise TransientError("an order's refunds keep changing")


def is_order(item: Mapping[str, Any]) -> bool:
    """Whether an item of the table holds an order."""
    return str(item["pk"]["S"]).startswith(_ORDER)


def item_of(order: Order) -> dict[str, Any]:
    """The item that holds an order."""
    return encode(
        {
            "pk": f"{_ORDER}{order.id}",
            "contact_ref": order.contact_ref,
            "amount": str(order.value.amount),
            "currency": order.value.currency,
            "occurred_at": order.occurred_at,
            "recorded_at": order.recorded_at,
            "refund_of": order.refund_of,
            "lead_id": order.lead_id,
            "why": order.attribution.why,
            "shares": [_share_values(share) for share in order.attribution.shares],
        }
    )


def order_of(item: Mapping[str, Any]) -> Order:
    """The order in an item."""
    values = decode(item)
    return Order(
        id=values["pk"].removeprefix(_ORDER),
        contact_ref=values["contact_ref"],
        value=Money(amount=Decimal(values["amount"]), currency=values["currency"]),
        occurred_at=moment_of(values["occurred_at"]),
        recorded_at=moment_of(values["recorded_at"]),
        attribution=Attribution(
            shares=tuple(_share_of(share) for share in values["shares"]), why=values["why"]
        ),
        refund_of=values.get("refund_of"),
        lead_id=values.get("lead_id"),
    )


def _share_values(share: Share) -> dict[str, str | bool | datetime]:
    return {
        "send_id": share.send_id,
        "campaign_id": share.campaign_id,
        "program_id": share.program_id,
        "message_id": share.message_id,
        "group": share.group.value,
        "began": share.began,
        "credited": share.credited,
        "compared": share.compared,
    }


def _share_of(values: Mapping[str, Any]) -> Share:
    return Share(
        send_id=values["send_id"],
        campaign_id=values["campaign_id"],
        program_id=values["program_id"],
        message_id=values["message_id"],
        group=Group(values["group"]),
        began=moment_of(values["began"]),
        credited=values["credited"],
        compared=values["compared"],
    )
