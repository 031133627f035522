"""Who left lately, over all numbers, and whether anybody was texted all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from parley.journal import JournalKind
from parley_aws.http.api import MARKETERS, Api, Cursor, Limit
from parley_aws.http.models.base import Moment
from parley_aws.http.models.contacts import (
    OptOutList,
    OptOutOutput,
    ViolationList,
    ViolationOutput,
)
from parley_aws.http.services import Services

DEFAULT_PERIOD = timedelta(days=30)


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.get("/opt-outs", roles=MARKETERS, tag="Contacts")
    def list_opt_outs(
        since: Annotated[Moment | None, Query(description="Default: 30 days ago")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> OptOutList:
        """List opt-outs since a time, newest first."""
        scope = f"opt-outs:{since.isoformat() if since else ''}"
        page = services.journal().recent(
            JournalKind.OPT_OUT,
            since=since or services.clock().now() - DEFAULT_PERIOD,
            limit=limit,
            start_key=api.start_key(cursor, scope=scope),
        )
        return OptOutList(
            opt_outs=[OptOutOutput.of(event) for event in page.items],
            next_cursor=api.cursor(page.next_key, scope=scope),
        )

    @api.get("/opt-outs/violations", roles=MARKETERS, tag="Contacts")
    def list_violations(
        since: Annotated[Moment | None, Query(description="Default: 30 days ago")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> ViolationList:
        """List texts that were handed over after an opt-out stood: there should be none.

        Every text of every kind is held against the contact's opt-outs as the streams of ledger and
        journal tell of it; the one confirmation of an opt-out is none of these.
        """
        scope = f"violations:{since.isoformat() if since else ''}"
        page = services.journal().recent(
            JournalKind.TEXT_AFTER_OPT_OUT,
            since=since or services.clock().now() - DEFAULT_PERIOD,
            limit=limit,
            start_key=api.start_key(cursor, scope=scope),
        )
        return ViolationList(
            violations=[ViolationOutput.of(event) for event in page.items],
            next_cursor=api.cursor(page.next_key, scope=scope),
        )
