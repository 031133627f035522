"""The whole API: every module of routes, registered."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from parley_aws.http.api import Api
from parley_aws.http.routes import (
    campaigns,
    contacts,
    conversions,
    documentation,
    health,
    imports,
    keys,
    leads,
    opt_outs,
    programs,
    replies,
    reports,
    sends,
    webhook_subscriptions,
)
from parley_aws.http.services import Services

_DESCRIPTION = """\
Texts people with permission, seldom, at a decent hour, and listens to the answer.

Send your key as `Authorization: Bearer <key>`. Times are RFC 3339, in UTC where they come out;
phone numbers are E.164 (`%2B` in paths); money is decimal text with a currency. Lists go on with
`limit` and `cursor`. Errors are problem documents (RFC 9457): 400 where the request cannot be
read, 422 where fields break rules, each named in `errors`.
"""

_MODULES = (
    programs,
    contacts,
    opt_outs,
    imports,
    campaigns,
    sends,
    replies,
    reports,
    conversions,
    leads,
    webhook_subscriptions,
    keys,
    health,
    documentation,
)
"""In the order of the documentation."""


def build(services: Services, *, logger: Logger | None = None) -> Api:
    """The API over these services."""
    api = Api(services, title="Parley", version="1", description=_DESCRIPTION, logger=logger)
    for module in _MODULES:
        module.register(api, services)
    return api
