"""Who may be texted because they said so, and who no longer because they said stop (G1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from parley.consent import (
    ALL_PROGRAMS,
    REPLIED,
    TEXTED,
    Consent,
    ConsentKind,
    OptOut,
    awaits_answer,
    carrier_blocks,
    consent_event,
    left_at,
    opt_out_event,
    with_consent,
    with_opt_out,
)
from parley.contact import (
    Contact,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from parley.journal import JournalEvent, JournalKind
from parley.strikes import Strike
from tests.unit.domain.builders import NOON, contact


def consent(kind: ConsentKind, *, program_id: str = "pizza", minutes: int = 1) -> Consent:
    return Consent(
        event_id="e2",
        program_id=program_id,
        kind=kind,
        source="web form",
        obtained_at=NOON - timedelta(days=1),
        recorded_at=NOON + timedelta(minutes=minutes),
    )


def opt_out(scope: str = ALL_PROGRAMS) -> OptOut:
    return OptOut(event_id="e3", scope=scope, source="sms", occurred_at=NOON)


def stranger() -> Contact:
    return contact(subscriptions={})


@pytest.mark.parametrize(
    ("double_opt_in", "status"),
    [(False, SubscriptionStatus.SUBSCRIBED), (True, SubscriptionStatus.PENDING)],
)
def test_bulk_consent_subscribes_a_newcomer(
    double_opt_in: bool, status: SubscriptionStatus
) -> None:
    after = with_consent(stranger(), consent(ConsentKind.BULK), double_opt_in=double_opt_in)
    assert after is not None
    assert after.subscription_status("pizza") is status
    assert after.sending.version == 1


@pytest.mark.parametrize("scope", [ALL_PROGRAMS, "pizza"])
def test_g1_bulk_consent_never_revives(scope: str) -> None:
    gone = with_opt_out(contact(), opt_out(scope))
    assert with_consent(gone, consent(ConsentKind.BULK), double_opt_in=False) is None


def test_bulk_consent_changes_nothing_for_a_subscriber() -> None:
    subscriber = contact()
    assert with_consent(subscriber, consent(ConsentKind.BULK), double_opt_in=True) is subscriber


@pytest.mark.parametrize("scope", [ALL_PROGRAMS, "pizza"])
def test_their_own_word_revives_them_in_that_program(scope: str) -> None:
    gone = with_opt_out(contact(), opt_out(scope))
    back = with_consent(gone, consent(ConsentKind.PERSONAL), double_opt_in=True)
    assert back is not None
    assert back.subscription_status("pizza") is SubscriptionStatus.SUBSCRIBED
    assert not back.has_left("pizza")


def test_g1_coming_back_to_one_program_does_not_bring_back_the_others() -> None:
    both = with_consent(
        contact(),
        consent(ConsentKind.BULK, program_id="shoes", minutes=-60),
        double_opt_in=False,
    )
    assert both is not None
    back = with_consent(
        with_opt_out(both, opt_out()), consent(ConsentKind.PERSONAL), double_opt_in=False
    )
    assert back is not None
    assert back.subscription_status("shoes") is SubscriptionStatus.OPTED_OUT
    assert back.has_left("shoes")


def test_g1_of_a_stop_and_a_start_at_one_moment_the_stop_stands() -> None:
    together = consent(ConsentKind.PERSONAL, minutes=0)
    started = with_consent(contact(), together, double_opt_in=False)
    assert started is not None
    assert with_opt_out(started, opt_out()).has_left("pizza")


def test_g1_an_opt_out_from_one_program_leaves_the_others() -> None:
    after = with_opt_out(contact(), opt_out("shoes"))
    assert after.has_left("shoes")
    assert not after.has_left("pizza")


@pytest.mark.parametrize("scope", [ALL_PROGRAMS, "pizza"])
def test_g1_an_opt_out_moves_the_version_that_claims_depend_on(scope: str) -> None:
    before = contact()
    assert with_opt_out(before, opt_out(scope)).sending.version == before.sending.version + 1


def test_an_unreachable_number_has_not_left() -> None:
    unreachable = Suppression(reason=SuppressionReason.UNREACHABLE, since=NOON)
    assert not contact(suppression=unreachable).has_left("pizza")


def test_g1_an_erased_number_is_not_brought_back_in_bulk() -> None:
    erased = contact(
        subscriptions={}, suppression=Suppression(reason=SuppressionReason.ERASED, since=NOON)
    )
    assert with_consent(erased, consent(ConsentKind.BULK), double_opt_in=False) is None


def test_bulk_consent_of_a_number_out_of_reach_subscribes_it_and_does_not_lift_that() -> None:
    unreachable = Suppression(reason=SuppressionReason.UNREACHABLE, since=NOON)
    after = with_consent(
        contact(subscriptions={}, suppression=unreachable),
        consent(ConsentKind.BULK),
        double_opt_in=False,
    )
    assert after is not None
    assert after.suppression == unreachable


def test_a_subscription_names_the_event_that_says_why() -> None:
    after = with_consent(stranger(), consent(ConsentKind.BULK), double_opt_in=False)
    assert after is not None
    assert after.subscriptions["pizza"] == Subscription(
        status=SubscriptionStatus.SUBSCRIBED, since=NOON + timedelta(minutes=1), event_id="e2"
    )


def test_their_own_word_forgets_strikes() -> None:
    struck = contact(strikes=(Strike(send_id="snd_1", error_code="30003", at=NOON),))
    back = with_consent(struck, consent(ConsentKind.PERSONAL), double_opt_in=False)
    assert back is not None
    assert back.strikes == ()


def test_g1_an_opt_out_from_everything_suppresses_the_number() -> None:
    after = with_opt_out(contact(), opt_out())
    assert after.suppression == Suppression(reason=SuppressionReason.OPTED_OUT, since=NOON)
    assert after.left_all_at == NOON
    assert after.subscriptions == contact().subscriptions


def test_an_opt_out_from_one_program_is_on_record_there() -> None:
    after = with_opt_out(contact(), opt_out("pizza"))
    assert after.subscriptions["pizza"] == Subscription(
        status=SubscriptionStatus.OPTED_OUT, since=NOON, event_id="e3"
    )
    assert after.suppression is None
    assert after.left_all_at is None


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, None),
        ({"left_all_at": NOON}, NOON),
        (
            {
                "subscriptions": {
                    "pizza": Subscription(
                        status=SubscriptionStatus.OPTED_OUT, since=NOON, event_id="e"
                    )
                },
                "left_all_at": NOON - HOUR,
            },
            NOON,
        ),
        (
            {"suppression": Suppression(reason=SuppressionReason.OPTED_OUT, since=NOON + HOUR)},
            NOON + HOUR,
        ),
        ({"suppression": Suppression(reason=SuppressionReason.UNREACHABLE, since=NOON)}, None),
        ({"subscriptions": {}}, None),
    ],
)
def test_when_somebody_left_is_the_last_time_they_did(
    changes: dict[str, Any], left: datetime | None
) -> None:
    assert left_at(contact(**changes), "pizza") == left


def test_the_journal_keeps_all_that_is_known_of_a_consent() -> None:
    full = replace(
        consent(ConsentKind.PERSONAL), wording="I agree", evidence={"page": "/join", "ip": "x"}
    )
    assert consent_event(full, "+13125550123") == JournalEvent(
        id="e2",
        phone="+13125550123",
        kind=JournalKind.CONSENT,
        occurred_at=NOON - timedelta(days=1),
        program_id="pizza",
        details={
            "kind": "personal",
            "source": "web form",
            "recorded_at": "2026-06-10T17:01:00+00:00",
            "wording": "I agree",
            "evidence": '{"ip": "x", "page": "/join"}',
        },
    )
    bare = consent_event(consent(ConsentKind.BULK), "+13125550123")
    assert bare.details.keys() == {"kind", "source", "recorded_at"}


def test_a_consent_under_double_opt_in_awaits_an_answer() -> None:
    asked = consent_event(consent(ConsentKind.BULK), "+1", awaits_answer=True)
    assert asked.details["awaits"] == "answer"
    assert awaits_answer(asked)
    assert not awaits_answer(consent_event(consent(ConsentKind.BULK), "+1"))
    assert not awaits_answer(replace(asked, kind=JournalKind.OPT_OUT))


@pytest.mark.parametrize(("scope", "program_id"), [(ALL_PROGRAMS, None), ("pizza", "pizza")])
def test_the_journal_keeps_all_that_is_known_of_an_opt_out(
    scope: str, program_id: str | None
) -> None:
    noted = replace(opt_out(scope), note="by phone")
    assert opt_out_event(noted, "+13125550123") == JournalEvent(
        id="e3",
        phone="+13125550123",
        kind=JournalKind.OPT_OUT,
        occurred_at=NOON,
        program_id=program_id,
        details={"scope": scope, "source": "sms", "note": "by phone"},
    )
    assert "note" not in opt_out_event(opt_out(scope), "+13125550123").details


@pytest.mark.parametrize(
    ("story", "blocks"),
    [
        ("", False),
        ("stop", True),
        ("stop start", False),
        ("start stop", True),
        ("stop start stop", True),
        ("said", False),
        ("stop form", True),
        ("stop reply", True),
    ],
)
def test_the_carrier_blocks_from_a_texted_stop_to_a_texted_start(story: str, blocks: bool) -> None:
    events = {
        "stop": opt_out_event(replace(opt_out(), source=TEXTED), "+1"),
        "said": opt_out_event(replace(opt_out(), source=REPLIED), "+1"),
        "start": consent_event(replace(consent(ConsentKind.PERSONAL), source=TEXTED), "+1"),
        "form": consent_event(consent(ConsentKind.PERSONAL), "+1"),
        "reply": JournalEvent(
            id="r",
            phone="+1",
            kind=JournalKind.REPLY,
            occurred_at=NOON,
            program_id=None,
            details={"source": TEXTED},
        ),
    }
    assert carrier_blocks([events[word] for word in story.split()]) is blocks
