"""What recording people takes: where they are kept, how numbers are read, and who was erased."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from parley.consent import REPLIED, TEXTED
from parley.contact import ERASED_PREFIX, Contact, SuppressionReason
from parley.errors import FieldProblem, InvalidInputError
from parley.ids import keyed_hash
from parley.number import PhoneNumber
from parley.program import Program
from parley.sending import CLOCK_SKEW
from parley_aws.ports import Clock, ContactStore, Journal, ProgramStore

ReadNumber = Callable[[str, str | None], PhoneNumber]
"""Reads a number as it is written in a region; raises InvalidInputError on field `phone`."""

MAX_TRIES = 8
"""Rounds of read, decide, conditional write before a conflict is left to a later try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The stores that people are recorded in, and what it takes to do so."""

    contacts: ContactStore
    journal: Journal
    programs: ProgramStore
    clock: Clock
    id_key: bytes
    read_number: ReadNumber

    def default_region(self) -> str | None:
        """The region that all programs share; None where they differ, US without programs."""
        regions = {program.default_region for program in self.programs.all()} or {"US"}
        return regions.pop() if len(regions) == 1 else None

    def program(self, program_id: str, *, field: str) -> Program:
        """A program by id. Raises InvalidInputError on the field where there is none."""
        program = self.programs.get(program_id)
        if program is None:
            raise InvalidInputError.of(field, f'there is no program "{program_id[:64]}"')
        return program

    def erased_key(self, phone: str) -> str:
        """Under what the suppression of an erased number is kept."""
        return erased_key(self.id_key, phone)

    def erased(self, phones: Iterable[str]) -> dict[str, Contact]:
        """By number, the entries of those that were erased."""
        keys = {phone: self.erased_key(phone) for phone in phones}
        entries = self.contacts.get_many(list(keys.values())) if keys else {}
        return {phone: entries[key] for phone, key in keys.items() if key in entries}


def erased_key(id_key: bytes, phone: str) -> str:
    """Under what the suppression of an erased number is kept: nobody can read it back (G9)."""
    return ERASED_PREFIX + keyed_hash(id_key, "erased", phone, length=40)


def erased_since(erased: Contact | None, moment: datetime) -> bool:
    """Whether a number (the entry kept of it) was erased after a moment, by clocks that differ by a
    little. What was said before an erasure does not undo it, and is not kept (G9)."""
    suppression = erased.suppression if erased else None
    return suppression is not None and suppression.since + CLOCK_SKEW >= moment


def newcomer(contact: Contact, erased: Contact | None) -> Contact:
    """A new contact; one whose number was erased (the entry kept of it) starts out suppressed."""
    return contact if erased is None else replace(contact, suppression=erased.suppression)


def was_erased(contact: Contact) -> bool:
    """Whether the number came back after its erasure and is still suppressed for it."""
    suppression = contact.suppression
    return suppression is not None and suppression.reason is SuppressionReason.ERASED


def read_moment(value: object, field: str) -> datetime:
    """A moment from RFC 3339 text; a date alone is its midnight, a time without offset is UTC.

    Raises InvalidInputError on the field.
    """
    try:
        if not isinstance(value, str) or not 10 <= len(value.strip()) <= 40:
            raise ValueError
        moment = datetime.fromisoformat(value.strip().upper())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInputError.of(
            field, "must be a time with its offset, such as 2026-11-27T18:00:00Z"
        ) from None


def under(field: str, problems: Iterable[FieldProblem]) -> list[FieldProblem]:
    """Problems of an object, named as fields of what holds it."""
    return [FieldProblem(field=f"{field}.{p.field}", message=p.message) for p in problems]


def reported(source: str) -> str:
    """A source that somebody names, told from those that only a text from the phone itself has."""
    return f"{source} (reported)" if source in {TEXTED, REPLIED} else source
