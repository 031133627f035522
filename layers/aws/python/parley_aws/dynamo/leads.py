"""Leads: an item each under `lead#<id>`, found by status and rank in the index `by_status`.

`active#<program>#<phone>` points at the one active lead of a contact in a program and is written
together with it; `phone#<phone>` names all leads of a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from parley.lead import ACTIVE_STATUSES, MAX_SCORE, Lead, LeadStatus
from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.codec import decode, encode, moment_of, stamp
from parley_aws.dynamo.reading import pack_key, unpack_key
from parley_aws.ports import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_STATUS = "by_status"
_LEAD = "lead#"


class DynamoLeads:
    """The leads table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def get(self, lead_id: str) -> Lead | None:
        """A lead by id, consistently."""
        item = self._item(_key(f"{_LEAD}{lead_id}"))
        return lead_of(item) if item else None

    def active(self, program_id: str, phone: str) -> Lead | None:
        """The active lead of a contact in a program."""
        pointer = self._item(_active_key(program_id, phone))
        return self.get(pointer["lead_id"]["S"]) if pointer else None

    def open(self, lead: Lead) -> bool:
        """Make a lead; False where the contact has an active one in the program by now."""
        answer = run_if(
            self._client.transact_write_items,
            stands=lambda: {} if self.get(lead.id) == lead else None,
            TransactItems=[
                self._put(item_of(lead), ConditionExpression="attribute_not_exists(pk)"),
                self._put_pointer(lead),
                {
                    "Update": {
                        "TableName": self._table,
                        "Key": _phone_key(lead.phone),
                        "UpdateExpression": "ADD lead_ids :id",
                        "ExpressionAttributeValues": {":id": {"SS": [lead.id]}},
                    }
                },
            ],
        )
        return answer is not None

    def update(self, lead: Lead, *, expected: Lead) -> bool:
        """Replace a lead if status, owner, score, replies and being overdue are as expected.

        False as well where it would become active while the contact has another active one.
        """
        put = self._put(item_of(lead), **_as_expected(expected))
        was, becomes = expected.status in ACTIVE_STATUSES, lead.status in ACTIVE_STATUSES
        writes = [put]
        if was and not becomes:
            key = _active_key(lead.program_id, lead.phone)
            writes.append({"Delete": {"TableName": self._table, "Key": key}})
        if becomes and not was:
            writes.append(self._put_pointer(lead))

        def stands() -> Any:
            return {} if self.get(lead.id) == lead else None

        if len(writes) > 1:
            answer: Any = run_if(
                self._client.transact_write_items, stands=stands, TransactItems=writes
            )
        else:
            answer = run_if(self._client.put_item, stands=stands, **put["Put"])
        return answer is not None

    def ranked(self, status: LeadStatus, *, limit: int, start_key: str | None) -> Page[Lead]:
        """Leads of a status, highest score first, then by earliest `due_at`; soon after a write."""
        answer = run(
            self._client.query,
            TableName=self._table,
            IndexName=BY_STATUS,
            KeyConditionExpression="status_key = :status",
            ExpressionAttributeValues={":status": {"S": status.value}},
            Limit=limit,
            **unpack_key(start_key),
        )
        return Page(
            items=tuple(map(lead_of, answer["Items"])),
            next_key=pack_key(answer.get("LastEvaluatedKey")),
        )

    def of_phone(self, phone: str) -> list[Lead]:
        """All leads of a number, oldest first."""
        listed = self._item(_phone_key(phone)) or {}
        leads = (self.get(lead_id) for lead_id in listed.get("lead_ids", {}).get("SS", ()))
        return sorted((lead for lead in leads if lead), key=lambda lead: (lead.created_at, lead.id))

    def forget(self, phone: str) -> None:
        """Erase all leads of a number."""
        leads = self.of_phone(phone)
        keys = [_key(f"{_LEAD}{lead.id}") for lead in leads]
        keys += [_active_key(program_id, phone) for program_id in {x.program_id for x in leads}]
        for key in [*keys, _phone_key(phone)]:
            run(self._client.delete_item, TableName=self._table, Key=key)

    def _put(self, item: Item, **condition: Any) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": item, **condition}}

    def _put_pointer(self, lead: Lead) -> dict[str, Any]:
        item = _active_key(lead.program_id, lead.phone) | {"lead_id": {"S": lead.id}}
        return self._put(item, ConditionExpression="attribute_not_exists(pk)")

    def _item(self, key: Item) -> Item | None:
        answer = run(self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item


def is_lead(item: Mapping[str, Any]) -> bool:
    """Whether an item of the table holds a lead, not a pointer to one."""
    return str(item["pk"]["S"]).startswith(_LEAD)


def item_of(lead: Lead) -> Item:
    """The item that holds a lead."""
    values = {
        "pk": f"{_LEAD}{lead.id}",
        "status_key": lead.status,
        "rank": f"{MAX_SCORE - lead.score:03d}#{stamp(lead.due_at)}#{lead.id}",
        "phone": lead.phone,
        "first_name": lead.first_name,
        "program_id": lead.program_id,
        "campaign_id": lead.campaign_id,
        "send_id": lead.send_id,
        "score": lead.score,
        "reasons": lead.reasons,
        "reply_body": lead.reply_body,
        "reply_received_at": lead.reply_received_at,
        "replies": lead.replies,
        "owner": lead.owner,
        "due_at": lead.due_at,
        "created_at": lead.created_at,
        "overdue_at": lead.overdue_at,
    }
    return encode(values)


def lead_of(item: Mapping[str, Any]) -> Lead:
    """The lead in an item."""
    values = decode(item)
    overdue_at = values.get("overdue_at")
    return Lead(
        id=values["pk"].removeprefix(_LEAD),
        phone=values["phone"],
        first_name=values.get("first_name"),
        program_id=values["program_id"],
        campaign_id=values.get("campaign_id"),
        send_id=values.get("send_id"),
        score=values["score"],
        reasons=tuple(values["reasons"]),
        reply_body=values["reply_body"],
        reply_received_at=moment_of(values["reply_received_at"]),
        replies=values["replies"],
        status=LeadStatus(values["status_key"]),
        owner=values.get("owner"),
        due_at=moment_of(values["due_at"]),
        created_at=moment_of(values["created_at"]),
        overdue_at=moment_of(overdue_at) if overdue_at else None,
    )


def _as_expected(lead: Lead) -> dict[str, Any]:
    values: Item = {
        ":status": {"S": lead.status.value},
        ":score": {"N": str(lead.score)},
        ":replies": {"N": str(lead.replies)},
    }
    owner = "attribute_not_exists(#owner)"
    if lead.owner is not None:
        owner = "#owner = :owner"
        values[":owner"] = {"S": lead.owner}
    overdue = f"attribute_{'not_' if lead.overdue_at is None else ''}exists(overdue_at)"
    return {
        "ConditionExpression": (
            "status_key = :status AND score = :score AND replies = :replies "
            f"AND {owner} AND {overdue}"
        ),
        "ExpressionAttributeNames": {"#owner": "owner"},
        "ExpressionAttributeValues": values,
    }


def _key(pk: str) -> Item:
    return {"pk": {"S": pk}}


def _active_key(program_id: str, phone: str) -> Item:
    return _key(f"active#{program_id}#{phone}")


def _phone_key(phone: str) -> Item:
    return _key(f"phone#{phone}")
