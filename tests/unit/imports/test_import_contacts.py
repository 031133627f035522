"""Imports: any order of pieces, any number of times, the same contacts and the same counts."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parley.consent import ALL_PROGRAMS, OptOut
from parley.contact import Contact, SubscriptionStatus
from parley.imports import (
    LOST,
    LOST_AFTER,
    Import,
    ImportConsent,
    ImportKind,
    ImportStatus,
    Tally,
)
from parley.program import Program, Sender
from parley_aws.memory import ManualClock, MemoryContacts, MemoryJournal, MemoryPrograms
from parley_aws.memory.imports import MemoryImportFiles, MemoryImports
from parley_aws.numbers import read_number
from parley_aws.use_cases.csv_pieces import Piece
from parley_aws.use_cases.import_contacts import ImportContacts
from parley_aws.use_cases.registry import Registry

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
CONSENT = ImportConsent(source="web_form", obtained_at=NOW - timedelta(days=9), wording="Yes!")
ANN = "+15125550101"


class Commands:
    """A queue whose commands can be taken in any order."""

    def __init__(self) -> None:
        self.waiting: list[Mapping[str, Any]] = []

    def send(
        self,
        bodies: Any,
        *,
        delay: timedelta = timedelta(0),
        group: str | None = None,
    ) -> None:
        self.waiting.extend(bodies)


@dataclass
class World:
    """An importer over memory."""

    contacts: MemoryContacts = field(default_factory=MemoryContacts)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    imports: MemoryImports = field(default_factory=MemoryImports)
    files: MemoryImportFiles = field(default_factory=MemoryImportFiles)
    queue: Commands = field(default_factory=Commands)
    has_time: bool = True
    piece_rows: int = 3

    def importer(self) -> ImportContacts:
        return ImportContacts(
            registry=Registry(
                contacts=self.contacts,
                journal=self.journal,
                programs=MemoryPrograms(
                    Program(id="pizza", brand="Acme", sender=Sender(from_="+15125550001"))
                ),
                clock=ManualClock(NOW),
                id_key=b"k" * 32,
                read_number=read_number,
            ),
            imports=self.imports,
            files=self.files,
            queue=self.queue,
            has_time=lambda: self.has_time,
            piece_rows=self.piece_rows,
        )

    def run(self, content: bytes, job: Import, *, times: int = 1, seed: int = 0) -> Import:
        """Upload a file and do every command, in an order by chance, each so many times."""
        chance = random.Random(seed)
        self.imports.create(job)
        self.files.upload(job.id, content)
        for _ in range(times):
            self.importer().begin(job.id, etag="etag")
        while self.queue.waiting:
            command = self.queue.waiting.pop(chance.randrange(len(self.queue.waiting)))
            for _ in range(times):
                self.obey(command)
        done = self.imports.get(job.id)
        assert done is not None
        return done

    def obey(self, command: Mapping[str, Any]) -> None:
        importer = self.importer()
        if "cut_from" in command:
            importer.cut(
                command["import_id"],
                number=command["cut_from"],
                start=command["start"],
                first_line=command["first_line"],
            )
        else:
            importer.work(
                command["import_id"],
                Piece(
                    number=command["piece"],
                    start=command["start"],
                    end=command["end"],
                    first_line=command["first_line"],
                ),
            )

    def rejects(self) -> list[list[str]]:
        (content,) = self.files.rejects.values()
        heading, *rows = csv.reader(content.decode().splitlines())
        assert heading == ["line", "field", "message"]
        return rows

    def contact(self, phone: str) -> Contact:
        contact = self.contacts.get(phone)
        assert contact is not None
        return contact


def job_of(
    *,
    kind: ImportKind = ImportKind.CONTACTS,
    program_id: str | None = "pizza",
    consent: ImportConsent | None = CONSENT,
) -> Import:
    return Import(
        id="imp_1",
        kind=kind,
        status=ImportStatus.AWAITING_UPLOAD,
        created_at=NOW - timedelta(minutes=5),
        program_id=program_id,
        lists=("fall",),
        consent=consent,
    )


def test_brings_in_profiles_attributes_lists_and_consents() -> None:
    world = World()
    content = (
        "Phone,First Name,last-name,EMAIL,State,store,Member Since\r\n"
        '(512) 555-0101,Ann,Lee,ann@example.com,tx,"5th\nSt",2019\r\n'
    )
    done = world.run(("\ufeff" + content).encode(), job_of())
    assert (done.status, done.tally) == (ImportStatus.COMPLETED, Tally(rows=1, accepted=1))
    assert done.completed_at == NOW
    ann = world.contact(ANN)
    assert (ann.first_name, ann.last_name, ann.email, ann.state) == (
        "Ann",
        "Lee",
        "ann@example.com",
        "TX",
    )
    assert ann.attributes == {"store": "5th\nSt", "Member Since": "2019"}
    assert ann.lists == {"fall"}
    assert ann.subscription_status("pizza") is SubscriptionStatus.SUBSCRIBED
    (event,) = world.journal.of(ANN)
    assert (event.occurred_at, event.details["wording"]) == (CONSENT.obtained_at, "Yes!")
    assert world.rejects() == []


def _file(rows: int) -> bytes:
    written = ("12,Bad" if i % 7 == 3 else f'+1512555{i:04d},"A\n{i}"' for i in range(rows))
    return "\n".join(["phone,first_name", *written]).encode()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("times", "has_time"), [(1, True), (3, True), (1, False), (2, False)])
def test_pieces_in_any_order_and_number_come_to_the_same(
    times: int, has_time: bool, seed: int
) -> None:
    """A worker without time leaves the rest of the cutting to another."""
    world = World(has_time=has_time)
    done = world.run(_file(25), job_of(), times=times, seed=seed)
    assert done.status is ImportStatus.COMPLETED
    assert done.tally == Tally(rows=25, accepted=21, rejected=4)
    assert done.pieces == done.pieces_done == 9
    assert [row[1] for row in world.rejects()] == ["phone"] * 4
    lines = [int(row[0]) for row in world.rejects()]
    assert lines == sorted(lines)
    assert lines[0] == 2 + 3 * 2


def test_the_same_file_again_changes_nothing() -> None:
    world = World()
    world.run(_file(10), job_of())
    before = world.contact("+15125550000")
    world.files.rejects.clear()
    again = world.run(_file(10), replace(job_of(), id="imp_2"))
    assert again.tally == Tally(rows=10, accepted=9, rejected=1)
    assert world.contact("+15125550000") == before
    assert len(world.journal.of("+15125550000")) == 1


def test_an_import_never_revives_who_left() -> None:
    world = World()
    gone = OptOut(event_id="o", scope=ALL_PROGRAMS, source="text", occurred_at=NOW)
    world.contacts.opt_out(ANN, gone)
    done = world.run(f"phone,first_name\n{ANN},Ann\n".encode(), job_of())
    assert done.tally == Tally(rows=1, accepted=1, rejected=0, not_revived=1)
    assert world.contact(ANN).has_left("pizza")
    assert world.contact(ANN).first_name == "Ann"
    assert world.rejects()[0][:2] == ["2", "consent"]
    assert "opted_out" in world.rejects()[0][2]


def test_the_columns_of_consent_go_before_the_file_s() -> None:
    world = World()
    content = (
        "phone,consent_obtained_at,consent_source\n"
        f"{ANN},2026-10-01,paper\n"
        "+15125550102,,\n"
        "+15125550103,2026-12-01T00:00:00Z,paper\n"
        "+15125550104,soon,paper\n"
    )
    done = world.run(content.encode(), job_of())
    assert (done.tally.accepted, done.tally.rejected) == (2, 2)
    (own,) = world.journal.of(ANN)
    assert (own.details["source"], own.occurred_at.date().isoformat()) == ("paper", "2026-10-01")
    (whole,) = world.journal.of("+15125550102")
    assert whole.details["source"] == "web_form"
    assert [row[:2] for row in world.rejects()] == [
        ["4", "consent_obtained_at"],
        ["5", "consent_obtained_at"],
    ]


@pytest.mark.parametrize(("consent", "header"), [(None, "phone"), (None, "phone,consent_source")])
def test_rows_without_consent_are_stored_and_never_texted(
    consent: ImportConsent | None, header: str
) -> None:
    world = World()
    cells = ANN + "," * header.count(",")
    world.run(f"{header}\n{cells}\n".encode(), job_of(consent=consent))
    assert world.contact(ANN).subscriptions == {}
    assert world.journal.of(ANN) == []


def test_a_consent_of_no_known_time_costs_the_row() -> None:
    world = World()
    done = world.run(f"phone\n{ANN}\n".encode(), job_of(consent=ImportConsent(source="paper")))
    assert done.tally.rejected == 1
    assert world.rejects()[0][:2] == ["2", "consent_obtained_at"]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("12,Ann,x", "phone"),
        (",Ann,x", "phone"),
        (f"{ANN},Ann", "row"),
        (f"{ANN},Ann,x,y", "row"),
        (f"{ANN},A\x00nn,x", "first_name"),
        (f"{ANN},{'x' * 101},x", "first_name"),
        (f"{ANN},Ann,{'x' * 501}", "store"),
        (f"{ANN},Ann,{'x' * 70_000}", "row"),
        (f'{ANN},"Ann,x', "row"),
    ],
)
def test_a_bad_row_costs_only_itself(row: str, column: str) -> None:
    world = World()
    content = f"phone,first_name,store\n{row}\n+15125550102,Ben,y\n"
    done = world.run(content.encode(), job_of())
    assert done.status is ImportStatus.COMPLETED
    assert done.tally == Tally(rows=2, accepted=1, rejected=1)
    assert [reject[:2] for reject in world.rejects()] == [["2", column]]


@pytest.mark.parametrize(
    ("content", "job", "failure"),
    [
        (b"", job_of(), "empty"),
        (b"phone,name\n".decode().encode("utf-16"), job_of(), "UTF-16"),
        (b"Jos\xe9,phone\n", job_of(), "not UTF-8"),
        (b"name,city\nAnn,Waco\n", job_of(), 'one of them "phone"'),
        (b"+15125550101,Ann\n+15125550102,Ben\n", job_of(), "must be a header"),
        (b"phone,store,Phone\n", job_of(), "more than once"),
        (b"phone,store,store\n", job_of(), "more than once"),
        (b"phone," + b",".join(b"a%d" % i for i in range(51)), job_of(), "51 columns"),
        (b"phone," + b"x" * 65, job_of(), "longer than 64"),
        (b"phone,consent_source\n", job_of(program_id=None, consent=None), "no program"),
    ],
)
def test_a_file_that_cannot_be_read_fails_and_says_why(
    content: bytes, job: Import, failure: str
) -> None:
    world = World()
    done = world.run(content, job)
    assert done.status is ImportStatus.FAILED
    assert failure in (done.failure or "")
    assert failure in world.rejects()[0][2]
    assert world.queue.waiting == []


def test_a_header_alone_is_an_empty_import() -> None:
    world = World()
    done = world.run(b"phone,first_name\n", job_of())
    assert (done.status, done.tally, done.pieces) == (ImportStatus.COMPLETED, Tally(), 0)
    assert world.rejects() == []


def test_a_file_replaced_while_it_is_read_fails() -> None:
    world = World()
    world.imports.create(job_of())
    world.files.upload("imp_1", _file(10))
    world.importer().begin("imp_1", etag="etag")
    world.files.upload("imp_1", _file(10), etag="another")
    world.importer().begin("imp_1", etag="another")
    for command in world.queue.waiting:
        world.obey(command)
    job = world.imports.get("imp_1")
    assert job is not None
    assert job.status is ImportStatus.FAILED
    assert "replaced" in (job.failure or "")


@pytest.mark.parametrize("content", [_file(10), b"no header\n"])
def test_the_file_is_gone_once_the_import_has_ended(content: bytes) -> None:
    """G9: what was erased since must not stand in a file."""
    world = World()
    world.run(content, job_of())
    assert world.files.uploads == {}
    world.files.upload("imp_1", content, etag="another")
    world.importer().begin("imp_1", etag="another")
    assert world.files.uploads == {}


def test_a_crash_before_the_file_is_deleted_is_mended_by_the_next_delivery() -> None:
    world = World(piece_rows=100)
    world.imports.create(job_of())
    world.files.upload("imp_1", _file(10))
    world.importer().begin("imp_1", etag="etag")
    (command,) = world.queue.waiting
    world.obey(command)
    world.files.upload("imp_1", _file(10))
    world.obey(command)
    assert world.files.uploads == {}


def test_a_delivery_that_finds_the_file_deleted_changes_nothing() -> None:
    """A piece is worked on twice at once: one ends the import while the other reads."""
    world = World(piece_rows=100)
    world.imports.create(job_of())
    world.files.upload("imp_1", _file(10))
    world.importer().begin("imp_1", etag="etag")
    (command,) = world.queue.waiting
    read = world.files.read

    def late(*args: Any, **kwargs: Any) -> Any:
        world.files.read = read  # type: ignore[method-assign]
        world.obey(command)
        return read(*args, **kwargs)

    world.files.read = late  # type: ignore[method-assign]
    world.obey(command)
    job = world.imports.get("imp_1")
    assert job is not None
    assert (job.status, job.failure, job.tally.rows) == (ImportStatus.COMPLETED, None, 10)
    assert [field for _, field, _ in world.rejects()] == ["phone"]


def test_an_upload_that_nobody_asked_for_is_left_alone() -> None:
    world = World()
    world.importer().begin("imp_9", etag="etag")
    assert world.queue.waiting == []


def test_another_vendor_s_opt_outs_hold_in_every_program() -> None:
    """G1: also for numbers that nobody knew, and for a consent that comes later in bulk."""
    world = World()
    world.run(f"phone\n{ANN}\n".encode(), job_of())
    world.files.rejects.clear()
    stops = replace(job_of(kind=ImportKind.OPT_OUTS, consent=None), id="imp_2")
    content = f"Phone;Reason\n{ANN};x\n512-555-0102;y\n12;z\n"
    done = world.run(content.encode(), stops, times=2)
    assert done.tally == Tally(rows=3, accepted=2, rejected=1)
    assert world.contact(ANN).has_left("pizza")
    assert world.contact("+15125550102").suppression is not None
    assert world.contact("+15125550102").region == "US"
    (event,) = world.journal.of("+15125550102")
    assert event.details["source"] == "vendor_import"
    world.files.rejects.clear()
    later = world.run(b"phone\n+15125550102\n", replace(job_of(), id="imp_3"))
    assert later.tally.not_revived == 1


def test_ten_thousand_bad_rows_are_listed_one_by_one() -> None:
    world = World(piece_rows=4000)
    done = world.run(b"phone\n" + b"12\n" * 10_000, job_of())
    assert done.tally == Tally(rows=10_000, rejected=10_000)
    assert len(world.rejects()) == 10_000


def test_one_whose_pieces_no_queue_holds_any_more_is_told_as_failed() -> None:
    job = Import(
        id="imp_1", kind=ImportKind.CONTACTS, status=ImportStatus.PROCESSING, created_at=NOW
    )
    lost = job.told_at(NOW + LOST_AFTER)
    assert (lost.status, lost.failure) == (ImportStatus.FAILED, LOST)
    assert job.told_at(NOW + LOST_AFTER - timedelta(seconds=1)) == job
    done = replace(job, status=ImportStatus.COMPLETED)
    assert done.told_at(NOW + LOST_AFTER) == done
