"""Bugs to plant into the product, to see that the simulation finds them.

Each is one of those that real systems have had; each replaces one function or wraps one port.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from parley import caps, decide, sending
from parley.caps import FrequencyCap
from parley.contact import Contact
from parley.ledger import Message
from parley.outcome import SkipReason
from parley.program import Program
from parley_aws.memory import MemoryContacts, MemoryLedger, MemorySends
from parley_aws.ports import PostResult, PostStatus, SendingWrite, Text, WriteResult
from tests.simulation.carrier import SimCarrier

Plant = Callable[[], Iterator[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A bug and the guarantees that it may break."""

    name: str
    plant: Callable[[], Any]
    breaks: tuple[str, ...]


@contextmanager
def _replaced(owner: Any, name: str, new: Any) -> Iterator[None]:
    old = owner.__dict__[name]
    setattr(owner, name, new)
    try:
        yield
    finally:
        setattr(owner, name, old)


def _claim_without_condition() -> Any:
    """Whoever writes last holds the claim, whatever they had read."""

    def write(self: MemoryContacts, write: SendingWrite) -> WriteResult:
        stored = self.get(write.phone)
        if stored is None:
            return WriteResult.CONFLICT
        changed = replace(stored, sending=write.sending)
        self.save(changed, expected_version=stored.sending.version)
        return WriteResult.WRITTEN

    return _replaced(MemoryContacts, "_write_sending", write)


def _as(status: PostStatus, error_code: str | None = None) -> Callable[..., list[PostResult]]:
    """Posting, with every ambiguous answer taken for another."""
    post = SimCarrier.post

    def mistaken(self: SimCarrier, texts: list[Text]) -> list[PostResult]:
        return [
            replace(result, status=status, error_code=error_code)
            if result.status is PostStatus.AMBIGUOUS
            else result
            for result in post(self, texts)
        ]

    return mistaken


def _resend_on_timeout() -> Any:
    """A timeout is taken for a text that was never sent: it is tried again."""
    return _replaced(SimCarrier, "post", _as(PostStatus.THROTTLED))


def _release_on_unknown() -> Any:
    """A timeout is taken for a failure: the slot goes back."""
    return _replaced(SimCarrier, "post", _as(PostStatus.REFUSED, "30008"))


def _cap_off_by_one() -> Any:
    """One more than the cap is let through."""

    def allows(self: FrequencyCap, claims: Any, at: Any) -> bool:
        since = at - self.window - sending.CLOCK_SKEW
        taken = sum(1 for claim in claims if claim.is_promotional and claim.post_by > since)
        return taken <= self.max_messages

    return _replaced(FrequencyCap, "allows_another", allows)


@contextmanager
def _stop_checked_at_fan_out_only() -> Iterator[None]:
    """Who has left is looked at when the audience is resolved, and not again."""
    add_page = MemorySends.add_page
    refusal = decide._standing_refusal
    left: set[tuple[str, str]] = set()

    def refuse(contact: Contact, program: Program) -> SkipReason | None:
        reason = refusal(contact, program)
        if reason is not SkipReason.OPTED_OUT:
            return reason
        return reason if (contact.phone, program.id) in left else None

    def freeze(self: MemorySends, page: Any) -> Any:
        send = self.get(page.send_id)
        program_id = send.campaign.program_id if send else ""
        left.difference_update((phone, program_id) for phone in page.phones)
        left.update(
            (phone, program_id)
            for phone in page.phones
            if (contact := _contacts_of_schedule().get(phone)) is not None
            and contact.has_left(program_id)
        )
        return add_page(self, page)

    with (
        _replaced(decide, "_standing_refusal", refuse),
        _replaced(MemorySends, "add_page", freeze),
        _remembered_contacts(),
    ):
        yield


_latest: list[MemoryContacts] = []


def _contacts_of_schedule() -> MemoryContacts:
    return _latest[-1]


def _remembered_contacts() -> Any:
    init = MemoryContacts.__init__

    def remember(self: MemoryContacts, contacts: Any = ()) -> None:
        init(self, contacts)
        _latest[:] = [self]

    return _replaced(MemoryContacts, "__init__", remember)


def _no_post_by() -> Any:
    """A text is posted however long ago it was claimed."""
    post = SimCarrier.post

    def late(self: SimCarrier, texts: list[Text]) -> list[PostResult]:
        return post(self, [replace(t, post_by=t.post_by + timedelta(days=1)) for t in texts])

    return _replaced(SimCarrier, "post", late)


def _record_overwrites_receipt() -> Any:
    """What we record of a hand-over replaces what a receipt said of it before."""

    def record(self: MemoryLedger, messages: list[Message]) -> None:
        for message in messages:
            self._put(message)

    return _replaced(MemoryLedger, "record", record)


def _pruning_too_early() -> Any:
    """Claims are forgotten after an hour."""
    with_claim = sending.Sending.with_claim

    def forgetful(self: sending.Sending, claim: Any, **kwargs: Any) -> sending.Sending:
        kept = tuple(c for c in self.claims if c.post_by > kwargs["now"] - timedelta(hours=1))
        return with_claim(replace(self, claims=kept), claim, **kwargs)

    return _replaced(sending.Sending, "with_claim", forgetful)


BUGS = (
    Bug(
        name="claim without condition",
        plant=_claim_without_condition,
        breaks=("G1", "G2", "G3"),
    ),
    Bug(name="resend on timeout", plant=_resend_on_timeout, breaks=("G2", "G3")),
    Bug(name="release on unknown", plant=_release_on_unknown, breaks=("G2",)),
    Bug(name="cap off by one", plant=_cap_off_by_one, breaks=("G2",)),
    Bug(name="STOP checked only at fan-out", plant=_stop_checked_at_fan_out_only, breaks=("G1",)),
    Bug(name="no post_by", plant=_no_post_by, breaks=("G1", "G2", "G3", "G4", "G7")),
    Bug(name="record that overwrites a receipt", plant=_record_overwrites_receipt, breaks=("G6",)),
    Bug(name="pruning too early", plant=_pruning_too_early, breaks=("G2", "G3")),
)
