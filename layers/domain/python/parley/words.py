"""A text as words: lower case, without accents, apostrophes and emoji, in clauses."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 1600
"""The most a text holds; what is longer is read up to here. Source: Twilio, Messages API."""

EDGE = "."
"""Stands in a list of words where a clause ends."""

_APOSTROPHES = str.maketrans("", "", "'’‘‛`´ʼ＇")
_INVISIBLE = frozenset({"Cf", "Mn", "Me", "Cc"})
_DASH = re.compile(r"\s[-–]+|[—―]")
_PIECES = re.compile(r"[^\W_]+|[.!?,;()\"“”«»¡¿…\n\r|]+|[\u2600-\u27bf\U0001f000-\U0001faff]+")


def clauses(text: str) -> list[str]:
    """The words of a text with an `EDGE` before the first, between clauses and after the last.

    Clauses end at punctuation, at a dash after a space, at a line's end and at emoji. A text of
    single letters is one word spelled out. Never raises, whatever the characters.
    """
    text = text[:MAX_CHARACTERS].translate(_APOSTROPHES)
    plain = text.lower() if text.isascii() else _plain(text)
    if "-" in plain or not plain.isascii():
        plain = _DASH.sub(";", plain)
    words = [EDGE]
    for piece in _PIECES.findall(plain):
        if piece[0].isalnum():
            words.append(piece)
        elif words[-1] is not EDGE:
            words.append(EDGE)
    if words[-1] is not EDGE:
        words.append(EDGE)
    return words


def normalize(text: str) -> str:
    """Lower-case words with single spaces: no accents, apostrophes, punctuation or emoji."""
    return " ".join(word for word in clauses(text) if word is not EDGE)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(
        c
        for c in decomposed.translate(_APOSTROPHES)
        if c in "\n\r\t" or unicodedata.category(c) not in _INVISIBLE
    )
