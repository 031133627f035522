"""A consent as callers write it: checked field by field, with an id that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from parley.consent import Consent, ConsentKind
from parley.errors import FieldProblem, InvalidInputError
from parley.ids import keyed_hash
from parley_aws.use_cases.registry import read_moment, reported

FIELDS = ("program", "source", "obtained_at", "wording", "evidence")
MAX_SOURCE = 100
MAX_WORDING = 2000
MAX_EVIDENCE = 20
_MAX_EVIDENCE_TEXT = 1000
TOLERANCE = timedelta(minutes=1)
"""How far ahead of ours a caller's clock may be."""


def read_consent(
    raw: Mapping[str, Any],
    *,
    phone: str,
    kind: ConsentKind,
    id_key: bytes,
    now: datetime,
) -> Consent:
    """The consent of one number. The same fields give the same event id, however often.

    Whether there is such a program is the caller's to check. Raises InvalidInputError naming every
    field that is missing or wrong; times to come are wrong.
    """
    problems = [
        FieldProblem(field=name[:64], message="is not known here; known: " + ", ".join(FIELDS))
        for name in raw
        if name not in FIELDS
    ]
    program_id = _text(raw.get("program"), "program", 64, problems)
    source = _text(raw.get("source"), "source", MAX_SOURCE, problems)
    wording = raw.get("wording")
    if wording is not None:
        wording = _text(wording, "wording", MAX_WORDING, problems)
    evidence = _evidence(raw.get("evidence"), problems)
    obtained_at = now
    try:
        if raw.get("obtained_at") is None:
            raise InvalidInputError.of("obtained_at", "is required: when they agreed")
        obtained_at = read_moment(raw["obtained_at"], "obtained_at")
        if obtained_at > now + TOLERANCE:
            raise InvalidInputError.of("obtained_at", "lies in the future")
    except InvalidInputError as error:
        problems.extend(error.problems)
    if problems:
        raise InvalidInputError(problems)
    return Consent(
        event_id=keyed_hash(
            id_key,
            *("consent", phone, kind, program_id, source, obtained_at.isoformat(), wording or ""),
            *(text for pair in sorted(evidence.items()) for text in pair),
        ),
        program_id=program_id,
        kind=kind,
        source=reported(source),
        obtained_at=obtained_at,
        recorded_at=now,
        wording=wording,
        evidence=evidence,
    )


def _text(value: object, field: str, longest: int, problems: list[FieldProblem]) -> str:
    if isinstance(value, str) and value.strip() and len(value) <= longest:
        return value.strip()
    message = "is required" if value is None else f"must be a text of 1 to {longest} characters"
    problems.append(FieldProblem(field=field, message=message))
    return ""


def _evidence(value: object, problems: list[FieldProblem]) -> dict[str, str]:
    if value is None:
        return {}
    if (
        isinstance(value, Mapping)
        and len(value) <= MAX_EVIDENCE
        and all(isinstance(v, (str, int, float)) for v in value.values())
    ):
        evidence = {str(name): str(text) for name, text in value.items()}
        if all(len(n) + len(t) <= _MAX_EVIDENCE_TEXT for n, t in evidence.items()):
            return evidence
    problems.append(
        FieldProblem(
            field="evidence",
            message=f"must be an object of up to {MAX_EVIDENCE} texts, each up to "
            f"{_MAX_EVIDENCE_TEXT} characters",
        )
    )
    return {}
