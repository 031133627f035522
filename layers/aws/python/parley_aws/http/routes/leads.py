"""Leads: the hottest first, taken by one, texted back, closed."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Query

from parley.errors import InvalidInputError, NotFoundError
from parley.lead import Lead, LeadStatus
from parley_aws.http.api import SALES, Answer, Api, Cursor, Limit
from parley_aws.http.csv_file import csv_file
from parley_aws.http.models.leads import (
    ClaimInput,
    LeadChange,
    LeadList,
    LeadOutput,
    LeadTextInput,
    LeadTextOutput,
)
from parley_aws.http.routes.conversions import recorder_of
from parley_aws.http.services import Services
from parley_aws.rules import region_zones, state_rules
from parley_aws.use_cases.lead_work import (
    LeadFilter,
    claim_lead,
    close_lead,
    find_leads,
    get_lead,
    note_answer,
    release_lead,
)
from parley_aws.use_cases.record_conversions import won_order
from parley_aws.use_cases.text_back import TextBack
from parley_aws.use_cases.texting import HandOverText

_TAG = "Leads"
_ATTRIBUTE = "attribute."
_MOST_IN_FILE = 10_000
_COLUMNS = (
    "id", "phone", "first_name", "program", "score", "temperature", "reasons", "reply",
    "received_at", "replies", "status", "owner", "due_at", "created_at", "campaign_id", "send_id",
)  # fmt: skip

Status = Annotated[LeadStatus, Query()]
ProgramId = Annotated[str | None, Query(alias="program", max_length=64)]
MinScore = Annotated[int, Query(ge=0, le=100)]


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.get("/leads", roles=SALES, tag=_TAG, free_query=_ATTRIBUTE)
    def list_leads(
        status: Status = LeadStatus.OPEN,
        program_id: ProgramId = None,
        min_score: MinScore = 0,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> LeadList:
        """List leads, hottest first, then longest waiting.

        `attribute.NAME=value` keeps those whose contact has this attribute.
        """
        wanted = _filter(api, status, program_id, min_score)
        scope = f"leads:{wanted}"
        page = find_leads(
            wanted,
            leads=services.leads(),
            contacts=services.contacts(),
            limit=limit,
            start_key=api.start_key(cursor, scope=scope),
        )
        return LeadList(
            leads=[LeadOutput.of(lead) for lead in page.items],
            next_cursor=api.cursor(page.next_key, scope=scope),
        )

    @api.get("/leads.csv", roles=SALES, tag=_TAG, free_query=_ATTRIBUTE, produces="text/csv")
    def leads_file(
        status: Status = LeadStatus.OPEN, program_id: ProgramId = None, min_score: MinScore = 0
    ) -> Response[str]:
        """Give the same list as a CSV file, up to 10,000 leads."""
        wanted = _filter(api, status, program_id, min_score)
        found: list[Lead] = []
        start_key: str | None = None
        while len(found) < _MOST_IN_FILE:
            page = find_leads(
                wanted,
                leads=services.leads(),
                contacts=services.contacts(),
                limit=500,
                start_key=start_key,
            )
            found += page.items
            start_key = page.next_key
            if start_key is None:
                break
        return Response(
            status_code=200,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="leads.csv"'},
            body=csv_file(_COLUMNS, (_row(lead) for lead in found[:_MOST_IN_FILE])),
        )

    @api.get("/leads/{lead_id}", roles=SALES, tag=_TAG)
    def show_lead(lead_id: str) -> LeadOutput:
        """Show a lead."""
        return LeadOutput.of(get_lead(services.leads(), lead_id))

    @api.post(
        "/leads/{lead_id}/claim",
        roles=SALES,
        tag=_TAG,
        also={409: "Somebody else has it, or it is closed"},
    )
    def claim(lead_id: str, body: Annotated[ClaimInput | None, Body()] = None) -> LeadOutput:
        """Take a lead: of two who try at once, one gets it."""
        owner = (body.owner if body else None) or api.caller.owner
        return LeadOutput.of(claim_lead(services.leads(), lead_id, owner))

    @api.post("/leads/{lead_id}/release", roles=SALES, tag=_TAG, also={409: "It is closed already"})
    def release(lead_id: str) -> LeadOutput:
        """Give a lead back, to be claimed by anyone."""
        return LeadOutput.of(release_lead(services.leads(), lead_id))

    @api.patch(
        "/leads/{lead_id}",
        roles=SALES,
        tag=_TAG,
        also={409: "Opened again while the person has another active lead in the program"},
    )
    def change_lead(lead_id: str, body: Annotated[LeadChange, Body()]) -> LeadOutput:
        """Close a lead as won or lost, or open it again.

        Won with a value is a conversion of the send that the lead came from; an `order_id` that is
        recorded elsewhere too, before or after, counts once.
        """
        status = LeadStatus(body.status)
        if body.value is not None and status is not LeadStatus.WON:
            raise InvalidInputError.of("value", "only a lead that is won has one")
        if body.order_id is not None and body.value is None:
            raise InvalidInputError.of("value", "is required with an order_id")
        if body.value is None:
            return LeadOutput.of(close_lead(services.leads(), lead_id, status, by=api.caller.owner))
        lead = get_lead(services.leads(), lead_id)
        order = won_order(lead, body.order_id, body.value.money(), services.clock().now())
        recorder = recorder_of(services)
        if recorder.is_of_another(order):
            raise InvalidInputError.of("order_id", "was recorded for another number before")
        lead = close_lead(services.leads(), lead_id, status, by=api.caller.owner)
        recorder([order])
        return LeadOutput.of(lead)

    @api.post(
        "/leads/{lead_id}/messages",
        roles=SALES,
        tag=_TAG,
        status=201,
        also={
            200: "This key sent this text before",
            409: "`opted_out`, `quiet_hours` with `allowed_at`, or `idempotency_key`",
        },
    )
    def text_lead(
        lead_id: str,
        idempotency_key: Annotated[
            str, Header(alias="Idempotency-Key", min_length=1, max_length=200)
        ],
        body: Annotated[LeadTextInput, Body()],
    ) -> Answer[LeadTextOutput]:
        """Text somebody back, from the sender they wrote to.

        At any hour within 60 minutes of their last text, else at decent hours; never after STOP.
        """
        lead = get_lead(services.leads(), lead_id)
        program = services.programs().get(lead.program_id)
        if program is None:
            raise NotFoundError("the lead's program is gone")
        text_back = TextBack(
            contacts=services.contacts(),
            journal=services.journal(),
            hand_over=HandOverText(
                contacts=services.contacts(),
                journal=services.journal(),
                provider=services.provider(),
                clock=services.clock(),
            ),
            id_key=services.secret().id_key,
            state_rules=state_rules(),
            region_zones=region_zones(),
        )
        texted = text_back(
            lead,
            program,
            body.body,
            idempotency_key=idempotency_key,
            now=services.clock().now(),
        )
        note_answer(services.ledger(), lead, answered_at=texted.event.occurred_at)
        return Answer(LeadTextOutput.of(texted.event), status=201 if texted.is_new else 200)


def _filter(api: Api, status: LeadStatus, program_id: str | None, min_score: int) -> LeadFilter:
    attributes = {
        name.removeprefix(_ATTRIBUTE): text
        for name, text in api.query().items()
        if name.startswith(_ATTRIBUTE)
    }
    return LeadFilter(
        status=status, program_id=program_id, min_score=min_score, attributes=attributes
    )


def _row(lead: Lead) -> list[object]:
    shown = LeadOutput.of(lead)
    return [
        *(shown.id, shown.phone, shown.first_name, shown.program, shown.score),
        *(shown.temperature, "; ".join(shown.reasons), shown.reply.body),
        *(shown.reply.received_at.isoformat(), shown.replies, shown.status, shown.owner),
        *(shown.due_at.isoformat(), shown.created_at.isoformat()),
        *(shown.campaign_id, shown.send_id),
    ]
