"""Understand a reply that was heard: what it answers, what it means, who should call back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from parley import ids
from parley.answers import may_answer
from parley.attribution import Attribution, candidates, is_within, time_since, was_handed_over
from parley.contact import Contact, LastReply
from parley.errors import TransientError
from parley.hearing import guess_language
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.lead import Lead, LeadStatus, Score, cooled, due_anew, raised, score_lead
from parley.ledger import Response, ResponseKind, bucket_of
from parley.program import Program
from parley.reply import FREE_TEXT, LEAVING, Intent, Listening, Understanding, classify_reply
from parley.sending import TEXT_PREFIX
from parley.themes import words_of
from parley.words import clauses
from parley_aws.ports import (
    Clock,
    ContactStore,
    Journal,
    LeadStore,
    Ledger,
    ProgramStore,
    SendStore,
)
from parley_aws.use_cases.lead_work import cool_leads
from parley_aws.use_cases.registry import erased_key, erased_since, newcomer
from parley_aws.use_cases.texting import HandOverText, TextOrder

_ROUNDS = 8

REMEMBERED_CHARACTERS = 160
"""How much of a reply stays on the contact, which has to remain a small item."""

ANSWER_WITHIN = timedelta(minutes=60)
"""An automatic answer that could not go out by then would come out of the blue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """A reply with what was found out about it.

    `journal` is all of its number's, oldest first; `contact` is who they are, as first read.
    """

    event: JournalEvent
    journal: Sequence[JournalEvent]
    contact: Contact | None
    program: Program | None
    attribution: Attribution | None
    understanding: Understanding

    @property
    def body(self) -> str:
        """What they wrote."""
        return self.event.details["body"]

    @property
    def sid(self) -> str:
        """The provider's id of the text."""
        return self.event.details["sid"]


