"""A provider in memory, whose answers a test decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from parley.outcome import MessageStatus, Outcome
from parley_aws.ports import Clock, PostResult, PostStatus, ProviderMessage, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How the provider takes a text: whether it will send it, and what it lets us know.

    With status `accepted` the sid is made up by the provider.
    """

    status: PostStatus
    taken: bool
    error_code: str | None = None


ACCEPT = Answer(status=PostStatus.ACCEPTED, taken=True)


class MemoryProvider:
    """Keeps what was handed over; `answer` says how it takes the next text."""

    def __init__(self, clock: Clock, answer: Callable[[Text], Answer] = lambda _: ACCEPT) -> None:
        self._clock = clock
        self.answer = answer
        self.posted: list[Text] = []
        self.taken: list[Text] = []
        self.messages: list[ProviderMessage] = []

    def post(self, texts: Sequence[Text]) -> list[PostResult]:
        return [self._post(text) for text in texts]

    def find(self, to: str, *, since: datetime) -> list[ProviderMessage]:
        return [m for m in self.messages if m.to == to and m.created_at >= since]

    def _post(self, text: Text) -> PostResult:
        if self._clock.now() >= text.post_by:
            return PostResult(status=PostStatus.TOO_LATE)
        self.posted.append(text)
        answer = self.answer(text)
        sid = self._take(text) if answer.taken else None
        return PostResult(
            status=answer.status,
            sid=sid if answer.status is PostStatus.ACCEPTED else None,
            error_code=answer.error_code,
        )

    def _take(self, text: Text) -> str:
        self.taken.append(text)
        sid = f"SM{len(self.taken):032x}"
        self.messages.append(
            ProviderMessage(
                sid=sid,
                to=text.to,
                body=text.body,
                outcome=Outcome(status=MessageStatus.ACCEPTED),
                error_code=None,
                created_at=self._clock.now(),
            )
        )
        return sid
