"""Conversions: what people bought, and which texts have the credit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import JsonValue, ValidationError

from parley.errors import FieldProblem, InvalidInputError
from parley_aws.http.api import MARKETERS, SALES, Answer, Api
from parley_aws.http.models.conversions import (
    ConversionInput,
    ConversionOutput,
    ConversionRejection,
    ConversionsAnswer,
    ConversionsInput,
    ConversionsOutput,
)
from parley_aws.http.problem import problems_of
from parley_aws.http.services import Services
from parley_aws.numbers import read_number
from parley_aws.people import registry_of
from parley_aws.use_cases.record_conversions import (
    NewOrder,
    RecordConversions,
    Recorded,
    Rejected,
)

MAX_BODY_BYTES = 1024 * 1024


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.post(
        "/conversions",
        roles=MARKETERS | SALES,
        tag="Conversions",
        status=201,
        also={200: "This order was recorded before, or the request was a batch"},
        max_body_bytes=MAX_BODY_BYTES,
    )
    def record_conversions(
        body: Annotated[ConversionsInput, Body()],
    ) -> Answer[ConversionsAnswer]:
        """Record an order, or up to 500 under `conversions`.

        Each counts once by its `order_id`. The answer says which send has the credit and why: the
        latest text handed over to the number within its campaign's `attribution_hours` before the
        order. Orders may come late and in any order; refunds after their orders.
        """
        single = body.single()
        if body.conversions is None:
            found = _record(services, [single])
            result = found[0]
            if isinstance(result, Rejected):
                raise InvalidInputError(
                    [
                        FieldProblem(field=each.field, message=each.message)
                        for each in found
                        if isinstance(each, Rejected)
                    ]
                )
            shown = ConversionOutput.of(result)
            return Answer(ConversionsAnswer(shown), status=201 if result.is_new else 200)
        if single:
            raise InvalidInputError.of(next(iter(single)), "belongs into a row of conversions")
        results = _record(services, body.conversions)
        recorded = [each for each in results if isinstance(each, Recorded)]
        batch = ConversionsOutput(
            recorded=sum(each.is_new for each in recorded),
            already_recorded=sum(not each.is_new for each in recorded),
            conversions=[ConversionOutput.of(each) for each in recorded],
            rejected=[ConversionRejection.of(e) for e in results if isinstance(e, Rejected)],
        )
        return Answer(ConversionsAnswer(batch), status=200)


def recorder_of(services: Services) -> RecordConversions:
    """The use case that records orders."""
    return RecordConversions(
        orders=services.orders(),
        contacts=services.contacts(),
        journal=services.journal(),
        sends=services.sends(),
        ledger=services.ledger(),
        clock=services.clock(),
        id_key=services.secret().id_key,
    )


def _record(services: Services, rows: Sequence[JsonValue]) -> list[Recorded | Rejected]:
    """What became of each row, in order; a row with several faults is there several times."""
    region = registry_of(services).default_region()
    now = services.clock().now()
    results: list[Recorded | Rejected] = []
    orders = []
    for index, row in enumerate(rows):
        try:
            orders.append(_order(index, row, region, now))
        except InvalidInputError as error:
            results += [
                Rejected(index=index, field=problem.field, message=problem.message)
                for problem in error.problems
            ]
    results += recorder_of(services)(orders)
    return sorted(results, key=lambda result: result.index)


def _order(index: int, row: JsonValue, region: str | None, now: datetime) -> NewOrder:
    """A row as the use case takes it. Raises InvalidInputError."""
    try:
        read = ConversionInput.model_validate(row)
    except ValidationError as error:
        raise InvalidInputError(problems_of(error)) from None
    return NewOrder(
        index=index,
        order_id=read.order_id,
        phone=read_number(read.phone, region).phone,
        value=read.value(),
        occurred_at=read.occurred_at or now,
        refund_of=read.refund_of,
    )
