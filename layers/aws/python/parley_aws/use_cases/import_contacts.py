"""Bring in a file: cut it into pieces, work each on its own, list what was refused.

Everything may come twice and in any order: pieces are cut at the same places each time, the same
rows change nothing the second time, and a piece is counted once.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from parley.errors import InvalidInputError
from parley.imports import Import, ImportConsent, ImportKind, ImportStatus, Tally
from parley.number import PhoneNumber
from parley.profile import MAX_ATTRIBUTE_NAME, MAX_ATTRIBUTES, TEXT_FIELDS
from parley_aws.ports import ImportFiles, ImportStore, Queue, UploadChangedError
from parley_aws.use_cases.csv_pieces import (
    HEAD_BYTES,
    Header,
    Piece,
    Record,
    UnreadableFileError,
    pieces_of,
    read_header,
    rows_of,
)
from parley_aws.use_cases.opt_outs import bring_opt_outs
from parley_aws.use_cases.read_consent import TOLERANCE
from parley_aws.use_cases.registry import Registry
from parley_aws.use_cases.upsert_contacts import Row, upsert_contacts

PIECE_BYTES = 1024 * 1024
PIECE_ROWS = 5_000
BATCH_ROWS = 500
_MAX_FAILURE = 300

CONSENT_OBTAINED_AT = "consent_obtained_at"
CONSENT_SOURCE = "consent_source"
_KNOWN = ("phone", *TEXT_FIELDS, CONSENT_OBTAINED_AT, CONSENT_SOURCE)
_ROW = "row"
_HEADING = b"line,field,message\r\n"
_DEFAULT_SOURCE = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reject:
    """A line of the list of rejects."""

    line: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class _Column:
    """What a column of the file is: a known field, an attribute, or nothing where unnamed."""

    name: str
    is_attribute: bool


def create_import(
    *,
    registry: Registry,
    imports: ImportStore,
    kind: ImportKind,
    program_id: str | None,
    lists: tuple[str, ...],
    consent: ImportConsent | None,
) -> Import:
    """A new import that waits for its file.

    Raises InvalidInputError for a program that there is not, and for a consent that names none,
    lies in the future, or comes with opt-outs.
    """
    now = registry.clock.now()
    if program_id is not None:
        registry.program(program_id, field="program")
    if consent is not None:
        if kind is ImportKind.OPT_OUTS:
            raise InvalidInputError.of("consent", "has no place in a file of opt-outs")
        if program_id is None:
            raise InvalidInputError.of("program", "is required: what they consented to")
        if consent.obtained_at is not None and consent.obtained_at > now + TOLERANCE:
            raise InvalidInputError.of("consent.obtained_at", "lies in the future")
    job = Import(
        id=f"imp_{registry.clock.nonce()}",
        kind=kind,
        status=ImportStatus.AWAITING_UPLOAD,
        created_at=now,
        program_id=program_id,
        lists=lists,
        consent=consent,
    )
    imports.create(job)
    return job


class ImportContacts:
    """Works imports: `begin` on an upload, `cut` where cutting was left off, `work` on a piece.

    `has_time` tells whether there is time for more before this invocation ends.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        imports: ImportStore,
        files: ImportFiles,
        queue: Queue,
        has_time: Callable[[], bool] = lambda: True,
        piece_bytes: int = PIECE_BYTES,
        piece_rows: int = PIECE_ROWS,
    ) -> None:
        self._registry = registry
        self._imports = imports
        self._files = files
        self._queue = queue
        self._has_time = has_time
        self._piece_bytes = piece_bytes
        self._piece_rows = piece_rows

    def begin(self, import_id: str, *, etag: str) -> None:
        """Start on an uploaded file; a file that replaces one already begun with is left alone."""
        job = self._imports.begin(import_id, etag=etag)
        if job is not None and not self._is_over(job) and job.etag == etag:
            self._cut(job, None)

    def cut(self, import_id: str, *, number: int, start: int, first_line: int) -> None:
        """Go on cutting with the piece of this number, which begins where a row does."""
        job = self._imports.get(import_id)
        if job is not None and not self._is_over(job):
            self._cut(job, (number, start, first_line))

    def work(self, import_id: str, piece: Piece) -> None:
        """Bring in the rows of one piece."""
        job = self._imports.get(import_id)
        if job is None or self._is_over(job):
            return
        try:
            header, columns = self._header(job)
            rows = self._rows(job, header, piece.start, piece.end, piece.first_line)
            tally, rejects = self._bring(job, columns, rows)
        except (UnreadableFileError, UploadChangedError) as error:
            self._fail(job, str(error))
            return
        self._files.put_piece_rejects(job.id, piece.number, _lines(rejects))
        self._finish(self._imports.count_piece(job.id, piece=piece.number, tally=tally))

    def _cut(self, job: Import, place: tuple[int, int, int] | None) -> None:
        """Queue every piece from a place (number, start, first line) on; None: from the first."""
        if job.pieces is not None:
            return
        try:
            header, _ = self._header(job)
            first, start, first_line = place or (0, header.start, header.first_line)
            number = first
            for piece in pieces_of(
                self._rows(job, header, start, None, first_line),
                start=start,
                first_line=first_line,
                number=first,
                piece_bytes=self._piece_bytes,
                piece_rows=self._piece_rows,
            ):
                if piece.number > first and not self._has_time():
                    self._queue.send([_go_on_with(job, piece)])
                    return
                self._queue.send([_work_on(job, piece)])
                number = piece.number + 1
        except (UnreadableFileError, UploadChangedError) as error:
            self._fail(job, str(error))
            return
        self._finish(self._imports.cut(job.id, pieces=number))

    def _header(self, job: Import) -> tuple[Header, tuple[_Column, ...]]:
        head = b"".join(self._read(job, 0, HEAD_BYTES))
        header = read_header(head)
        return header, _columns(header.names, job)

    def _rows(
        self, job: Import, header: Header, start: int, end: int | None, first_line: int
    ) -> Iterable[Record]:
        chunks = self._read(job, start, end)
        return rows_of(chunks, header=header, start=start, first_line=first_line)

    def _read(self, job: Import, start: int, end: int | None) -> Iterable[bytes]:
        return self._files.read(job.id, etag=job.etag or "", start=start, end=end)

    def _bring(
        self, job: Import, columns: Sequence[_Column], records: Iterable[Record]
    ) -> tuple[Tally, list[_Reject]]:
        """Bring rows in, some hundreds at a time; what became of them."""
        program = self._registry.programs.get(job.program_id) if job.program_id else None
        region = program.default_region if program else self._registry.default_region()
        tally = Tally()
        rejects: list[_Reject] = []
        waiting = iter(records)
        while batch := list(islice(waiting, BATCH_ROWS)):
            rows: list[tuple[int, dict[str, Any]]] = []
            refused = []
            for record in batch:
                if record.problem is not None or record.cells is None:
                    message = record.problem or "cannot be read"
                    refused.append(_Reject(line=record.line, field=_ROW, message=message))
                else:
                    rows.append((record.line, _values(columns, record.cells, job)))
            accepted, not_revived, more = (
                self._leave(job, rows, region)
                if job.kind is ImportKind.OPT_OUTS
                else self._upsert(rows, region)
            )
            rejects += sorted([*refused, *more], key=lambda reject: reject.line)
            tally = Tally(
                rows=tally.rows + len(batch),
                accepted=tally.accepted + accepted,
                rejected=tally.rejected + len(batch) - accepted,
                not_revived=tally.not_revived + not_revived,
            )
        return tally, rejects

    def _upsert(
        self, rows: Sequence[tuple[int, Mapping[str, Any]]], region: str | None
    ) -> tuple[int, int, list[_Reject]]:
        numbered = [Row(index=line, values=values) for line, values in rows]
        done = upsert_contacts(numbered, region=region, registry=self._registry)
        rejects = [
            _Reject(line=r.index, field=_column_of(r.field), message=r.message)
            for r in done.rejected
        ]
        return done.accepted, done.not_revived, rejects

    def _leave(
        self, job: Import, rows: Sequence[tuple[int, Mapping[str, Any]]], region: str | None
    ) -> tuple[int, int, list[_Reject]]:
        numbers: list[PhoneNumber] = []
        rejects: list[_Reject] = []
        for line, values in rows:
            try:
                numbers.append(self._registry.read_number(values["phone"], region))
            except InvalidInputError as error:
                rejects += [
                    _Reject(line=line, field=p.field, message=p.message) for p in error.problems
                ]
        bring_opt_outs(numbers, import_id=job.id, at=job.created_at, registry=self._registry)
        return len(numbers), 0, rejects

    def _finish(self, job: Import) -> None:
        if job.is_through and job.status is ImportStatus.PROCESSING:
            self._files.join_rejects(job.id, heading=_HEADING, pieces=job.pieces or 0)
            self._close(job, ImportStatus.COMPLETED)

    def _is_over(self, job: Import) -> bool:
        """Whether an import has ended; then nothing of its file is kept (G9)."""
        is_over = job.status in (ImportStatus.COMPLETED, ImportStatus.FAILED)
        if is_over:
            self._files.discard_upload(job.id)
        return is_over

    def _fail(self, job: Import, failure: str) -> None:
        current = self._imports.get(job.id)
        if current is None or self._is_over(current):
            # Another delivery of a piece ended the import, and its file is gone since.
            return
        reject = _Reject(line=1, field="file", message=failure)
        self._files.join_rejects(job.id, heading=_HEADING + _lines([reject]), pieces=0)
        self._close(job, ImportStatus.FAILED, failure[:_MAX_FAILURE])

    def _close(self, job: Import, status: ImportStatus, failure: str | None = None) -> None:
        now: datetime = self._registry.clock.now()
        self._imports.finish(job.id, status=status, at=now, failure=failure)
        self._files.discard_upload(job.id)