class HandleReply:
    """Handles one reply; handling it again changes nothing.

    Every step finds what an attempt before it wrote: ids follow from the text's own, counts from
    the journal. `locate` makes a contact of whom nothing but the number is known.
    """

    def __init__(
        self,
        *,
        contacts: ContactStore,
        journal: Journal,
        programs: ProgramStore,
        sends: SendStore,
        ledger: Ledger,
        leads: LeadStore,
        hand_over: HandOverText,
        clock: Clock,
        id_key: bytes,
        locate: Callable[[str, datetime], Contact],
    ) -> None:
        self._contacts = contacts
        self._journal = journal
        self._programs = programs
        self._sends = sends
        self._ledger = ledger
        self._leads = leads
        self._hand_over = hand_over
        self._clock = clock
        self._id_key = id_key
        self._locate = locate

    def __call__(self, sid: str) -> None:
        """Handle the reply with this sid; nothing stays where it was erased since it came (G9).

        Raises TransientError where another try may do what is left to do.
        """
        found = self._journal.history(sid)
        if found is None:
            return
        event, journal = found
        reply = self._understand(event, journal)
        if not any(earlier.id == _understanding_id(reply) for earlier in journal):
            if not self._remember(reply):
                return
            lead = self._lead(reply)
            self._respond(reply, lead)
            meaning = _understanding_event(reply, lead)
            if not self._journal.append_about(meaning, event):
                self._forget(reply)
                return
        self._answer(reply)

    def _understand(self, event: JournalEvent, journal: Sequence[JournalEvent]) -> _Reply:
        contact = self._contacts.get(event.phone)
        attribution, program = self._attribute(event, contact) or (None, None)
        if program is None and event.program_id is not None:
            program = self._programs.get(event.program_id)
        understanding = Understanding(
            intent=Intent(event.details["intent"]),
            why=event.details["why"],
            language=guess_language(clauses(event.details["body"])),
        )
        if attribution and understanding.intent in FREE_TEXT:
            listening = Listening(lead_keywords=attribution.campaign.lead_keywords)
            understanding = classify_reply(event.details["body"], listening)
        return _Reply(
            event=event,
            journal=journal,
            contact=contact,
            program=program,
            attribution=attribution,
            understanding=understanding,
        )

    def _attribute(
        self, event: JournalEvent, contact: Contact | None
    ) -> tuple[Attribution, Program] | None:
        """What a reply answers, if anything, and its program."""
        if contact is None or event.program_id is None:
            return None
        claims = candidates(contact, event.program_id, event.occurred_at)
        message_ids = {
            claim.send_id: ids.message_id(self._id_key, send=claim.send_id, phone=event.phone)
            for claim in claims
        }
        messages = self._ledger.get_many(list(message_ids.values())) if message_ids else {}
        for claim in claims:
            message_id = message_ids[claim.send_id]
            if not was_handed_over(messages.get(message_id)):
                continue
            context = self._sends.context(claim.send_id)
            after = time_since(claim, event.occurred_at)
            if context is not None and is_within(context.send.campaign, after):
                attribution = Attribution(
                    send_id=claim.send_id,
                    message_id=message_id,
                    campaign=context.send.campaign,
                    after=after,
                )
                return attribution, context.program
        return None

    def _remember(self, reply: _Reply) -> bool:
        """Note on the contact what they said last; an older reply does not replace a newer.

        False where the person was erased since they said it: then nothing is noted (G9).
        """
        campaign_id = reply.attribution.campaign.id if reply.attribution else None
        last = LastReply(
            body=reply.body[:REMEMBERED_CHARACTERS],
            received_at=reply.event.occurred_at,
            intent=reply.understanding.intent.value,
            campaign_id=campaign_id,
        )
        stored = reply.contact
        for _ in range(_ROUNDS):
            contact = stored or self._newcomer(reply)
            if contact is None:
                return False
            standing = contact.last_reply
            if standing is not None and standing.received_at >= last.received_at:
                return True
            sending = replace(contact.sending, version=contact.sending.version + 1)
            expected = stored.sending.version if stored else None
            changed = replace(contact, last_reply=last, sending=sending)
            if self._contacts.save(changed, expected_version=expected):
                return True
            stored = self._contacts.get(reply.event.phone)
            if stored is None and reply.contact is not None:
                return False
        raise TransientError("the contact keeps changing; the reply was not noted on it")

    def _newcomer(self, reply: _Reply) -> Contact | None:
        """A contact of whom nothing is known but that their number may have been erased; None where
        that was after the reply came."""
        phone = reply.event.phone
        erased = self._contacts.get(erased_key(self._id_key, phone))
        if erased_since(erased, reply.event.occurred_at):
            return None
        return newcomer(self._locate(phone, self._clock.now()), erased)

    def _respond(self, reply: _Reply, lead: Lead | None) -> None:
        """Count the reply, and what it led to, under the send that it answers."""
        if reply.attribution is not None:
            self._ledger.respond(_responses(reply, reply.attribution, lead))

    def _forget(self, reply: _Reply) -> None:
        """Take back what the erasure of the person, which came in between, did not find (G9)."""
        self._leads.forget(reply.event.phone)
        if reply.attribution is not None:
            self._ledger.forget_replies(reply.attribution.send_id, [reply.sid])

    def _lead(self, reply: _Reply) -> Lead | None:
        """The lead that this reply made or that it was counted on, if any; last where they left."""
        lead = self._counted_on(reply)
        is_leaving = reply.understanding.intent in LEAVING
        if lead is None and not is_leaving:
            return None
        # Whoever records an opt-out from here on finds the lead there to put last.
        contact = self._contacts.get(reply.event.phone)
        if contact and (is_leaving or (lead and contact.has_left(lead.program_id))):
            cool_leads(self._leads, contact)
        return lead

    def _counted_on(self, reply: _Reply) -> Lead | None:
        program = reply.program
        if program is None:
            return None
        lead_id = "lead_" + ids.keyed_hash(self._id_key, "lead", program.id, reply.sid)
        for _ in range(_ROUNDS):
            active = self._leads.active(program.id, reply.event.phone)
            if active is None:
                score = self._score(reply, earlier_replies=0)
                if score is None:
                    return None
                lead = self._new_lead(lead_id, reply, program, score)
                if self._leads.open(lead):
                    return lead
            made = self._leads.get(lead_id)
            if made is not None:
                return made
            if active is not None:
                counted = self._counted(active, reply, program)
                if counted == active or self._leads.update(counted, expected=active):
                    return counted
        raise TransientError("the lead keeps changing; the reply was not counted on it")

    def _score(self, reply: _Reply, *, earlier_replies: int) -> Score | None:
        return score_lead(
            reply.understanding.intent,
            reply.body,
            after=reply.attribution.after if reply.attribution else None,
            earlier_replies=earlier_replies,
        )

    def _new_lead(self, lead_id: str, reply: _Reply, program: Program, score: Score) -> Lead:
        attribution = reply.attribution
        received_at = reply.event.occurred_at
        lead = Lead(
            id=lead_id,
            phone=reply.event.phone,
            first_name=reply.contact.first_name if reply.contact else None,
            program_id=program.id,
            campaign_id=attribution.campaign.id if attribution else None,
            send_id=attribution.send_id if attribution else None,
            score=score.points,
            reasons=score.reasons,
            reply_body=reply.body,
            reply_received_at=received_at,
            replies=1,
            status=LeadStatus.OPEN,
            owner=None,
            due_at=received_at + program.lead_sla,
            created_at=received_at,
        )
        return cooled(lead) if _left(reply, program.id) else lead

    def _counted(self, lead: Lead, reply: _Reply, program: Program) -> Lead:
        """The lead with this reply on it; one that was last since they left is due anew.

        How many replies there are is counted in the journal, so that one that is handled twice is
        not counted twice.
        """
        replies = max(lead.replies, _replies_since(lead, reply.journal))
        score = self._score(reply, earlier_replies=replies - 1)
        is_newer = reply.event.occurred_at > lead.reply_received_at
        changed = raised(lead, reply.understanding.intent, score)
        if _left(reply, lead.program_id):
            changed = cooled(changed)
        return replace(
            due_anew(changed, since=lead, due_at=reply.event.occurred_at + program.lead_sla),
            reply_body=reply.body if is_newer else lead.reply_body,
            reply_received_at=reply.event.occurred_at if is_newer else lead.reply_received_at,
            replies=replies,
        )

    def _answer(self, reply: _Reply) -> None:
        """Send the campaign's automatic answer to one who shows interest, once for each send."""
        attribution, program = reply.attribution, reply.program
        if attribution is None or program is None or attribution.campaign.auto_reply is None:
            return
        now = self._clock.now()
        if (
            self._score(reply, earlier_replies=0) is None
            or now - reply.event.occurred_at > ANSWER_WITHIN
            or self._programs.by_sender(reply.event.phone) is not None
        ):
            return
        text_id = TEXT_PREFIX + ids.keyed_hash(self._id_key, "auto_reply", attribution.message_id)
        if not may_answer(reply.journal, TextKind.AUTO_REPLY, now):
            return
        self._hand_over(
            TextOrder(
                id=text_id,
                kind=TextKind.AUTO_REPLY,
                phone=reply.event.phone,
                program=program,
                body=attribution.campaign.auto_reply,
                details={"in_reply_to": reply.sid, "send_id": attribution.send_id},
            )
        )


