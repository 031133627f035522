"""How many billed parts an SMS body takes (GSM 03.38; 3GPP TS 23.040 concatenation)."""

from __future__ import annotations

from collections.abc import Iterable

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _GSM_BASIC | _GSM_EXTENSION

_GSM_SINGLE, _GSM_CONCATENATED = 160, 153
_UCS2_SINGLE, _UCS2_CONCATENATED = 70, 67
_LAST_OF_BASIC_PLANE = 0xFFFF


def count_parts(body: str) -> int:
    """Return the number of parts of ``body``, at least 1.

    GSM-7 when every character is in its alphabet (extension characters take two septets and are
    never split over two parts), else UCS-2 counted in UTF-16 code units.
    """
    if len(body) <= _GSM_SINGLE and _GSM_BASIC.issuperset(body):
        return 1
    if _GSM.issuperset(body):
        widths = [2 if character in _GSM_EXTENSION else 1 for character in body]
        return _pack(widths, single=_GSM_SINGLE, concatenated=_GSM_CONCATENATED)
    widths = [2 if ord(character) > _LAST_OF_BASIC_PLANE else 1 for character in body]
    return _pack(widths, single=_UCS2_SINGLE, concatenated=_UCS2_CONCATENATED)


def _pack(widths: Iterable[int], *, single: int, concatenated: int) -> int:
    widths = list(widths)
    if sum(widths) <= single:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > concatenated:
            parts, used = parts + 1, 0
        used += width
    return parts
