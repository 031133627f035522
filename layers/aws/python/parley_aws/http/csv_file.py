"""CSV files for people who open them in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"\+\d{1,20}|-?\d+(\.\d+)?")
"""A phone number, or a number."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV in which no cell runs as a formula; numbers stay as they are."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return file.getvalue()


def _harmless(cell: object) -> str:
    """A cell's text; one that a spreadsheet would run begins with an apostrophe.

    Source: OWASP, CSV Injection.
    """
    text = "" if cell is None else str(cell)
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
