"""A CSV file cut into pieces gives the rows of the whole, and one bad row costs only itself."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def rows(data: bytes, *, chunk: int = 1 << 20) -> list[Record]:
    """All rows of a whole file, read in chunks."""
    header = read_header(data[:HEAD_BYTES])
    whole = Piece(number=0, start=header.start, end=len(data), first_line=header.first_line)
    return _rows(data, header, whole, chunk=chunk)


def _rows(data: bytes, header: Header, piece: Piece, *, chunk: int = 1 << 20) -> list[Record]:
    chunks = (data[at : min(at + chunk, piece.end)] for at in range(piece.start, piece.end, chunk))
    return list(rows_of(chunks, header=header, start=piece.start, first_line=piece.first_line))


def cells(data: bytes) -> list[tuple[str, ...] | str | None]:
    return [record.problem or record.cells for record in rows(data)]


def test_rows_and_their_lines() -> None:
    data = b'phone,name\n1,Ann\n\n2,"Ben\nB"\n3,Cy'
    assert [(r.line, r.cells) for r in rows(data)] == [
        (2, ("1", "Ann")),
        (4, ("2", "Ben\nB")),
        (6, ("3", "Cy")),
    ]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_any_line_ending(newline: bytes) -> None:
    data = newline.join([b"phone,name", b"1,Ann", b'2,"a,""b"""', b""])
    assert cells(data) == [("1", "Ann"), ("2", 'a,"b"')]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    data = "\ufeffphone,name\n1,Añn\n".encode()
    assert read_header(data).names == ("phone", "name")
    assert cells(data) == [("1", "Añn")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    data = delimiter.join(["phone", "name"]) + "\n" + delimiter.join(["1", "Ann"])
    assert cells(data.encode()) == [("1", "Ann")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\n\r\n  \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("phone,name\n1,A".encode("utf-16"), "UTF-16"),
        ("phone,name\n1,A".encode("utf-16-le"), "not UTF-8"),
        ("téléphone;phone\n".encode("latin-1"), "not UTF-8"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\x1f\x8brest", "compressed"),
        (b'phone,"name\n1,Ann', "opens a quote"),
        (b"x" * HEAD_BYTES + b"x", "too long"),
    ],
)
def test_a_file_that_is_no_csv_says_why(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        read_header(data)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"2,Ben,extra", "has 3 columns where the header has 2"),
        (b"2", "has 1 columns where the header has 2"),
        (b'2,"Ben', "opens a quote that does not close"),
        (b'2,"Ben\n2b,"x', "opens a quote that does not close"),
        (b"2,B\xe9n", "is not UTF-8"),
        (b'2,"B\xe9n"', "is not UTF-8"),
        (b"2," + b"x" * 70_000, "is longer than 64 KB"),
        (b'2,"' + b"x" * 70_000, "is longer than 64 KB"),
    ],
)
def test_one_bad_row_costs_only_itself(bad: bytes, problem: str) -> None:
    data = b"phone,name\n1,Ann\n" + bad + b"\n" + b"".join(b"%d,Cy\n" % i for i in range(3, 400))
    found = rows(data)
    good = [record.cells for record in found if record.problem is None]
    assert good == [("1", "Ann"), *((str(i), "Cy") for i in range(3, 400))]
    assert problem in (found[1].problem or "")
    assert found[1].line == 3


def test_a_stray_quote_that_a_later_one_closes_does_not_swallow_the_rows_between() -> None:
    data = b'phone,name\n1,"Ann\n2,Ben\n3,Cy\n4,"Di"\n5,Ed\n'
    good = [record.cells for record in rows(data) if record.problem is None]
    assert good == [("2", "Ben"), ("3", "Cy"), ("4", "Di"), ("5", "Ed")]


def test_quotes_inside_a_cell_and_nul_bytes_are_only_characters() -> None:
    assert cells(b'phone,name\n1,5" pipe\n2,"a"b\n3,\x00\n') == [
        ("1", '5" pipe'),
        ("2", "ab"),
        ("3", "\x00"),
    ]


def test_empty_cells_past_the_header_are_left_out() -> None:
    data = b'phone,name\n1,Ann,,\n2,"Ben\nB",\n3,,\n'
    assert cells(data) == [("1", "Ann"), ("2", "Ben\nB"), ("3", "")]


def test_blank_rows_are_no_rows() -> None:
    assert cells(b"phone,name\n,\n\n  ,\n1,Ann\n,\n") == [("1", "Ann")]


def test_a_file_of_nothing_but_open_quotes_is_still_read_in_time() -> None:
    data = b"phone,name\n" + b'1,"x\n' * 3000
    assert {record.problem for record in rows(data)} == {"opens a quote that does not close"}
    assert len(rows(data)) == 3000


_CELL = st.text(st.sampled_from('ab ,;"\n\ré0'), max_size=6)
_ROW = st.tuples(_CELL, _CELL, _CELL).filter(lambda row: any(c.strip() for c in row))
_HEADER = ("phone", "name", "city")


def _written(table: Sequence[tuple[str, ...]], newline: str, delimiter: str, mark: bool) -> bytes:
    file = io.StringIO(newline="")
    # The csv module forgets to quote line breaks other than its own line end.
    breaks = any(c in "".join(row) for row in table for c in "\r\n")
    if breaks:
        writer = csv.writer(
            file, lineterminator=newline, delimiter=delimiter, quoting=csv.QUOTE_ALL
        )
    else:
        writer = csv.writer(file, lineterminator=newline, delimiter=delimiter)
    writer.writerows([_HEADER, *table])
    return ("\ufeff" * mark + file.getvalue()).encode()


@given(
    table=st.lists(_ROW, max_size=12),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    mark=st.booleans(),
    chunk=st.integers(1, 40),
)
def test_reads_what_the_csv_module_wrote(
    table: list[tuple[str, ...]], newline: str, delimiter: str, mark: bool, chunk: int
) -> None:
    data = _written(table, newline, delimiter, mark)
    assert [record.cells for record in rows(data, chunk=chunk)] == table


_BYTES = st.lists(
    st.sampled_from([b"a", b",", b'"', b"\n", b"\r", b"\r\n", b'""', b"1,b,c\n", b"\xe9", b"\x00"])
).map(b"".join)


@given(
    body=_BYTES | st.lists(_ROW, max_size=20).map(lambda t: _written(t, "\r\n", ",", mark=False)),
    piece_bytes=st.integers(1, 60),
    piece_rows=st.integers(1, 5),
)
def test_the_pieces_give_the_rows_of_the_whole(
    body: bytes, piece_bytes: int, piece_rows: int
) -> None:
    data = b"phone,name,city\n" + body
    whole = rows(data)
    header = read_header(data)
    pieces = list(
        pieces_of(
            whole,
            start=header.start,
            first_line=header.first_line,
            number=0,
            piece_bytes=piece_bytes,
            piece_rows=piece_rows,
        )
    )
    parts = [_rows(data, header, piece) for piece in pieces]
    assert list(itertools.chain.from_iterable(parts)) == whole
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert all(len(part) <= piece_rows for part in parts)
