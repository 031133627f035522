"""Leads in memory."""

from __future__ import annotations

from parley.lead import ACTIVE_STATUSES, Lead, LeadStatus
from parley_aws.memory.paging import page_of
from parley_aws.ports import Page


class MemoryLeads:
    """Leads, at most one active for a contact and program."""

    def __init__(self) -> None:
        self._leads: dict[str, Lead] = {}

    def get(self, lead_id: str) -> Lead | None:
        return self._leads.get(lead_id)

    def active(self, program_id: str, phone: str) -> Lead | None:
        return next(
            (
                lead
                for lead in self._leads.values()
                if lead.status in ACTIVE_STATUSES
                and (lead.program_id, lead.phone) == (program_id, phone)
            ),
            None,
        )

    def open(self, lead: Lead) -> bool:
        if lead.id in self._leads or self.active(lead.program_id, lead.phone) is not None:
            return False
        self._leads[lead.id] = lead
        return True

    def update(self, lead: Lead, *, expected: Lead) -> bool:
        stored = self._leads.get(lead.id)
        if stored is None or _state(stored) != _state(expected):
            return False
        active = self.active(lead.program_id, lead.phone)
        if lead.status in ACTIVE_STATUSES and active is not None and active.id != lead.id:
            return False
        self._leads[lead.id] = lead
        return True

    def ranked(self, status: LeadStatus, *, limit: int, start_key: str | None) -> Page[Lead]:
        found = [lead for lead in self._leads.values() if lead.status is status]
        hottest_first = sorted(found, key=lambda lead: (-lead.score, lead.due_at))
        return page_of(hottest_first, limit=limit, start_key=start_key)

    def of_phone(self, phone: str) -> list[Lead]:
        mine = (lead for lead in self._leads.values() if lead.phone == phone)
        return sorted(mine, key=lambda lead: (lead.created_at, lead.id))

    def forget(self, phone: str) -> None:
        self._leads = {id_: lead for id_, lead in self._leads.items() if lead.phone != phone}


def _state(lead: Lead) -> tuple[LeadStatus, str | None, int, int, bool]:
    return lead.status, lead.owner, lead.score, lead.replies, lead.overdue_at is None
