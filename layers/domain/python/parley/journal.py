"""The journal, append-only: what a number agreed to, left, said and was told outside campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JournalKind(StrEnum):
    """What an event of the journal records."""

    CONSENT = "consent"
    OPT_OUT = "opt_out"
    REPLY = "reply"
    UNDERSTANDING = "understanding"
    TEXT = "text"
    CONVERSION = "conversion"
    TEXT_AFTER_OPT_OUT = "text_after_opt_out"


class TextKind(StrEnum):
    """Kinds of text; only promotional ones count in caps and audiences."""

    PROMOTIONAL = "promotional"
    DOUBLE_OPT_IN = "double_opt_in"
    WELCOME = "welcome"
    AUTO_REPLY = "auto_reply"
    HELP = "help"
    OPT_OUT_CONFIRMATION = "opt_out_confirmation"
    CONVERSATIONAL = "conversational"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEvent:
    """One thing that happened with a number. `id` is the same however often it is recorded."""

    id: str
    phone: str
    kind: JournalKind
    occurred_at: datetime
    program_id: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
