"""The simulator's count of parts, on the edges of both alphabets."""

from __future__ import annotations

import pytest

from infra.local.carrier.parts import count_parts


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("x" * 152 + "€" + "x" * 152, 3),
        ("ñ" * 160, 1),
        ("“" * 70, 1),
        ("“" * 71, 2),
        ("“" * 134, 2),
        ("“" * 135, 3),
        ("x" * 69 + "“", 1),
        ("👍" * 35, 1),
        ("👍" * 36, 2),
        ("👍" * 66, 2),
        ("👍" * 67, 3),
        ("`", 1),
        ("x" * 70 + "`", 2),
    ],
)
def test_count_parts(body: str, parts: int) -> None:
    assert count_parts(body) == parts