def _work_on(job: Import, piece: Piece) -> dict[str, Any]:
    return {
        "import_id": job.id,
        "piece": piece.number,
        "start": piece.start,
        "end": piece.end,
        "first_line": piece.first_line,
    }


def _go_on_with(job: Import, piece: Piece) -> dict[str, Any]:
    return {
        "import_id": job.id,
        "cut_from": piece.number,
        "start": piece.start,
        "first_line": piece.first_line,
    }


def _columns(names: Sequence[str], job: Import) -> tuple[_Column, ...]:
    """What the columns are. Raises UnreadableFileError for a header that nothing can be read by."""
    columns = tuple(map(_column, names))
    named = [column.name.casefold() for column in columns if column.name]
    doubled = sorted({name for name in named if named.count(name) > 1})
    if doubled:
        raise UnreadableFileError(
            f"the header names {', '.join(map(repr, doubled))[:100]} more than once"
        )
    if "phone" not in named:
        raise UnreadableFileError(
            'the first line must be a header that names the columns, and one of them "phone"'
        )
    if job.kind is ImportKind.OPT_OUTS:
        return columns
    if job.program_id is None and {CONSENT_OBTAINED_AT, CONSENT_SOURCE} & set(named):
        raise UnreadableFileError(
            "the file has columns of consent, but the import names no program to consent to"
        )
    attributes = [column.name for column in columns if column.is_attribute]
    if len(attributes) > MAX_ATTRIBUTES:
        raise UnreadableFileError(
            f"the file has {len(attributes)} columns of attributes; a contact holds at most "
            f"{MAX_ATTRIBUTES}"
        )
    if any(len(name) > MAX_ATTRIBUTE_NAME for name in attributes):
        raise UnreadableFileError(
            f"the name of a column is longer than {MAX_ATTRIBUTE_NAME} characters"
        )
    return columns


