"""What replies are about: the words that several people used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from parley.hearing import words_for
from parley.reply import LEAVING, Intent
from parley.words import normalize

MOST_WORDS = 20
"""How many words are told, those of most people first."""

MOST_TALLIED = 2_000
"""How many different words one tally holds; then the rare half of them is dropped."""

_MOST_OF_REPLY = 20
_SHORTEST = 3
_LONGEST = 30
_FEWEST_PEOPLE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTally:
    """Words with the number of people whose replies hold them.

    A number may be too low by as much as `missed`, which is 0 until words had to be dropped (lossy
    counting: Manku and Motwani, VLDB 2002).
    """

    words: Mapping[str, int] = field(default_factory=dict)
    missed: int = 0

    def after(self, changes: Mapping[str, int]) -> WordTally:
        """The tally after words came and, where somebody was erased, went."""
        sums = Counter(dict(self.words))
        sums.update(changes)
        words = {word: n for word, n in sums.items() if n > 0}
        if len(words) <= MOST_TALLIED:
            return WordTally(words=words, missed=self.missed)
        ranked = _ranked(words)
        kept = ranked[: MOST_TALLIED // 2]
        return WordTally(words=dict(kept), missed=self.missed + ranked[len(kept)][1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Themes:
    """How many replies meant what, and words with the number of people who used them, which may
    be too low by as much as `missed`."""

    intents: Mapping[str, int]
    words: tuple[tuple[str, int], ...]
    missed: int


def words_of(text: str, intent: Intent) -> tuple[str, ...]:
    """The words of a reply that may be a theme, each once, the first twenty of them.

    Small words of four languages, numbers and what those wrote who left are no themes.
    """
    if intent in LEAVING:
        return ()
    small = words_for("function_words") | words_for("yes")
    words = dict.fromkeys(
        word
        for word in normalize(text).split()
        if _SHORTEST <= len(word) <= _LONGEST and word not in small and word.isalpha()
    )
    return tuple(words)[:_MOST_OF_REPLY]


def themes(intents: Mapping[str, int], tallies: Iterable[WordTally]) -> Themes:
    """The themes of replies, from what they mean and the tallies of their words.

    A word is told only from two people on: what one alone wrote may name somebody.
    """
    words: Counter[str] = Counter()
    missed = 0
    for tally in tallies:
        words.update(tally.words)
        missed += tally.missed
    shared = {word: n for word, n in words.items() if n >= _FEWEST_PEOPLE}
    return Themes(
        intents=dict(_ranked(intents)), words=tuple(_ranked(shared)[:MOST_WORDS]), missed=missed
    )


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda found: (-found[1], found[0]))
