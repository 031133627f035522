"""The provider's memory: messages, opt-outs, and the numbers of messaging services."""

from __future__ import annotations

import secrets
import time
from collections.abc import Reversible

from infra.local.carrier.numbers import is_service, number_of_service
from infra.local.carrier.parts import count_parts
from infra.local.carrier.records import Direction, Message, Origin, Sender, Status


class Store:
    """Messages in the order of their creation; beyond ``capacity`` the oldest are forgotten."""

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self._messages: dict[str, Message] = {}
        self._by_number: dict[str, list[Message]] = {}
        self._opt_outs: set[tuple[str, str]] = set()
        self._senders: dict[str, Sender] = {}
        self._next_serial = 1

    def __len__(self) -> int:
        return len(self._messages)

    def add(
        self,
        *,
        handset: str,
        sender: Sender,
        body: str,
        direction: Direction,
        origin: Origin,
        status: Status,
    ) -> Message:
        """Make a message with a sid of its own and keep it."""
        now = time.time()
        message = Message(
            serial=self._next_serial,
            sid="SM" + secrets.token_hex(16),
            handset=handset,
            sender=sender,
            body=body,
            parts=count_parts(body),
            direction=direction,
            origin=origin,
            status=status,
            created_at=now,
            updated_at=now,
            sent_at=now if direction is Direction.INBOUND else None,
        )
        self.keep(message)
        return message

    def keep(self, message: Message) -> None:
        """Take in ``message``, whose serial is higher than every one kept."""
        self._next_serial = message.serial + 1
        self._messages[message.sid] = message
        for number in _ends(message):
            self._by_number.setdefault(number, []).append(message)
        if len(self._messages) > self._capacity:
            self._drop_oldest()

    def get(self, sid: str) -> Message | None:
        """Return the message called ``sid``."""
        return self._messages.get(sid)

    def holds(self, message: Message) -> bool:
        """Tell whether ``message`` has not been forgotten."""
        return message.sid in self._messages

    def messages(self, *numbers: str) -> Reversible[Message]:
        """Return messages, oldest first: all, or of those numbers at least all between them.

        The caller sifts; this only spares it a look at every message.
        """
        if not numbers:
            return self._messages.values()
        return min((self._by_number.get(number, []) for number in numbers), key=len)

    def forget(self) -> int:
        """Forget messages and opt-outs; return how many messages there were."""
        count = len(self._messages)
        self._messages.clear()
        self._by_number.clear()
        self._opt_outs.clear()
        return count

    def sender(self, name: str) -> Sender:
        """Return the sender called ``name``: a service's sid, one of its numbers, or a number."""
        if is_service(name):
            known = self._senders.get(name)
            if known is None:
                known = Sender(number=number_of_service(name), service_sid=name)
                self._senders[name] = self._senders[known.number] = known
            return known
        return self._senders.get(name) or Sender(number=name, service_sid=None)

    def services(self) -> list[str]:
        """Return the sids of the messaging services seen so far."""
        return [name for name in self._senders if is_service(name)]

    def opt_out(self, sender: Sender, handset: str) -> bool:
        """Block ``handset`` at ``sender``; False if it was blocked before."""
        if self.is_opted_out(sender, handset):
            return False
        self._opt_outs.add((sender.scope, handset))
        return True

    def opt_in(self, sender: Sender, handset: str) -> bool:
        """Undo the block of ``handset`` at ``sender``; False if there was none."""
        if not self.is_opted_out(sender, handset):
            return False
        self._opt_outs.remove((sender.scope, handset))
        return True

    def is_opted_out(self, sender: Sender, handset: str) -> bool:
        """Tell whether ``handset`` is blocked at ``sender``."""
        return (sender.scope, handset) in self._opt_outs

    def opt_outs(self) -> list[tuple[str, str]]:
        """Return (service sid or number, handset) of every block."""
        return sorted(self._opt_outs)

    def _drop_oldest(self) -> None:
        oldest = self._messages.pop(next(iter(self._messages)))
        for number in _ends(oldest):
            of_number = self._by_number[number]
            del of_number[0]
            if not of_number:
                del self._by_number[number]


def _ends(message: Message) -> set[str]:
    return {message.handset, message.sender.number}
