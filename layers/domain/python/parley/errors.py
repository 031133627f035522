"""The errors of Parley: one base, and whether trying again can help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with one field of an input, and how to mend it."""

    field: str
    message: str


class ParleyError(Exception):
    """Base of every error Parley raises; `retryable` tells queues whether to try again."""

    retryable: ClassVar[bool] = False


class InvalidInputError(ParleyError):
    """The caller's input breaks a rule; `problems` names each field and the fix."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in problems))
        self.problems = tuple(problems)

    @classmethod
    def of(cls, field: str, message: str) -> Self:
        """The error for a single field."""
        return cls([FieldProblem(field=field, message=message)])


class NotFoundError(ParleyError):
    """What the caller named does not exist."""


class ConflictError(ParleyError):
    """The request is well formed but contradicts what already stands.

    `code` names the rule for programs to tell apart; `details` are facts that help the caller on.
    """

    def __init__(self, message: str, *, code: str = "conflict", **details: str) -> None:
        super().__init__(message)
        self.code = code
        self.details = details


class TransientError(ParleyError):
    """Something outside failed in a way that a later try may not."""

    retryable: ClassVar[bool] = True


class QuotaError(ParleyError):
    """The request is well formed, but its like came too often."""
