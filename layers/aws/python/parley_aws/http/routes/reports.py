"""Reports: what came of a send, of a campaign, or of a program's sends."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from parley.errors import InvalidInputError, NotFoundError
from parley.program import DEFAULT_PRICE_PER_PART
from parley_aws.http.api import MARKETERS, Api
from parley_aws.http.csv_file import csv_file
from parley_aws.http.models.reports import CSV_COLUMNS, ProgramReport, Report, SendReport
from parley_aws.http.services import Services
from parley_aws.use_cases.read_sends import read_campaign, read_other_texts, read_program, read_send
from parley_aws.use_cases.read_themes import read_themes

_TAG = "Reports"
_CSV = "text/csv"
_UTC = "UTC"
_USUAL_DAYS = timedelta(days=29)
_MOST_DAYS = timedelta(days=366)

From = Annotated[
    date | None, Query(alias="from", description="The first date; by default 29 days before `to`")
]
To = Annotated[date | None, Query(description="The last date; by default today")]


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.get("/sends/{send_id}/report", roles=MARKETERS, tag=_TAG)
    def report_send(send_id: str) -> SendReport:
        """Report what came of a send, and what the replies to it are about."""
        return _of_send(services, send_id)

    @api.get("/sends/{send_id}/report.csv", roles=MARKETERS, tag=_TAG, produces=_CSV)
    def report_send_as_file(send_id: str) -> Response[str]:
        """Give a send's report as a CSV file."""
        return _file(_of_send(services, send_id), send_id)

    @api.get("/campaigns/{campaign_id}/report", roles=MARKETERS, tag=_TAG)
    def report_campaign(campaign_id: str) -> Report:
        """Report what came of all sends of a campaign, added up."""
        return _of_campaign(services, campaign_id)

    @api.get("/campaigns/{campaign_id}/report.csv", roles=MARKETERS, tag=_TAG, produces=_CSV)
    def report_campaign_as_file(campaign_id: str) -> Response[str]:
        """Give a campaign's report as a CSV file."""
        return _file(_of_campaign(services, campaign_id), campaign_id)

    @api.get("/programs/{program_id}/report", roles=MARKETERS, tag=_TAG)
    def report_program(program_id: str, from_: From = None, to: To = None) -> ProgramReport:
        """Report what came of a program's sends that started between two dates.

        The dates are the program's, both included, and at most a year apart.
        """
        return _of_program(services, program_id, from_, to)

    @api.get("/programs/{program_id}/report.csv", roles=MARKETERS, tag=_TAG, produces=_CSV)
    def report_program_as_file(program_id: str, from_: From = None, to: To = None) -> Response[str]:
        """Give a program's report as a CSV file."""
        return _file(_of_program(services, program_id, from_, to), program_id)


def _of_send(services: Services, send_id: str) -> SendReport:
    state = read_send(services.sends(), services.metrics(), services.clock(), send_id)
    program = services.programs().get(state.send.campaign.program_id)
    report = Report.of(
        [state],
        price_per_part=program.price_per_part if program else DEFAULT_PRICE_PER_PART,
        timezone=program.timezone if program else _UTC,
        as_of=state.as_of,
    )
    return SendReport.of_send(report, read_themes(services.metrics(), state))


def _of_campaign(services: Services, campaign_id: str) -> Report:
    campaign = services.campaigns().get(campaign_id)
    if campaign is None:
        raise NotFoundError("no such campaign")
    program = services.programs().get(campaign.program_id)
    as_of = services.clock().now()
    return Report.of(
        read_campaign(services.sends(), services.metrics(), services.clock(), campaign_id),
        price_per_part=program.price_per_part if program else DEFAULT_PRICE_PER_PART,
        timezone=program.timezone if program else _UTC,
        as_of=as_of,
    )


def _of_program(
    services: Services, program_id: str, first: date | None, last: date | None
) -> ProgramReport:
    program = services.programs().get(program_id)
    if program is None:
        raise NotFoundError("no such program")
    zone = ZoneInfo(program.timezone)
    as_of = services.clock().now()
    last = last or as_of.astimezone(zone).date()
    first = first or last - min(_USUAL_DAYS, last - date.min)
    if first > last:
        raise InvalidInputError.of("from", "must not be after to")
    if last - first > _MOST_DAYS:
        raise InvalidInputError.of("from", f"must be within {_MOST_DAYS.days} days of to")
    if not date(2000, 1, 1) <= first <= last <= date(2999, 1, 1):
        raise InvalidInputError.of("from", "and to must be dates from 2000 on")
    states = read_program(
        services.sends(),
        services.metrics(),
        services.clock(),
        program_id,
        since=datetime.combine(first, time(), zone),
        before=datetime.combine(last + timedelta(days=1), time(), zone),
    )
    return ProgramReport.of_program(
        states,
        other_texts=read_other_texts(services.metrics(), program_id, first, last),
        program=program_id,
        dates=(first, last),
        price_per_part=program.price_per_part,
        timezone=program.timezone,
        as_of=as_of,
    )


def _file(report: Report, name: str) -> Response[str]:
    return Response(
        status_code=200,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-report.csv"'},
        body=csv_file(CSV_COLUMNS, report.rows()),
    )
