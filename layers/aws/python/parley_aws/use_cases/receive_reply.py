"""Hear an inbound text: what changes consent is written at once, the rest is queued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from parley import ids
from parley.answers import Answer, answer_to, may_answer
from parley.consent import (
    ALL_PROGRAMS,
    REPLIED,
    TEXTED,
    Consent,
    ConsentKind,
    OptOut,
    consent_event,
    left_at,
    opt_out_event,
    with_consent,
)
from parley.contact import Contact, SubscriptionStatus
from parley.errors import TransientError
from parley.inbound import InboundText
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.parts import count_parts
from parley.program import KeywordReplies, OptOutScope, Program
from parley.reply import (
    LEAVING,
    Intent,
    Listening,
    Understanding,
    as_reported,
    classify_reply,
)
from parley_aws.ports import Clock, ContactStore, Journal, ProgramStore, Queue
from parley_aws.use_cases.open_claims import OpenClaims
from parley_aws.use_cases.registry import erased_key, erased_since, newcomer
from parley_aws.use_cases.starting import Start, in_turn

_JOINING = frozenset({Intent.OPT_IN, Intent.JOIN, Intent.CONFIRM})
_ROUNDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """A text with all that is known when it comes; `before` is the contact as it then stood."""

    text: InboundText
    program: Program | None
    before: Contact | None
    understanding: Understanding
    received_at: datetime
    is_repeated: bool

    @property
    def source(self) -> str:
        """Where a consent or opt-out by this text comes from."""
        replies = self.program.sender.keyword_replies if self.program else KeywordReplies.TWILIO
        by_carrier = self.understanding.handled_by_provider and replies is not KeywordReplies.OURS
        return TEXTED if by_carrier else REPLIED

    @property
    def scope(self) -> str:
        """How far an opt-out by this text reaches."""
        program = self.program
        if (
            program is None
            or program.opt_out_scope is OptOutScope.ALL
            or self.understanding.intent is Intent.WRONG_NUMBER
        ):
            return ALL_PROGRAMS
        return program.id


class ReceiveReply:
    """Hears one text; hearing it again changes nothing.

    `locate` makes a contact of whom nothing but the number is known. `start` has what is read first
    read side by side.
    """

    def __init__(
        self,
        *,
        contacts: ContactStore,
        journal: Journal,
        programs: ProgramStore,
        open_claims: OpenClaims,
        replies: Queue,
        clock: Clock,
        id_key: bytes,
        locate: Callable[[str, datetime], Contact],
        start: Start = in_turn,
    ) -> None:
        self._contacts = contacts
        self._journal = journal
        self._programs = programs
        self._open_claims = open_claims
        self._replies = replies
        self._clock = clock
        self._id_key = id_key
        self._locate = locate
        self._start = start

    def __call__(self, text: InboundText) -> str | None:
        """Hear a text; what to answer at once, or None for silence.

        When this returns after an opt-out, no hand-over to the number in its scope starts (G1).
        Raises TransientError where something failed; what was written by then stands, and hearing
        the text again completes it.
        """
        heard = self._hear(text)
        events = []
        gone = None
        subscription = None
        if heard.understanding.intent in LEAVING:
            gone = self._leave(heard)
            events.append(opt_out_event(_opt_out(heard), text.phone))
        elif heard.understanding.intent in _JOINING and heard.program is not None:
            subscription = self._subscribe(heard, heard.program)
            if subscription is not None:
                events.append(consent_event(subscription, text.phone))
        answer = self._answer(heard, subscribed=subscription is not None)
        events.append(_reply_event(heard))
        if answer is not None:
            events.append(_text_event(heard, answer, self._clock.now()))
        self._journal.append(events)
        group = ids.keyed_hash(self._id_key, "phone", text.phone)
        self._replies.send([{"sid": text.sid}], group=group)
        if gone is not None:
            self._open_claims.wait_out(gone, heard.scope)
            self._open_claims.wait_out(self._stand(heard, gone), heard.scope)
        return answer.body if answer else None

    def _hear(self, text: InboundText) -> _Heard:
        received_at = self._clock.now()
        finding_program = self._start(lambda: self._program_of(text))
        before = self._contacts.get(text.phone)
        program = finding_program()
        listening = Listening(
            brand=program.brand if program else "",
            join_keywords=program.join_keywords if program else (),
            awaits_confirmation=_awaits_confirmation(before, program, text),
        )
        understanding = as_reported(
            classify_reply(text.body, listening), text.body, text.opt_out_type
        )
        first = self._heard_before(text, understanding)
        return _Heard(
            text=text,
            program=program,
            before=before,
            understanding=_as_journaled(first) if first else understanding,
            received_at=first.occurred_at if first else received_at,
            is_repeated=first is not None,
        )

    def _heard_before(self, text: InboundText, understanding: Understanding) -> JournalEvent | None:
        """This text as it was heard the first time, if that makes a difference now: what does not
        change where the contact stands is only journaled, which is done once anyway."""
        if understanding.intent not in LEAVING | _JOINING:
            return None
        return self._journal.reply(text.sid)

    def _program_of(self, text: InboundText) -> Program | None:
        by_service = self._programs.by_sender(text.service) if text.service else None
        return by_service or self._programs.by_sender(text.to)

    def _leave(self, heard: _Heard) -> Contact:
        """Write the opt-out, unconditionally; but once it is in force, a repetition of the text
        must not undo what the person asked for since."""
        if heard.is_repeated and heard.before is not None and _is_in_force(heard, heard.before):
            return heard.before
        return self._write_leaving(heard, _opt_out(heard))

    def _stand(self, heard: _Heard, gone: Contact) -> Contact:
        """The contact with the opt-out written once more before it is answered: a START that was
        heard meanwhile came in no known order, and the opt-out stands."""
        if heard.is_repeated:
            return gone
        again = replace(_opt_out(heard), occurred_at=self._clock.now())
        return self._write_leaving(heard, again)

    def _write_leaving(self, heard: _Heard, opt_out: OptOut) -> Contact:
        return self._contacts.opt_out(
            heard.text.phone, opt_out, otherwise=lambda: self._newcomer(heard)
        )

    def _newcomer(self, heard: _Heard) -> Contact:
        """Of whom nothing is known but that their number may have been erased: that holds in the
        programs that they do not leave, too."""
        located = self._locate(heard.text.phone, heard.received_at)
        return newcomer(located, self._erased(heard))

    def _subscribe(self, heard: _Heard, program: Program) -> Consent | None:
        """Write the consent, unless an opt-out is later or came in between, or an erasure did:
        that one stands."""
        consent = _consent(heard, program)
        seen = left_at(heard.before, program.id) if heard.before else None
        if seen is not None and seen >= consent.recorded_at:
            return None
        contact = heard.before
        for _ in range(_ROUNDS):
            if contact is not None:
                if left_at(contact, program.id) != seen:
                    return None
                if _is_subscribed_by(contact, consent):
                    return consent
            elif erased_since(self._erased(heard), heard.received_at):
                return None
            changed = with_consent(
                contact or self._locate(heard.text.phone, self._clock.now()),
                consent,
                double_opt_in=program.double_opt_in,
            )
            expected = contact.sending.version if contact else None
            if changed is not None and self._contacts.save(changed, expected_version=expected):
                return consent
            contact = self._contacts.get(heard.text.phone)
            if contact is None and heard.before is not None:
                return None
        raise TransientError("the contact keeps changing; the consent was not written")

    def _erased(self, heard: _Heard) -> Contact | None:
        """The entry that keeps the number suppressed, if it was erased."""
        return self._contacts.get(erased_key(self._id_key, heard.text.phone))

    def _answer(self, heard: _Heard, *, subscribed: bool) -> Answer | None:
        answer = answer_to(
            heard.understanding,
            program=heard.program,
            before=heard.before,
            subscribed=subscribed,
            provider_answers=heard.text.opt_out_type is not None,
        )
        if answer is None:
            return None
        if answer.kind is TextKind.HELP and heard.before is None and self._erased(heard):
            return None
        journal = self._journal.of(heard.text.phone)
        if any(event.id == _text_id(heard.text) for event in journal):
            return None
        if answer.kind is TextKind.OPT_OUT_CONFIRMATION:
            return answer
        return answer if may_answer(journal, answer.kind, self._clock.now()) else None


def _as_journaled(event: JournalEvent) -> Understanding:
    return Understanding(
        intent=Intent(event.details["intent"]),
        why=event.details["why"],
        handled_by_provider=event.details["answered_by"] == "provider",
    )


def _awaits_confirmation(
    contact: Contact | None, program: Program | None, text: InboundText
) -> bool:
    """Whether a yes is what we wait for; also the one that confirmed, when it is heard again."""
    if contact is None or program is None or contact.has_left(program.id):
        return False
    subscription = contact.subscriptions.get(program.id)
    return subscription is not None and (
        subscription.status is SubscriptionStatus.PENDING
        or subscription.event_id == _consent_id(text)
    )


def _is_in_force(heard: _Heard, contact: Contact) -> bool:
    """Whether the contact has left by this text already, or by a later one, or came back since."""
    if heard.scope == ALL_PROGRAMS:
        return contact.left_all_at is not None and contact.left_all_at >= heard.received_at
    subscription = contact.subscriptions.get(heard.scope)
    return subscription is not None and subscription.since >= heard.received_at


def _is_subscribed_by(contact: Contact, consent: Consent) -> bool:
    """Whether this consent, or a later one, is in force already."""
    subscription = contact.subscriptions.get(consent.program_id)
    return (
        subscription is not None
        and subscription.status is SubscriptionStatus.SUBSCRIBED
        and subscription.since >= consent.recorded_at
        and not contact.has_left(consent.program_id)
    )


def _opt_out(heard: _Heard) -> OptOut:
    return OptOut(
        event_id=f"opt_out-{heard.text.sid}",
        scope=heard.scope,
        source=heard.source,
        occurred_at=heard.received_at,
    )


def _consent(heard: _Heard, program: Program) -> Consent:
    return Consent(
        event_id=_consent_id(heard.text),
        program_id=program.id,
        kind=ConsentKind.PERSONAL,
        source=heard.source,
        obtained_at=heard.received_at,
        recorded_at=heard.received_at,
        wording=heard.text.body,
        evidence={"sid": heard.text.sid, "to": heard.text.to},
    )


def _reply_event(heard: _Heard) -> JournalEvent:
    by_provider = heard.understanding.handled_by_provider or heard.text.opt_out_type is not None
    return JournalEvent(
        id=f"reply-{heard.text.sid}",
        phone=heard.text.phone,
        kind=JournalKind.REPLY,
        occurred_at=heard.received_at,
        program_id=heard.program.id if heard.program else None,
        details={
            "sid": heard.text.sid,
            "to": heard.text.to,
            "body": heard.text.body,
            "intent": heard.understanding.intent.value,
            "why": heard.understanding.why,
            "answered_by": "provider" if by_provider else "us",
            **({"media": str(heard.text.media)} if heard.text.media else {}),
        },
    )


def _text_event(heard: _Heard, answer: Answer, now: datetime) -> JournalEvent:
    return JournalEvent(
        id=_text_id(heard.text),
        phone=heard.text.phone,
        kind=JournalKind.TEXT,
        occurred_at=now,
        program_id=heard.program.id if heard.program else None,
        details={
            "kind": answer.kind.value,
            "body": answer.body,
            "parts": str(count_parts(answer.body).count),
            "in_reply_to": heard.text.sid,
            "status": "accepted",
        },
    )


def _consent_id(text: InboundText) -> str:
    return f"consent-{text.sid}"


def _text_id(text: InboundText) -> str:
    return f"text-{text.sid}"
