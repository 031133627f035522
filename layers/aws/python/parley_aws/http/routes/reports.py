"""Reports: what came of a send, or of a campaign."""

from __future__ import annotations

from parley.errors import NotFoundError
from parley.money import Money
from parley.program import DEFAULT_PRICE_PER_PART
from parley_aws.http.api import MARKETERS, Api
from parley_aws.http.models.reports import Report
from parley_aws.http.services import Services
from parley_aws.use_cases.read_sends import read_campaign, read_send, totals


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.get("/sends/{send_id}/report", roles=MARKETERS, tag="Reports")
    def report_send(send_id: str) -> Report:
        """Report what came of a send."""
        state = read_send(services.sends(), services.metrics(), services.clock(), send_id)
        return Report.of(
            audience=state.send.audience,
            metrics=state.metrics,
            price_per_part=_price(state.send.campaign.program_id),
            as_of=state.as_of,
        )

    @api.get("/campaigns/{campaign_id}/report", roles=MARKETERS, tag="Reports")
    def report_campaign(campaign_id: str) -> Report:
        """Report what came of all sends of a campaign, added up."""
        campaign = services.campaigns().get(campaign_id)
        if campaign is None:
            raise NotFoundError("no such campaign")
        as_of = services.clock().now()
        states = read_campaign(services.sends(), services.metrics(), services.clock(), campaign_id)
        audience, metrics = totals(states)
        return Report.of(
            audience=audience,
            metrics=metrics,
            price_per_part=_price(campaign.program_id),
            as_of=as_of,
        )

    def _price(program_id: str) -> Money:
        program = services.programs().get(program_id)
        return DEFAULT_PRICE_PER_PART if program is None else program.price_per_part
