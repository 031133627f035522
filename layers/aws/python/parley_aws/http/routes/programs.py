"""Programs and the settings over all of them."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from parley.errors import NotFoundError
from parley_aws.http.api import ADMINS, MARKETERS, Answer, Api, Cursor, Limit
from parley_aws.http.listing import page_of
from parley_aws.http.models.programs import (
    ProgramId,
    ProgramInput,
    ProgramList,
    ProgramOutput,
    SettingsModel,
)
from parley_aws.http.services import Services


def register(api: Api, services: Services) -> None:
    """Add the routes."""

    @api.put(
        "/programs/{program_id}",
        roles=ADMINS,
        tag="Programs",
        also={201: "The program is new", 409: "The sender belongs to another program"},
    )
    def put_program(
        program_id: Annotated[ProgramId, Path()], body: Annotated[ProgramInput, Body()]
    ) -> Answer[ProgramOutput]:
        """Create a program, or replace one whole.

        What is left out takes its default. 201 where the program is new.
        """
        programs = services.programs()
        program = body.program(program_id)
        is_new = programs.get(program_id) is None
        programs.put(program)
        return Answer(ProgramOutput.of(program), status=201 if is_new else 200)

    @api.get("/programs", roles=MARKETERS, tag="Programs")
    def list_programs(limit: Limit = 100, cursor: Cursor = None) -> ProgramList:
        """List programs by id."""
        start_key = api.start_key(cursor, scope="programs")
        programs = services.programs().all()
        page = page_of(programs, key=lambda p: p.id, limit=limit, start_key=start_key)
        return ProgramList(
            programs=[ProgramOutput.of(program) for program in page.items],
            next_cursor=api.cursor(page.next_key, scope="programs"),
        )

    @api.get("/programs/{program_id}", roles=MARKETERS, tag="Programs")
    def get_program(program_id: str) -> ProgramOutput:
        """Show a program."""
        program = services.programs().get(program_id)
        if program is None:
            raise NotFoundError("no such program")
        return ProgramOutput.of(program)

    @api.put("/settings", roles=ADMINS, tag="Programs")
    def put_settings(body: Annotated[SettingsModel, Body()]) -> SettingsModel:
        """Replace the settings over all programs."""
        settings = body.settings()
        services.programs().put_settings(settings)
        return SettingsModel.of(settings)

    @api.get("/settings", roles=ADMINS, tag="Programs")
    def get_settings() -> SettingsModel:
        """Show the settings over all programs."""
        return SettingsModel.of(services.programs().settings())
