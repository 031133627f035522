"""Claims on a contact: who may text them now, and who did lately (G1, G2, G3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from parley.caps import FrequencyCap, all_allow
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW, LONGEST_WINDOW, Claim, Sending
from tests.unit.domain.builders import NOON, claim

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
RETENTION = timedelta(days=15)


def claimed(sending: Sending, new: Claim, *, discloses: bool = False) -> Sending:
    return sending.with_claim(new, discloses=discloses, now=NOON, retention=RETENTION)


def test_g1_a_claim_is_open_until_its_end_and_not_at_it() -> None:
    open_claim = claim(NOON)
    assert open_claim.is_open(NOON - TICK)
    assert not open_claim.is_open(NOON)


def test_only_a_sends_claim_is_promotional() -> None:
    assert claim(NOON, send="snd_1").is_promotional
    assert not claim(NOON, send="text-1").is_promotional


def test_g3_a_send_finds_its_own_claim_among_others() -> None:
    mine, other = claim(NOON, send="snd_a"), claim(NOON, send="snd_b")
    sending = Sending(claims=(other, mine))
    assert sending.claim_of("snd_a") is mine
    assert sending.claim_of("snd_c") is None


def test_a_claim_comes_last_and_moves_the_version_by_one() -> None:
    first, second = claim(NOON, send="snd_a"), claim(NOON, send="snd_b")
    after = claimed(claimed(Sending(version=7), first), second)
    assert after == Sending(version=9, claims=(first, second))


@pytest.mark.parametrize(
    ("program_id", "window"), [("pizza", RETENTION), ("shoes", LONGEST_WINDOW)]
)
def test_g2_claims_are_forgotten_only_once_no_cap_looks_back_at_them(
    program_id: str, window: timedelta
) -> None:
    lapsed = NOON - window - CLOCK_SKEW
    gone = claim(lapsed, send="snd_gone", program_id=program_id)
    kept = claim(lapsed + TICK, send="snd_kept", program_id=program_id)
    new = claim(NOON, send="snd_new")
    assert claimed(Sending(claims=(gone, kept)), new).claims == (kept, new)


def test_g2_another_programs_claims_are_kept_for_a_longer_retention_too() -> None:
    old = claim(NOON - LONGEST_WINDOW - DAY, send="snd_old", program_id="shoes")
    new = claim(NOON, send="snd_new")
    after = Sending(claims=(old,)).with_claim(
        new, discloses=False, now=NOON, retention=LONGEST_WINDOW + 2 * DAY
    )
    assert after.claims == (old, new)


def test_a_claim_that_discloses_is_noted_for_its_program_alone() -> None:
    before = Sending(disclosed={"pizza": NOON - DAY, "shoes": NOON - DAY})
    told = claimed(before, claim(NOON + CLAIM_PERIOD), discloses=True)
    assert told.disclosed == {"pizza": NOON, "shoes": NOON - DAY}
    silent = claimed(before, claim(NOON + CLAIM_PERIOD), discloses=False)
    assert silent.disclosed == before.disclosed


def test_g2_a_slot_given_back_is_that_of_one_claim() -> None:
    mine, other = claim(NOON, send="snd_a"), claim(NOON, send="snd_b")
    after = Sending(version=3, claims=(mine, other)).without_claim(mine)
    assert after == Sending(version=4, claims=(other,))


def test_what_a_refused_text_would_have_disclosed_is_due_again() -> None:
    refused = claim(NOON + CLAIM_PERIOD)
    others = {"shoes": NOON, "hats": NOON - DAY}
    told = claimed(Sending(disclosed=others), refused, discloses=True)
    assert told.without_claim(refused).disclosed == others


def test_what_an_earlier_text_disclosed_stays_disclosed() -> None:
    sending = Sending(claims=(claim(NOON),), disclosed={"pizza": NOON - DAY})
    assert sending.without_claim(claim(NOON)).disclosed == {"pizza": NOON - DAY}


def test_g1_an_opt_out_waits_for_the_last_claim_that_is_open() -> None:
    sending = Sending(
        claims=(
            claim(NOON + 2 * TICK, send="snd_a"),
            claim(NOON + 5 * TICK, send="snd_b"),
            claim(NOON - TICK, send="snd_c"),
        )
    )
    assert sending.open_until(NOON) == NOON + 5 * TICK
    assert sending.open_until(NOON + DAY) is None
    assert Sending().open_until(NOON) is None


@pytest.mark.parametrize(("taken", "allowed"), [(0, True), (1, True), (2, False), (3, False)])
def test_g2_a_cap_of_two_allows_two(taken: int, allowed: bool) -> None:
    cap = FrequencyCap(max_messages=2, window_hours=24)
    claims = [claim(NOON, send=f"snd_{n}") for n in range(taken)]
    assert cap.allows_another(claims, NOON) is allowed


def test_g2_texts_that_are_no_sends_take_no_slot() -> None:
    cap = FrequencyCap(max_messages=1, window_hours=24)
    assert cap.allows_another([claim(NOON, send="text-1")], NOON)


def test_g2_every_cap_sees_every_claim() -> None:
    caps = [
        FrequencyCap(max_messages=9, window_hours=24),
        FrequencyCap(max_messages=1, window_hours=24),
    ]
    assert not all_allow(caps, iter([claim(NOON)]), NOON)
    assert all_allow(caps, iter([]), NOON)
    assert all_allow([], iter([claim(NOON)]), NOON)


def test_a_contacts_first_version_is_the_millisecond_it_is_made() -> None:
    """Above whatever an earlier life of its number was written under."""
    made = datetime(2026, 11, 27, 18, 0, 0, 1_000, tzinfo=UTC)
    assert Sending.begun(made) == Sending(version=1_795_802_400_001)
