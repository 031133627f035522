"""Sends with their frozen audiences, in the campaigns table.

Everything of a send lies in the partition `send#<id>`: the send itself under `send`, its audience
under `page#<page>`, what waits under `parked#<release>#<page>#<start>-<end>`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.campaign import AudiencePage, PageRange, Send, SendStatus
from parley.errors import NotFoundError, TransientError
from parley_aws.dynamo import campaigns, catalog
from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.codec import chunks, decode, encode, moment_of, stamp
from parley_aws.dynamo.programs import (
    SETTINGS_KEY,
    money_of,
    organization_settings_of,
    program_key,
    program_of,
)
from parley_aws.dynamo.reading import get_many, query
from parley_aws.ports import Page, SendContext
from parley_aws.wire import pause

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COLLECTION = "sends"
AUDIENCE_LIFETIME = timedelta(days=90)
"""Pages hold phone numbers: they go when no report needs them any more."""

_WRITE_BATCH = 25
_WRITE_ATTEMPTS = 8
_REMEMBERED_SENDS = 1000
_REMEMBERED_PAGES = 32


class DynamoSends:
    """Sends in the campaigns table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name
        self._program_ids: dict[str, str] = {}
        self._pages: dict[tuple[str, str], AudiencePage] = {}

    def newest(self, *, campaign_id: str | None, limit: int, start_key: str | None) -> Page[Send]:
        """Sends of a campaign or of all, newest first."""
        return catalog.newest(
            self._client,
            self._table,
            COLLECTION,
            read=send_of,
            limit=limit,
            start_key=start_key,
            only=("campaign_id", campaign_id) if campaign_id else None,
        )

    def create(self, send: Send) -> Send:
        """Store a send unless one with its id exists; the one that stands."""
        created = run_if(
            self._client.put_item,
            stands=None,
            TableName=self._table,
            Item=item_of(send),
            ConditionExpression="attribute_not_exists(pk)",
        )
        stored = send if created is not None else self.get(send.id)
        if stored is None:
            raise TransientError(f"send {send.id} vanished while it was made")
        return stored

    def get(self, send_id: str) -> Send | None:
        """A send by id, consistently."""
        item = self._item(_key(send_id, "send"))
        return send_of(item) if item else None

    def context(self, send_id: str) -> SendContext | None:
        """A send with its program and settings in one consistent read.

        Which program a send belongs to never changes, so it is looked up once in a process.
        """
        program_id = self._program_ids.get(send_id)
        if program_id is None:
            send = self.get(send_id)
            if send is None:
                return None
            program_id = self._remember(send)
        keys = [_key(send_id, "send"), program_key(program_id), SETTINGS_KEY]
        by_key = {item["pk"]["S"]: item for item in get_many(self._client, self._table, keys)}
        send_item, program_item = by_key.get(f"send#{send_id}"), by_key.get("programs")
        if send_item is None or program_item is None:
            return None
        return SendContext(
            send=send_of(send_item),
            program=program_of(program_item),
            settings=organization_settings_of(by_key.get("settings")),
        )

    def move(
        self,
        send_id: str,
        *,
        to: SendStatus,
        only_from: frozenset[SendStatus],
        at: datetime,
        reason: str | None = None,
    ) -> bool:
        """Change a send's status if it is one of `only_from`; whether it was."""
        sets = ["#status = :to", "moved_at = :at"]
        removes = []
        values = {":to": {"S": to.value}, ":at": {"S": stamp(at)}}
        if to in (SendStatus.COMPLETED, SendStatus.CANCELED):
            sets.append("completed_at = :at")
        if only_from == {SendStatus.PAUSED}:
            sets.append("resumed_at = :at")
        if reason is None:
            removes.append("pause_reason")
        else:
            sets.append("pause_reason = :reason")
            values[":reason"] = {"S": reason}
        allowed = {f":from{i}": {"S": s.value} for i, s in enumerate(sorted(only_from))}
        removal = f" REMOVE {', '.join(removes)}" if removes else ""
        update = partial(
            self._client.update_item,
            TableName=self._table,
            Key=_key(send_id, "send"),
            UpdateExpression=f"SET {', '.join(sets)}{removal}",
            ConditionExpression=f"#status IN ({', '.join(allowed)})",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=values | allowed,
        )

        def stands() -> bool | None:
            item = self._item(_key(send_id, "send")) or {}
            moved = (item.get("status"), item.get("moved_at"))
            return moved == (values[":to"], values[":at"]) or None

        return bool(run_if(lambda: bool(update()), stands=stands))

    def add_page(self, page: AudiencePage) -> AudiencePage:
        """Freeze a page and count its people in the send's audience, both or neither.

        Where the page exists already, nothing changes: the stored one is answered.
        Raises NotFoundError where there is no such send.
        """
        written = run_if(
            self._client.transact_write_items,
            stands=None,
            TransactItems=[
                {
                    "Put": {
                        "TableName": self._table,
                        "Item": _page_item(page),
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                },
                {
                    "Update": {
                        "TableName": self._table,
                        "Key": _key(page.send_id, "send"),
                        "UpdateExpression": "ADD audience :people",
                        "ConditionExpression": "attribute_exists(pk)",
                        "ExpressionAttributeValues": {":people": {"N": str(len(page.phones))}},
                    }
                },
            ],
        )
        if written is not None:
            return page
        stored = self.page(page.send_id, page.id)
        if stored is None:
            raise NotFoundError(f"there is no send {page.send_id}")
        return stored

    def page(self, send_id: str, page_id: str) -> AudiencePage | None:
        """A frozen page; it never changes, so the last ones read are kept."""
        kept = self._pages.get((send_id, page_id))
        if kept is not None:
            return kept
        item = self._item(_key(send_id, f"page#{page_id}"))
        if item is None:
            return None
        page = _page_of(item)
        if len(self._pages) >= _REMEMBERED_PAGES:
            self._pages.clear()
        self._pages[send_id, page_id] = page
        return page

    def pages(self, send_id: str) -> list[AudiencePage]:
        """All frozen pages of a send so far."""
        return [_page_of(item) for item in self._under(send_id, "page#")]

    def close_segment(self, send_id: str, segment: int, segments: int, at: datetime) -> bool:
        """Note that a scan segment is through; True once all are, and then `resolved_at` is set."""
        answer = run_if(
            self._client.update_item,
            stands=None,
            TableName=self._table,
            Key=_key(send_id, "send"),
            UpdateExpression="ADD closed_segments :segment",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":segment": {"SS": [f"{segment}/{segments}"]}},
            ReturnValues="ALL_NEW",
        )
        if answer is None:
            raise NotFoundError(f"there is no send {send_id}")
        if len(answer["Attributes"]["closed_segments"]["SS"]) < segments:
            return False
        run(
            self._client.update_item,
            TableName=self._table,
            Key=_key(send_id, "send"),
            UpdateExpression="SET resolved_at = if_not_exists(resolved_at, :at)",
            ExpressionAttributeValues={":at": {"S": stamp(at)}},
        )
        return True

    def park(self, release: str, ranges: Sequence[PageRange]) -> None:
        """Note ranges that wait for a release (such as `2026-11-22T13:00Z` or `paused`)."""
        self._write_batches(
            [
                {
                    "PutRequest": {
                        "Item": _parked_key(release, r)
                        | encode({"page_id": r.page_id, "start": r.start, "end": r.end})
                        | _expiry()
                    }
                }
                for r in dict.fromkeys(ranges)
            ]
        )

    def parked(self, send_id: str, release: str) -> list[PageRange]:
        """The ranges that wait for a release."""
        values = (decode(item) for item in self._under(send_id, f"parked#{release}#"))
        return [
            PageRange(send_id=send_id, page_id=v["page_id"], start=v["start"], end=v["end"])
            for v in values
        ]

    def unpark(self, release: str, ranges: Sequence[PageRange]) -> None:
        """Forget that ranges wait, after they were queued."""
        self._write_batches(
            [{"DeleteRequest": {"Key": _parked_key(release, r)}} for r in dict.fromkeys(ranges)]
        )

    def _item(self, key: Item) -> Item | None:
        answer = run(self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def _under(self, send_id: str, prefix: str) -> list[Item]:
        items = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": f"send#{send_id}"}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )
        return list(items)

    def _remember(self, send: Send) -> str:
        if len(self._program_ids) >= _REMEMBERED_SENDS:
            self._program_ids.clear()
        self._program_ids[send.id] = send.campaign.program_id
        return send.campaign.program_id

    def _write_batches(self, requests: Sequence[dict[str, Any]]) -> None:
        for batch in chunks(requests, _WRITE_BATCH):
            waiting: Sequence[Any] = batch
            for attempt in range(_WRITE_ATTEMPTS):
                if attempt:
                    pause(attempt)
                answer: Mapping[str, Any] = run(
                    self._client.batch_write_item, RequestItems={self._table: waiting}
                )
                waiting = answer.get("UnprocessedItems", {}).get(self._table, ())
                if not waiting:
                    break
            else:
                raise TransientError("DynamoDB leaves writes unprocessed")


def item_of(send: Send) -> Item:
    """The item that holds a send."""
    spend = send.max_spend
    values = {
        "id": send.id,
        "campaign_id": send.campaign.id,
        "campaign": campaigns.values_of(send.campaign),
        "status": send.status,
        "starts_at": send.starts_at,
        "deadline": send.expires_at,
        "request_hash": send.request_hash,
        "max_spend": {"amount": str(spend.amount), "currency": spend.currency} if spend else None,
        "audience": send.audience,
        "resolved_at": send.resolved_at,
        "completed_at": send.completed_at,
        "pause_reason": send.pause_reason,
    }
    return _key(send.id, "send") | encode(values) | catalog.entry(COLLECTION, send.created_at)


def send_of(item: Mapping[str, Any]) -> Send:
    """The send in an item."""
    values = decode(item)
    spend = values.get("max_spend")
    return Send(
        id=values["id"],
        campaign=campaigns.campaign_of_values(values["campaign"]),
        status=SendStatus(values["status"]),
        created_at=moment_of(values["created_at"]),
        starts_at=moment_of(values["starts_at"]),
        expires_at=moment_of(values["deadline"]),
        request_hash=values["request_hash"],
        max_spend=money_of(spend) if spend else None,
        audience=values["audience"],
        resolved_at=_moment(values, "resolved_at"),
        completed_at=_moment(values, "completed_at"),
        pause_reason=values.get("pause_reason"),
        resumed_at=_moment(values, "resumed_at"),
    )


def _moment(values: Mapping[str, Any], name: str) -> datetime | None:
    text = values.get(name)
    return moment_of(text) if text else None


def _page_item(page: AudiencePage) -> Item:
    item = _key(page.send_id, f"page#{page.id}") | _expiry()
    item["phones"] = {"S": " ".join(page.phones)}
    return item | encode({"next_key": page.next_key})


def _page_of(item: Mapping[str, Any]) -> AudiencePage:
    next_key = item.get("next_key")
    return AudiencePage(
        send_id=item["pk"]["S"].removeprefix("send#"),
        id=item["sk"]["S"].removeprefix("page#"),
        phones=tuple(item["phones"]["S"].split()),
        next_key=next_key["S"] if next_key else None,
    )


def _parked_key(release: str, r: PageRange) -> Item:
    return _key(r.send_id, f"parked#{release}#{r.page_id}#{r.start:04d}-{r.end:04d}")


def _key(send_id: str, sort: str) -> Item:
    return {"pk": {"S": f"send#{send_id}"}, "sk": {"S": sort}}


def _expiry() -> Item:
    return {"expires_at": {"N": str(int(time.time() + AUDIENCE_LIFETIME.total_seconds()))}}
