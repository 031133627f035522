"""Who is texting and how to make it stop: brand and opt-out wording, where a body lacks them."""

from __future__ import annotations

import re
from datetime import datetime

from parley.program import Program
from parley.sending import Sending

_OPT_OUT_WORDING = re.compile(
    r"\b(?:text|txt|reply|send)\b[^.!?\n]{0,20}\b(?:stop|arret|alto|parar|baja|pare|sair)\b"
    r"|\b(?:stop|arret|alto|parar|baja|pare|sair)\b[^.!?\n]{0,12}\b(?:to|2|para|pour)\b"
    r"|\bopt[ -]?out\b|\bunsubscribe\b",
    re.IGNORECASE,
)


def is_due(program: Program, sending: Sending, now: datetime) -> bool:
    """Whether the next promotional text of this program has to say who and how to stop."""
    if program.disclosure_every is None:
        return False
    last = sending.disclosed.get(program.id)
    return last is None or now - last >= program.disclosure_every


def has_opt_out_wording(body: str) -> bool:
    """Whether a body tells how to opt out."""
    return _OPT_OUT_WORDING.search(body) is not None


def disclose(body: str, program: Program) -> str:
    """The body with brand and opt-out wording appended as far as it lacks them."""
    missing = []
    if program.brand.casefold() not in body.casefold():
        missing.append(program.brand)
    if not has_opt_out_wording(body):
        missing.append("Reply STOP to opt out")
    return "\n".join([body, ": ".join(missing)]) if missing else body
