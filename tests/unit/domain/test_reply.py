"""What texts mean, in the order in which meanings are tried."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.reply import Intent, Listening, classify_reply
from parley.words import normalize

PLAIN = Listening()
I = Intent  # noqa: E741


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("STOP", I.OPT_OUT),
        ("  stop. ", I.OPT_OUT),
        ("Stop!!! 🛑", I.OPT_OUT),
        ("StopAll", I.OPT_OUT),
        ("opt-out", I.OPT_OUT),
        ("ARRÊT", I.OPT_OUT),
        ("Stop please", I.OPT_OUT),
        ("please stop texting me", I.OPT_OUT),
        ("Take me off", I.OPT_OUT),
        ("no more texts, thanks", I.OPT_OUT),
        ("don’t text me", I.OPT_OUT),
        ("yes but please stop texting me", I.OPT_OUT),
        ("HELP", I.HELP),
        ("start", I.OPT_IN),
        ("UNSTOP", I.OPT_IN),
        ("Yes please! what time?", I.INTEREST),
        ("count me in", I.INTEREST),
        ("Sí", I.INTEREST),
        ("what time do you close", I.QUESTION),
        ("Is it gluten free?", I.QUESTION),
        ("no thanks", I.DECLINE),
        ("lol", I.CHATTER),
        ("", I.CHATTER),
        ("I'll stop by tomorrow", I.CHATTER),
        ("can't stop eating this pizza", I.CHATTER),
        ("cancel my 3pm", I.CHATTER),
    ],
)
def test_meanings(text: str, intent: Intent) -> None:
    assert classify_reply(text, PLAIN).intent is intent


@pytest.mark.parametrize(
    ("text", "listening", "intent"),
    [
        ("yes", Listening(awaits_confirmation=True, lead_keywords=("YES",)), I.CONFIRM),
        ("YES", Listening(lead_keywords=("YES",)), I.LEAD_KEYWORD),
        ("yes hold mine", Listening(lead_keywords=("YES",)), I.LEAD_KEYWORD),
        ("eyes", Listening(lead_keywords=("YES",)), I.CHATTER),
        ("Pizza", Listening(join_keywords=("PIZZA",), lead_keywords=("PIZZA",)), I.JOIN),
        ("I love pizza", Listening(join_keywords=("PIZZA",)), I.CHATTER),
        ("STOP", Listening(join_keywords=("STOP",), awaits_confirmation=True), I.OPT_OUT),
        ("help", Listening(lead_keywords=("HELP",)), I.HELP),
    ],
)
def test_the_order_of_meanings(text: str, listening: Listening, intent: Intent) -> None:
    assert classify_reply(text, listening).intent is intent


@pytest.mark.parametrize(
    ("text", "handled"),
    [("Stop", True), (" STOP ", True), ("STOP!", False), ("opt out", False), ("arret", False)],
)
def test_only_whole_keywords_are_answered_by_the_provider(text: str, handled: bool) -> None:
    assert classify_reply(text, PLAIN).handled_by_provider is handled


@given(st.text())
def test_any_text_has_a_meaning(text: str) -> None:
    assert classify_reply(text, PLAIN).why


@given(
    keyword=st.sampled_from(["stop", "unsubscribe", "quit", "arret", "baja", "opt out"]),
    before=st.text(alphabet=" \n\t.!*'\"", max_size=5),
    after=st.text(alphabet=" \n\t.!?*'\"🙏🛑😡", max_size=5),
    upper=st.booleans(),
)
def test_dressing_a_keyword_up_changes_nothing(
    keyword: str, before: str, after: str, upper: bool
) -> None:
    text = before + (keyword.upper() if upper else keyword.title()) + after
    assert classify_reply(text, PLAIN).intent is Intent.OPT_OUT


def test_normalize_strips_accents_apostrophes_and_emoji() -> None:
    assert normalize("  ¡Sí, don’t—STOP! 🛑 ") == "si dont stop"
