"""People with handsets: some answer what they are texted, some opt out, most stay silent."""

from __future__ import annotations

import asyncio

from infra.local.carrier.conduct import Attempt, Conduct
from infra.local.carrier.inbox import Inbox
from infra.local.carrier.records import Direction, Message
from infra.local.carrier.store import Store

_AT_ONCE = 16


class Personas:
    """Answers delivered texts as the behavior in force has it."""

    def __init__(self, *, store: Store, conduct: Conduct, inbox: Inbox) -> None:
        self._store = store
        self._conduct = conduct
        self._inbox = inbox
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def receive(self, message: Message, attempt: Attempt) -> None:
        """Have the handset read ``message`` and perhaps answer it later."""
        persona = self._conduct.behavior.persona
        text = self._answer_to(message, attempt)
        if text is None:
            return
        delay = attempt.seconds("reply_delay", persona.reply_delay_ms)
        task = asyncio.create_task(self._answer(message, text, delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let go of answers not yet given."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _answer_to(self, message: Message, attempt: Attempt) -> str | None:
        persona = self._conduct.behavior.persona
        answered_share = persona.stop_rate + persona.reply_rate
        if answered_share == 0 or message.direction is not Direction.OUTBOUND_API:
            return None
        if self._texted_shortly_before(message, persona.answer_gap_ms / 1000):
            return None
        share = attempt.share("answer")
        if share < persona.stop_rate:
            return attempt.pick("stop", persona.stops)
        if share < answered_share:
            return attempt.pick("reply", persona.replies)
        return None

    def _texted_shortly_before(self, message: Message, gap: float) -> bool:
        for earlier in reversed(self._store.messages(message.handset)):
            if earlier.created_at < message.created_at - gap:
                return False
            if (
                earlier.direction is Direction.INBOUND
                and earlier.handset == message.handset
                and earlier.sender == message.sender
                and earlier.serial < message.serial
            ):
                return True
        return False

    async def _answer(self, message: Message, text: str, delay: float) -> None:
        await asyncio.sleep(delay)
        async with self._places:
            to = message.sender.scope
            await self._inbox.receive(handset=message.handset, to=to, body=text)
