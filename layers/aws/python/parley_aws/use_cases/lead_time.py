"""A lead's time: somebody should have taken it by `due_at`."""

from __future__ import annotations

from dataclasses import replace

from parley.errors import TransientError
from parley.lead import Lead, LeadStatus
from parley_aws.ports import Clock, LeadStore, Scheduler
from parley_aws.use_cases.registry import MAX_TRIES


def watch_lead(scheduler: Scheduler, before: Lead | None, after: Lead | None) -> bool:
    """Have a lead looked at when it is due, as it begins to wait; whether it does.

    Its schedule has one name for each time it is due, so that watching it again changes nothing.
    """
    if after is None or not _waits(after) or (before is not None and _waits(before)):
        return False
    due = int(after.due_at.timestamp())
    scheduler.at(f"{after.id}-due-{due}", after.due_at, {"lead_id": after.id, "due": due})
    return True


def mark_overdue(leads: LeadStore, clock: Clock, lead_id: str, *, due: int) -> bool:
    """Note on a lead that is still open that it is overdue; whether it was noted now.

    `due` is when it was due as it was watched, in seconds since 1970. Nothing for one that is due
    later since, was taken, closed, erased, or noted before, or whose person left. Raises
    TransientError where the lead keeps changing.
    """
    for _ in range(MAX_TRIES):
        lead = leads.get(lead_id)
        if lead is None or not _waits(lead) or int(lead.due_at.timestamp()) > due:
            return False
        overdue = replace(lead, overdue_at=max(clock.now(), lead.due_at))
        if leads.update(overdue, expected=lead):
            return True
    raise TransientError("the lead keeps changing")


def _waits(lead: Lead) -> bool:
    return lead.status is LeadStatus.OPEN and lead.overdue_at is None and lead.score > 0
