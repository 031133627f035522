"""The `sending` part of a contact: who may text this number now, and who could lately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

CLAIM_PERIOD = timedelta(seconds=5)
"""How long a claim may be posted."""

CLOCK_SKEW = timedelta(seconds=1)
"""How far two of our machines' clocks may be apart."""

BATCH_LIFETIME = timedelta(days=14)
"""A queued batch older than this is refused: claims may have been forgotten since."""

CLAIM_RETENTION = timedelta(days=15)
"""Claims are remembered at least this long, so that no batch outlives its claims."""

LONGEST_WINDOW = timedelta(hours=744)
"""The longest window of a frequency cap."""

TEXT_PREFIX = "text-"
"""Begins the ids of texts that are no send's, such as an automatic or a salesperson's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to hand over the message of one send, until `post_by` and not a moment later.

    It stays as the record of that hand-over and counts in frequency caps from `post_by` on. A text
    that is no send's is claimed under its own id in place of a send's: it is promised to nobody
    who left either (G1), but no cap counts it (G2).
    """

    send_id: str
    program_id: str
    nonce: str
    post_by: datetime

    @property
    def is_promotional(self) -> bool:
        """Whether this is the claim of a send, which caps count."""
        return not self.send_id.startswith(TEXT_PREFIX)

    def is_open(self, now: datetime) -> bool:
        """Whether a POST under this claim may still start."""
        return now < self.post_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Recent claims on a contact. `version` moves with every change that a decision depends on."""

    version: int = 0
    claims: tuple[Claim, ...] = ()
    disclosed: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def begun(cls, at: datetime) -> Sending:
        """That of a contact made at a moment. Its version is above any that the number had before:
        whoever still holds what they read of somebody erased since must not take this for that."""
        return cls(version=int(at.timestamp() * 1000))

    def claim_of(self, send_id: str) -> Claim | None:
        """The claim that a send holds or held on this contact."""
        return next((c for c in self.claims if c.send_id == send_id), None)

    def with_claim(
        self, claim: Claim, *, discloses: bool, now: datetime, retention: timedelta
    ) -> Sending:
        """These claims with one more; those older than `retention` are forgotten.

        Another program's are kept as long as any cap of its own may look back.
        """
        own, others = now - retention, now - max(retention, LONGEST_WINDOW)
        kept = tuple(
            c
            for c in self.claims
            if c.post_by + CLOCK_SKEW > (own if c.program_id == claim.program_id else others)
        )
        disclosed = {**self.disclosed, claim.program_id: now} if discloses else self.disclosed
        return replace(self, version=self.version + 1, claims=(*kept, claim), disclosed=disclosed)

    def without_claim(self, claim: Claim) -> Sending:
        """These claims with the slot of one given back, after a definite refusal.

        What the refused text would have disclosed was never read, so it is due again.
        """
        kept = tuple(c for c in self.claims if c.nonce != claim.nonce)
        disclosed = {
            program: at
            for program, at in self.disclosed.items()
            if program != claim.program_id or at != claim.post_by - CLAIM_PERIOD
        }
        return replace(self, version=self.version + 1, claims=kept, disclosed=disclosed)

    def open_until(self, now: datetime) -> datetime | None:
        """When the last claim that may still be posted ends, or None where there is none."""
        return max((c.post_by for c in self.claims if c.is_open(now)), default=None)
