"""Sends: estimated, tried out, triggered, watched, paused, resumed and canceled."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Query

from parley.campaign import Campaign
from parley.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parley.number import PhoneNumber
from parley.outcome import MessageStatus
from parley.program import Program
from parley.segment import compile_segment, everyone_of
from parley_aws import liquid
from parley_aws.http.api import MARKETERS, Answer, Api, Cursor, Limit
from parley_aws.http.models.sends import (
    EstimateOutput,
    MessageList,
    MessageOutput,
    SendInput,
    SendList,
    SendOutput,
    SendSummary,
    TestInput,
    TestOutput,
    TestTextOutput,
)
from parley_aws.http.services import Services
from parley_aws.numbers import read_number
from parley_aws.ports import SendContext
from parley_aws.rules import region_zones, state_rules
from parley_aws.use_cases.control_send import cancel_send, pause_send, resume_send
from parley_aws.use_cases.estimate import estimate
from parley_aws.use_cases.read_sends import ListMessages, read_send
from parley_aws.use_cases.rule_book import RuleBook
from parley_aws.use_cases.send_test import SendTest
from parley_aws.use_cases.texting import HandOverText
from parley_aws.use_cases.trigger_send import TriggerSend, would_be_send

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Your name for this request: however often it comes, it is done once",
    ),
]


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.post("/campaigns/{campaign_id}/estimate", roles=MARKETERS, tag="Sends")
    def estimate_send(campaign_id: str) -> EstimateOutput:
        """Estimate what a send of this campaign would do now.

        Decides over the whole audience as a send does, and changes nothing.
        """
        campaign, program = _campaign(services, campaign_id)
        segment = (
            everyone_of(program.id)
            if campaign.segment is None
            else compile_segment(campaign.segment)
        )
        clock = services.clock()
        book = RuleBook(
            id_key=services.secret().id_key,
            renderer=liquid.renderer,
            state_rules=state_rules(),
            region_zones=region_zones(),
        )
        rules = book.rules_of(
            SendContext(
                send=would_be_send(campaign, clock.now()),
                program=program,
                settings=services.programs().settings(),
            )
        )
        found = estimate(services.contacts(), segment, rules, clock)
        return EstimateOutput.of(found, program.price_per_part)

    @api.post(
        "/campaigns/{campaign_id}/test",
        roles=MARKETERS,
        tag="Sends",
        also={429: "There were 20 test texts today"},
    )
    def test_campaign(campaign_id: str, body: Annotated[TestInput, Body()]) -> TestOutput:
        """Text this campaign to a few phones you know.

        They are test phones of the settings or subscribers; opt-outs hold. At most 20 a day,
        outside audience, caps and metrics.
        """
        campaign, program = _campaign(services, campaign_id)
        send_test = SendTest(
            contacts=services.contacts(),
            allowance=services.allowance(),
            hand_over=HandOverText(
                contacts=services.contacts(),
                journal=services.journal(),
                provider=services.provider(),
                clock=services.clock(),
            ),
            clock=services.clock(),
            settings=services.programs().settings(),
        )
        numbers = _numbers(body.phones, program)
        texts = send_test(campaign, program, numbers, liquid.renderer(campaign.body, program))
        return TestOutput(messages=[TestTextOutput.of(text) for text in texts])

    @api.post(
        "/campaigns/{campaign_id}/sends",
        roles=MARKETERS,
        tag="Sends",
        status=202,
        also={
            200: "This key triggered this send before",
            409: "This key came with another body before",
        },
    )
    def trigger_send(
        campaign_id: str,
        idempotency_key: IdempotencyKey,
        body: Annotated[SendInput | None, Body()] = None,
    ) -> Answer[SendSummary]:
        """Trigger a send of a campaign.

        It keeps the campaign's version of this moment, and freezes its audience when it starts.
        """
        trigger = TriggerSend(
            campaigns=services.campaigns(),
            programs=services.programs(),
            sends=services.sends(),
            clock=services.clock(),
            id_key=services.secret().id_key,
        )
        send, is_new = trigger(
            campaign_id,
            idempotency_key=idempotency_key,
            request=(body or SendInput()).request(),
        )
        return Answer(SendSummary.of(send), status=202 if is_new else 200)

    @api.get("/sends", roles=MARKETERS, tag="Sends")
    def list_sends(
        campaign_id: Annotated[str | None, Query(max_length=100)] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> SendList:
        """List sends, newest first."""
        scope = f"sends:{campaign_id or ''}"
        page = services.sends().newest(
            campaign_id=campaign_id,
            limit=limit,
            start_key=api.start_key(cursor, scope=scope),
        )
        return SendList(
            sends=[SendSummary.of(send) for send in page.items],
            next_cursor=api.cursor(page.next_key, scope=scope),
        )

    @api.get("/sends/{send_id}", roles=MARKETERS, tag="Sends")
    def get_send(send_id: str) -> SendOutput:
        """Show a send and what became of its audience so far.

        The counts add up to `audience`, which grows while the send is `resolving`.
        """
        return _shown(services, send_id)

    @api.get("/sends/{send_id}/messages", roles=MARKETERS, tag="Sends")
    def list_messages(
        send_id: str,
        status: Annotated[MessageStatus | None, Query()] = None,
        reason: Annotated[str | None, Query(max_length=100)] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> MessageList:
        """List messages of a send.

        Those with an outcome or deferred come first, then those pending, who have no parts, body
        or reason yet. While the send runs, who moves on between two pages may be missed.
        """
        scope = f"messages:{send_id}:{status or ''}:{reason or ''}"
        find = ListMessages(
            sends=services.sends(), ledger=services.ledger(), id_key=services.secret().id_key
        )
        page = find(
            send_id,
            status=status,
            reason=reason,
            limit=limit,
            start_key=api.start_key(cursor, scope=scope),
        )
        return MessageList(
            messages=[MessageOutput.of(message) for message in page.items],
            next_cursor=api.cursor(page.next_key, scope=scope),
        )

    ended = {409: "The send has ended"}

    @api.post("/sends/{send_id}/pause", roles=MARKETERS, tag="Sends", also=ended)
    def pause(send_id: str) -> SendOutput:
        """Pause a send.

        What is not handed over yet waits. What waits longer than the send lives will expire.
        """
        pause_send(services.sends(), services.clock(), send_id)
        return _shown(services, send_id)

    @api.post("/sends/{send_id}/resume", roles=MARKETERS, tag="Sends", also=ended)
    def resume(send_id: str) -> SendOutput:
        """Go on with a paused send."""
        resume_send(services.sends(), services.clock(), send_id)
        return _shown(services, send_id)

    @api.post("/sends/{send_id}/cancel", roles=MARKETERS, tag="Sends", also=ended)
    def cancel(send_id: str) -> SendOutput:
        """Cancel a send.

        Nothing more is handed over; what waited becomes `canceled`. There is no way back.
        """
        launches = services.queue("launches")
        cancel_send(services.sends(), services.clock(), send_id, launches=launches)
        return _shown(services, send_id)


def _shown(services: Services, send_id: str) -> SendOutput:
    state = read_send(services.sends(), services.metrics(), services.clock(), send_id)
    return SendOutput.of_state(state)


def _campaign(services: Services, campaign_id: str) -> tuple[Campaign, Program]:
    campaign = services.campaigns().get(campaign_id)
    if campaign is None:
        raise NotFoundError("no such campaign")
    program = services.programs().get(campaign.program_id)
    if program is None:
        raise ConflictError("the campaign's program is gone; PATCH the campaign")
    return campaign, program


def _numbers(phones: list[str], program: Program) -> list[PhoneNumber]:
    """The numbers, each once. Raises InvalidInputError naming every one that is none."""
    problems = []
    numbers: dict[str, PhoneNumber] = {}
    for i, phone in enumerate(phones):
        try:
            number = read_number(phone, program.default_region)
            numbers[number.phone] = number
        except InvalidInputError as error:
            problems += [
                FieldProblem(field=f"phones[{i}]", message=p.message) for p in error.problems
            ]
    if problems:
        raise InvalidInputError(problems)
    return list(numbers.values())
