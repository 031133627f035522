"""Leads in memory keep the same rule as the table's: one active for a contact and program."""

from __future__ import annotations

from dataclasses import replace

from parley.lead import LeadStatus
from parley_aws.memory import MemoryLeads
from tests.integration.stores.values import lead


def test_a_closed_lead_reopens_only_where_there_is_room() -> None:
    leads = MemoryLeads()
    first = lead(1)
    second = replace(first, id="lead_2")
    lost = replace(first, status=LeadStatus.LOST)
    assert leads.open(first)
    assert not leads.open(second)
    assert leads.update(lost, expected=first)
    assert leads.open(second)
    assert not leads.update(first, expected=lost), "another is active by now"
    assert leads.update(replace(second, status=LeadStatus.WON), expected=second)
    assert leads.update(first, expected=lost)
    assert leads.active(first.program_id, first.phone) == first
