"""What the provider's codes mean."""

from __future__ import annotations

import pytest

from parley.contact import SuppressionReason
from parley.provider_errors import ErrorMeaning, meaning_of, stops_send, suppression_of


@pytest.mark.parametrize(
    ("meaning", "codes"),
    [
        (ErrorMeaning.NUMBER, "21211 21614 21635 30006"),
        (ErrorMeaning.OPTED_OUT, "21610"),
        (ErrorMeaning.STRIKE, "30003 30004 30005 30008 30017 30410"),
        (ErrorMeaning.CONTENT, "21602 21617 21618 30007 30019"),
        (
            ErrorMeaning.CONFIGURATION,
            "20003 20005 21603 21606 21609 21624 21701 21703 21704 21705",
        ),
        (
            ErrorMeaning.CONFIGURATION,
            "30002 30032 30033 30034 30035 35111 35114 35118",
        ),
        (
            ErrorMeaning.THROTTLED,
            "14107 20429 21611 30001 30022 30023 30027 63017 63018",
        ),
        (ErrorMeaning.AMBIGUOUS, "20500 20503"),
        (ErrorMeaning.MESSAGE, "21408 21612 30036 12345 0"),
    ],
)
def test_every_code_has_its_meaning(meaning: ErrorMeaning, codes: str) -> None:
    assert {meaning_of(code) for code in codes.split()} == {meaning}


def test_no_code_speaks_of_nothing_but_the_message() -> None:
    assert meaning_of(None) is ErrorMeaning.MESSAGE
    assert suppression_of(None) is None
    assert stops_send(None) is None


@pytest.mark.parametrize(
    ("code", "from_toll_free", "reason"),
    [
        ("30006", False, SuppressionReason.UNREACHABLE),
        ("21610", False, SuppressionReason.CARRIER_BLOCK),
        ("30003", False, None),
        ("30004", False, None),
        ("30004", True, SuppressionReason.CARRIER_BLOCK),
        ("30003", True, None),
        ("30006", True, SuppressionReason.UNREACHABLE),
    ],
)
def test_some_codes_suppress_at_once(
    code: str, from_toll_free: bool, reason: SuppressionReason | None
) -> None:
    assert suppression_of(code, from_toll_free=from_toll_free) is reason
    if not from_toll_free:
        assert suppression_of(code) is reason


def test_our_own_set_up_stops_a_send_and_says_why() -> None:
    assert stops_send("30002") == "30002: the account is suspended"
    assert stops_send("21618") == "21618: the text is filtered by all carriers"
    assert [stops_send(code) for code in ("21408", "21602", "21617", "30007", "20429")] == [
        None
    ] * 5
