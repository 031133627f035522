"""A CSV file cut into pieces that are read on their own, whatever its rows hold.

A piece begins and ends where a row does. Where a row ends depends on quotes: a quoted cell may hold
line breaks. One stray quote must not swallow the file, so a row of several lines only counts as one
when it closes within `MAX_ROW_LINES` lines, ends its quoted cells at a delimiter and has as many
columns as the header; else its first line is a bad row by itself, and reading goes on with the next
line. All this holds however the file is cut, so that the pieces give the rows of the whole.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from parley.errors import ParleyError

MAX_LINE_BYTES = 64 * 1024
"""A longer line is no row of contacts."""

MAX_ROW_LINES = 100
"""Lines that one row may span."""

HEAD_BYTES = MAX_LINE_BYTES
"""How much of a file's beginning holds its header."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_ENCODINGS = {
    b"\xff\xfe": "is UTF-16",
    b"\xfe\xff": "is UTF-16",
    b"PK\x03\x04": "is a spreadsheet or a zip file",
    b"\x1f\x8b": "is compressed",
    b"%PDF": "is a PDF",
}
_DELIMITERS = (",", ";", "\t", "|")


class UnreadableFileError(ParleyError):
    """The file as a whole cannot be read; the text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The names of a file's columns, what parts them, and where its rows begin."""

    names: tuple[str, ...]
    delimiter: str
    start: int
    first_line: int


