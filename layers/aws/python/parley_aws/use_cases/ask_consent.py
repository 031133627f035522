"""Ask people whose consent counts once they answer (`double_opt_in`): once, in decent hours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from parley import ids, quiet_hours
from parley.answers import opt_in_question
from parley.consent import awaits_answer
from parley.contact import Contact, SubscriptionStatus
from parley.decide import MAXIMUM_VALIDITY, MINIMUM_VALIDITY, whereabouts_of
from parley.errors import TransientError
from parley.journal import JournalEvent, TextKind
from parley.program import Program
from parley.quiet_hours import StateRules
from parley.sending import CLAIM_PERIOD, TEXT_PREFIX
from parley_aws.ports import Clock, ContactStore, Journal, ProgramStore, Queue, Scheduler
from parley_aws.use_cases import releases
from parley_aws.use_cases.texting import HandOverText, TextOrder

AT_ONCE = 25
"""How many people one command asks: few enough to be done well before it comes again."""

SHORTLY = timedelta(seconds=5)
"""The journal knows of a consent a moment before the contact does."""

RECORDED_WITHIN = timedelta(hours=6)
"""A contact that does not show its consent by then was not stored, nor did anybody try again."""

_LOOK_AGAIN = timedelta(minutes=15)


def request_questions(queue: Queue, events: Sequence[JournalEvent]) -> int:
    """Have those asked whose consent, among new events of the journal, awaits an answer; how many.

    Requesting it again changes nothing: nobody is asked twice by a program.
    """
    waiting = [event.id for event in events if awaits_answer(event)]
    bodies = [
        {"consent_ids": waiting[start : start + AT_ONCE]}
        for start in range(0, len(waiting), AT_ONCE)
    ]
    if bodies:
        queue.send(bodies, delay=SHORTLY)
    return len(waiting)


class AskConsent:
    """Asks people; asking again changes nothing.

    The question is a text of its own (`double_opt_in`): no cap counts it, no disclosure is due in
    it, and an opt-out stands above it like above every other.
    """

    def __init__(
        self,
        *,
        contacts: ContactStore,
        journal: Journal,
        programs: ProgramStore,
        hand_over: HandOverText,
        scheduler: Scheduler,
        clock: Clock,
        id_key: bytes,
        state_rules: StateRules,
        region_zones: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._contacts = contacts
        self._journal = journal
        self._programs = programs
        self._hand_over = hand_over
        self._scheduler = scheduler
        self._clock = clock
        self._id_key = id_key
        self._state_rules = state_rules
        self._region_zones = region_zones

    def __call__(self, consent_ids: Sequence[str]) -> None:
        """Ask those whose consent awaits an answer; whom it is too late or too early for, later.

        One schedule serves all who wait for the same quarter of an hour. Raises TransientError
        where another try may reach those who were not asked; the others were.
        """
        later: dict[str, list[str]] = {}
        failed: TransientError | None = None
        for consent_id in consent_ids:
            try:
                until = self._ask(consent_id)
            except TransientError as error:
                failed = error
                continue
            if until is not None:
                later.setdefault(releases.release_after(until), []).append(consent_id)
        for release, waiting in later.items():
            digest = hashlib.sha256(" ".join(waiting).encode()).hexdigest()[:20]
            self._scheduler.at(
                releases.schedule_name(f"question-{digest}", release),
                releases.moment_of(release),
                {"consent_ids": waiting},
            )
        if failed is not None:
            raise TransientError("not everybody could be asked") from failed

    def _ask(self, consent_id: str) -> datetime | None:
        """Ask one person; the moment to come back at, if it is not to be now."""
        event = self._journal.awaiting(consent_id)
        if event is None or event.program_id is None:
            return None
        program = self._programs.get(event.program_id)
        if program is None:
            return None
        now = self._clock.now()
        contact = self._contacts.get(event.phone)
        status = contact.subscription_status(program.id) if contact else None
        if contact is None or status is None:
            recorded_at = datetime.fromisoformat(event.details["recorded_at"])
            return now + _LOOK_AGAIN if now - recorded_at < RECORDED_WITHIN else None
        if status is not SubscriptionStatus.PENDING or contact.suppression is not None:
            return None
        return self._ask_at_a_decent_hour(contact, program, now)

    def _ask_at_a_decent_hour(
        self, contact: Contact, program: Program, now: datetime
    ) -> datetime | None:
        where = whereabouts_of(contact, program, self._state_rules, self._region_zones)
        period = quiet_hours.next_period(
            quiet_hours.weeks_that_count(program.quiet_hours, self._state_rules, where.states),
            where.zones,
            now,
            at_least=CLAIM_PERIOD + MINIMUM_VALIDITY,
        )
        if period is None:
            return None
        if period.opens > now:
            return period.opens
        question = TextOrder(
            id=TEXT_PREFIX
            + ids.keyed_hash(self._id_key, TextKind.DOUBLE_OPT_IN, program.id, contact.phone),
            kind=TextKind.DOUBLE_OPT_IN,
            phone=contact.phone,
            program=program,
            body=opt_in_question(program),
            validity=min(period.closes - now - CLAIM_PERIOD, MAXIMUM_VALIDITY),
        )
        self._hand_over(question)
        return None
