"""Metrics equal the ledger (G5), however its stream comes, and a recount says where they do not."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from parley.errors import NotFoundError
from parley.ids import LEDGER_SHARDS
from parley.ledger import Response, ResponseKind, bucket_of, message_metrics, response_metrics
from parley.metrics import entry_metrics, entry_words, recounted
from parley.themes import WordTally
from parley_aws import counting, wiring
from parley_aws.memory import ManualClock, MemoryQueue
from parley_aws.ports import LedgerChange
from parley_aws.use_cases import record_metrics as recording
from parley_aws.use_cases.record_metrics import record_metrics
from parley_aws.use_cases.recount import Recount
from tests.unit.outcomes.stream import OTHER, Delivery, happen
from tests.unit.sending.world import NOON, SEND, World, send


def rows(send_id: str) -> list[str]:
    return [f"{send_id}#{shard:02d}" for shard in range(LEDGER_SHARDS)]


def nonzero(values: Any) -> dict[str, int]:
    return {name: n for name, n in values.items() if n}


class Place:
    """Two sends, a ledger to which things happen, and the delivery of its stream."""

    def __init__(self, seed: int, *, crashes: float = 0.4) -> None:
        self.chance = random.Random(seed)
        self.world = World()
        for send_id in (SEND, OTHER):
            self.world.sends.create(send(id=send_id))
        self.ledger, self.metrics = self.world.ledger, self.world.metrics
        self.aside = MemoryQueue(self.world.clock)
        self.delivery = Delivery(
            self.world,
            self.metrics,
            self.chance,
            changes=lambda: self.ledger.changes,
            aside=self.aside,
            crashes=crashes,
        )

    def recount(self, on_pause: Callable[[], object] = lambda: None) -> Recount:
        """A recount in whose pauses something else happens."""
        return Recount(
            sends=self.world.sends,
            ledger=self.ledger,
            metrics=self.metrics,
            clock=Pausing(self.world.clock.now(), on_pause),
            patience=timedelta(seconds=3),
        )

    def drained(self) -> Recount:
        """A recount in whose pauses the stream is delivered."""
        return self.recount(self.delivery.all)


class Pausing(ManualClock):
    """A clock in whose pauses something happens."""

    nonces = itertools.count()

    def __init__(self, now: datetime, on_pause: Callable[[], object]) -> None:
        super().__init__(now)
        self._on_pause = on_pause

    def nonce(self) -> str:
        """One that no clock of these tests gave before."""
        return f"nonce-{next(self.nonces)}"

    def pause(self, duration: timedelta) -> None:
        self._on_pause()
        super().pause(duration)


@pytest.mark.parametrize("seed", range(150))
def test_g5_metrics_equal_the_recount_of_every_row(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MAX_NAMES", 6)  # so that batches are added in portions
    place = Place(seed)
    for _ in range(place.chance.randint(5, 150)):
        happen(place.ledger, place.chance)
        if place.chance.random() < 0.2:
            place.delivery.some()
    place.delivery.all()
    for row in [*rows(SEND), *rows(OTHER)]:
        counted = nonzero(place.metrics.row(row).sums)
        assert counted == recounted(place.ledger.audit(row)), row
        words = Counter(w for entry in place.ledger.audit(row) for w in entry_words(entry))
        assert place.metrics.tally(row).tally == WordTally(words=words), row
    unreadable = place.metrics.of_send(SEND).get("unreadable", 0)
    found = place.recount()(SEND)
    assert (found.differences, found.moving, found.unreadable) == ((), (), unreadable)


@pytest.mark.parametrize("seed", range(40))
def test_a_recount_names_every_drift_and_mends_it(seed: int) -> None:
    place = Place(seed)
    for _ in range(60):
        happen(place.ledger, place.chance)
    place.delivery.all()
    touched = sorted({c.partition for c in place.ledger.changes if c.partition.startswith(SEND)})
    drifted = sorted(place.chance.sample(touched, 2))
    for row in drifted:
        mark = place.metrics.mark(row) or ""
        sums = dict(place.metrics.row(row).sums)
        sums["parts"] = sums.get("parts", 0) + 3
        sums["status:skipped"] = sums.get("status:skipped", 0) - 1
        assert place.metrics.replace(row, sums, mark=mark)
    for _ in range(10):
        happen(place.ledger, place.chance)
    found = place.drained()(SEND)
    assert {d.row for d in found.differences} == set(drifted)
    assert {(d.metric, d.counted - d.recounted) for d in found.differences} == {
        ("parts", 3),
        ("status:skipped", -1),
    }
    assert found.mended == ()
    assert sorted(place.drained()(SEND, mend=True).mended) == drifted
    assert place.drained()(SEND).differences == ()
    for _ in range(10):
        happen(place.ledger, place.chance)
    place.delivery.all()
    assert place.recount()(SEND).differences == ()


@pytest.mark.parametrize("seed", range(20))
def test_words_that_drifted_are_named_by_their_number_and_mended(seed: int) -> None:
    place = Place(seed)
    for _ in range(60):
        happen(place.ledger, place.chance)
    said = {"intent": "question", "words": "gluten"}
    place.ledger.respond([Response(send_id=SEND, kind=ResponseKind.REPLY, id="said", details=said)])
    place.delivery.all()
    row = next(row for row in rows(SEND) if place.metrics.tally(row).tally.words)
    standing = place.metrics.tally(row)
    mark = standing.mark or ""
    wrong = standing.tally.after({"anna": 2})
    assert place.metrics.put_tally(row, wrong, mark=mark, expected=mark)
    (found,) = place.drained()(SEND).differences
    assert (found.row, found.metric, found.counted - found.recounted) == (row, "words", 2)
    assert place.drained()(SEND, mend=True).mended == (row,)
    assert place.metrics.tally(row).tally == standing.tally
    for _ in range(20):
        happen(place.ledger, place.chance)
    place.delivery.all()
    assert place.recount()(SEND).differences == ()


def test_a_stream_that_is_behind_is_no_drift() -> None:
    place = Place(1, crashes=0)
    for _ in range(80):
        happen(place.ledger, place.chance)
    found = place.recount()(SEND)
    assert found.differences == ()
    assert found.moving, "the stream never came"
    place = Place(1, crashes=0)
    for _ in range(80):
        happen(place.ledger, place.chance)
    found = place.drained()(SEND)
    assert (found.differences, found.moving) == ((), ())


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_mended_while_it_moves(seed: int) -> None:
    """Things happen and are counted at every pause: a mend may come in between, never wrongly."""
    place = Place(seed)
    for _ in range(40):
        happen(place.ledger, place.chance)
    place.delivery.all()
    row = next(c.partition for c in place.ledger.changes if c.partition.startswith(SEND))
    sums = {**place.metrics.row(row).sums, "parts": 100}
    assert place.metrics.replace(row, sums, mark=place.metrics.mark(row) or "")

    def meanwhile() -> None:
        for _ in range(place.chance.randrange(4)):
            happen(place.ledger, place.chance)
        for _ in range(place.chance.randrange(4)):
            place.delivery.some()

    place.recount(meanwhile)(SEND, mend=True)
    place.delivery.all()
    place.drained()(SEND, mend=True)
    found = place.drained()(SEND)
    assert (found.differences, found.moving) == ((), ())
    place.delivery.all()
    for each in rows(SEND):
        differing = {
            name: n
            for name, n in nonzero(place.metrics.row(each).sums).items()
            if recounted(place.ledger.audit(each)).get(name, 0) != n
        }
        assert differing == {}


def test_records_lost_for_good_are_found_and_mended() -> None:
    place = Place(3, crashes=0)
    for _ in range(60):
        happen(place.ledger, place.chance)
    place.delivery.all()
    lost = len(place.ledger.changes)
    for _ in range(10):
        happen(place.ledger, place.chance)
    delivery = Delivery(
        place.world,
        place.metrics,
        place.chance,
        changes=lambda: place.ledger.changes[lost + 8 :],
        crashes=0,
    )
    delivery.all()
    recount = place.recount(delivery.all)
    for send_id in (SEND, OTHER):
        assert recount(send_id, mend=True).moving == ()
        assert recount(send_id).differences == ()


def test_an_unreadable_entry_is_counted_and_kept_aside() -> None:
    world = World()
    aside = MemoryQueue(world.clock)
    entries: list[dict[str, Any] | None] = [
        {"status": "vanished"},
        {"kind": "reply"},
        {"kind": "conversion", "group": "texted", "orders": {"a": {}}},
        {"kind": "conversion", "group": "texted", "orders": None},
        {"kind": "telepathy"},
        {},
        {"status": "delivered", "parts": "many"},
        {"status": "delivered", "handed_over_at": 7},
        {"unreadable": "no sort key"},
    ]
    changes = [
        LedgerChange(
            partition=f"{SEND}#00",
            key=f"k{n}",
            sequence=f"{n:040d}",
            before=None,
            after=entry,
        )
        for n, entry in enumerate(entries, 1)
    ]
    foreign = LedgerChange(partition="", key="event", sequence="", before=None, after=None)
    for _ in range(2):
        unreadable = record_metrics(
            [*changes, foreign],
            metrics=world.metrics,
            sends=world.sends,
            clock=world.clock,
            aside=aside,
        )
        assert unreadable == len(entries) + 1
    assert nonzero(world.metrics.of_send(SEND)) == {"unreadable": len(entries)}
    assert {queued.body["key"] for queued in aside.waiting} == {
        *(f"k{n}" for n in range(1, len(entries) + 1)),
        "event",
    }
    mended = [
        LedgerChange(
            partition=f"{SEND}#00",
            sequence=f"{100 + n:040d}",
            before=entry,
            after={"status": "delivered", "parts": 1},
        )
        for n, entry in enumerate(entries)
    ]
    record_metrics(mended, metrics=world.metrics, sends=world.sends, clock=world.clock)
    assert nonzero(world.metrics.of_send(SEND)) == {
        "status:delivered": len(entries),
        "parts": len(entries),
    }


def test_two_consumers_of_one_partition_count_a_record_once() -> None:
    """One was thought dead and comes to its end after another took over, with a larger batch."""
    world = World()
    changes = [
        LedgerChange(
            partition=f"{SEND}#00",
            sequence=f"{n:040d}",
            before=None,
            after={"status": "accepted", "parts": 1},
        )
        for n in range(1, 9)
    ]

    slow, quick = changes[:3], changes
    record_metrics(slow, metrics=world.metrics, sends=world.sends, clock=world.clock)
    record_metrics(quick, metrics=world.metrics, sends=world.sends, clock=world.clock)
    record_metrics(slow, metrics=world.metrics, sends=world.sends, clock=world.clock)
    assert world.metrics.of_send(SEND)["parts"] == 8
    assert not world.metrics.add(
        f"{SEND}#00", {"parts": 1}, sequence=f"{20:040d}", first=f"{8:040d}"
    )


def test_a_whole_batch_is_one_write_for_each_row() -> None:
    world = World()
    writes: list[str] = []
    add = world.metrics.add

    def counted(row: str, *args: Any, **more: Any) -> bool:
        writes.append(row)
        return add(row, *args, **more)

    world.metrics.add = counted  # type: ignore[method-assign]
    batch = [
        LedgerChange(
            partition=f"{SEND}#{n % 16:02d}",
            sequence=f"{n:040d}",
            before=None,
            after={"status": "delivered", "parts": 1, "updated_at": NOON.isoformat()},
        )
        for n in range(1, 1001)
    ]
    record_metrics(batch, metrics=world.metrics, sends=world.sends, clock=world.clock)
    assert len(writes) == LEDGER_SHARDS
    assert len(writes) / len(batch) <= 0.05


def test_what_entries_add() -> None:
    moment = "2026-06-10T19:05:06.000000Z"
    delivered = {
        "status": "delivered",
        "parts": 2,
        "handed_over_at": "2026-06-10T18:59:59.000000Z",
        "updated_at": moment,
    }
    assert message_metrics(delivered) == {
        "status:delivered": 1,
        "parts": 2,
        "handed_over@2026-06-10T18": 1,
        "delivered@2026-06-10T19": 1,
    }
    failed = {"status": "failed", "reason": "30008", "error_code": "30008"}
    assert message_metrics(failed) == {"status:failed": 1, "failed:30008": 1, "error:30008": 1}
    answer = {"kind": ResponseKind.ANSWER, "seconds": "725", "bucket": "2026-06-10T19"}
    assert response_metrics(answer) == {
        "response:answer": 1,
        "answer_seconds": 725,
        "answer@2026-06-10T19": 1,
    }
    assert entry_metrics({"kind": "probe", "nonce": "x"}) == {"probe:x": 1}
    assert bucket_of(NOON, after=timedelta(days=7)) == "2026-06-10T17"
    assert bucket_of(NOON, after=timedelta(days=7, seconds=1)) == "2026-06-10"


def test_a_recount_of_no_send() -> None:
    with pytest.raises(NotFoundError):
        Place(1).recount()("snd_none")


def test_the_daily_recount_names_what_drifted_and_counts_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = Place(4, crashes=0)
    for _ in range(60):
        happen(place.ledger, place.chance)
    place.delivery.all()
    row = next(c.partition for c in place.ledger.changes if c.partition.startswith(SEND))
    sums = {**place.metrics.row(row).sums, "status:sent": 77}
    assert place.metrics.replace(row, sums, mark=place.metrics.mark(row) or "")
    clock = Pausing(place.world.clock.now(), place.delivery.all)
    ports = {
        "clock": clock,
        "ledger": place.ledger,
        "metrics": place.metrics,
        "programs": place.world.programs,
        "sends": place.world.sends,
    }
    for name, port in ports.items():
        monkeypatch.setattr(wiring, name, lambda port=port: port)
    told = counting.watch_drift(lambda: timedelta(minutes=10))
    accounts = len(place.world.programs.all())
    assert (told["Recounted"], told["MetricsDrift"], told["MetricsMoving"]) == (2 + accounts, 1, 0)
    assert '"MetricsDrift":1' in capsys.readouterr().out
    (record,) = (each for each in caplog.records if each.msg == "metrics_drift")
    ((difference,),) = (vars(record)["differences"],)
    assert (difference["row"], difference["metric"], difference["counted"]) == (
        row,
        "status:sent",
        77,
    )
    assert not any(each.msg == "recount_unfinished" for each in caplog.records)
    assert counting.watch_drift(lambda: timedelta(0))["Recounted"] == 1, "no time for more"
    assert any(each.msg == "recount_unfinished" for each in caplog.records)
