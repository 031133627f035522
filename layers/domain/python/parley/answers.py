"""What we answer to a text at once, where the provider does not answer it itself, and what we ask.

Source of the contents: CTIA Messaging Principles 5.1 (confirmations name the brand, carry no
marketing); 47 CFR 64.1200(a)(12): one confirmation of an opt-out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from parley.contact import Contact
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.program import KeywordReplies, Program
from parley.reply import LEAVING, Intent, Understanding

MAX_ANSWERS = 3
"""Answers of one kind to one number within `ANSWERS_WINDOW`; two machines soon fall silent."""

ANSWERS_WINDOW = timedelta(hours=24)

_JOINING = frozenset({Intent.OPT_IN, Intent.JOIN, Intent.CONFIRM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A text of ours that answers one of theirs."""

    kind: TextKind
    body: str


def answer_to(
    understanding: Understanding,
    *,
    program: Program | None,
    before: Contact | None,
    subscribed: bool,
    provider_answers: bool,
) -> Answer | None:
    """The answer to a text, or None for silence.

    `before` is the contact as it stood when the text came, `subscribed` whether the text subscribed
    them, and `provider_answers` whether the provider says that it acted on this very text.
    """
    if provider_answers or _is_silent(understanding, program):
        return None
    has_left = before is not None and (
        before.has_left(program.id) if program else before.suppression is not None
    )
    if understanding.intent in LEAVING:
        return None if has_left else _confirmation(understanding.intent, program)
    if program is None:
        return None
    if understanding.intent in _JOINING:
        return _welcome(program) if subscribed else None
    if understanding.intent is Intent.HELP and not (has_left or _is_suppressed(before)):
        return _help(program)
    return None


def opt_in_question(program: Program) -> str:
    """What somebody is asked whose consent counts once they say so (`double_opt_in`)."""
    return program.texts.double_opt_in or (
        f"{program.brand}: Reply YES to get our texts. Message frequency varies. Message and data "
        "rates may apply. Reply HELP for help, STOP to opt out."
    )


def may_answer(journal: Iterable[JournalEvent], kind: TextKind, now: datetime) -> bool:
    """Whether another answer of this kind keeps within `MAX_ANSWERS`."""
    since = now - ANSWERS_WINDOW
    given = sum(
        1
        for event in journal
        if event.kind is JournalKind.TEXT
        and event.details.get("kind") == kind
        and event.occurred_at > since
    )
    return given < MAX_ANSWERS


def _is_silent(understanding: Understanding, program: Program | None) -> bool:
    """Whether the provider is known to answer such a text itself."""
    replies = program.sender.keyword_replies if program else KeywordReplies.TWILIO
    return replies is KeywordReplies.TWILIO and understanding.handled_by_provider


def _is_suppressed(contact: Contact | None) -> bool:
    return contact is not None and contact.suppression is not None


def _confirmation(intent: Intent, program: Program | None) -> Answer:
    if intent is Intent.WRONG_NUMBER:
        body = "Sorry for the mix-up. You will get no more texts from us."
    else:
        body = "You are unsubscribed and will get no more texts."
    if program is not None:
        again = "" if intent is Intent.WRONG_NUMBER else " Reply START to subscribe again."
        body = f"{program.brand}: {body}{again}"
        if intent is Intent.OPT_OUT and program.texts.opt_out:
            body = program.texts.opt_out
    return Answer(kind=TextKind.OPT_OUT_CONFIRMATION, body=body)


def _welcome(program: Program) -> Answer:
    body = program.texts.welcome or (
        f"{program.brand}: You are subscribed. Message frequency varies. Message and data rates "
        "may apply. Reply HELP for help, STOP to opt out."
    )
    return Answer(kind=TextKind.WELCOME, body=body)


def _help(program: Program) -> Answer:
    body = program.texts.help or (
        f"{program.brand}: You get these texts because you subscribed. Message and data rates may "
        "apply. Reply STOP to opt out."
    )
    return Answer(kind=TextKind.HELP, body=body)
