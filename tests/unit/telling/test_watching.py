"""What is watched while facts are told: leads' time, and texts after an opt-out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest

from parley.contact import (
    Contact,
    Subscription,
    SubscriptionStatus,
    Suppression,
    SuppressionReason,
)
from parley.journal import JournalEvent, JournalKind, TextKind
from parley.lead import Lead, LeadStatus, cooled
from parley.outcome import MessageStatus
from parley.sending import CLAIM_PERIOD, CLOCK_SKEW
from parley_aws import emf
from parley_aws.memory import (
    ManualClock,
    MemoryContacts,
    MemoryJournal,
    MemoryLeads,
    MemoryPrograms,
    MemoryQueue,
    MemoryScheduler,
    MemorySends,
)
from parley_aws.use_cases.lead_time import mark_overdue, watch_lead
from parley_aws.use_cases.watch_opt_outs import (
    HandOver,
    note_violations,
    of_event,
    of_message,
    texted_after_opt_out,
)
from tests.integration.stores.values import NOW, lead, message, send

LATER = timedelta(seconds=1)
STANDS_AFTER = CLAIM_PERIOD + CLOCK_SKEW


class TestLeads:
    def setup_method(self) -> None:
        self.clock = ManualClock(NOW)
        self.releases = MemoryQueue(self.clock)
        self.scheduler = MemoryScheduler(self.clock, self.releases)
        self.leads = MemoryLeads()
        self.lead = lead(due_at=NOW + timedelta(minutes=15))
        self.due_at = int(self.lead.due_at.timestamp())

    def due(self) -> dict[str, Any] | None:
        self.scheduler.fire()
        taken = self.releases.take()
        return taken.body if taken else None

    def test_an_open_lead_is_looked_at_when_it_is_due(self) -> None:
        assert watch_lead(self.scheduler, None, self.lead)
        assert watch_lead(self.scheduler, None, self.lead), "a stream may tell it twice"
        assert self.due() is None
        self.clock.advance(timedelta(minutes=15))
        assert self.due() == {"lead_id": self.lead.id, "due": self.due_at}
        assert self.due() is None

    def test_one_that_is_given_back_is_looked_at_again(self) -> None:
        claimed = replace(self.lead, status=LeadStatus.CLAIMED, owner="sam")
        assert not watch_lead(self.scheduler, self.lead, claimed)
        assert watch_lead(self.scheduler, claimed, self.lead)

    def test_one_that_only_changed_is_not(self) -> None:
        assert not watch_lead(self.scheduler, self.lead, replace(self.lead, replies=2))
        assert not watch_lead(self.scheduler, None, replace(self.lead, overdue_at=NOW))
        assert not watch_lead(self.scheduler, self.lead, None)

    def test_one_whose_person_came_back_is_due_anew_and_not_before(self) -> None:
        gone = cooled(self.lead)
        back = replace(self.lead, due_at=NOW + timedelta(hours=2))
        assert watch_lead(self.scheduler, None, self.lead)
        assert not watch_lead(self.scheduler, self.lead, gone)
        assert watch_lead(self.scheduler, gone, back)
        self.leads.open(back)
        seen = []
        for minutes in (15, 105):
            self.clock.advance(timedelta(minutes=minutes))
            due = self.due()
            assert due is not None
            seen.append(mark_overdue(self.leads, self.clock, due["lead_id"], due=due["due"]))
        assert seen == [False, True]
        assert self.stored().overdue_at == back.due_at

    def test_it_is_overdue_once(self) -> None:
        self.leads.open(self.lead)
        self.clock.advance(timedelta(minutes=16))
        assert mark_overdue(self.leads, self.clock, self.lead.id, due=self.due_at)
        assert self.stored().overdue_at == NOW + timedelta(minutes=16)
        assert not mark_overdue(self.leads, self.clock, self.lead.id, due=self.due_at)

    def test_a_clock_that_is_late_makes_nobody_overdue_before_the_time(self) -> None:
        self.leads.open(self.lead)
        assert mark_overdue(self.leads, self.clock, self.lead.id, due=self.due_at)
        assert self.stored().overdue_at == self.lead.due_at

    @pytest.mark.parametrize("status", [LeadStatus.CLAIMED, LeadStatus.WON, LeadStatus.LOST])
    def test_one_that_was_taken_is_not(self, status: LeadStatus) -> None:
        self.leads.open(replace(self.lead, status=status))
        assert not mark_overdue(self.leads, self.clock, self.lead.id, due=self.due_at)
        assert self.stored().overdue_at is None

    def test_nor_one_whose_person_left(self) -> None:
        self.leads.open(cooled(self.lead))
        assert not mark_overdue(self.leads, self.clock, self.lead.id, due=self.due_at)

    def test_nor_one_that_was_erased(self) -> None:
        assert not mark_overdue(self.leads, self.clock, self.lead.id, due=self.due_at)

    def test_who_did_not_know_it_cannot_undo_it(self) -> None:
        self.leads.open(self.lead)
        assert mark_overdue(self.leads, self.clock, self.lead.id, due=self.due_at)
        assert not self.leads.update(replace(self.lead, replies=2), expected=self.lead)

    def stored(self) -> Lead:
        found = self.leads.get(self.lead.id)
        assert found is not None
        return found


class TestOptOuts:
    def texted(self, contact: Contact | None, *, after: timedelta, **changes: Any) -> list[str]:
        contacts, sends = MemoryContacts(), MemorySends(MemoryPrograms())
        sends.create(send())
        if contact is not None:
            assert contacts.save(contact, expected_version=None)
        values = {"status": MessageStatus.ACCEPTED, "handed_over_at": NOW + after, **changes}
        sent = of_message(message(**values))
        if sent is None:
            return []
        found = texted_after_opt_out([sent], contacts=contacts, sends=sends)
        answered = texted_after_opt_out(
            [_text(TextKind.CONVERSATIONAL, after)], contacts=contacts, sends=sends
        )
        assert bool(found) == bool(answered), "a send's text and a salesperson's are held alike"
        assert found in ([], [sent])
        return [each.id for each in found]

    def gone(self, reason: SuppressionReason = SuppressionReason.OPTED_OUT) -> Contact:
        return Contact(phone=message().phone, suppression=Suppression(reason=reason, since=NOW))

    def gone_from(self, program: str) -> Contact:
        status = SubscriptionStatus.OPTED_OUT
        subscription = Subscription(status=status, since=NOW, event_id="e")
        return Contact(phone=message().phone, subscriptions={program: subscription})

    def test_g1_a_text_after_the_opt_out_stands_is_found(self) -> None:
        assert self.texted(self.gone(), after=STANDS_AFTER + LATER)
        assert self.texted(self.gone_from("pizza"), after=STANDS_AFTER + LATER)

    def test_a_claim_that_was_open_may_still_be_posted(self) -> None:
        assert not self.texted(self.gone(), after=STANDS_AFTER)

    def test_texts_before_it_and_to_others_are_not(self) -> None:
        for contact in (self.gone(), self.gone_from("pizza")):
            assert not self.texted(contact, after=-LATER)
        late = timedelta(hours=1)
        assert not self.texted(self.gone_from("tacos"), after=late)
        assert not self.texted(Contact(phone=message().phone), after=late)
        assert not self.texted(None, after=late)
        assert not self.texted(self.gone(SuppressionReason.CARRIER_BLOCK), after=late)

    def test_nor_who_was_not_handed_over_or_is_erased(self) -> None:
        assert not self.texted(self.gone(), after=LATER, handed_over_at=None)
        assert not self.texted(self.gone(), after=timedelta(hours=1), phone="")

    def test_g1_texts_that_are_no_sends_are_watched_but_for_the_confirmation(self) -> None:
        contacts, sends = MemoryContacts(), MemorySends(MemoryPrograms())
        assert contacts.save(self.gone(), expected_version=None)
        for kind in TextKind:
            text = of_event(_event(kind, STANDS_AFTER + LATER))
            if kind is TextKind.OPT_OUT_CONFIRMATION:
                assert text is None
                continue
            assert text is not None
            assert texted_after_opt_out([text], contacts=contacts, sends=sends) == [text]
        nobodys = replace(_text(TextKind.HELP, STANDS_AFTER + LATER), program_id=None)
        assert texted_after_opt_out([nobodys], contacts=contacts, sends=sends) == [nobodys]

    def test_what_is_no_text_is_not(self) -> None:
        event = replace(_event(TextKind.HELP, LATER), kind=JournalKind.REPLY)
        assert of_event(event) is None

    def test_it_stays_in_the_report_once_however_often_it_is_told(self) -> None:
        journal = MemoryJournal()
        sent = of_message(message(handed_over_at=NOW))
        assert sent is not None
        note_violations(journal, [sent])
        note_violations(journal, [sent, _text(TextKind.WELCOME, LATER)])
        kind = JournalKind.TEXT_AFTER_OPT_OUT
        page = journal.recent(kind, since=NOW, limit=10, start_key=None)
        assert {event.details["message_id"] for event in page.items} == {sent.id, "text-1"}
        assert len(page.items) == 2

    def test_nor_who_came_back(self) -> None:
        back = Contact(phone=message().phone, left_all_at=NOW)
        assert not self.texted(back, after=timedelta(hours=1))


def _event(kind: TextKind, after: timedelta) -> JournalEvent:
    return JournalEvent(
        id="text-1",
        phone=message().phone,
        kind=JournalKind.TEXT,
        occurred_at=NOW + after,
        program_id="pizza",
        details={"kind": kind.value, "body": "Hi", "status": "accepted"},
    )


def _text(kind: TextKind, after: timedelta) -> HandOver:
    text = of_event(_event(kind, after))
    assert text is not None
    return text


def test_numbers_for_operators_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    monkeypatch.setattr("sys.stdout", out)
    emf.emit({"LeadCreated": 2, "MessageUnknown": 1}, at=datetime(2026, 6, 10, tzinfo=UTC))
    emf.emit({}, at=NOW)
    (line,) = out.getvalue().splitlines()
    content = json.loads(line)
    (metrics,) = content["_aws"]["CloudWatchMetrics"]
    assert content["_aws"]["Timestamp"] == 1781049600000
    assert metrics["Namespace"] == "Parley"
    assert metrics["Dimensions"] == [[]], "one metric a name, for the whole stack"
    assert {each["Name"] for each in metrics["Metrics"]} == {"LeadCreated", "MessageUnknown"}
    assert (content["LeadCreated"], content["MessageUnknown"]) == (2, 1)
