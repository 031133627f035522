"""The stores that people are recorded in, put together from whatever builds the ports."""

from __future__ import annotations

from typing import Protocol

from parley_aws.numbers import read_number
from parley_aws.ports import Clock, ContactStore, Journal, Ledger, ProgramStore
from parley_aws.use_cases.open_claims import OpenClaims
from parley_aws.use_cases.opt_outs import RecordOptOut
from parley_aws.use_cases.registry import Registry


class Secret(Protocol):
    """What is needed of the secret."""

    @property
    def id_key(self) -> bytes:
        """The key of keyed hashes."""


class Builders(Protocol):
    """What builds the ports: `parley_aws.wiring` does."""

    def contacts(self) -> ContactStore:
        """Contacts."""

    def journal(self) -> Journal:
        """The journal."""

    def programs(self) -> ProgramStore:
        """Programs and settings."""

    def ledger(self) -> Ledger:
        """Messages of sends."""

    def clock(self) -> Clock:
        """The time."""

    def secret(self) -> Secret:
        """Secrets of the deployment."""


def registry_of(builders: Builders) -> Registry:
    """Where people are recorded."""
    return Registry(
        contacts=builders.contacts(),
        journal=builders.journal(),
        programs=builders.programs(),
        clock=builders.clock(),
        id_key=builders.secret().id_key,
        read_number=read_number,
    )


def open_claims_of(builders: Builders) -> OpenClaims:
    """What waits for claims to end after an opt-out."""
    return OpenClaims(
        ledger=builders.ledger(),
        journal=builders.journal(),
        clock=builders.clock(),
        id_key=builders.secret().id_key,
    )


def record_opt_out_of(builders: Builders) -> RecordOptOut:
    """The use case of an opt-out that somebody records."""
    return RecordOptOut(registry_of(builders), open_claims_of(builders))
