"""What a text from a contact means, and why we think so.

Meanings are tried in a fixed order: opt-out, wrong number, a pending contact's yes, help, opt-in,
join keyword, lead keyword, free text. A text that asks us to cease always wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from parley.hearing import (
    Keyword,
    asks_to_cease,
    guess_language,
    is_vocabulary,
    meanings,
    opt_out_keyword,
    words_for,
)
from parley.words import EDGE, MAX_CHARACTERS, clauses, normalize


class Intent(StrEnum):
    """What a contact wants by a text."""

    OPT_OUT = "opt_out"
    WRONG_NUMBER = "wrong_number"
    CONFIRM = "confirm"
    HELP = "help"
    OPT_IN = "opt_in"
    JOIN = "join"
    LEAD_KEYWORD = "lead_keyword"
    QUESTION = "question"
    INTEREST = "interest"
    DECLINE = "decline"
    COMPLAINT = "complaint"
    OUT_OF_OFFICE = "out_of_office"
    CHATTER = "chatter"


LEAVING = frozenset({Intent.OPT_OUT, Intent.WRONG_NUMBER})
"""Who says one of these is not texted again; a wrong number leaves every scope."""

FREE_TEXT = frozenset(
    {
        Intent.LEAD_KEYWORD,
        Intent.QUESTION,
        Intent.INTEREST,
        Intent.DECLINE,
        Intent.COMPLAINT,
        Intent.OUT_OF_OFFICE,
        Intent.CHATTER,
    }
)
"""Meanings that change no subscription and that only the campaign answered can tell apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """A meaning, in words why, and whether the provider itself acts on this keyword too.

    `language` is the ISO 639-1 code of the language it seems to be in, None where that is open.
    """

    intent: Intent
    why: str
    handled_by_provider: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What else a text can mean here: the program's brand and its join keywords, the campaign's
    lead keywords, and whether the contact still has to confirm a subscription."""

    brand: str = ""
    join_keywords: tuple[str, ...] = ()
    lead_keywords: tuple[str, ...] = ()
    awaits_confirmation: bool = False


PROVIDER_OPT_OUT_KEYWORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
)
"""Whole bodies on which the provider itself stops and answers. Source: Twilio, default keywords."""

_PROVIDER_HELP_KEYWORDS = frozenset({"help", "info"})
_OPT_IN_KEYWORDS = frozenset({"start", "unstop"})
_POLITE = frozenset({"please", "pls", "plz", "thanks", "me", "i", "need", "por", "favor", "svp"})
_REPORTED = {"STOP": Intent.OPT_OUT, "START": Intent.OPT_IN, "HELP": Intent.HELP}
_STOP_SIGNS = re.compile("[\N{OCTAGONAL SIGN}\N{NO ENTRY SIGN}\N{NO ENTRY}]")
_SHOUT = re.compile(r"\b(STOP|UNSUBSCRIBE|STOPALL)\W*\Z")
_CLOSING_QUOTES = ('"', "”", "»")
_OUR_TEXTS = ("your", "texts")
_AFTER_A_NAME = frozenset(
    {"please", "pls", "plz", "thanks", "anymore", "any", "again", "ever", "now", "already"}
)
"""What may follow a brand that is itself what should cease; not so in "cancel my Acme order"."""

_TAP_BACK = re.compile(
    r"""\s*+(?:(?:dis)?liked|loved|laughed\ at|emphasized|questioned|reacted|removed\ an?
    |le\ gust|le\ encant|a\ aim|a\ ador|gostou|adorou|amou|\W{1,8}to\b)[^"“«]{0,40}["“«]""",
    re.IGNORECASE | re.VERBOSE,
)
"""What phones send for a reaction: it quotes our text, with all that we say there about STOP."""

_FREE_TEXT_MEANINGS = (
    (Intent.COMPLAINT, "complaint", "complains"),
    (Intent.OUT_OF_OFFICE, "out_of_office", "is an automatic answer"),
    (Intent.DECLINE, "decline", "declines"),
    (Intent.INTEREST, "interest", "shows interest"),
)


def classify_reply(text: str, listening: Listening) -> Understanding:
    """What a text means. Never raises, whatever the characters."""
    text = text.strip()[:MAX_CHARACTERS]
    words = clauses(text)
    if _quotes_us(text):
        return Understanding(intent=Intent.CHATTER, why="a reaction that quotes our text")
    return _asks_to_cease(text, words, listening) or _meaning(text, words, listening)


def as_reported(understanding: Understanding, text: str, opt_out_type: str | None) -> Understanding:
    """The meaning of a text for which the provider names the keyword that it acted on.

    `opt_out_type` is STOP, START, HELP or None. Operators may set keywords of their own there, so
    it adds to what we understand; but no report makes a text that asks us to cease mean less, and
    a yes never subscribes again.
    """
    intent = _REPORTED.get(opt_out_type or "")
    if intent is None or understanding.intent in LEAVING:
        return understanding
    if intent is Intent.OPT_IN and _is_yes(clauses(text)):
        return understanding
    if intent is understanding.intent:
        return replace(understanding, handled_by_provider=True)
    return replace(
        understanding,
        intent=intent,
        why=f"the provider reports {opt_out_type}",
        handled_by_provider=True,
    )


def asks(text: str) -> bool:
    """Whether a text holds a question, whatever else it says."""
    return _asks(text, meanings(clauses(text)))


def _asks_to_cease(text: str, words: list[str], listening: Listening) -> Understanding | None:
    keyword = opt_out_keyword(words)
    if keyword is not None:
        if _is_own(keyword, listening):
            return None
        why = f'"{keyword.meant}" is an opt-out keyword'
        if keyword.said != keyword.meant:
            why = f'"{keyword.said}" is a slip of "{keyword.meant}", an opt-out keyword'
        return Understanding(
            intent=Intent.OPT_OUT,
            why=why,
            handled_by_provider=text.casefold() in PROVIDER_OPT_OUT_KEYWORDS,
            language=keyword.language,
        )
    if left := _keyword_left(words, listening.join_keywords):
        return Understanding(intent=Intent.OPT_OUT, why=f'asks to leave "{left}"')
    if asked := asks_to_cease(words):
        return Understanding(
            intent=Intent.OPT_OUT,
            why=f'"{asked.words}" asks us to stop',
            language=guess_language(words) or asked.language,
        )
    if named := _brand_left(words, listening.brand):
        return Understanding(
            intent=Intent.OPT_OUT,
            why=f'asks "{named}" to stop',
            language=guess_language(words),
        )
    if (shout := _SHOUT.search(text)) and text != text.upper():
        why = f'ends with "{shout.group(1)}" in capitals'
    elif _STOP_SIGNS.search(text) and _POLITE.union({EDGE}).issuperset(words):
        why = "a stop sign asks us to stop"
    else:
        return None
    return Understanding(intent=Intent.OPT_OUT, why=why, language=guess_language(words))


def _meaning(text: str, words: list[str], listening: Listening) -> Understanding:
    said = " ".join([word for word in words if word is not EDGE])
    phrases = meanings(words)
    handled_by_provider = False
    if phrase := phrases.get("wrong_number"):
        intent, why = Intent.WRONG_NUMBER, f'"{phrase}" says we text someone else'
    elif listening.awaits_confirmation and _confirms(text, words, phrases):
        intent, why = Intent.CONFIRM, "a yes to the question to confirm"
    elif _asks_for_help(words):
        intent, why = Intent.HELP, f'"{said}" asks for help'
        handled_by_provider = text.casefold() in _PROVIDER_HELP_KEYWORDS
    elif said in _OPT_IN_KEYWORDS:
        intent, why = Intent.OPT_IN, f'"{said}" subscribes again'
        handled_by_provider = text.casefold() in _OPT_IN_KEYWORDS
    elif keyword := _first_keyword(said, listening.join_keywords, whole=True):
        intent, why = Intent.JOIN, f'"{keyword}" is a join keyword'
    elif keyword := _first_keyword(said, listening.lead_keywords, whole=False):
        intent, why = Intent.LEAD_KEYWORD, f'"{keyword}" is a lead keyword'
    else:
        intent, why = _free_text(text, phrases)
    return Understanding(
        intent=intent,
        why=why,
        handled_by_provider=handled_by_provider,
        language=guess_language(words),
    )


def _free_text(text: str, phrases: Mapping[str, str]) -> tuple[Intent, str]:
    for intent, meaning, does in _FREE_TEXT_MEANINGS:
        if phrase := phrases.get(meaning):
            return intent, f'"{phrase}" {does}'
    if _asks(text, phrases):
        return Intent.QUESTION, "asks a question"
    return Intent.CHATTER, "nothing that asks or wants anything"


def _quotes_us(text: str) -> bool:
    return text.rstrip()[-1:] in _CLOSING_QUOTES and _TAP_BACK.match(text) is not None


def _is_own(keyword: Keyword, listening: Listening) -> bool:
    """Whether what looks like a slip of an opt-out keyword has a meaning of its own here."""
    if keyword.said == keyword.meant:
        return False
    own = (*_OPT_IN_KEYWORDS, *listening.join_keywords, *listening.lead_keywords)
    return keyword.said in {normalize(word).replace(" ", "") for word in own}


def _keyword_left(words: list[str], join_keywords: Iterable[str]) -> str | None:
    """The join keyword that a text such as "stop pizza" takes back."""
    if len(words) == 1 or words[1] not in PROVIDER_OPT_OUT_KEYWORDS:
        return None
    left = " ".join([word for word in words[2:] if word is not EDGE])
    return _first_keyword(left, join_keywords, whole=True)


def _brand_left(words: list[str], brand: str) -> str | None:
    """The name by which a text asks the brand to cease: "stop Acme", "take me off Acme's"."""
    for name in _names(brand):
        before, after = _around(words, name)
        if not before:
            continue
        is_all_they_mean = after[0] is EDGE or after[0] in _AFTER_A_NAME
        if opt_out_keyword([*before, *after]) or (
            is_all_they_mean and asks_to_cease([*before, *_OUR_TEXTS, *after])
        ):
            return " ".join(name)
    return None


@lru_cache(maxsize=256)
def _names(brand: str) -> tuple[list[str], ...]:
    """What a brand is called: its whole name, and its first word where that says nothing else."""
    whole = normalize(brand).split()
    names = (whole, whole[:1]) if len(whole) > 1 else (whole,)
    return tuple(name for name in names if not is_vocabulary(name))


def _around(words: list[str], name: list[str]) -> tuple[list[str], list[str]]:
    """The words before and after a name, its genitive too; none before it where it is not said."""
    of_theirs = [*name[:-1], f"{name[-1]}s"]
    for place in range(1, len(words) - len(name)):
        if words[place : place + len(name)] in (name, of_theirs):
            return words[:place], words[place + len(name) :]
    return [], []


def _confirms(text: str, words: list[str], phrases: Mapping[str, str]) -> bool:
    """Whether a text is a plain yes: a question or a no beside it makes it none."""
    return (
        _is_yes(words)
        and words[2:3] != ["no"]
        and "decline" not in phrases
        and not _asks(text, phrases)
    )


def _is_yes(words: list[str]) -> bool:
    return len(words) > 1 and words[1] in words_for("yes")


def _asks_for_help(words: list[str]) -> bool:
    if words_for("help").isdisjoint(words):
        return False
    return words_for("help").issuperset(w for w in words if w is not EDGE and w not in _POLITE)


def _asks(text: str, phrases: Mapping[str, str]) -> bool:
    return "question" in phrases or "?" in text or "？" in text or "؟" in text


def _first_keyword(words: str, keywords: Iterable[str], *, whole: bool) -> str | None:
    for keyword in keywords:
        wanted = normalize(keyword)
        if wanted and (words == wanted if whole else f" {wanted} " in f" {words} "):
            return keyword
    return None
