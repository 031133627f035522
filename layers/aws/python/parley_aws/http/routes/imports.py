"""Imports: a place to upload to, and how far the work on it is."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from parley.errors import NotFoundError
from parley.imports import Import, ImportStatus
from parley_aws.http.api import MARKETERS, Api, Cursor, Limit
from parley_aws.http.models.imports import ImportCreated, ImportInput, ImportList, ImportOutput
from parley_aws.http.services import Services
from parley_aws.people import registry_of
from parley_aws.use_cases.import_contacts import create_import

_TAG = "Imports"
_SCOPE = "imports"


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.post("/imports", roles=MARKETERS, tag=_TAG, status=201)
    def start_import(body: Annotated[ImportInput, Body()]) -> ImportCreated:
        """Begin an import: PUT a CSV to `upload_url` within an hour.

        UTF-8 with a header row. `phone` is required; `first_name`, `last_name`, `email`,
        `language`, `timezone`, `state`, `consent_obtained_at` and `consent_source` are known; other
        columns become attributes. With kind `opt_outs` everybody in the file is opted out of every
        program.
        """
        job = create_import(
            registry=registry_of(services),
            imports=services.imports(),
            kind=body.kind,
            program_id=body.program,
            lists=tuple(body.lists),
            consent=body.consent_given(),
        )
        return ImportCreated(
            id=job.id, status=job.status, upload_url=services.import_files().upload_url(job.id)
        )

    @api.get("/imports/{import_id}", roles=MARKETERS, tag=_TAG)
    def get_import(import_id: str) -> ImportOutput:
        """Show how far an import is."""
        job = services.imports().get(import_id)
        if job is None:
            raise NotFoundError("no such import")
        return _shown(services, job)

    @api.get("/imports", roles=MARKETERS, tag=_TAG)
    def list_imports(limit: Limit = 100, cursor: Cursor = None) -> ImportList:
        """List imports, newest first."""
        page = services.imports().newest(limit=limit, start_key=api.start_key(cursor, scope=_SCOPE))
        return ImportList(
            imports=[_shown(services, job) for job in page.items],
            next_cursor=api.cursor(page.next_key, scope=_SCOPE),
        )


def _shown(services: Services, job: Import) -> ImportOutput:
    has_list = job.status is ImportStatus.FAILED or (
        job.status is ImportStatus.COMPLETED and bool(job.tally.rejected or job.tally.not_revived)
    )
    url = services.import_files().rejects_url(job.id) if has_list else None
    return ImportOutput.of(job.told_at(services.clock().now()), url)
