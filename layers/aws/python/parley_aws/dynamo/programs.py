"""Programs and the settings over them, in the campaigns table.

Programs lie in the partition `programs` by id; `senders` says which program an address belongs to,
and is written together with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from parley.caps import FrequencyCap
from parley.errors import ConflictError
from parley.money import Money
from parley.program import KeywordReplies, OptOutScope, Program, ProgramTexts, Sender
from parley.quiet_hours import QuietHours, QuietHoursPolicy
from parley.strikes import DEFAULT_STRIKE_LIMIT
from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.codec import decode, encode
from parley_aws.dynamo.reading import get_many, query
from parley_aws.ports import OrganizationSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MINUTE = "%H:%M"
SETTINGS_KEY: Item = {"pk": {"S": "settings"}, "sk": {"S": "settings"}}


def program_key(program_id: str) -> Item:
    """The key of a program's item."""
    return {"pk": {"S": "programs"}, "sk": {"S": program_id}}


class DynamoPrograms:
    """Programs in the campaigns table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name
        self._owners: dict[str, str] = {}

    def put(self, program: Program) -> None:
        """Create or replace. Raises ConflictError when its sender belongs to another program."""
        while True:
            stored = self.get(program.id)
            if stored == program:
                return
            if run_if(
                self._client.transact_write_items,
                stands=None,
                TransactItems=self._replacement(program, stored),
            ):
                return
            holder = self.by_sender(program.sender.address)
            if holder is not None and holder.id != program.id:
                raise ConflictError(f"this sender belongs to program {holder.id}")

    def get(self, program_id: str) -> Program | None:
        """A program by id."""
        item = self._item(program_key(program_id))
        return program_of(item) if item else None

    def by_sender(self, address: str) -> Program | None:
        """The program that a messaging service or number belongs to."""
        key = _sender_key(address)
        known = self._owners.get(address)
        if known is None:
            pointer = self._item(key)
        else:
            # One request instead of two: most senders belong to whom they belonged last time.
            both = get_many(self._client, self._table, [key, program_key(known)])
            items = {item["pk"]["S"]: item for item in both}
            pointer, program = items.get("senders"), items.get("programs")
            if program is not None and pointer is not None and _owner(pointer) == known:
                return program_of(program)
        if pointer is None:
            self._owners.pop(address, None)
            return None
        self._owners[address] = _owner(pointer)
        return self.get(_owner(pointer))

    def all(self) -> list[Program]:
        """Every program, by id."""
        items = query(
            self._client,
            self._table,
            KeyConditionExpression="pk = :programs",
            ExpressionAttributeValues={":programs": {"S": "programs"}},
            ConsistentRead=True,
        )
        return [program_of(item) for item in items]

    def settings(self) -> OrganizationSettings:
        """The settings, defaults where none were put."""
        return organization_settings_of(self._item(SETTINGS_KEY))

    def put_settings(self, settings: OrganizationSettings) -> None:
        """Replace the settings."""
        values = {
            "frequency_caps": _caps(settings.frequency_caps),
            "test_phones": settings.test_phones,
            "strike_limit": settings.strike_limit,
        }
        run(self._client.put_item, TableName=self._table, Item=SETTINGS_KEY | encode(values))

    def _item(self, key: Item) -> Item | None:
        answer = run(self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item

    def _replacement(self, program: Program, stored: Program | None) -> list[dict[str, Any]]:
        own = {":id": {"S": program.id}}
        unchanged: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if stored is not None:
            unchanged = {
                "ConditionExpression": "sender_address = :address",
                "ExpressionAttributeValues": {":address": {"S": stored.sender.address}},
            }
        sender = _sender_key(program.sender.address) | encode({"program_id": program.id})
        writes: list[dict[str, Any]] = [
            {"Put": {"TableName": self._table, "Item": item_of(program), **unchanged}},
            {
                "Put": {
                    "TableName": self._table,
                    "Item": sender,
                    "ConditionExpression": "attribute_not_exists(pk) OR program_id = :id",
                    "ExpressionAttributeValues": own,
                }
            },
        ]
        if stored is not None and stored.sender.address != program.sender.address:
            left = {"TableName": self._table, "Key": _sender_key(stored.sender.address)}
            writes.append({"Delete": left})
        return writes


def item_of(program: Program) -> Item:
    """The item that holds a program."""
    quiet = program.quiet_hours
    texts = program.texts
    every = program.disclosure_every
    price = program.price_per_part
    values = {
        "brand": program.brand,
        "sender": {
            "messaging_service_sid": program.sender.messaging_service_sid,
            "from": program.sender.from_,
            "keyword_replies": program.sender.keyword_replies,
        },
        "sender_address": program.sender.address,
        "default_region": program.default_region,
        "timezone": program.timezone,
        "frequency_caps": _caps(program.frequency_caps),
        "quiet_hours": {
            "policy": quiet.policy,
            "start": quiet.start.strftime(_MINUTE) if quiet.start else None,
            "end": quiet.end.strftime(_MINUTE) if quiet.end else None,
        },
        "trust_timezone": program.trust_timezone,
        "opt_out_scope": program.opt_out_scope,
        "messages_per_second": program.messages_per_second,
        "join_keywords": program.join_keywords,
        "double_opt_in": program.double_opt_in,
        "disclosure_every_seconds": None if every is None else int(every.total_seconds()),
        "texts": {
            "welcome": texts.welcome,
            "double_opt_in": texts.double_opt_in,
            "opt_out": texts.opt_out,
            "help": texts.help,
        },
        "lead_sla_seconds": int(program.lead_sla.total_seconds()),
        "price_per_part": {"amount": str(price.amount), "currency": price.currency},
    }
    return program_key(program.id) | encode(values)


def program_of(item: Mapping[str, Any]) -> Program:
    """The program in an item."""
    values = decode(item)
    sender, quiet = values["sender"], values["quiet_hours"]
    disclosure_seconds = values.get("disclosure_every_seconds")
    return Program(
        id=values["sk"],
        brand=values["brand"],
        sender=Sender(
            messaging_service_sid=sender.get("messaging_service_sid"),
            from_=sender.get("from"),
            keyword_replies=KeywordReplies(sender["keyword_replies"]),
        ),
        default_region=values["default_region"],
        timezone=values["timezone"],
        frequency_caps=_caps_of(values["frequency_caps"]),
        quiet_hours=QuietHours(
            policy=QuietHoursPolicy(quiet["policy"]),
            start=time.fromisoformat(quiet["start"]) if "start" in quiet else None,
            end=time.fromisoformat(quiet["end"]) if "end" in quiet else None,
        ),
        trust_timezone=values["trust_timezone"],
        opt_out_scope=OptOutScope(values["opt_out_scope"]),
        messages_per_second=values["messages_per_second"],
        join_keywords=tuple(values["join_keywords"]),
        double_opt_in=values["double_opt_in"],
        disclosure_every=(
            None if disclosure_seconds is None else timedelta(seconds=disclosure_seconds)
        ),
        texts=ProgramTexts(**values["texts"]),
        lead_sla=timedelta(seconds=values["lead_sla_seconds"]),
        price_per_part=money_of(values["price_per_part"]),
    )


def organization_settings_of(item: Mapping[str, Any] | None) -> OrganizationSettings:
    """The settings in an item, defaults where there is none."""
    if not item:
        return OrganizationSettings()
    values = decode(item)
    return OrganizationSettings(
        frequency_caps=_caps_of(values["frequency_caps"]),
        test_phones=tuple(values["test_phones"]),
        strike_limit=values.get("strike_limit", DEFAULT_STRIKE_LIMIT),
    )


def money_of(values: Mapping[str, str]) -> Money:
    """Money from its amount and currency as texts."""
    return Money(amount=Decimal(values["amount"]), currency=values["currency"])


def _caps(caps: tuple[FrequencyCap, ...]) -> list[dict[str, int]]:
    return [{"max_messages": c.max_messages, "window_hours": c.window_hours} for c in caps]


def _caps_of(values: list[dict[str, int]]) -> tuple[FrequencyCap, ...]:
    return tuple(FrequencyCap(**cap) for cap in values)


def _sender_key(address: str) -> Item:
    return {"pk": {"S": "senders"}, "sk": {"S": address}}


def _owner(pointer: Item) -> str:
    return str(pointer["program_id"]["S"])
