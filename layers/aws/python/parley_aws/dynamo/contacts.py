"""Contacts: one lean item a number.

An item holds the profile, `subscriptions` and `sending`, the last two always. `sending` is one map:
`version`, `claims` as texts of "<send> <program> <nonce> <post_by>" and `disclosed` by program.
`strikes` are texts of "<send> <error code> <handed over at>". Moments are in milliseconds.
Everything that is absent is left out, so that an item with a handful of claims stays below 1 KB and
a claim costs one write unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.consent import ALL_PROGRAMS, OptOut, with_opt_out
from parley.contact import (
    Contact,
    LastReply,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from parley.sending import Claim, Sending
from parley.strikes import Strike
from parley_aws.dynamo import partiql
from parley_aws.dynamo.client import Item, run, run_if, side_by_side
from parley_aws.dynamo.codec import (
    attribute,
    encode,
    milliseconds,
    moment_at,
    moment_of,
    plain,
    stamp,
)
from parley_aws.dynamo.reading import get_many
from parley_aws.ports import ContactPage, Page, SendingWrite, WriteResult

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TEXTS = ("first_name", "last_name", "email", "language", "timezone", "state")
_LISTING_REQUESTS = 10
_LISTING_PAGE = 1000
_NOTHING_SENT = Sending()
_SUBSCRIPTION = {status.value: status for status in SubscriptionStatus}


class DynamoContacts:
    """The contacts table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name
        self._claim = partiql.update(
            table_name, "SET sending=? WHERE phone=? AND sending.version=?"
        )

    def get(self, phone: str) -> Contact | None:
        """The contact of a number."""
        answer = run(
            self._client.get_item, TableName=self._table, Key=_key(phone), ConsistentRead=True
        )
        item = answer.get("Item")
        return contact_of(item) if item else None

    def get_many(self, phones: Sequence[str]) -> dict[str, Contact]:
        """The contacts that exist among any number of numbers."""
        items = get_many(self._client, self._table, [_key(p) for p in dict.fromkeys(phones)])
        return {item["phone"]["S"]: contact_of(item) for item in items}

    def save(self, contact: Contact, *, expected_version: int | None) -> bool:
        """Put a whole contact if the stored version is as expected; None: if there is none yet."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(phone)"}
        if expected_version is not None:
            condition = {
                "ConditionExpression": "sending.#version = :expected",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":expected": {"N": str(expected_version)}},
            }
        item = item_of(contact)

        def stands() -> bool | None:
            stored = self.get(contact.phone)
            return (stored is not None and stored == contact_of(item)) or None

        put = partial(self._client.put_item, TableName=self._table, Item=item, **condition)
        return bool(run_if(lambda: bool(put()), stands=stands))

    def save_many(self, saves: Sequence[tuple[Contact, int | None]]) -> list[bool]:
        """`save` for many contacts with their expected versions, independent of each other.

        Of several saves of one number only the first is made; the others are False.
        """
        first = {contact.phone: i for i, (contact, _) in reversed(list(enumerate(saves)))}
        places = sorted(first.values())
        new = [i for i in places if saves[i][1] is None]
        results = dict(zip(new, self._insert([saves[i][0] for i in new]), strict=True))
        old = [i for i in places if saves[i][1] is not None]
        saved = side_by_side(lambda i: self.save(saves[i][0], expected_version=saves[i][1]), old)
        results.update(zip(old, saved, strict=True))
        return [results.get(i, False) for i in range(len(saves))]

    def write_sending(self, writes: Sequence[SendingWrite]) -> list[WriteResult]:
        """Conditional writes of `sending`, independent of each other, results in order.

        Of several writes to one number only the first is made; the others conflict with it.
        """
        first = {write.phone: i for i, write in reversed(list(enumerate(writes)))}
        statements = [self._statement(writes[i]) for i in sorted(first.values())]
        written = dict(
            zip(sorted(first.values()), partiql.write(self._client, statements), strict=True)
        )
        return [written.get(i, WriteResult.CONFLICT) for i in range(len(writes))]

    def opt_out(
        self, phone: str, opt_out: OptOut, *, otherwise: Callable[[], Contact] | None = None
    ) -> Contact:
        """Write an opt-out whatever the contact's version; the contact as it stands after it.
        Where there is none it is written on the one that `otherwise` makes, or on a bare one."""
        while True:
            answer = run_if(
                self._client.update_item,
                stands=None,
                TableName=self._table,
                Key=_key(phone),
                ConditionExpression="attribute_exists(phone)",
                ReturnValues="ALL_NEW",
                **_opt_out_update(opt_out),
            )
            if answer is not None:
                return contact_of(answer["Attributes"])
            bare = Contact(phone=phone, sending=Sending.begun(opt_out.occurred_at))
            created = with_opt_out(otherwise() if otherwise else bare, opt_out)
            if self.save(created, expected_version=None):
                return created

    def delete(self, phone: str) -> None:
        """Forget a contact."""
        run(self._client.delete_item, TableName=self._table, Key=_key(phone))

    def scan(
        self,
        *,
        segment: int,
        segments: int,
        start_key: str | None,
        limit: int,
        fields: frozenset[str] | None = None,
    ) -> ContactPage:
        """One page of one of `segments` parallel, disjoint scans over all contacts.

        Of each contact the number and these `fields` are read, the others as if there were nothing
        in them; None: all.
        """
        start = {"ExclusiveStartKey": _key(start_key)} if start_key else {}
        selection = {} if fields is None else _selection({"phone", *fields})
        answer = run(
            self._client.scan,
            TableName=self._table,
            Segment=segment,
            TotalSegments=segments,
            Limit=limit,
            ConsistentRead=True,
            **start,
            **selection,
        )
        contacts = map(contact_of, answer["Items"])
        return ContactPage(
            contacts=tuple(contact for contact in contacts if contact.is_person),
            next_key=_next_phone(answer),
        )

    def listed(self, list_name: str, *, limit: int, start_key: str | None) -> Page[Contact]:
        """Contacts on a list, in no order; a page may be short, or even empty, before the end.

        This reads the table through, since a number may be on many lists.
        """
        found: list[Contact] = []
        for _ in range(_LISTING_REQUESTS):
            start = {"ExclusiveStartKey": _key(start_key)} if start_key else {}
            answer = run(
                self._client.scan,
                TableName=self._table,
                Limit=_LISTING_PAGE,
                FilterExpression="contains(#lists, :name)",
                ExpressionAttributeNames={"#lists": "lists"},
                ExpressionAttributeValues={":name": {"S": list_name}},
                **start,
            )
            found.extend(map(contact_of, answer["Items"]))
            start_key = _next_phone(answer)
            if start_key is None or len(found) >= limit:
                break
        if len(found) > limit:
            found = found[:limit]
            start_key = found[-1].phone
        return Page(items=tuple(found), next_key=start_key)

    def _insert(self, contacts: Sequence[Contact]) -> list[bool]:
        """Put contacts of different numbers where there are none yet."""
        items = [item_of(contact) for contact in contacts]
        results = partiql.write(self._client, [partiql.insert(self._table, i) for i in items])
        return [
            result is WriteResult.WRITTEN
            or (result is WriteResult.AMBIGUOUS and self._insert_again(contact))
            for contact, result in zip(contacts, results, strict=True)
        ]

    def _insert_again(self, contact: Contact) -> bool:
        """Put a contact whose first put may have had its effect."""
        if self.save(contact, expected_version=None):
            return True
        return self.get(contact.phone) == contact_of(item_of(contact))

    def _statement(self, write: SendingWrite) -> partiql.Statement:
        return partiql.Statement(
            self._claim,
            [
                sending_attribute(write.sending),
                {"S": write.phone},
                {"N": str(write.expected_version)},
            ],
        )


def contact_of(item: Mapping[str, Any]) -> Contact:
    """The contact in an item, or in the part of one that was read."""
    get = item.get
    zones = get("number_zones")
    region, number_state = get("region"), get("number_state")
    first_name, last_name, email = get("first_name"), get("last_name"), get("email")
    language, timezone, state = get("language"), get("timezone"), get("state")
    attributes, lists = get("attributes"), get("lists")
    suppression, left_all_at, last_reply = (
        get("suppression"),
        get("left_all_at"),
        get("last_reply"),
    )
    subscriptions, strikes, sending = get("subscriptions"), get("strikes"), get("sending")
    return Contact(
        phone=item["phone"]["S"],
        region=region["S"] if region else None,
        number_zones=tuple(zones["S"].split(" ")) if zones else (),
        number_state=number_state["S"] if number_state else None,
        first_name=first_name["S"] if first_name else None,
        last_name=last_name["S"] if last_name else None,
        email=email["S"] if email else None,
        language=language["S"] if language else None,
        timezone=timezone["S"] if timezone else None,
        state=state["S"] if state else None,
        attributes={k: v["S"] if "S" in v else plain(v) for k, v in attributes["M"].items()}
        if attributes
        else {},
        lists=frozenset(lists["SS"]) if lists else frozenset(),
        subscriptions={k: _subscription(v["M"]) for k, v in subscriptions["M"].items()}
        if subscriptions
        else {},
        suppression=_suppression(suppression["M"]) if suppression else None,
        left_all_at=moment_of(left_all_at["S"]) if left_all_at else None,
        last_reply=_last_reply(last_reply["M"]) if last_reply else None,
        strikes=tuple([_strike(s["S"]) for s in strikes["L"]]) if strikes else (),
        sending=sending_of(sending["M"]) if sending else _NOTHING_SENT,
    )


def item_of(contact: Contact) -> Item:
    """The item that holds a contact."""
    item = encode({"phone": contact.phone, **{name: getattr(contact, name) for name in _TEXTS}})
    item |= encode({"region": contact.region, "number_state": contact.number_state})
    if contact.number_zones:
        item["number_zones"] = {"S": " ".join(contact.number_zones)}
    if contact.attributes:
        item["attributes"] = attribute(contact.attributes)
    if contact.lists:
        item["lists"] = attribute(contact.lists)
    if contact.suppression:
        item["suppression"] = _suppression_attribute(contact.suppression)
    if contact.left_all_at:
        item["left_all_at"] = {"S": stamp(contact.left_all_at)}
    if contact.last_reply:
        item["last_reply"] = attribute(
            {
                "body": contact.last_reply.body,
                "received_at": contact.last_reply.received_at,
                "intent": contact.last_reply.intent,
                "campaign_id": contact.last_reply.campaign_id,
            }
        )
    if contact.strikes:
        item["strikes"] = attribute(
            [f"{s.send_id} {s.error_code} {milliseconds(s.at)}" for s in contact.strikes]
        )
    item["subscriptions"] = {
        "M": {k: _subscription_attribute(v) for k, v in contact.subscriptions.items()}
    }
    item["sending"] = sending_attribute(contact.sending)
    return item


def sending_of(members: Mapping[str, Any]) -> Sending:
    """The `sending` in a map attribute's members."""
    claims, disclosed = members.get("claims"), members.get("disclosed")
    return Sending(
        version=int(members["version"]["N"]),
        claims=tuple([_claim(c["S"]) for c in claims["L"]]) if claims else (),
        disclosed={k: moment_at(int(v["N"])) for k, v in disclosed["M"].items()}
        if disclosed
        else {},
    )


