"""What sends, put together: each entry takes the body of a command, or records of a stream.

Imports are inside, so that a function loads only what it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from parley_aws import wiring
from parley_aws.settings import settings

if TYPE_CHECKING:
    from parley_aws.use_cases.ask_consent import AskConsent
    from parley_aws.use_cases.launch_send import LaunchSend
    from parley_aws.use_cases.refusals import Refusals
    from parley_aws.use_cases.rule_book import RuleBook
    from parley_aws.use_cases.send_range import SendRange

Body = Mapping[str, Any]

_wired_once = Lock()
"""Held while ports are made, of which each thread would else make its own."""


def follow_sends(records: Iterable[Mapping[str, Any]]) -> int:
    """Launch, resume and cancel the sends in records of the campaigns table; how many there were"""
    from parley_aws.dynamo.stream import send_changes
    from parley_aws.use_cases.settle_prices import follow_end

    launch = _launch_send()
    followed = 0
    for change in send_changes(records):
        if change.after is not None:
            launch.follow(change.before, change.after)
            follow_end(
                change.before,
                change.after,
                wiring.queue("reconciliations"),
                settings().reconcile_delay,
            )
            followed += 1
    return followed


def handle_launch(body: Body, remaining: Callable[[], timedelta]) -> None:
    """Do what a command on the launches queue says: launch, resolve or requeue."""
    if body["kind"] == "resolve":
        _resolve(body, remaining)
    elif body["kind"] == "requeue":
        _requeue(body["send_id"])
    else:
        send = wiring.sends().get(body["send_id"])
        if send is not None:
            _launch_send().launch(send)


def handle_send(body: Body) -> None:
    """Send to the range that a command on the sends queue names; any number at the same time."""
    from parley_aws.use_cases import ranges

    with _wired_once:
        send = _send_range()
        wiring.spare_collector()
    send(
        ranges.range_of(body),
        not_before=ranges.reserved_from(body),
        parked=ranges.is_parked(body),
    )


def handle_release(body: Body) -> None:
    """Take up what waits for the release that a command on the releases queue names, look at a
    lead whose time has come, or ask people whose consent awaits an answer."""
    if "lead_id" in body:
        from parley_aws.use_cases.lead_time import mark_overdue

        mark_overdue(wiring.leads(), wiring.clock(), body["lead_id"], due=body["due"])
        return
    if "consent_ids" in body:
        _ask_consent()(body["consent_ids"])
        return
    from parley_aws.use_cases.release import release

    release(
        wiring.sends(),
        wiring.queue("sends"),
        wiring.queue("launches"),
        send_id=body["send_id"],
        release=body["release"],
    )


def handle_receipt(body: Body) -> None:
    """Record the delivery receipt in a command on the receipts queue."""
    from parley_aws.twilio_status import receipt_in
    from parley_aws.use_cases.filtering import Filtering
    from parley_aws.use_cases.record_receipt import RecordReceipt
    from parley_aws.use_cases.strikes import Strikes

    receipt = receipt_in(body)
    if receipt is None:
        return
    record = RecordReceipt(
        ledger=wiring.ledger(),
        refusals=_refusals(),
        strikes=Strikes(
            contacts=wiring.contacts(),
            ledger=wiring.ledger(),
            sends=wiring.sends(),
            clock=wiring.clock(),
            id_key=wiring.secret().id_key,
        ),
        sends=wiring.sends(),
        filtering=Filtering(sends=wiring.sends(), metrics=wiring.metrics(), clock=wiring.clock()),
        clock=wiring.clock(),
    )
    record(receipt)


def handle_reconciliation(body: Body) -> None:
    """Settle the message, or the prices, that a command on the reconciliations queue names."""
    from parley_aws.use_cases.reconcile import Reconcile
    from parley_aws.use_cases.settle_prices import PRICES, SettlePrices

    if body.get("kind") == PRICES:
        settle = SettlePrices(
            ledger=wiring.ledger(),
            prices=wiring.provider(),
            commands=wiring.queue("reconciliations"),
            delay=settings().reconcile_delay,
        )
        settle(body["send_id"], start_key=body["start_key"], attempt=body["attempt"])
        return
    reconcile = Reconcile(
        ledger=wiring.ledger(),
        contacts=wiring.contacts(),
        journal=wiring.journal(),
        provider=wiring.provider(),
        reconciliations=wiring.queue("reconciliations"),
        clock=wiring.clock(),
        id_key=wiring.secret().id_key,
        delay=settings().reconcile_delay,
    )
    reconcile(body["message_id"], attempt=body["attempt"])


def _resolve(body: Body, remaining: Callable[[], timedelta]) -> None:
    from parley_aws.use_cases.resolve_audience import Piece, ResolveAudience

    resolve = ResolveAudience(
        sends=wiring.sends(),
        contacts=wiring.contacts(),
        metrics=wiring.metrics(),
        sends_queue=wiring.queue("sends"),
        launches=wiring.queue("launches"),
        clock=wiring.clock(),
    )
    piece = Piece(
        send_id=body["send_id"],
        segment=body["segment"],
        segments=body["segments"],
        page=body["page"],
    )
    wiring.spare_collector()
    resolve(piece, remaining=remaining)


def _requeue(send_id: str) -> None:
    from parley_aws.use_cases.requeue import Requeue

    requeue = Requeue(
        sends=wiring.sends(),
        metrics=wiring.metrics(),
        sends_queue=wiring.queue("sends"),
        scheduler=wiring.scheduler(),
        launch=_launch_send(),
        clock=wiring.clock(),
    )
    requeue(send_id)


def _launch_send() -> LaunchSend:
    from parley_aws.use_cases.launch_send import LaunchSend

    return LaunchSend(
        sends=wiring.sends(),
        scheduler=wiring.scheduler(),
        launches=wiring.queue("launches"),
        clock=wiring.clock(),
    )


def _send_range() -> SendRange:
    from parley_aws.use_cases.hand_over import HandOvers
    from parley_aws.use_cases.send_range import SendRange

    return SendRange(
        sends=wiring.sends(),
        contacts=wiring.contacts(),
        ledger=wiring.ledger(),
        hand_overs=HandOvers(
            sends=wiring.sends(),
            contacts=wiring.contacts(),
            ledger=wiring.ledger(),
            allowance=wiring.allowance(),
            provider=wiring.provider(),
            clock=wiring.clock(),
        ),
        refusals=_refusals(),
        scheduler=wiring.scheduler(),
        sends_queue=wiring.queue("sends"),
        reconciliations=wiring.queue("reconciliations"),
        clock=wiring.clock(),
        rule_book=_rule_book(wiring.secret().id_key),
        reconcile_delay=settings().reconcile_delay,
    )


def _ask_consent() -> AskConsent:
    from parley_aws import rules
    from parley_aws.use_cases.ask_consent import AskConsent
    from parley_aws.use_cases.texting import HandOverText

    return AskConsent(
        contacts=wiring.contacts(),
        journal=wiring.journal(),
        programs=wiring.programs(),
        hand_over=HandOverText(
            contacts=wiring.contacts(),
            journal=wiring.journal(),
            provider=wiring.provider(),
            clock=wiring.clock(),
        ),
        scheduler=wiring.scheduler(),
        clock=wiring.clock(),
        id_key=wiring.secret().id_key,
        state_rules=rules.state_rules(),
        region_zones=rules.region_zones(),
    )


def _refusals() -> Refusals:
    from parley_aws.use_cases.refusals import Refusals

    return Refusals(contacts=wiring.contacts(), journal=wiring.journal(), clock=wiring.clock())


@cache
def _rule_book(id_key: bytes) -> RuleBook:
    from parley_aws import liquid, rules
    from parley_aws.use_cases.rule_book import RuleBook

    return RuleBook(
        id_key=id_key,
        renderer=liquid.renderer,
        state_rules=rules.state_rules(),
        region_zones=rules.region_zones(),
    )
