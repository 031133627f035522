"""Bugs to plant into the product, to see that the simulation finds them.

`BUGS` are those that real systems have had; `MENDED` are our own that the simulation found, as they
were before they were mended. Each replaces one function or wraps one port.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from parley import decide, sending
from parley.campaign import Send
from parley.caps import FrequencyCap
from parley.contact import Contact
from parley.ledger import Message
from parley.outcome import SkipReason
from parley.program import Program
from parley.sending import Sending
from parley_aws.memory import MemoryContacts, MemoryLedger, MemorySends
from parley_aws.ports import PostResult, PostStatus, SendingWrite, Text, WriteResult
from parley_aws.use_cases import ranges, releases, send_range
from parley_aws.use_cases.handle_reply import HandleReply
from parley_aws.use_cases.launch_send import LaunchSend
from parley_aws.use_cases.reconcile import Reconcile
from parley_aws.use_cases.requeue import Requeue
from tests.simulation.carrier import SimCarrier

Planted = AbstractContextManager[None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A bug and the guarantees that it may break; `seed` is a schedule that finds it."""

    name: str
    plant: Callable[[], Planted]
    breaks: tuple[str, ...]
    seed: int | None = None


@contextmanager
def _replaced(owner: Any, name: str, new: Any) -> Iterator[None]:
    old = owner.__dict__[name]
    setattr(owner, name, new)
    try:
        yield
    finally:
        setattr(owner, name, old)


def _claim_without_condition() -> Planted:
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


def _resend_on_timeout() -> Planted:
    """A timeout is taken for a text that was never sent: it is tried again."""
    return _replaced(SimCarrier, "post", _as(PostStatus.THROTTLED))


def _release_on_unknown() -> Planted:
    """A timeout is taken for a failure: the slot goes back."""
    return _replaced(SimCarrier, "post", _as(PostStatus.REFUSED, "30008"))


def _counting(*, most_more: int, skew: timedelta) -> Planted:
    """Caps that let `most_more` more through, and a claim count `skew` longer than its window."""

    def allows(self: FrequencyCap, claims: Any, at: datetime) -> bool:
        since = at - self.window - skew
        taken = sum(1 for claim in claims if claim.is_promotional and claim.post_by > since)
        return taken < self.max_messages + most_more

    return _replaced(FrequencyCap, "allows_another", allows)


def _cap_off_by_one() -> Planted:
    """One more than the cap is let through."""
    return _counting(most_more=1, skew=sending.CLOCK_SKEW)


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


def _remembered_contacts() -> Planted:
    init = MemoryContacts.__init__

    def remember(self: MemoryContacts, contacts: Any = ()) -> None:
        init(self, contacts)
        _latest[:] = [self]

    return _replaced(MemoryContacts, "__init__", remember)


def _no_post_by() -> Planted:
    """A text is posted however long ago it was claimed."""
    post = SimCarrier.post

    def late(self: SimCarrier, texts: list[Text]) -> list[PostResult]:
        return post(self, [replace(t, post_by=t.post_by + timedelta(days=1)) for t in texts])

    return _replaced(SimCarrier, "post", late)


def _record_overwrites_receipt() -> Planted:
    """What we record of a hand-over replaces what a receipt said of it before."""

    def record(self: MemoryLedger, messages: list[Message]) -> None:
        for message in messages:
            self._put(message)

    return _replaced(MemoryLedger, "record", record)


def _pruning(*, keeps: Callable[[Any, timedelta], timedelta]) -> Planted:
    """Claims of all programs are forgotten after as long as `keeps` says of a claim's retention."""
    with_claim = sending.Sending.with_claim

    def forgetful(
        self: sending.Sending, claim: Any, *, now: datetime, retention: timedelta, discloses: bool
    ) -> sending.Sending:
        oldest = now - keeps(claim, retention)
        left = replace(self, claims=tuple(c for c in self.claims if c.post_by > oldest))
        return with_claim(left, claim, now=now, retention=retention, discloses=discloses)

    return _replaced(sending.Sending, "with_claim", forgetful)


