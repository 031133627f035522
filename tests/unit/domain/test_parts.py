"""Parts are counted as the provider bills them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parley.parts import Encoding, count_parts, ucs_2_characters

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "data" / "part_vectors.json").read_text()
)["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=range(len(VECTORS)))
def test_parts_agree_with_the_providers_calculator(vector: dict[str, Any]) -> None:
    parts = count_parts(vector["text"])
    assert parts.encoding == vector["encoding"]
    assert parts.count in vector["parts"]


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("a" * 160, Encoding.GSM_7, 1),
        ("a" * 161, Encoding.GSM_7, 2),
        ("a" * 306, Encoding.GSM_7, 2),
        ("a" * 307, Encoding.GSM_7, 3),
        ("€" * 80, Encoding.GSM_7, 1),
        ("a" * 152 + "€" + "a" * 10, Encoding.GSM_7, 2),
        ("a" * 69 + "’", Encoding.UCS_2, 1),
        ("a" * 70 + "’", Encoding.UCS_2, 2),
        ("🍕" * 35, Encoding.UCS_2, 1),
        ("🍕" * 36, Encoding.UCS_2, 2),
    ],
)
def test_limits_of_a_part(text: str, encoding: Encoding, count: int) -> None:
    parts = count_parts(text)
    assert (parts.encoding, parts.count) == (encoding, count)


def test_characters_that_cost_are_named_once_each_in_order() -> None:
    assert ucs_2_characters("2 for 1 🍕 tonight’s “deal” 🍕") == ("🍕", "’", "“", "”")
