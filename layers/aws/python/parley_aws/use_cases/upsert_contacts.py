"""Store contacts in bulk: what is good is kept, what is wrong is listed row by row (G10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from parley.consent import Consent, ConsentKind, consent_event, with_consent
from parley.contact import Contact
from parley.errors import FieldProblem, InvalidInputError, TransientError
from parley.journal import JournalEvent
from parley.number import PhoneNumber, located, new_contact
from parley.profile import TEXT_FIELDS, ProfileChange, read_change, with_change
from parley.program import Program
from parley_aws.use_cases.read_consent import read_consent
from parley_aws.use_cases.registry import MAX_TRIES, Registry, newcomer, under, was_erased

FIELDS = ("phone", *TEXT_FIELDS, "attributes", "lists", "remove_lists", "consent")
"""What a row may hold; only `phone` must be there."""

OPTED_OUT = "opted_out"
"""Code of a row that was kept without its consent, since the person had left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as it came, an object of `FIELDS` if it is right: `index` is its place in the request,
    or its line in a file."""

    index: int
    values: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What was not taken of a row. With code `opted_out` only the consent was not."""

    index: int
    field: str
    message: str
    code: str = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upserted:
    """How many rows were stored, what was not taken, and whose consent was not kept."""

    accepted: int
    rejected: tuple[Rejection, ...]
    not_revived: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A row that reads well: what it asks for of one number."""

    index: int
    number: PhoneNumber
    profile: ProfileChange
    consent: Consent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """A contact with the changes of its rows applied."""

    contact: Contact
    events: tuple[JournalEvent, ...]
    rejected: tuple[Rejection, ...]
    is_kept: bool


class _Batch:
    """One run: reads each program once and judges every row by the same clock."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._now = registry.clock.now()
        self._programs: dict[str, Program | None] = {}

    def upsert(self, rows: Sequence[Row], region: str | None) -> Upserted:
        rejected: list[Rejection] = []
        changes: dict[str, list[_Change]] = {}
        for row in rows:
            try:
                change = self._read(row, region)
            except InvalidInputError as error:
                rejected.extend(
                    Rejection(index=row.index, field=p.field, message=p.message)
                    for p in error.problems
                )
            else:
                changes.setdefault(change.number.phone, []).append(change)
        for outcome in self._store(changes):
            rejected.extend(outcome.rejected)
        refused = {r.index for r in rejected if r.code != OPTED_OUT}
        return Upserted(
            accepted=len(rows) - len(refused),
            rejected=tuple(sorted(rejected, key=lambda r: r.index)),
            not_revived=len({r.index for r in rejected if r.code == OPTED_OUT}),
        )

    def _read(self, row: Row, region: str | None) -> _Change:
        values = row.values
        if not isinstance(values, Mapping):
            raise InvalidInputError.of("contacts", 'must hold objects such as {"phone": "+1…"}')
        problems = [
            FieldProblem(
                field=str(name)[:64],
                message="is not known here; check its spelling or put it under attributes",
            )
            for name in values
            if name not in FIELDS
        ]
        raw_consent = values.get("consent")
        number, profile = PhoneNumber(phone="", region=None), ProfileChange()
        try:
            number = self._number(values.get("phone"), self._region(raw_consent, region))
        except InvalidInputError as error:
            problems.extend(error.problems)
        try:
            profile = read_change(values)
        except InvalidInputError as error:
            problems.extend(error.problems)
        consent = None
        try:
            if raw_consent is not None:
                consent = self._consent(raw_consent, number.phone)
        except InvalidInputError as error:
            problems.extend(under("consent", error.problems))
        if problems:
            raise InvalidInputError(problems)
        return _Change(index=row.index, number=number, profile=profile, consent=consent)

    def _region(self, raw_consent: object, region: str | None) -> str | None:
        """That of the program which the row consents to, else the batch's."""
        program_id = raw_consent.get("program") if isinstance(raw_consent, Mapping) else None
        if not isinstance(program_id, str):
            return region
        program = self._program(program_id)
        return region if program is None else program.default_region

    def _program(self, program_id: str) -> Program | None:
        if program_id not in self._programs:
            self._programs[program_id] = self._registry.programs.get(program_id)
        return self._programs[program_id]

    def _number(self, value: object, region: str | None) -> PhoneNumber:
        if not isinstance(value, str):
            message = "is required" if value is None else "must be a text such as +15125550100"
            raise InvalidInputError.of("phone", message)
        return self._registry.read_number(value, region)

    def _consent(self, raw: object, phone: str) -> Consent:
        if not isinstance(raw, Mapping):
            raise InvalidInputError.of("program", "is required: consent must be an object")
        consent = read_consent(
            raw, phone=phone, kind=ConsentKind.BULK, id_key=self._registry.id_key, now=self._now
        )
        if self._program(consent.program_id) is None:
            raise InvalidInputError.of("program", "is not the id of a program")
        return consent

    def _store(self, changes: Mapping[str, Sequence[_Change]]) -> list[_Outcome]:
        """Read, apply, journal, save where nobody else wrote in between; again for the rest."""
        settled: list[_Outcome] = []
        waiting = list(changes)
        for _ in range(MAX_TRIES):
            existing = self._registry.contacts.get_many(waiting)
            erased = self._registry.erased(p for p in waiting if p not in existing)
            saves: list[tuple[_Outcome, int | None]] = []
            events: list[JournalEvent] = []
            for phone in waiting:
                found = existing.get(phone)
                made = new_contact(changes[phone][0].number, self._now)
                before = found or newcomer(made, erased.get(phone))
                outcome = self._apply(before, changes[phone])
                events += outcome.events
                if outcome.is_kept and outcome.contact != found:
                    saves.append((outcome, found.sending.version if found else None))
                else:
                    settled.append(outcome)
            # Before the contact: a subscription never stands without the event that explains it.
            self._registry.journal.append(events)
            saved = self._registry.contacts.save_many([(o.contact, v) for o, v in saves])
            settled += [o for (o, _), is_saved in zip(saves, saved, strict=True) if is_saved]
            waiting = [
                o.contact.phone
                for (o, _), is_saved in zip(saves, saved, strict=True)
                if not is_saved
            ]
            if not waiting:
                return settled
        raise TransientError("contacts kept changing while they were stored")

    def _apply(self, before: Contact, changes: Sequence[_Change]) -> _Outcome:
        contact = located(before, changes[0].number)
        events: list[JournalEvent] = []
        rejected: list[Rejection] = []
        kept = 0
        for change in changes:
            try:
                contact = with_change(contact, change.profile)
            except InvalidInputError as error:
                rejected.extend(
                    Rejection(index=change.index, field=p.field, message=p.message)
                    for p in error.problems
                )
                continue
            kept += 1
            if change.consent is None or _is_recorded(contact, change.consent):
                continue
            consenting = self._consented(contact, change.consent)
            if consenting is None:
                rejected.append(_not_revived(change.index, contact))
            else:
                contact = consenting
                asks = self._asks(change.consent)
                events.append(consent_event(change.consent, contact.phone, awaits_answer=asks))
        return _Outcome(
            contact=_moved_on(before, contact),
            events=tuple(events),
            rejected=tuple(rejected),
            is_kept=kept > 0,
        )

    def _consented(self, contact: Contact, consent: Consent) -> Contact | None:
        return with_consent(contact, consent, double_opt_in=self._asks(consent))

    def _asks(self, consent: Consent) -> bool:
        program = self._program(consent.program_id)
        return program is not None and program.double_opt_in