def _column(name: str) -> _Column:
    known = "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
    if known in _KNOWN:
        return _Column(known, is_attribute=False)
    return _Column(name, is_attribute=bool(name))


def _values(columns: Sequence[_Column], cells: Sequence[str], job: Import) -> dict[str, Any]:
    """A row of the file as a row of contacts; an empty cell says nothing."""
    filled = [(c, cell.strip()) for c, cell in zip(columns, cells, strict=True) if cell.strip()]
    known = {column.name: cell for column, cell in filled if not column.is_attribute}
    values: dict[str, Any] = {name: known[name] for name in known if name in TEXT_FIELDS}
    values["phone"] = known.get("phone", "")
    if attributes := {column.name: cell for column, cell in filled if column.is_attribute}:
        values["attributes"] = attributes
    if job.lists:
        values["lists"] = list(job.lists)
    consent = _consent(known, job)
    if consent is not None:
        values["consent"] = consent
    return values


def _consent(cells: Mapping[str, str], job: Import) -> dict[str, Any] | None:
    """The consent that a row came with: its own columns, else what holds for the whole file."""
    own_time, own_source = cells.get(CONSENT_OBTAINED_AT), cells.get(CONSENT_SOURCE)
    given = job.consent
    if job.program_id is None or (given is None and own_time is None and own_source is None):
        return None
    obtained_at = given.obtained_at.isoformat() if given and given.obtained_at else None
    return {
        "program": job.program_id,
        "source": own_source or (given.source if given else _DEFAULT_SOURCE),
        "obtained_at": own_time or obtained_at,
        "wording": given.wording if given else None,
    }


def _column_of(field: str) -> str:
    """The column that a field of a contact comes from."""
    return field.replace("consent.", "consent_").removeprefix("attributes.")


def _lines(rejects: Iterable[_Reject]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows((r.line, r.field, r.message) for r in rejects)
    return text.getvalue().encode()