def _pruning_too_early() -> Planted:
    """Claims are forgotten after an hour."""
    return _pruning(keeps=lambda _claim, _retention: timedelta(hours=1))


def _pruned_by_another_program() -> Planted:
    """A program without long caps forgets the claims that another one's still count."""
    return _pruning(keeps=lambda _claim, retention: retention)


def _cap_without_skew() -> Planted:
    """A claim counts for its window by one clock, and was posted at its end by another."""
    return _counting(most_more=0, skew=timedelta(0))


def _parked_for_a_release_under_way() -> Planted:
    """By a clock that is behind, the hour has not come: the range is parked once more for the
    release that is being taken up, which forgets it."""
    return _replaced(send_range, "_SOON", timedelta(days=-1))


def _unparked_by_resume() -> Planted:
    """A range that is parked again before a resume is through with it is unparked by it."""

    def go_on(self: Requeue, send_id: str) -> None:
        parked = self._sends.parked(send_id, releases.PAUSED)
        if parked:
            self._sends_queue.send([ranges.body_of(range_) for range_ in ranges.merged(parked)])
            self._sends.unpark(releases.PAUSED, parked)

    return _replaced(Requeue, "_go_on", go_on)


def _half_a_launch() -> Planted:
    """A launch crashes between two segments, the send is paused by the first: on resume the second
    is taken for resolved."""
    launch = LaunchSend.launch

    def unless_begun(self: LaunchSend, send: Send) -> None:
        if not self._sends.pages(send.id):
            launch(self, send)

    return _replaced(LaunchSend, "launch", unless_begun)


def _erased_while_unknown() -> Planted:
    """Who was erased is not looked up at the provider, and stays unknown for ever."""
    settle = Reconcile.__call__

    def unless_erased(self: Reconcile, message_id: str, *, attempt: int) -> None:
        message = self._ledger.get(message_id)
        if message is not None and message.phone:
            settle(self, message_id, attempt=attempt)

    return _replaced(Reconcile, "__call__", unless_erased)


def _texted_again_after_erasure() -> Planted:
    """An outcome without a number, as that of somebody erased, is taken for none once they are
    back."""
    is_settled = send_range._is_settled

    def settled(entry: Message, contact: Contact | None) -> bool:
        return is_settled(entry, contact) and (contact is None or bool(entry.phone))

    return _replaced(send_range, "_is_settled", settled)


def _revived_by_what_they_say() -> Planted:
    """Somebody erased who texts again is kept as if they had never been."""

    def unsuppressed(self: HandleReply, reply: Any) -> Contact:
        return self._locate(reply.event.phone, self._clock.now())

    return _replaced(HandleReply, "_newcomer", unsuppressed)


def _versions_from_zero() -> Planted:
    """A number's next life has the versions of the one before."""
    return _replaced(Sending, "begun", classmethod(lambda cls, _at: cls()))


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

MENDED = (
    Bug(
        name="parked for a release under way",
        plant=_parked_for_a_release_under_way,
        breaks=("G4",),
        seed=176,
    ),
    Bug(name="unparked by a resume", plant=_unparked_by_resume, breaks=("G4",), seed=2757),
    Bug(name="half a launch", plant=_half_a_launch, breaks=("G4",), seed=118),
    Bug(name="erased while unknown", plant=_erased_while_unknown, breaks=("G4",), seed=72),
    Bug(
        name="pruned by another program",
        plant=_pruned_by_another_program,
        breaks=("G2",),
        seed=3409,
    ),
    Bug(name="cap without skew", plant=_cap_without_skew, breaks=("G2",), seed=21699),
    Bug(
        name="texted again after an erasure",
        plant=_texted_again_after_erasure,
        breaks=("G1", "G2", "G3", "G4"),
        seed=348,
    ),
    Bug(
        name="revived by what they say",
        plant=_revived_by_what_they_say,
        breaks=("G1",),
        seed=3620,
    ),
    Bug(name="versions from zero", plant=_versions_from_zero, breaks=("G1",), seed=17017),
)
