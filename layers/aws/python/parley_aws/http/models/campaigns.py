"""Campaigns as the API takes and answers them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from parley.campaign import Campaign
from parley.reply import Intent, Listening, classify_reply
from parley.sending import CLAIM_RETENTION
from parley.words import normalize
from parley_aws.campaign_warnings import Advice
from parley_aws.http.models.base import (
    Copy,
    Identifier,
    Input,
    Line,
    Moment,
    Output,
    PlainCopy,
    Whole,
    check_visible,
    example,
)

_MEANINGS = frozenset({Intent.OPT_OUT, Intent.HELP, Intent.OPT_IN, Intent.WRONG_NUMBER})


def _check_lead_keywords(values: list[str]) -> list[str]:
    kept: dict[str, str] = {}
    for value in values:
        words = normalize(value)
        if not words:
            raise ValueError("holds a keyword without a letter or digit")
        if classify_reply(value, Listening()).intent in _MEANINGS:
            raise ValueError(f'"{value}" means STOP, START or HELP and never makes a lead')
        kept.setdefault(words, " ".join(value.split()))
    return list(kept.values())


Name = Annotated[Line, AfterValidator(check_visible)]
Segment = dict[str, Any]
Holdout = Annotated[Whole, Field(ge=0, le=100)]
AttributionHours = Annotated[
    Whole,
    Field(
        ge=1,
        le=CLAIM_RETENTION // timedelta(hours=1),
        description="How long a reply counts as an answer: not longer than hand-overs are "
        "remembered, which is 15 days",
    ),
]
LeadKeywords = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=40)]],
    Field(max_length=20),
    AfterValidator(_check_lead_keywords),
]

_CAMPAIGN: dict[str, Any] = {
    "name": "Friday two-for-one",
    "program": "pizza",
    "body": "Hi {{ contact.first_name | default: 'there' }}! 2 for 1 tonight at "
    "{{ contact.attributes.store }}. Reply YES to hold yours. Reply STOP to opt out",
    "segment": {"all": [{"list": "vip"}, {"attribute": "city", "in": ["Austin", "Waco"]}]},
    "holdout_percent": 10,
    "attribution_hours": 72,
    "auto_reply": "Great! We will text you in a minute.",
    "lead_keywords": ["YES"],
}


class CampaignInput(Input):
    """A campaign: what is texted (`body` is Liquid) to whom.

    `segment` null means every contact with a subscription in the program, whatever its state.
    `all`, `any` and `not` nest; the leaves are `list`, `attribute` with one of eq, ne, in, gt, gte,
    lt, lte, contains, exists, `phone`, `language`, `replied`, `replied_within_hours` and
    `not_messaged_within_hours`.
    """

    model_config = example(**_CAMPAIGN)

    name: Name
    program: Identifier
    body: Copy
    segment: Segment | None = None
    holdout_percent: Holdout = 0
    attribution_hours: AttributionHours = 72
    auto_reply: PlainCopy | None = None
    lead_keywords: LeadKeywords = Field(default_factory=list)


class CampaignPatch(Input):
    """Fields to change. With `version`, refused (409) if the campaign is past that version."""

    model_config = example(body="2 for 1 tonight! Reply STOP to opt out", version=1)

    name: Name | None = None
    program: Identifier | None = None
    body: Copy | None = None
    segment: Segment | None = None
    holdout_percent: Holdout | None = None
    attribution_hours: AttributionHours | None = None
    auto_reply: PlainCopy | None = None
    lead_keywords: LeadKeywords | None = None
    version: Annotated[Whole, Field(ge=1)] | None = None

    @field_validator(
        "name", "program", "body", "holdout_percent", "attribution_hours", "lead_keywords"
    )
    @classmethod
    def _not_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("can be changed, not removed")
        return value

    def changes(self) -> dict[str, Any]:
        """The fields that came along, as the domain names them."""
        found = {name: getattr(self, name) for name in self.model_fields_set - {"version"}}
        if "program" in found:
            found["program_id"] = found.pop("program")
        if "lead_keywords" in found:
            found["lead_keywords"] = tuple(found["lead_keywords"])
        return found


class WarningOutput(Output):
    """Something to look at before sending: `code` for programs, `message` for people."""

    code: str
    message: str


class CampaignOutput(Output):
    """A campaign. `version` counts its edits; a send keeps the version it was triggered with."""

    model_config = example(
        id="cmp_5b1f0c9a7e3d2468",
        version=1,
        **_CAMPAIGN,
        created_at="2026-11-22T15:04:05Z",
        updated_at="2026-11-22T15:04:05Z",
        warnings=[
            {
                "code": "missing_default",
                "message": "whoever has no contact.attributes.store is skipped; write "
                "{{ contact.attributes.store | default: '…' }} to text them too",
            }
        ],
    )

    id: str
    version: int
    name: str
    program: str
    body: str
    segment: Segment | None
    holdout_percent: int
    attribution_hours: int
    auto_reply: str | None
    lead_keywords: list[str]
    created_at: Moment
    updated_at: Moment
    warnings: list[WarningOutput]

    @classmethod
    def of(cls, campaign: Campaign, warnings: tuple[Advice, ...]) -> CampaignOutput:
        """The campaign as the API shows it."""
        return cls(
            id=campaign.id,
            version=campaign.version,
            name=campaign.name,
            program=campaign.program_id,
            body=campaign.body,
            segment=None if campaign.segment is None else dict(campaign.segment),
            holdout_percent=campaign.holdout_percent,
            attribution_hours=campaign.attribution_hours,
            auto_reply=campaign.auto_reply,
            lead_keywords=list(campaign.lead_keywords),
            created_at=campaign.created_at,
            updated_at=campaign.updated_at,
            warnings=[WarningOutput(code=w.code, message=w.message) for w in warnings],
        )


class CampaignList(Output):
    """Campaigns, newest first."""

    campaigns: list[CampaignOutput]
    next_cursor: str | None