def _responses(reply: _Reply, attribution: Attribution, lead: Lead | None) -> list[Response]:
    about = {
        "message_id": attribution.message_id,
        "sid": reply.sid,
        "bucket": bucket_of(reply.event.occurred_at, after=attribution.after),
    }
    words = _new_words(reply, attribution)
    said = {
        "intent": reply.understanding.intent.value,
        "why": reply.understanding.why,
        **({"words": " ".join(words)} if words else {}),
    }

    def response(kind: ResponseKind, id_: str, **more: str) -> Response:
        return Response(send_id=attribution.send_id, kind=kind, id=id_, details={**about, **more})

    responses = [
        response(ResponseKind.REPLY, reply.sid, **said),
        response(ResponseKind.REPLIED, attribution.message_id),
    ]
    if reply.understanding.intent in LEAVING:
        responses.append(response(ResponseKind.OPT_OUT, attribution.message_id))
    if lead is not None and lead.send_id == attribution.send_id:
        responses.append(response(ResponseKind.LEAD, lead.id, lead_id=lead.id))
    return responses


def _left(reply: _Reply, program_id: str) -> bool:
    return reply.contact is not None and reply.contact.has_left(program_id)


def _new_words(reply: _Reply, attribution: Attribution) -> list[str]:
    """Its words that its sender has not answered the send with before: a theme is what several
    people said, and what one repeats may be their name (G9)."""
    own, kind = _understanding_id(reply), JournalKind.UNDERSTANDING
    before = {
        word
        for event in reply.journal
        if event.kind is kind
        and event.id != own
        and event.details.get("send_id") == attribution.send_id
        for word in words_of(event.details["body"], Intent(event.details["intent"]))
    }
    words = words_of(reply.body, reply.understanding.intent)
    return [word for word in words if word not in before]


def _replies_since(lead: Lead, journal: Sequence[JournalEvent]) -> int:
    return sum(
        1
        for event in journal
        if event.kind is JournalKind.REPLY
        and event.program_id == lead.program_id
        and event.occurred_at >= lead.created_at
    )


def _understanding_id(reply: _Reply) -> str:
    return f"understanding-{reply.sid}"


def _understanding_event(reply: _Reply, lead: Lead | None) -> JournalEvent:
    attribution = reply.attribution
    found: dict[str, str | None] = {
        "sid": reply.sid,
        "body": reply.body,
        "media": reply.event.details.get("media"),
        "intent": reply.understanding.intent.value,
        "why": reply.understanding.why,
        "language": reply.understanding.language,
        "send_id": attribution.send_id if attribution else None,
        "campaign_id": attribution.campaign.id if attribution else None,
        "message_id": attribution.message_id if attribution else None,
        "lead_id": lead.id if lead else None,
    }
    return JournalEvent(
        id=_understanding_id(reply),
        phone=reply.event.phone,
        kind=JournalKind.UNDERSTANDING,
        occurred_at=reply.event.occurred_at,
        program_id=reply.event.program_id,
        details={name: value for name, value in found.items() if value is not None},
    )