@dataclass(frozen=True, slots=True)
class Record:
    """A row: the line it begins on (from 1), its bytes' range, and its cells or its problem."""

    line: int
    start: int
    end: int
    cells: tuple[str, ...] | None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The bytes of whole rows, from `start` to before `end`, beginning on line `first_line`."""

    number: int
    start: int
    end: int
    first_line: int


def read_header(head: bytes) -> Header:
    """The header at the beginning of a file, blank lines before it left out.

    Raises UnreadableFileError where there is none, or the file is not UTF-8 text.
    """
    for mark, what in _OTHER_ENCODINGS.items():
        if head.startswith(mark):
            raise UnreadableFileError(f"the file {what}; save it as CSV in UTF-8")
    start = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    for number, (at, size, line) in enumerate(_lines((head[start:],), start), start=1):
        if line is None:
            raise UnreadableFileError("the first line is too long for a header")
        if line.strip():
            return _header(line, start=at + size, first_line=number + 1)
    raise UnreadableFileError("the file is empty")


def rows_of(
    chunks: Iterable[bytes], *, header: Header, start: int, first_line: int
) -> Iterator[Record]:
    """The rows in bytes that begin at `start`, where a row begins. Blank lines are left out."""
    delimiter = header.delimiter.encode()
    columns = len(header.names)
    lines = _Lines(_lines(chunks, start), first_line)
    while (line := lines.next()) is not None:
        number, at, size, text = line
        if text is None:
            yield Record(number, at, at + size, None, "is longer than 64 KB")
        elif b'"' in text and _stays_open(text, delimiter, quoted=False):
            yield _long_row(lines, line, delimiter, columns)
        elif text.strip():
            cells, problem = _cells(text, header.delimiter, columns)
            if cells is None or any(cell.strip() for cell in cells):
                yield Record(number, at, at + size, cells, problem)


def pieces_of(
    rows: Iterable[Record],
    *,
    start: int,
    first_line: int,
    number: int,
    piece_bytes: int,
    piece_rows: int,
) -> Iterator[Piece]:
    """Pieces of about `piece_bytes` and at most `piece_rows` rows, from `start` on, in order."""
    count = 0
    end = start
    for row in rows:
        if count and (row.end - start > piece_bytes or count >= piece_rows):
            yield Piece(number=number, start=start, end=row.start, first_line=first_line)
            start, first_line, number, count = row.start, row.line, number + 1, 0
        count += 1
        end = row.end
    if count:
        yield Piece(number=number, start=start, end=end, first_line=first_line)


_Line = tuple[int, int, int, bytes | None]
"""Line number, offset, size and bytes, None where it is too long to keep."""


class _Lines:
    """Numbered lines, of which some can be given back."""

    def __init__(self, lines: Iterator[tuple[int, int, bytes | None]], first_line: int) -> None:
        self._lines = lines
        self._number = first_line - 1
        self._returned: deque[_Line] = deque()

    def next(self) -> _Line | None:
        if self._returned:
            return self._returned.popleft()
        line = next(self._lines, None)
        if line is None:
            return None
        self._number += 1
        return (self._number, *line)

    def give_back(self, lines: Iterable[_Line]) -> None:
        self._returned.extendleft(reversed(list(lines)))


def _lines(chunks: Iterable[bytes], start: int) -> Iterator[tuple[int, int, bytes | None]]:
    r"""Lines with their ends (\n, \r\n or \r) as offset, size and bytes."""
    rest = b""
    dropped = 0
    for chunk in chunks:
        parts = (rest + chunk).splitlines(keepends=True)
        # A line that ends in \r may go on with \n in the next chunk.
        rest = parts.pop() if parts and not parts[-1].endswith(b"\n") else b""
        for part in parts:
            size = dropped + len(part)
            yield start, size, part if size <= MAX_LINE_BYTES else None
            start += size
            dropped = 0
        if len(rest) > MAX_LINE_BYTES:
            held = 1 if rest.endswith(b"\r") else 0
            dropped += len(rest) - held
            rest = rest[len(rest) - held :]
    if rest or dropped:
        size = dropped + len(rest)
        yield start, size, rest if size <= MAX_LINE_BYTES else None


def _header(line: bytes, *, start: int, first_line: int) -> Header:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        raise UnreadableFileError("the file is not UTF-8 text; save it as CSV in UTF-8")
    delimiter = max(_DELIMITERS, key=text.count)
    if _stays_open(line, delimiter.encode(), quoted=False):
        raise UnreadableFileError("the first line opens a quote and does not close it")
    names = tuple(name.strip() for name in next(csv.reader([text], delimiter=delimiter)))
    return Header(names=names, delimiter=delimiter, start=start, first_line=first_line)


def _long_row(lines: _Lines, first: _Line, delimiter: bytes, columns: int) -> Record:
    """The row that begins on a line which leaves a quote open; the line alone where none does."""
    taken = [first]
    size = first[2]
    quoted = True
    while quoted and len(taken) < MAX_ROW_LINES:
        line = lines.next()
        if line is None:
            break
        taken.append(line)
        size += line[2]
        if line[3] is None or size > MAX_LINE_BYTES:
            break
        quoted = _stays_open(line[3], delimiter, quoted=True)
    number, at, first_size, _ = first
    if not quoted and size <= MAX_LINE_BYTES:
        text = b"".join(line[3] or b"" for line in taken)
        cells, problem = _cells(text, delimiter.decode(), columns, strict=True)
        if problem is None:
            return Record(number, at, at + size, cells)
    lines.give_back(taken[1:])
    return Record(number, at, at + first_size, None, "opens a quote that does not close")


def _cells(
    text: bytes, delimiter: str, columns: int, *, strict: bool = False
) -> tuple[tuple[str, ...] | None, str | None]:
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        return None, "is not UTF-8 text; save the file as CSV in UTF-8"
    try:
        cells = tuple(next(csv.reader([decoded], delimiter=delimiter, strict=strict)))
    except csv.Error:
        return None, "has text after a closing quote"
    while len(cells) > columns and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != columns:
        return cells, f"has {len(cells)} columns where the header has {columns}"
    return cells, None


def _stays_open(line: bytes, delimiter: bytes, *, quoted: bool) -> bool:
    """Whether a quote is open at the end of a line, as the csv module reads it."""
    at = 0
    while True:
        if quoted:
            at = line.find(b'"', at)
            if at < 0:
                return True
            if line[at + 1 : at + 2] == b'"':
                at += 2
                continue
            at += 1
            quoted = False
        elif line[at : at + 1] == b'"':
            at += 1
            quoted = True
            continue
        at = line.find(delimiter, at)
        if at < 0:
            return False
        at += len(delimiter)
