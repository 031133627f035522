"""A phone number as its numbering plan knows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from parley.contact import Contact
from parley.sending import Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """A number in E.164, and where its prefix lies.

    `region` is its ISO 3166 country, None where no text can reach such a number; no `zones` means
    unknown (toll-free, personal numbers); `state` is that of the area code (US only).
    """

    phone: str
    region: str | None
    zones: tuple[str, ...] = ()
    state: str | None = None


def located(contact: Contact, number: PhoneNumber) -> Contact:
    """The contact with what its number says of where it is."""
    return replace(
        contact, region=number.region, number_zones=number.zones, number_state=number.state
    )


def new_contact(number: PhoneNumber, at: datetime) -> Contact:
    """A contact made at a moment, of whom nothing but the number is known."""
    return located(Contact(phone=number.phone, sending=Sending.begun(at)), number)
