"""A lead's time: somebody should have taken it by `due_at`."""

from __future__ import annotations

from dataclasses import replace

from parley.errors import TransientError
from parley.lead import Lead, LeadStatus
from parley_aws.ports import Clock, LeadStore, Scheduler
from parley_aws.use_cases.registry import MAX_TRIES


def watch_lead(scheduler: Scheduler, before: Lead | None, after: Lead | None) -> bool:
    """Have a lead looked at when it is due, as it becomes open; whether it does.

    Its schedule has one name, so that watching it again changes nothing.
    """
    if after is None or after.status is not LeadStatus.OPEN or after.overdue_at is not None:
        return False
    if before is not None and before.status is LeadStatus.OPEN:
        return False
    scheduler.at(f"{after.id}-due", after.due_at, {"lead_id": after.id})
    return True


def mark_overdue(leads: LeadStore, clock: Clock, lead_id: str) -> bool:
    """Note on a lead that is due and still open that it is overdue; whether it was noted now.

    Nothing for one that was taken, closed, erased, or noted before, or whose person left. Raises
    TransientError where the lead keeps changing.
    """
    for _ in range(MAX_TRIES):
        lead = leads.get(lead_id)
        if lead is None or not _waits(lead):
            return False
        overdue = replace(lead, overdue_at=max(clock.now(), lead.due_at))
        if leads.update(overdue, expected=lead):
            return True
    raise TransientError("the lead keeps changing")


def _waits(lead: Lead) -> bool:
    return lead.status is LeadStatus.OPEN and lead.overdue_at is None and lead.score > 0
