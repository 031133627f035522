"""Who may be texted because they said so, and who no longer because they said stop (G1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parley.consent import ALL_PROGRAMS, Consent, ConsentKind, OptOut, with_consent, with_opt_out
from parley.contact import Contact, SubscriptionStatus, Suppression, SuppressionReason
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
