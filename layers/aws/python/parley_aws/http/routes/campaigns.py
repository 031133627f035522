"""Campaigns: written, read and changed."""

from __future__ import annotations

import secrets
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from parley.campaign import Campaign
from parley.errors import NotFoundError
from parley_aws import liquid
from parley_aws.campaign_warnings import warnings_of
from parley_aws.http.api import MARKETERS, Api, Cursor, Limit
from parley_aws.http.models.campaigns import (
    CampaignInput,
    CampaignList,
    CampaignOutput,
    CampaignPatch,
)
from parley_aws.http.services import Services
from parley_aws.use_cases.edit_campaigns import change_campaign, create_campaign


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.post("/campaigns", roles=MARKETERS, tag="Campaigns", status=201)
    def post_campaign(body: Annotated[CampaignInput, Body()]) -> CampaignOutput:
        """Write a campaign.

        Nothing is sent. `warnings` say what to look at before it is.
        """
        now = services.clock().now()
        campaign = Campaign(
            id=f"cmp_{secrets.token_hex(8)}",
            version=1,
            name=body.name,
            program_id=body.program,
            body=body.body,
            segment=body.segment,
            holdout_percent=body.holdout_percent,
            attribution_hours=body.attribution_hours,
            auto_reply=body.auto_reply,
            lead_keywords=tuple(body.lead_keywords),
            created_at=now,
            updated_at=now,
        )
        program = create_campaign(services.campaigns(), services.programs(), campaign, liquid.check)
        return CampaignOutput.of(campaign, warnings_of(campaign.body, program))

    @api.get("/campaigns", roles=MARKETERS, tag="Campaigns")
    def list_campaigns(limit: Limit = 100, cursor: Cursor = None) -> CampaignList:
        """List campaigns, newest first."""
        start_key = api.start_key(cursor, scope="campaigns")
        page = services.campaigns().newest(limit=limit, start_key=start_key)
        return CampaignList(
            campaigns=[_shown(campaign) for campaign in page.items],
            next_cursor=api.cursor(page.next_key, scope="campaigns"),
        )

    @api.get("/campaigns/{campaign_id}", roles=MARKETERS, tag="Campaigns")
    def get_campaign(campaign_id: str) -> CampaignOutput:
        """Show a campaign."""
        campaign = services.campaigns().get(campaign_id)
        if campaign is None:
            raise NotFoundError("no such campaign")
        return _shown(campaign)

    @api.patch(
        "/campaigns/{campaign_id}",
        roles=MARKETERS,
        tag="Campaigns",
        also={409: "The campaign is past the version you have seen"},
    )
    def patch_campaign(campaign_id: str, body: Annotated[CampaignPatch, Body()]) -> CampaignOutput:
        """Change fields of a campaign, for later sends.

        Sends that were triggered before keep what they were triggered with.
        """
        campaign, program = change_campaign(
            services.campaigns(),
            services.programs(),
            campaign_id,
            body.changes(),
            liquid.check,
            expected_version=body.version,
            now=services.clock().now(),
        )
        return CampaignOutput.of(campaign, warnings_of(campaign.body, program))

    def _shown(campaign: Campaign) -> CampaignOutput:
        program = services.programs().get(campaign.program_id)
        return CampaignOutput.of(
            campaign, warnings_of(campaign.body, program) if program is not None else ()
        )