def sending_attribute(sending: Sending) -> dict[str, Any]:
    """The map attribute that holds a `sending`."""
    members: dict[str, Any] = {"version": {"N": str(sending.version)}}
    if sending.claims:
        members["claims"] = {
            "L": [
                {"S": f"{c.send_id} {c.program_id} {c.nonce} {milliseconds(c.post_by)}"}
                for c in sending.claims
            ]
        }
    if sending.disclosed:
        members["disclosed"] = {
            "M": {k: {"N": str(milliseconds(v))} for k, v in sending.disclosed.items()}
        }
    return {"M": members}


def _claim(text: str) -> Claim:
    send_id, program_id, nonce, post_by = text.split(" ")
    return Claim(
        send_id=send_id, program_id=program_id, nonce=nonce, post_by=moment_at(int(post_by))
    )


def _strike(text: str) -> Strike:
    send_id, error_code, at = text.split(" ")
    return Strike(send_id=send_id, error_code=error_code, at=moment_at(int(at)))


def _subscription(members: Mapping[str, Any]) -> Subscription:
    return Subscription(
        status=_SUBSCRIPTION[members["status"]["S"]],
        since=moment_of(members["since"]["S"]),
        event_id=members["event_id"]["S"],
    )


def _subscription_attribute(subscription: Subscription) -> dict[str, Any]:
    return {
        "M": {
            "status": {"S": subscription.status.value},
            "since": {"S": stamp(subscription.since)},
            "event_id": {"S": subscription.event_id},
        }
    }


