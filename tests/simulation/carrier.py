"""The provider and its network: it takes texts or not, loses answers, reports late and twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from parley.contact import Contact
from parley.outcome import MessageStatus, Outcome
from parley.program import Program
from parley_aws.ports import PostResult, PostStatus, ProviderMessage, Text
from parley_aws.twilio_status import outcome_of
from tests.simulation.engine import HOUR, MINUTE, SECOND, CrashError, Engine
from tests.simulation.guarantees import Guarantees
from tests.simulation.transport import check_failure

_REFUSALS = ("21211", "21614", "21610", "30007", "21408", "21617", "99999")
_COURSES: tuple[tuple[tuple[str, str | None], ...], ...] = (
    (("sent", None), ("delivered", None)),
    (("queued", None), ("sending", None), ("sent", None), ("delivered", None)),
    (("sent", None), ("undelivered", "30003")),
    (("sent", None), ("undelivered", "30006")),
    (("failed", "30008"),),
    (("sent", None),),
    (),
)
_LATENESS = (0, 20, 300, 3 * SECOND, 40 * SECOND, 20 * MINUTE, 5 * HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How the provider answers, as chances; otherwise it accepts."""

    refused: float
    misconfigured: float
    throttled: float
    lost_and_taken: float
    lost_and_not_taken: float
    repeated_receipts: float


class SimCarrier:
    """The provider's side of every text."""

    def __init__(
        self,
        engine: Engine,
        answers: Answers,
        guarantees: Guarantees,
        *,
        programs: Mapping[str, Program],
        contact_of: Callable[[str], Contact | None],
        report: Callable[[dict[str, object]], None],
    ) -> None:
        self._engine = engine
        self._answers = answers
        self._guarantees = guarantees
        self._program_of = {program.sender.address: program.id for program in programs.values()}
        self._contact_of = contact_of
        self._report = report
        self._messages: dict[str, ProviderMessage] = {}
        self.on_taken: Callable[[Text, str], None] = lambda _text, _program: None

    def post(self, texts: Sequence[Text]) -> list[PostResult]:
        """Post texts side by side: in any order, each not after its `post_by`."""
        results: dict[int, PostResult] = {}
        order = list(range(len(texts)))
        self._engine.chance.shuffle(order)
        for position in order:
            results[position] = self._post(texts[position])
        return [results[position] for position in range(len(texts))]

    def find(self, to: str, *, since: datetime) -> list[ProviderMessage]:
        """What the provider knows of texts to a number, newest first."""
        return self._engine.effect(
            f"find {to}",
            lambda: [
                m for m in reversed(self._messages.values()) if m.to == to and m.created_at >= since
            ],
            writes=False,
        )

    def _post(self, text: Text) -> PostResult:
        engine = self._engine
        engine.point(f"post {text.message_id} to {text.to}")
        if not engine.calm and engine.chance.random() < engine.chaos.dawdles:
            engine.counts["late posts"] += 1
            engine.sleep(engine.chance.randint(4000, 5100))
        if engine.local_now() >= text.post_by:
            engine.counts["too late"] += 1
            return PostResult(status=PostStatus.TOO_LATE)
        began = engine.now
        if engine.chaotic(engine.chaos.crash):
            engine.faulted("crashes", "a post")
            if engine.chance.random() < 0.7:
                self._take(text, began)
            raise CrashError
        engine.point(f"{text.message_id} at the provider")
        result = self._answer(text, began)
        engine.counts[f"posts {result.status}"] += 1
        engine.point(f"{text.message_id}: {result.status} {result.error_code or ''}")
        if engine.chaotic(engine.chaos.crash):
            engine.faulted("crashes", "after a post")
            raise CrashError
        return result

    def _answer(self, text: Text, began: int) -> PostResult:
        engine, answers = self._engine, self._answers
        fate = engine.chance.random()
        if engine.calm:
            return PostResult(status=PostStatus.ACCEPTED, sid=self._take(text, began))
        if (fate := fate - answers.refused) < 0:
            code = engine.chance.choice(_REFUSALS)
            return PostResult(status=PostStatus.REFUSED, error_code=code)
        if (fate := fate - answers.misconfigured) < 0:
            return PostResult(status=PostStatus.REFUSED, error_code="20003")
        if (fate := fate - answers.throttled) < 0:
            return PostResult(status=PostStatus.THROTTLED)
        if (fate := fate - answers.lost_and_taken) < 0:
            self._handed_over(text, began)
            wait = engine.chance.choice((0, 200, 25 * SECOND))
            engine.after(wait, lambda: self._keep(text))
            return PostResult(status=PostStatus.AMBIGUOUS)
        if fate - answers.lost_and_not_taken < 0:
            self._handed_over(text, began)
            return PostResult(status=PostStatus.AMBIGUOUS)
        return PostResult(status=PostStatus.ACCEPTED, sid=self._take(text, began))

    def _take(self, text: Text, began: int) -> str:
        self._handed_over(text, began)
        return self._keep(text)

    def _handed_over(self, text: Text, began: int) -> None:
        address = text.messaging_service_sid or text.from_ or ""
        program_id = self._program_of[address]
        self._guarantees.handed_over(text, program_id, self._contact_of(text.to), began)
        self.on_taken(text, program_id)

    def _keep(self, text: Text) -> str:
        sid = f"SM{len(self._messages) + 1:032x}"
        self._messages[sid] = ProviderMessage(
            sid=sid,
            to=text.to,
            body=text.body,
            outcome=Outcome(status=MessageStatus.ACCEPTED),
            error_code=None,
            created_at=self._engine.moment().replace(microsecond=0),
        )
        self._guarantees.taken[text.message_id] = self._engine.now
        if text.message_id.startswith("snd_"):
            self._follow(sid, text.message_id)
        return sid

    def _follow(self, sid: str, message_id: str) -> None:
        """What becomes of a text, and the receipts that tell of it."""
        engine = self._engine
        happens = 0
        for status, code in engine.chance.choice(_COURSES):
            happens += engine.chance.choice((1, 50, 2 * SECOND, 10 * SECOND))
            engine.after(happens, partial(self._become, sid, status, code))
            while True:
                late = engine.chance.choice(_LATENESS)
                engine.after(happens + late, partial(self._tell, sid, message_id, status, code))
                if engine.chance.random() >= self._answers.repeated_receipts:
                    break
                engine.counts["repeated receipts"] += 1

    def _become(self, sid: str, status: str, code: str | None) -> None:
        outcome = outcome_of(status, code)
        if outcome is not None:
            message = self._messages[sid]
            self._messages[sid] = replace(message, outcome=outcome, error_code=code)

    def _tell(self, sid: str, message_id: str, status: str, code: str | None) -> None:
        self._engine.counts["receipts"] += 1
        receipt: dict[str, object] = {
            "message_id": message_id,
            "status": status,
            "error_code": code,
            "sid": sid,
            "received_at": self._engine.moment().isoformat(),
        }
        known = {"queued": "accepted", "sending": "accepted"}.get(status, status)

        def ends(failure: BaseException | None) -> None:
            """One that nobody answered is not told again, unlike an inbound text."""
            check_failure(failure)
            reported = self._guarantees.reported
            if failure is None:
                rank = self._guarantees.ranked(known)
                reported[message_id] = max(reported.get(message_id, 0), rank)
            else:
                self._engine.counts["receipts lost"] += 1

        self._engine.start("receipt webhook", lambda: self._report(receipt), ends)
