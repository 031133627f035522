"""One schedule: the product in a world where people text, operators meddle and machines fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from parley.campaign import SendStatus
from parley.consent import ALL_PROGRAMS
from parley.errors import ConflictError, InvalidInputError, NotFoundError
from parley.inbound import InboundText
from parley.money import Money
from parley.number import PhoneNumber
from parley.program import OptOutScope, Program
from parley_aws.ports import Text
from parley_aws.use_cases.control_send import pause_send, resume_send
from parley_aws.use_cases.trigger_send import SendRequest
from tests.simulation.engine import DAY, HOUR, SECOND, Engine, ViolationError
from tests.simulation.guarantees import Guarantees
from tests.simulation.product import Product, small_pieces
from tests.simulation.scenario import PLACES, PRICE, Scenario, scenario_of
from tests.simulation.transport import check_failure

_STOPS = ("STOP", "stop", "Please take me off this list")
_CHATTER = ("what time?", "ok")
_WORDS = ("YES", *_CHATTER, "START", "START", "STOP")
_MAX_SENDS = 6
_RESTS = 12

MUST_HAPPEN = (
    "STARTs", "STOPs", "ambiguous claims", "cancel", "conflicts", "crashes", "dead letters",
    "edits", "erasures", "hand-overs", "imports", "late posts", "opt-outs by API", "pause_send",
    "posts accepted", "posts ambiguous", "posts refused", "posts throttled", "receipts",
    "receipts lost", "redeliveries", "redriven", "repeated receipts", "resume_send", "schedules",
    "sends canceled", "sends completed", "stalls", "stream batches again", "timeouts", "too late",
    "waits",
)  # fmt: skip
"""What a simulation that means anything has met, by the names of its counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a schedule: how often what happened, and the guarantee it broke, if any."""

    seed: int
    counts: Counter[str]
    effects: int
    violation: ViolationError | None
    trace: tuple[str, ...]


def run_schedule(seed: int, *, keeps_trace: bool = False) -> Result:
    """Run the schedule of a seed to its rest, or to its first violation."""
    scenario = scenario_of(seed)
    engine = Engine(seed, scenario.chaos, keeps_trace=keeps_trace)
    violation = None
    with small_pieces():
        try:
            World(engine, scenario).run()
        except ViolationError as error:
            violation = error
        finally:
            engine.end()
    trace: tuple[str, ...] = ()
    if violation is not None or keeps_trace:
        trace = tuple(f"{engine.moment(at)} {who:<16} {what}" for at, who, what in engine.trace)
    return Result(
        seed=seed,
        counts=engine.counts,
        effects=engine.effects,
        violation=violation,
        trace=trace,
    )


class World:
    """The people and operators around the product."""

    def __init__(self, engine: Engine, scenario: Scenario) -> None:
        self._engine = engine
        self._chance = engine.chance
        self._scenario = scenario
        self._programs = {program.id: program for program in scenario.programs}
        self._guarantees = Guarantees(engine, self._programs)
        self._guarantees.overall_caps = scenario.overall_caps
        self._product = Product(engine, scenario, self._guarantees)
        self._product.contacts.on_claim = self._on_claim
        self._product.carrier.on_taken = self._on_taken
        self._texts = 0
        self._triggered = 0

    def run(self) -> None:
        """Let everything happen, then let it come to rest, and look at what is left."""
        self._plan()
        while self._engine.step():
            continue
        self._engine.calm = True
        for _ in range(_RESTS):
            if not self._settle():
                break
            while self._engine.step():
                continue
        self._check_rest()

    # What is planned

    def _plan(self) -> None:
        habits = self._scenario.habits
        for _ in range(habits.sends):
            self._engine.after(
                self._chance.choice((0, 0, 100, 500, 20 * SECOND, HOUR, DAY)), self._trigger
            )
        for _ in range(habits.words):
            self._engine.at_effect(self._chance.randrange(400), self._say_something)
        for _ in range(habits.controls):
            self._engine.at_effect(self._chance.randrange(300), self._control)
        for _ in range(habits.erasures):
            self._engine.at_effect(self._chance.randrange(300), self._erase)
        for _ in range(habits.imports):
            self._engine.at_effect(self._chance.randrange(300), self._import)
        for _ in range(habits.edits):
            self._engine.at_effect(self._chance.randrange(300), self._edit)

    def _phone(self) -> str:
        return self._chance.choice(self._scenario.contacts).phone

    # Sends

    def _trigger(self) -> None:
        if self._triggered >= _MAX_SENDS:
            return
        self._triggered += 1
        chance, habits = self._chance, self._scenario.habits
        campaign = chance.choice(self._scenario.campaigns)
        now = self._engine.moment()
        send_at = expires_at = None
        if chance.random() < habits.ahead:
            send_at = now + timedelta(minutes=chance.choice((1, 7, 600)))
        if chance.random() < habits.expiring:
            expires_at = (send_at or now) + timedelta(
                seconds=chance.choice((8, 400, 3 * 3600, 14 * 86400 - 1))
            )
        max_spend = None
        if chance.random() < habits.max_spend:
            max_spend = Money(amount=PRICE.amount * Decimal(chance.randint(1, 3)), currency="USD")
        request = SendRequest(send_at=send_at, expires_at=expires_at, max_spend=max_spend)
        key = f"key-{self._triggered}"
        self._engine.counts["sends"] += 1
        self._insist(
            "trigger",
            lambda: self._product.trigger(campaign.id, idempotency_key=key, request=request),
        )

    def _control(self) -> None:
        """Somebody pauses, resumes or cancels a send."""
        going = [
            send_id
            for send_id in self._guarantees.sends
            if self._status(send_id) not in (SendStatus.COMPLETED, SendStatus.CANCELED)
        ]
        if not going:
            return
        send_id = self._chance.choice(going)
        is_paused = self._status(send_id) is SendStatus.PAUSED
        change = self._chance.choice(
            (resume_send, resume_send, self._product.cancel)
            if is_paused
            else (pause_send, pause_send, self._product.cancel)
        )
        self._engine.counts[change.__name__] += 1
        self._insist(
            change.__name__, lambda: change(self._product.sends, self._product.clock, send_id)
        )
        if change is resume_send and self._chance.random() < 0.5:
            self._engine.after(self._chance.randrange(300), self._control)
        if change is pause_send:
            wait = self._chance.choice((20, 100, 3 * SECOND, 3 * HOUR))
            self._engine.after(wait, self._control)

    def _edit(self) -> None:
        """Somebody edits a campaign or a program's pace while it is being sent."""
        self._engine.counts["edits"] += 1
        stored = self._product.stored_campaigns
        campaign = stored.get(self._chance.choice(self._scenario.campaigns).id)
        if campaign is not None:
            changed = replace(
                campaign, version=campaign.version + 1, body="Edited. Reply STOP to opt out"
            )
            stored.replace(changed, expected_version=campaign.version)

    # People

    def _on_claim(self, phone: str) -> None:
        if not self._engine.calm and self._chance.random() < self._scenario.habits.stops_on_claim:
            self._engine.after(self._chance.choice((0, 30, 900)), lambda: self._leave(phone))

    def _on_taken(self, text: Text, program_id: str) -> None:
        """Plan a rival send for about the moment at which a cap lets this number go again."""
        habits = self._scenario.habits
        windows = [cap.window_hours for cap in self._programs[program_id].frequency_caps]
        windows += [hours for _, hours in self._scenario.overall_caps]
        if windows and not self._engine.calm and self._chance.random() < habits.rivals:
            early = self._chance.choice((self._chance.randint(-1500, 1500), 4700, 5600, 6500))
            wait = self._chance.choice(windows) * HOUR - early
            if text.message_id.startswith("snd_"):
                self._engine.after(max(wait, 0), self._trigger)

    def _leave(self, phone: str) -> None:
        if self._chance.random() < 0.25:
            self._leave_by_api(phone)
        else:
            self._text(phone, self._chance.choice(_STOPS))

    def _leave_by_api(self, phone: str) -> None:
        scope = self._chance.choice((ALL_PROGRAMS, *self._programs))
        programs = self._programs if scope == ALL_PROGRAMS else (scope,)
        self._engine.counts["opt-outs by API"] += 1
        self._insist(
            "opt-out",
            lambda: self._product.record_opt_out(
                PhoneNumber(phone=phone, region="US"), scope=scope, source="phone", note=None
            ),
            lambda began: self._guarantees.stopped(phone, began=began, programs=programs),
        )

    def _say_something(self) -> None:
        """Somebody texts; or cannot make up their mind, or two of their texts cross."""
        phone = self._phone()
        if self._chance.random() < 0.7:
            self._text(phone, self._chance.choice(_WORDS))
            return
        for body in self._chance.sample(("STOP", "START"), 2):
            wait = self._chance.randrange(3 * SECOND)
            self._engine.after(wait, partial(self._text, phone, body))

    def _text(self, phone: str, body: str) -> None:
        if phone in self._guarantees.erased and body not in _CHATTER:
            return
        self._texts += 1
        program = self._chance.choice(self._scenario.programs)
        text = InboundText(
            sid=f"SM{self._texts:032x}",
            phone=phone,
            to="+15005550001",
            service=program.sender.address,
            body=body,
            opt_out_type=None,
        )
        self._engine.counts["texts in"] += 1
        self._hear(text, program, [], tries=4)
        if self._engine.chaotic(self._scenario.chaos.redelivery):
            again = self._chance.choice((0, 400, 20 * SECOND))
            self._engine.after(again, lambda: self._hear(text, program, None, tries=1))

    def _hear(
        self, text: InboundText, program: Program, began: list[int] | None, *, tries: int
    ) -> None:
        """The provider posts a text to the webhook, and again where it got no answer.

        `began` is when its requests came; None for a repetition, which means nothing new, unless
        nothing is left of whoever sent it.
        """
        leaves, joins = text.body in _STOPS, text.body == "START"

        def hear() -> None:
            if began is not None:
                began.append(self._engine.now)
            if joins and (began is not None or text.phone in self._guarantees.erased):
                now = self._engine.now
                self._guarantees.started(text.phone, began=now, programs=[program.id])
            self._product.receive_reply(text)

        def ends(failure: BaseException | None) -> None:
            check_failure(failure)
            if failure is not None and tries > 1:
                wait = self._chance.choice((SECOND, 15 * SECOND))
                again = tries - 1
                self._engine.after(wait, lambda: self._hear(text, program, began, tries=again))
            if failure is not None or began is None:
                return
            self._engine.counts["STARTs"] += joins
            self._engine.counts["STOPs"] += leaves
            if leaves:
                is_all = program.opt_out_scope is OptOutScope.ALL
                self._guarantees.stopped(
                    text.phone, began=began[0], programs=self._programs if is_all else [program.id]
                )

        self._engine.start("webhook", hear, ends)

    def _erase(self) -> None:
        phone = self._phone()
        self._engine.counts["erasures"] += 1
        self._guarantees.erased.add(phone)
        self._insist(
            "erase",
            lambda: self._product.erase(phone),
            lambda began: self._guarantees.stopped(phone, began=began, programs=self._programs),
        )

    def _import(self) -> None:
        """Somebody brings a person in by a list: who moved, who is new again, who had left."""
        phone, program = self._phone(), self._chance.choice(self._scenario.programs)
        if self._guarantees.erased and self._chance.random() < 0.7:
            phone = self._chance.choice(sorted(self._guarantees.erased))
            self._engine.after(self._chance.choice((300, 3 * SECOND, HOUR)), self._trigger)
        values: dict[str, object] = {"phone": phone, "first_name": "Anna"}
        if self._chance.random() < 0.5:
            _, _, values["timezone"], values["state"] = self._chance.choice(PLACES)
        if self._chance.random() < 0.5:
            obtained_at = self._engine.moment().isoformat()
            values["consent"] = {
                "program": program.id,
                "source": "list",
                "obtained_at": obtained_at,
                "wording": "Texts from Acme",
            }
        self._engine.counts["imports"] += 1
        moved = self._guarantees.moves(phone, self._product.stored_contacts.get(phone))
        self._insist("import", lambda: self._product.bring_in(values), moved)

    # At rest

    def _settle(self) -> bool:
        """Do what operators do in the end: redrive, and let no send stay paused."""
        redriven = sum(queue.redrive() for queue in self._product.queues)
        paused = [s for s in self._guarantees.sends if self._status(s) is SendStatus.PAUSED]
        for send_id in paused:
            change = self._chance.choice((resume_send, resume_send, self._product.cancel))
            self._insist(
                change.__name__,
                partial(change, self._product.sends, self._product.clock, send_id),
            )
        return bool(redriven or paused)

    def _check_rest(self) -> None:
        dead = [queue for queue in self._product.queues if queue.dead]
        if dead and not self._guarantees.erased:
            raise ViolationError("G4", f"{dead[0].dead[0].body} can never be taken")
        messages = {
            m.id: m
            for send_id in self._guarantees.sends
            for m in self._product.stored_ledger.entries(
                send_id, status=None, reason=None, limit=1000, start_key=None
            ).items
        }
        for send_id in self._guarantees.sends:
            send = self._product.stored_sends.get(send_id)
            if send is None:
                raise ViolationError("G4", f"{send_id} is gone")
            self._engine.counts[f"sends {send.status}"] += 1
            metrics = self._product.stored_metrics.of_send(send_id)
            self._guarantees.check_send_at_rest(send, messages, metrics)
            tallies = self._product.stored_metrics.tallies(send_id)
            self._guarantees.check_words_at_rest(send_id, tallies)
        self._engine.counts.update(
            f"outcomes {m.status}" + (f" {m.reason}" if m.status == "skipped" else "")
            for m in messages.values()
        )

    def _status(self, send_id: str) -> SendStatus:
        send = self._product.stored_sends.get(send_id)
        if send is None:
            raise ViolationError("G4", f"{send_id} is gone")
        return send.status

    def _insist(
        self,
        name: str,
        call: Callable[[], object],
        done: Callable[[int], None] = lambda _: None,
        began: list[int] | None = None,
    ) -> None:
        """Somebody asks the API for something until they have an answer; `done` is told when the
        first request came."""
        requests = [] if began is None else began

        def ask() -> None:
            requests.append(self._engine.now)
            call()

        def ends(failure: BaseException | None) -> None:
            if isinstance(failure, (ConflictError, NotFoundError, InvalidInputError)):
                return
            check_failure(failure)
            if failure is None:
                done(requests[0])
            else:
                self._engine.after(2 * SECOND, lambda: self._insist(name, call, done, requests))

        self._engine.start(name, ask, ends)
