"""Imports as the API takes and answers them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from parley.imports import Import, ImportConsent, ImportKind, ImportStatus
from parley.profile import MAX_LISTS, list_name
from parley_aws.http.models.base import Identifier, Input, Moment, Output, example

ListName = Annotated[str, AfterValidator(list_name)]


class ImportConsentInput(Input):
    """The consent that every row came with, unless the file's own columns say otherwise."""

    source: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    obtained_at: Moment | None = None
    wording: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None


class ImportInput(Input):
    """What a file holds. Without consent its people are stored and never texted."""

    model_config = example(
        kind="contacts",
        program="pizza",
        lists=["fall"],
        consent={
            "source": "point_of_sale",
            "obtained_at": "2026-11-01T12:00:00Z",
            "wording": "Text me offers",
        },
    )

    kind: ImportKind = ImportKind.CONTACTS
    program: Identifier | None = None
    lists: Annotated[list[ListName], Field(max_length=MAX_LISTS)] = []
    consent: ImportConsentInput | None = None

    def consent_given(self) -> ImportConsent | None:
        """The consent as the domain knows it."""
        if self.consent is None:
            return None
        return ImportConsent(
            source=self.consent.source,
            obtained_at=self.consent.obtained_at,
            wording=self.consent.wording,
        )


class ImportCreated(Output):
    """Where to put the file: send it by `method` to `upload_url`, within an hour."""

    id: str
    status: ImportStatus
    upload_url: str
    method: Literal["PUT"] = "PUT"


class ImportOutput(Output):
    """How far an import is. `rows` is `accepted` and `rejected`; `not_revived` of the accepted
    had left, and their consent was not kept. `rejects_url` is a CSV of line, field and message."""

    id: str
    kind: ImportKind
    program: str | None
    lists: list[str]
    status: ImportStatus
    rows: int
    accepted: int
    rejected: int
    not_revived: int
    pieces: int | None
    pieces_done: int
    failure: str | None
    rejects_url: str | None
    created_at: Moment
    completed_at: Moment | None

    @classmethod
    def of(cls, job: Import, rejects_url: str | None) -> ImportOutput:
        """The import as the API shows it."""
        return cls(
            id=job.id,
            kind=job.kind,
            program=job.program_id,
            lists=list(job.lists),
            status=job.status,
            rows=job.tally.rows,
            accepted=job.tally.accepted,
            rejected=job.tally.rejected,
            not_revived=job.tally.not_revived,
            pieces=job.pieces,
            pieces_done=job.pieces_done,
            failure=job.failure,
            rejects_url=rejects_url,
            created_at=job.created_at,
            completed_at=job.completed_at,
        )


class ImportList(Output):
    """Imports, newest first."""

    imports: list[ImportOutput]
    next_cursor: str | None
