"""What salespeople do with leads: find the hottest, take one, let it go, close it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from parley.contact import AttributeValue, Contact
from parley.errors import ConflictError, NotFoundError, TransientError
from parley.lead import ACTIVE_STATUSES, Lead, LeadStatus, check_claim, cooled
from parley.ledger import Response, ResponseKind, bucket_of
from parley_aws.ports import ContactStore, LeadStore, Ledger, Page
from parley_aws.use_cases.registry import MAX_TRIES

_READS = 20
_READ = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """Which leads to show; `attributes` are what the contact's must be equal to, as text."""

    status: LeadStatus = LeadStatus.OPEN
    program_id: str | None = None
    min_score: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)

    def takes(self, lead: Lead, contact: Contact | None) -> bool:
        """Whether a lead of this status is shown."""
        if self.program_id is not None and lead.program_id != self.program_id:
            return False
        if lead.score < self.min_score:
            return False
        held = contact.attributes if contact else {}
        return all(_is_equal(held.get(name), text) for name, text in self.attributes.items())


def find_leads(
    wanted: LeadFilter,
    *,
    leads: LeadStore,
    contacts: ContactStore,
    limit: int,
    start_key: str | None,
) -> Page[Lead]:
    """Leads, hottest first, then longest waiting; short of `limit` only at the end, or where
    filters leave very little."""
    found: list[Lead] = []
    for _ in range(_READS):
        page = leads.ranked(
            wanted.status, limit=min(limit - len(found), _READ), start_key=start_key
        )
        start_key = page.next_key
        if page.items and page.items[-1].score < wanted.min_score:
            start_key = None
        phones = [lead.phone for lead in page.items] if wanted.attributes else []
        people = contacts.get_many(phones) if phones else {}
        found += [lead for lead in page.items if wanted.takes(lead, people.get(lead.phone))]
        if start_key is None or len(found) >= limit:
            break
    return Page(items=tuple(found), next_key=start_key)


def get_lead(leads: LeadStore, lead_id: str) -> Lead:
    """A lead by id. Raises NotFoundError."""
    lead = leads.get(lead_id)
    if lead is None:
        raise NotFoundError("no such lead")
    return lead


def claim_lead(leads: LeadStore, lead_id: str, owner: str) -> Lead:
    """Take a lead: of two who try at once, one gets it; who has it may claim it again.

    Raises ConflictError naming the owner, or that the lead is closed.
    """

    def claimed(lead: Lead) -> Lead:
        check_claim(lead, owner)
        return replace(lead, status=LeadStatus.CLAIMED, owner=owner)

    return _change(leads, lead_id, claimed)


def release_lead(leads: LeadStore, lead_id: str) -> Lead:
    """Give a lead back to be claimed by anyone. Raises ConflictError for a closed one."""

    def released(lead: Lead) -> Lead:
        if lead.status not in ACTIVE_STATUSES:
            raise ConflictError(f"this lead is already {lead.status}")
        return replace(lead, status=LeadStatus.OPEN, owner=None)

    return _change(leads, lead_id, released)


def close_lead(leads: LeadStore, lead_id: str, status: LeadStatus, *, by: str) -> Lead:
    """Mark a lead won or lost, by its owner or else `by`; or open it again, for anyone to claim.

    Raises ConflictError where the person has another active lead in the program by now.
    """

    def closed(lead: Lead) -> Lead:
        if status is LeadStatus.OPEN:
            return replace(lead, status=status, owner=None)
        return replace(lead, status=status, owner=lead.owner or by)

    return _change(leads, lead_id, closed)


def cool_leads(leads: LeadStore, contact: Contact) -> None:
    """Put last the active leads of somebody in programs that they have left: sales cannot text
    them, and had better not call. Again changes nothing; one that is erased meanwhile is passed
    over."""
    for lead in leads.of_phone(contact.phone):
        if lead.status in ACTIVE_STATUSES and contact.has_left(lead.program_id):
            with suppress(NotFoundError):
                _change(leads, lead.id, cooled)


def note_answer(ledger: Ledger, lead: Lead, *, answered_at: datetime) -> None:
    """Count how long somebody waited for sales, for the send that their lead came from.

    The first answer counts; noting another changes nothing.
    """
    if lead.send_id is None:
        return
    waited = max(answered_at - lead.created_at, timedelta(0))
    answer = Response(
        send_id=lead.send_id,
        kind=ResponseKind.ANSWER,
        id=lead.id,
        details={
            "lead_id": lead.id,
            "seconds": str(waited // timedelta(seconds=1)),
            "bucket": bucket_of(answered_at, after=waited),
        },
    )
    ledger.respond([answer])


def _change(leads: LeadStore, lead_id: str, change: Callable[[Lead], Lead]) -> Lead:
    """Change a lead as it stands; a reply or a colleague in between means to look again."""
    for _ in range(MAX_TRIES):
        lead = get_lead(leads, lead_id)
        changed = change(lead)
        if changed == lead or leads.update(changed, expected=lead):
            return changed
        if changed.status in ACTIVE_STATUSES and lead.status not in ACTIVE_STATUSES:
            active = leads.active(lead.program_id, lead.phone)
            if active is not None and active.id != lead.id:
                raise ConflictError(
                    "this person has another lead in the program by now", lead_id=active.id
                )
    raise TransientError("the lead keeps changing")


def _is_equal(held: AttributeValue | None, text: str) -> bool:
    match held:
        case None:
            return False
        case bool():
            return text.casefold() == str(held).casefold()
        case list():
            return text in held
        case _:
            return str(held) == text
