"""Campaigns, in the campaigns table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.campaign import Campaign
from parley.errors import ConflictError
from parley_aws.dynamo import catalog
from parley_aws.dynamo.client import Item, run, run_if
from parley_aws.dynamo.codec import decode, encode, moment_of
from parley_aws.ports import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COLLECTION = "campaigns"


class DynamoCampaigns:
    """Campaigns in the campaigns table."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def create(self, campaign: Campaign) -> None:
        """Store a new campaign. Raises ConflictError where its id is taken."""
        if not self._put(campaign, ConditionExpression="attribute_not_exists(pk)"):
            raise ConflictError(f"campaign {campaign.id} exists")

    def get(self, campaign_id: str) -> Campaign | None:
        """A campaign by id, consistently."""
        answer = run(
            self._client.get_item,
            TableName=self._table,
            Key=_key(campaign_id),
            ConsistentRead=True,
        )
        item = answer.get("Item")
        return campaign_of(item) if item else None

    def replace(self, campaign: Campaign, *, expected_version: int) -> bool:
        """Replace a campaign if its stored version is as expected; whether it was."""
        return self._put(
            campaign,
            ConditionExpression="version = :expected",
            ExpressionAttributeValues={":expected": {"N": str(expected_version)}},
        )

    def newest(self, *, limit: int, start_key: str | None) -> Page[Campaign]:
        """Campaigns, newest first."""
        return catalog.newest(
            self._client,
            self._table,
            COLLECTION,
            read=campaign_of,
            limit=limit,
            start_key=start_key,
        )

    def _put(self, campaign: Campaign, **condition: Any) -> bool:
        item = _key(campaign.id) | encode(values_of(campaign))
        item |= catalog.entry(COLLECTION, campaign.created_at)
        put = partial(self._client.put_item, TableName=self._table, Item=item, **condition)
        return bool(
            run_if(
                lambda: bool(put()),
                stands=lambda: self.get(campaign.id) == campaign or None,
            )
        )


def values_of(campaign: Campaign) -> dict[str, Any]:
    """A campaign as plain values; its segment as JSON text."""
    segment = campaign.segment
    return {
        "id": campaign.id,
        "version": campaign.version,
        "name": campaign.name,
        "program_id": campaign.program_id,
        "body": campaign.body,
        "segment": None if segment is None else json.dumps(segment, separators=(",", ":")),
        "holdout_percent": campaign.holdout_percent,
        "attribution_hours": campaign.attribution_hours,
        "auto_reply": campaign.auto_reply,
        "lead_keywords": campaign.lead_keywords,
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
    }


def campaign_of(item: Mapping[str, Any]) -> Campaign:
    """The campaign in an item."""
    return campaign_of_values(decode(item))


def campaign_of_values(values: Mapping[str, Any]) -> Campaign:
    """The campaign in plain values."""
    segment = values.get("segment")
    return Campaign(
        id=values["id"],
        version=values["version"],
        name=values["name"],
        program_id=values["program_id"],
        body=values["body"],
        segment=None if segment is None else json.loads(segment),
        holdout_percent=values["holdout_percent"],
        attribution_hours=values["attribution_hours"],
        auto_reply=values.get("auto_reply"),
        lead_keywords=tuple(values["lead_keywords"]),
        created_at=moment_of(values["created_at"]),
        updated_at=moment_of(values["updated_at"]),
    )


def _key(campaign_id: str) -> Item:
    return {"pk": {"S": f"campaign#{campaign_id}"}, "sk": {"S": "campaign"}}
