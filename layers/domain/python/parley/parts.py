"""Billed parts of a text: GSM-7 by 160/153 septets, UCS-2 by 70/67 UTF-16 units.

Source: 3GPP TS 23.038; counts agree with Twilio's own segment calculator.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM_ALL = _GSM_BASIC | _GSM_EXTENSION

MAX_BODY_CHARACTERS = 1600


class Encoding(StrEnum):
    """How a text travels; one character outside GSM-7 turns all of it into UCS-2."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The encoding of a text and how many parts are billed for it."""

    encoding: Encoding
    count: int


def count_parts(text: str) -> Parts:
    """Encoding and billed parts of a text; the empty text counts one part."""
    if _GSM_ALL.issuperset(text):
        extended = not _GSM_BASIC.issuperset(text)
        widths = [2 if c in _GSM_EXTENSION else 1 for c in text] if extended else None
        return Parts(encoding=Encoding.GSM_7, count=_pack(text, widths, single=160, multi=153))
    surrogates = max(text) > "\uffff"
    widths = [2 if c > "\uffff" else 1 for c in text] if surrogates else None
    return Parts(encoding=Encoding.UCS_2, count=_pack(text, widths, single=70, multi=67))


def ucs_2_characters(text: str) -> tuple[str, ...]:
    """The characters that keep a text out of GSM-7, in order of appearance, each once."""
    return tuple(dict.fromkeys(c for c in text if c not in _GSM_ALL))


def _pack(text: str, widths: list[int] | None, *, single: int, multi: int) -> int:
    """Parts for characters of these widths, none of them split; None: all are one unit wide."""
    if widths is None:
        return 1 if len(text) <= single else -(-len(text) // multi)
    if sum(widths) <= single:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > multi:
            parts += 1
            used = 0
        used += width
    return parts
