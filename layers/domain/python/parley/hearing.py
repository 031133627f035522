"""Hearing what words mean: all languages' tables at work, put together on first use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from parley.slips import Slips
from parley.tongues.english import ENGLISH
from parley.tongues.french import FRENCH
from parley.tongues.model import Phrases, Tongue, grammar_of
from parley.tongues.others import OTHERS
from parley.tongues.portuguese import PORTUGUESE
from parley.tongues.spanish import SPANISH
from parley.words import EDGE

MAIN = (ENGLISH, SPANISH, FRENCH, PORTUGUESE)
"""The languages in which every meaning is understood; of the others only opt-outs are."""

TONGUES = (*MAIN, *OTHERS)

_SHORT = ("stop", "quit", "unsub")
_SWAPPED = "text texts leave alone please remove dont never want more take list from this"
_REAL_WORDS = """
    molesta molestan esqueci top sop shop strop quilt quirt cancer remote removal stopped
    shopper topper guitar terminal canceled cancelled retire retired retirement enter testing
    contracting massage massages passage passages anointing boring suspended shipping shopping
    evoke remover nonstop unstop spending lending pending bending mending tending vending
    falling waiting teaching preaching contract contrast context tempting resting hosting
    nesting vesting lasting talking walking resubscribe resubscribed
    recibi recibo recibio internet record stalling installing form
"""
"""Words of their own that look like slips of what we listen for."""

_LONGEST_KEYWORD = 40
_MOST_WORDS = 5
_PHONE_DIGITS = 7
_REPEATED = re.compile(r"(.{3,}?)\1+")


PHRASED = ("wrong_number", "complaint", "out_of_office", "decline", "interest", "question")
"""The meanings that set phrases have: fields of `Tongue`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """A keyword as it was `said` and as it was `meant`, and its language where it is of one."""

    said: str
    meant: str
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The words that ask for something, and their language."""

    words: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vocabulary:
    keywords: dict[str, str | None]
    keyword_slips: Slips
    slips: Slips
    known: frozenset[str]
    heads: dict[str, dict[Tongue, None]]


@cache
def _vocabulary() -> _Vocabulary:
    keywords: dict[str, str | None] = {
        word: tongue.code for tongue in reversed(TONGUES) for word in tongue.keywords.split()
    }
    keywords |= dict.fromkeys(ENGLISH.keywords.split())
    heads: dict[str, dict[Tongue, None]] = {}
    known: set[str] = set()
    for tongue in TONGUES:
        grammar = grammar_of(tongue)
        known |= grammar.vocabulary
        for head in grammar.heads:
            heads.setdefault(head, {})[tongue] = None
    for tongue in MAIN:
        known.update(tongue.function_words.split())
    return _Vocabulary(
        keywords=keywords,
        keyword_slips=Slips(keywords, long=6, short=_SHORT, real=_REAL_WORDS.split()),
        slips=Slips(
            known,
            long=7,
            short=("stop",),
            swapped=_SWAPPED.split(),
            real=_REAL_WORDS.split(),
        ),
        known=frozenset(known),
        heads=heads,
    )


def get_ready() -> None:
    """Build what texts are understood by, for good; otherwise the first text waits for it."""
    _vocabulary()
    _phrases()
    _languages()


def opt_out_keyword(words: Sequence[str]) -> Keyword | None:
    """The opt-out keyword that is all of a text, however spaced, repeated or misspelled."""
    said = "".join([word for word in words if word is not EDGE])
    if not said or len(said) > _LONGEST_KEYWORD:
        return None
    vocabulary = _vocabulary()
    if said in vocabulary.keywords:
        return Keyword(said=said, meant=said, language=vocabulary.keywords[said])
    if len(words) > _MOST_WORDS and said.count(said[:3]) == 1:
        return None
    meant = vocabulary.keyword_slips.meant(said)
    if meant is None and said.count(said[:3]) > 1 and (repeated := _REPEATED.fullmatch(said)):
        said = repeated.group(1)
        meant = vocabulary.keyword_slips.meant(said)
    if meant is None:
        return None
    return Keyword(said=said, meant=meant, language=vocabulary.keywords[meant])


def asks_to_cease(words: Sequence[str]) -> Asked | None:
    """The words by which a text asks us to cease, in any language."""
    vocabulary = _vocabulary()
    known = vocabulary.known
    meant = [w if w in known else vocabulary.slips.meant(w) or _kind_of(w) for w in words]
    tongues: dict[Tongue, None] = {}
    for word in meant:
        if word in vocabulary.heads:
            tongues.update(vocabulary.heads[word])
    for tongue in tongues:
        found = grammar_of(tongue).find(meant)
        if found is not None:
            return Asked(words=_said(words, found), language=tongue.code)
    return None


def is_vocabulary(words: Sequence[str]) -> bool:
    """Whether all of these words are such as texts are understood by."""
    return _vocabulary().known.issuperset(words)


def meanings(words: Sequence[str]) -> dict[str, str]:
    """The phrases that a text holds, one for each meaning (a field of `Tongue`) it may have."""
    return {meaning: _said(words, found) for meaning, found in _phrases().find(words).items()}


@cache
def words_for(meaning: str) -> frozenset[str]:
    """The single words of a meaning (a field of `Tongue`) in all languages."""
    return frozenset(word for tongue in MAIN for word in getattr(tongue, meaning).split())


def guess_language(words: Sequence[str]) -> str | None:
    """The ISO 639-1 code of the language most of a text's small words are of, None when torn."""
    languages = _languages()
    counts: dict[str, int] = {}
    for word in words:
        if word in languages:
            for code in languages[word]:
                counts[code] = counts.get(code, 0) + 1
    if not counts:
        return None
    most = max(counts.values())
    best = [code for code, count in counts.items() if count == most]
    return best[0] if len(best) == 1 else None


@cache
def _phrases() -> Phrases:
    return Phrases(
        {
            meaning: [
                line
                for tongue in MAIN
                for line in getattr(tongue, meaning).splitlines()
                if line.strip()
            ]
            for meaning in PHRASED
        }
    )


@cache
def _languages() -> dict[str, tuple[str, ...]]:
    languages: dict[str, tuple[str, ...]] = {}
    for tongue in MAIN:
        for word in dict.fromkeys(tongue.function_words.split()):
            languages[word] = (*languages.get(word, ()), tongue.code)
    return languages


def _kind_of(word: str) -> str:
    """The word that a phone number in digits stands for; any other word as it is."""
    return "number" if len(word) >= _PHONE_DIGITS and word.isdigit() else word


def _said(words: Sequence[str], found: slice) -> str:
    return " ".join([word for word in words[found] if word is not EDGE])
