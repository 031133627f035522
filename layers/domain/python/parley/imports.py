"""Imports: a file of contacts, or of another vendor's opt-outs, brought in piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class ImportKind(StrEnum):
    """What the rows of a file are."""

    CONTACTS = "contacts"
    OPT_OUTS = "opt_outs"


class ImportStatus(StrEnum):
    """Where an import stands."""

    AWAITING_UPLOAD = "awaiting_upload"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportConsent:
    """The consent that every row came with, unless its own columns say otherwise."""

    source: str
    obtained_at: datetime | None = None
    wording: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of rows: each accepted or rejected; of the accepted, whose consent was not kept
    because they had left."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    not_revived: int = 0


LOST_AFTER = timedelta(days=15)
"""A file is uploaded within hours of its import's start, and a queue keeps a piece for 14 days."""

LOST = (
    "parts of the file could not be brought in, and do not wait any more; import the file again: "
    "what is in already changes nothing"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file to bring in.

    `etag` is the uploaded file's, set when work on it begins; `pieces` is None until the whole
    file is cut; `pieces_done` counts each piece once; `failure` says why nothing was read.
    """

    id: str
    kind: ImportKind
    status: ImportStatus
    created_at: datetime
    program_id: str | None = None
    lists: tuple[str, ...] = ()
    consent: ImportConsent | None = None
    etag: str | None = None
    pieces: int | None = None
    pieces_done: int = 0
    tally: Tally = Tally()
    failure: str | None = None
    completed_at: datetime | None = None

    @property
    def is_through(self) -> bool:
        """Whether every piece of the file is done."""
        return self.pieces is not None and self.pieces_done >= self.pieces

    def told_at(self, now: datetime) -> Import:
        """The import as it is told: one whose pieces no queue holds any more has failed, though
        nobody was left to write that down."""
        if self.status is not ImportStatus.PROCESSING or now - self.created_at < LOST_AFTER:
            return self
        return replace(self, status=ImportStatus.FAILED, failure=LOST)
