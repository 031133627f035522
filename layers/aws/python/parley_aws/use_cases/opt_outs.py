"""Opt-outs that somebody records for a person: one by one, or another vendor's list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parley.consent import (
    ALL_PROGRAMS,
    OptOut,
    left_at,
    opt_out_event,
    with_opt_out,
)
from parley.contact import Contact, SubscriptionStatus, SuppressionReason
from parley.ids import keyed_hash
from parley.journal import JournalKind
from parley.number import PhoneNumber, located, new_contact
from parley_aws.use_cases.open_claims import OpenClaims
from parley_aws.use_cases.registry import Registry, newcomer, reported

VENDOR_IMPORT = "vendor_import"
"""The source of opt-outs that came in a file."""


class RecordOptOut:
    """Records that one person wants no more texts; recording it again changes nothing."""

    def __init__(self, registry: Registry, open_claims: OpenClaims) -> None:
        self._registry = registry
        self._open_claims = open_claims

    def __call__(
        self, number: PhoneNumber, *, scope: str, source: str, note: str | None
    ) -> Contact:
        """The contact as it stands after it; a number nobody knew is suppressed as well.

        When this returns no hand-over to the number in that scope starts (G1). Raises
        InvalidInputError on `scope` for a program that there is not.
        """
        if scope != ALL_PROGRAMS:
            self._registry.program(scope, field="scope")
        contact = self._registry.contacts.get(number.phone)
        since = _left_since(contact, scope) if contact else None
        moment = since or self._registry.clock.now()
        opt_out = OptOut(
            event_id=keyed_hash(
                self._registry.id_key, "opt_out", number.phone, scope, moment.isoformat()
            ),
            scope=scope,
            source=reported(source),
            occurred_at=moment,
            note=note,
        )
        if contact is None or since is None:
            contact = self._registry.contacts.opt_out(
                number.phone, opt_out, otherwise=lambda: self._newcomer(number)
            )
        if since is None or not self._is_journaled(number.phone, since):
            self._registry.journal.append([opt_out_event(opt_out, number.phone)])
        self._open_claims.wait_out(contact, scope)
        return contact

    def _newcomer(self, number: PhoneNumber) -> Contact:
        erased = self._registry.erased([number.phone]).get(number.phone)
        return newcomer(new_contact(number, self._registry.clock.now()), erased)

    def _is_journaled(self, phone: str, since: datetime) -> bool:
        """Whether the journal tells of this leaving; not if an attempt before ended halfway."""
        return any(
            event.kind is JournalKind.OPT_OUT and event.occurred_at == since
            for event in self._registry.journal.of(phone)
        )


def bring_opt_outs(
    numbers: Sequence[PhoneNumber], *, import_id: str, at: datetime, registry: Registry
) -> None:
    """Record that these left everything by another vendor's list, as of `at`.

    Who left everything already stays as they are; the same list again changes nothing.
    """
    by_phone = {number.phone: number for number in numbers}
    existing = registry.contacts.get_many(list(by_phone))
    opt_outs = {phone: _by_vendor(phone, import_id, at, registry.id_key) for phone in by_phone}
    saves: list[tuple[Contact, int | None]] = []
    for phone, number in by_phone.items():
        contact = existing.get(phone)
        if contact is None:
            gone = with_opt_out(new_contact(number, registry.clock.now()), opt_outs[phone])
            saves.append((gone, None))
        elif _left_since(contact, ALL_PROGRAMS) is None:
            gone = with_opt_out(located(contact, number), opt_outs[phone])
            saves.append((gone, contact.sending.version))
    saved = registry.contacts.save_many(saves)
    for (gone, _), is_saved in zip(saves, saved, strict=True):
        if not is_saved:
            registry.contacts.opt_out(gone.phone, opt_outs[gone.phone])
    registry.journal.append([opt_out_event(o, phone) for phone, o in opt_outs.items()])


def _by_vendor(phone: str, import_id: str, at: datetime, id_key: bytes) -> OptOut:
    return OptOut(
        event_id=keyed_hash(id_key, "opt_out", phone, import_id),
        scope=ALL_PROGRAMS,
        source=VENDOR_IMPORT,
        occurred_at=at,
    )


def _left_since(contact: Contact, scope: str) -> datetime | None:
    """Since when the contact is out of a scope by an opt-out; None where it is not."""
    if scope != ALL_PROGRAMS:
        is_out = contact.subscription_status(scope) is SubscriptionStatus.OPTED_OUT
        return left_at(contact, scope) if is_out else None
    suppression = contact.suppression
    if suppression is None or suppression.reason is not SuppressionReason.OPTED_OUT:
        return None
    return suppression.since