def _suppression(members: Mapping[str, Any]) -> Suppression:
    return Suppression(
        reason=SuppressionReason(members["reason"]["S"]), since=moment_of(members["since"]["S"])
    )


def _suppression_attribute(suppression: Suppression) -> dict[str, Any]:
    return attribute({"reason": suppression.reason, "since": suppression.since})


def _last_reply(members: Mapping[str, Any]) -> LastReply:
    campaign_id = members.get("campaign_id")
    return LastReply(
        body=members["body"]["S"],
        received_at=moment_of(members["received_at"]["S"]),
        intent=members["intent"]["S"],
        campaign_id=campaign_id["S"] if campaign_id else None,
    )


def _opt_out_update(opt_out: OptOut) -> dict[str, Any]:
    """What `parley.consent.with_opt_out` does, as one update of an existing contact."""
    if opt_out.scope == ALL_PROGRAMS:
        suppression = Suppression(reason=SuppressionReason.OPTED_OUT, since=opt_out.occurred_at)
        return {
            "UpdateExpression": "SET suppression = :gone, left_all_at = :since, "
            "sending.#version = sending.#version + :one",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {
                ":gone": _suppression_attribute(suppression),
                ":since": {"S": stamp(opt_out.occurred_at)},
                ":one": {"N": "1"},
            },
        }
    gone = Subscription(
        status=SubscriptionStatus.OPTED_OUT, since=opt_out.occurred_at, event_id=opt_out.event_id
    )
    return {
        "UpdateExpression": "SET subscriptions.#program = :gone, "
        "sending.#version = sending.#version + :one",
        "ExpressionAttributeNames": {"#program": opt_out.scope, "#version": "version"},
        "ExpressionAttributeValues": {
            ":gone": _subscription_attribute(gone),
            ":one": {"N": "1"},
        },
    }


def _selection(names: Iterable[str]) -> dict[str, Any]:
    """What a request says to read these attributes and no others."""
    placeholders = {f"#{name}": name for name in sorted(names)}
    return {
        "ProjectionExpression": ", ".join(placeholders),
        "ExpressionAttributeNames": placeholders,
    }


def _key(phone: str) -> Item:
    return {"phone": {"S": phone}}


def _next_phone(answer: Mapping[str, Any]) -> str | None:
    last = answer.get("LastEvaluatedKey")
    phone: str | None = last["phone"]["S"] if last else None
    return phone
