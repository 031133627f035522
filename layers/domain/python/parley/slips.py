"""Slips of the thumb: which word was meant by one that is misspelled by one letter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

_ROWS = ("qwertyuiop0", "asdfghjkl", "zxcvbnm")


def _neighbors() -> dict[str, str]:
    """The keys around each letter on a QWERTY keyboard, whose rows are half a key apart."""
    near: dict[str, set[str]] = {letter: set() for row in _ROWS for letter in row}
    for row in _ROWS:
        for left, right in pairwise(row):
            near[left].add(right)
            near[right].add(left)
    for upper, lower in pairwise(_ROWS):
        for n, letter in enumerate(lower):
            for above in upper[n : n + 2]:
                near[letter].add(above)
                near[above].add(letter)
    near["o"].add("0")
    near["s"].add("5")
    return {letter: "".join(sorted(keys)) for letter, keys in near.items()}


_NEIGHBORS = _neighbors()
_LONGEST = 16
_HARDLY_ANOTHER = 10
"""Letters of a word that has no neighbor but by a slip, wherever that is."""
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


class Slips:
    """Knows words, and what was meant by those a slip away from them.

    Of words of `long` letters and more any one letter may be missing, added, wrong or elsewhere,
    the first only where the word is very long, or changed places with the second. Of shorter ones
    that are listed as `short`, two letters may have changed places, one be doubled, missing or
    struck with its neighbor; of those that are `swapped` two letters may have changed places. Any
    word may be drawn out, as in "stooop". What is among `real` is a word of its own.
    """

    def __init__(
        self,
        words: Iterable[str],
        *,
        long: int,
        short: Iterable[str] = (),
        swapped: Iterable[str] = (),
        real: Iterable[str],
    ) -> None:
        self._words = frozenset(words)
        self._long = long
        self._real = frozenset(real)
        self._short = {
            slip: word for word in short for slip in _thumb_slips(word) if slip not in self._real
        }
        self._short |= {
            slip: word
            for word in swapped
            for slip in _swaps(word)
            if slip not in self._real and slip not in self._words
        }
        self._lacking: dict[str, list[tuple[int, str]]] = {}
        for word in sorted(self._words):
            if len(word) >= self._long:
                for place, lacking in enumerate(_lacking_one(word)):
                    self._lacking.setdefault(lacking, []).append((place, word))

    def meant(self, word: str) -> str | None:
        """The known word that this one is or slipped from, or None."""
        if word in self._words:
            return word
        if word in self._short:
            return self._short[word]
        if len(word) >= self._long - 1:
            if word in self._real:
                return None
            if len(word) <= _LONGEST:
                found = self._one_letter_away(word)
                if found is not None:
                    return found
        if len(set(word)) < len(word) - 1:
            single = _DRAWN_OUT.sub(r"\1", word)
            return single if single in self._words and len(single) > 1 else None
        return None

    def _one_letter_away(self, word: str) -> str | None:
        """The long word that lacks a letter, has one more, or another here, or two swapped."""
        for _, known in self._lacking.get(word, ()):
            if _begins_alike(word, known):
                return known
        for place, lacking in enumerate(_lacking_one(word)):
            for known_place, known in self._lacking.get(lacking, ()):
                if abs(place - known_place) <= 1 and _begins_alike(word, known):
                    return known
            if (
                lacking in self._words
                and len(lacking) >= self._long
                and _begins_alike(word, lacking)
            ):
                return lacking
        return None


def _begins_alike(word: str, known: str) -> bool:
    return word[0] == known[0] or len(known) >= _HARDLY_ANOTHER or word[:2] == known[1] + known[0]


def _lacking_one(word: str) -> list[str]:
    return [word[:n] + word[n + 1 :] for n in range(len(word))]


def _swaps(word: str) -> Iterator[str]:
    for n in range(len(word) - 1):
        yield word[:n] + word[n + 1] + word[n] + word[n + 2 :]


def _thumb_slips(word: str) -> Iterator[str]:
    yield from _swaps(word)
    for n, letter in enumerate(word):
        before, after = word[:n], word[n + 1 :]
        yield before + letter + letter + after
        if n:
            yield before + after
        for near in _NEIGHBORS[letter]:
            yield before + near + after
            yield before + near + letter + after
            yield before + letter + near + after
