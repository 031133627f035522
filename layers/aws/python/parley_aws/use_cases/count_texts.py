"""Count texts that are no send's in their program's account, as the journal's stream tells them."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from parley.journal import JournalEvent, JournalKind
from parley.ledger import Response, ResponseKind
from parley.other_texts import other_text_of
from parley_aws.ports import Ledger, ProgramStore


def count_texts(events: Iterable[JournalEvent], *, programs: ProgramStore, ledger: Ledger) -> None:
    """Note the texts among new events, each once however often it is told."""
    zones: dict[str, ZoneInfo] = {}
    responses = []
    for event in events:
        if event.kind is not JournalKind.TEXT or event.program_id is None:
            continue
        if event.program_id not in zones:
            program = programs.get(event.program_id)
            zones[event.program_id] = ZoneInfo(program.timezone if program else "UTC")
        text = other_text_of(event, zones[event.program_id])
        if text is not None:
            responses.append(
                Response(
                    send_id=text.account,
                    kind=ResponseKind.TEXT,
                    id=text.text_id,
                    details=text.details,
                )
            )
    if responses:
        ledger.respond(responses)
