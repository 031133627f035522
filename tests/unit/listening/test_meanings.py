"""Meanings that matter to who hears a reply: who leaves, who complains, who is a machine."""

import pytest

from parley.lead import score_lead
from parley.reply import Intent, Listening, classify_reply

PLAIN = Listening(lead_keywords=("YES",))


@pytest.mark.parametrize(
    "text",
    ["Wrong number", "sorry, you have the wrong number!", "Número equivocado", "wrong person"],
)
def test_a_wrong_number_says_so(text: str) -> None:
    assert classify_reply(text, PLAIN).intent is Intent.WRONG_NUMBER


@pytest.mark.parametrize(
    "text", ["this is spam", "I'm reporting you to the FCC", "my lawyer says hi"]
)
def test_a_complaint_is_flagged_and_makes_no_lead(text: str) -> None:
    intent = classify_reply(text, PLAIN).intent
    assert intent is Intent.COMPLAINT
    assert score_lead(intent, text, after=None) is None


@pytest.mark.parametrize(
    "text",
    [
        "I'm driving with Do Not Disturb turned on. I'll see your message when I get there.",
        "Auto-reply: I am out of the office until Monday",
    ],
)
def test_an_automatic_answer_makes_no_lead(text: str) -> None:
    intent = classify_reply(text, PLAIN).intent
    assert intent is Intent.OUT_OF_OFFICE
    assert score_lead(intent, text, after=None) is None


@pytest.mark.parametrize(
    ("text", "handled"),
    [
        ("HELP", True),
        ("info", True),
        ("Help!", False),
        ("ayuda", False),
        ("START", True),
        (" unstop ", True),
        ("Start.", False),
    ],
)
def test_the_provider_answers_whole_keywords_only(text: str, handled: bool) -> None:
    assert classify_reply(text, PLAIN).handled_by_provider is handled
