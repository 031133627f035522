"""API keys: made, listed, revoked, by admins."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from parley_aws.http.api import ADMINS, Api, Cursor, Limit
from parley_aws.http.listing import page_of
from parley_aws.http.models.keys import KeyInput, KeyList, KeyOutput, NewKeyOutput
from parley_aws.http.services import Services
from parley_aws.use_cases.manage_keys import make_key, revoke_key


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.post("/keys", roles=ADMINS, tag="Keys", status=201)
    def create_key(body: Annotated[KeyInput, Body()]) -> NewKeyOutput:
        """Make a key.

        The secret is in the answer and nowhere else: only its hash is kept.
        """
        now = services.clock().now()
        key, secret = make_key(services.keys(), role=body.role, owner=body.owner, now=now)
        return NewKeyOutput(**KeyOutput.of(key).model_dump(), key=secret)

    @api.get("/keys", roles=ADMINS, tag="Keys")
    def list_keys(limit: Limit = 100, cursor: Cursor = None) -> KeyList:
        """List keys, oldest first."""
        start_key = api.start_key(cursor, scope="keys")
        page = page_of(services.keys().all(), key=lambda k: k.id, limit=limit, start_key=start_key)
        return KeyList(
            keys=[KeyOutput.of(key) for key in page.items],
            next_cursor=api.cursor(page.next_key, scope="keys"),
        )

    @api.delete(
        "/keys/{key_id}",
        roles=ADMINS,
        tag="Keys",
        status=204,
        also={409: "This is the last key of an admin"},
    )
    def delete_key(key_id: str) -> None:
        """Revoke a key.

        The next request with it is refused.
        """
        revoke_key(services.keys(), key_id)
