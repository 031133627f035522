"""Campaigns: written, checked before they are kept, and changed without losing another's edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from parley.campaign import Campaign
from parley.errors import ConflictError, InvalidInputError, NotFoundError
from parley.program import Program
from parley.segment import compile_segment
from parley_aws.ports import CampaignStore, ProgramStore

_ATTEMPTS = 5

BodyCheck = Callable[[str], None]
"""Refuses a body that cannot be rendered, with InvalidInputError on field `body`."""


def create_campaign(
    campaigns: CampaignStore, programs: ProgramStore, campaign: Campaign, check_body: BodyCheck
) -> Program:
    """Keep a new campaign; its program. Raises InvalidInputError naming what is wrong."""
    program = _checked(programs, campaign, check_body)
    campaigns.create(campaign)
    return program


def change_campaign(
    campaigns: CampaignStore,
    programs: ProgramStore,
    campaign_id: str,
    changes: dict[str, Any],
    check_body: BodyCheck,
    *,
    expected_version: int | None,
    now: datetime,
) -> tuple[Campaign, Program]:
    """Change fields of a campaign for later sends; the campaign and its program.

    Raises NotFoundError, InvalidInputError, and ConflictError where the campaign is no longer at
    the version the caller has seen.
    """
    for _ in range(_ATTEMPTS):
        stored = campaigns.get(campaign_id)
        if stored is None:
            raise NotFoundError("no such campaign")
        if expected_version is not None and stored.version != expected_version:
            raise ConflictError(
                f"the campaign is at version {stored.version} by now; read it again",
                code="version_conflict",
            )
        changed = replace(stored, **changes, version=stored.version + 1, updated_at=now)
        program = _checked(programs, changed, check_body)
        if campaigns.replace(changed, expected_version=stored.version):
            return changed, program
    raise ConflictError("others are changing this campaign; try again", code="version_conflict")


def _checked(programs: ProgramStore, campaign: Campaign, check_body: BodyCheck) -> Program:
    """The campaign's program. Raises InvalidInputError with every problem there is."""
    problems = []
    program = programs.get(campaign.program_id)
    if program is None:
        problems.append(InvalidInputError.of("program", "is no program; GET /programs lists them"))
    try:
        check_body(campaign.body)
    except InvalidInputError as error:
        problems.append(error)
    try:
        if campaign.segment is not None:
            compile_segment(campaign.segment)
    except InvalidInputError as error:
        problems.append(error)
    if problems or program is None:
        raise InvalidInputError([p for error in problems for p in error.problems])
    return program