def upsert_contacts(rows: Sequence[Row], *, region: str | None, registry: Registry) -> Upserted:
    """Store rows by number: fields merge, null deletes, lists add, consents are recorded.

    `region` is where national formats are read that come without a consent's program. Every row
    is taken or refused as a whole, but for the consent of someone who left: that is not kept, the
    rest is. The same rows again change nothing. Raises TransientError where others kept writing.
    """
    return _Batch(registry).upsert(rows, region)


def _moved_on(before: Contact, after: Contact) -> Contact:
    """The contact past the version that was read, or as it was where nothing changed."""
    if replace(after, sending=before.sending) == before:
        return before
    if after.sending.version > before.sending.version:
        return after
    return replace(after, sending=replace(after.sending, version=before.sending.version + 1))


def _not_revived(index: int, contact: Contact) -> Rejection:
    why = "was erased" if was_erased(contact) else "opted out"
    return Rejection(
        index=index,
        field="consent",
        message=f"{OPTED_OUT}: this person {why}; the row was kept, its consent was not. They "
        "come back by texting START, or by an opt-in of their own with evidence",
        code=OPTED_OUT,
    )


def _is_recorded(contact: Contact, consent: Consent) -> bool:
    """Whether this very consent is why the contact is subscribed, so that it is in the journal."""
    subscription = contact.subscriptions.get(consent.program_id)
    return (
        subscription is not None
        and subscription.event_id == consent.event_id
        and not contact.has_left(consent.program_id)
    )
