"""What people said."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from parley.journal import JournalEvent, JournalKind
from parley.reply import Intent
from parley_aws.http.api import MARKETERS, Api, Cursor, Limit
from parley_aws.http.models.base import Moment
from parley_aws.http.models.replies import ReplyList, ReplyOutput
from parley_aws.http.routes.opt_outs import DEFAULT_PERIOD
from parley_aws.http.services import Services

_READS = 20
_READ = 200


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.get("/replies", roles=MARKETERS, tag="Replies")
    def list_replies(
        send_id: Annotated[str | None, Query(max_length=100)] = None,
        intent: Annotated[Intent | None, Query()] = None,
        since: Annotated[
            Moment | None,
            Query(description="Default: when the send was made, else 30 days ago"),
        ] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> ReplyList:
        """List replies with the intent understood and why, newest first.

        A page of a filtered list may be short before the end: go on while there is a
        `next_cursor`.
        """
        scope = f"replies:{send_id or ''}:{intent or ''}:{since.isoformat() if since else ''}"
        start_key = api.start_key(cursor, scope=scope)
        begin = since or _beginning(services, send_id)
        found: list[JournalEvent] = []
        for _ in range(_READS):
            page = services.journal().recent(
                JournalKind.UNDERSTANDING,
                since=begin,
                limit=min(limit - len(found), _READ),
                start_key=start_key,
            )
            found += [event for event in page.items if _is_wanted(event, send_id, intent)]
            start_key = page.next_key
            if start_key is None or len(found) >= limit:
                break
        return ReplyList(
            replies=[ReplyOutput.of(event) for event in found],
            next_cursor=api.cursor(start_key, scope=scope),
        )


def _beginning(services: Services, send_id: str | None) -> datetime:
    send = services.sends().get(send_id) if send_id else None
    return send.created_at if send else services.clock().now() - DEFAULT_PERIOD


def _is_wanted(event: JournalEvent, send_id: str | None, intent: Intent | None) -> bool:
    return (send_id is None or event.details.get("send_id") == send_id) and (
        intent is None or event.details["intent"] == intent
    )
