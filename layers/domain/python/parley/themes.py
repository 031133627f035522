"""What replies are about: the words that several people used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from parley.hearing import words_for
from parley.reply import LEAVING, Intent
from parley.words import normalize

MOST_WORDS = 20
"""How many words are told, those of most people first."""

_SHORTEST = 3
_FEWEST_REPLIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Themes:
    """How many replies meant what, and words with the number of replies that hold them."""

    intents: dict[Intent, int]
    words: tuple[tuple[str, int], ...]


def themes(replies: Iterable[tuple[str, Intent]]) -> Themes:
    """The themes of replies, each a text and what it means.

    A word counts once a reply, and only from two replies on: what one person alone wrote may name
    somebody. Small words of four languages, numbers and what those wrote who left are no themes.
    """
    intents: Counter[Intent] = Counter()
    words: Counter[str] = Counter()
    small = words_for("function_words") | words_for("yes")
    for text, intent in replies:
        intents[intent] += 1
        if intent not in LEAVING:
            words.update(
                {
                    word
                    for word in normalize(text).split()
                    if len(word) >= _SHORTEST and word not in small and word.isalpha()
                }
            )
    shared = [(word, n) for word, n in words.items() if n >= _FEWEST_REPLIES]
    shared.sort(key=lambda found: (-found[1], found[0]))
    return Themes(intents=dict(intents.most_common()), words=tuple(shared[:MOST_WORDS]))
